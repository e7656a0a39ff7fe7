"""A brand's currency: one that ISO knows, and fixed once anything is recorded."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from ads.models import Brand, Campaign
from ads.models.spend import Kind
from ads.services.ledger import DayTotal, record
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, execute, refused, spend

pytestmark = pytest.mark.django_db

FIXED = "spend of Acme has been recorded in USD, so its currency is fixed; make another brand"


@pytest.fixture
def campaign() -> Campaign:
    return CampaignFactory.create(brand=BrandFactory.create(name="Acme"))


def test_a_brand_has_us_dollars_unless_another_currency_is_given() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ads_brand (name, timezone) VALUES ('Acme', 'UTC') RETURNING currency"
        )
        assert cursor.fetchone() == ("USD",)
    assert BrandFactory.create(currency="KWD").fresh().currency == "KWD"


@pytest.mark.parametrize("code", ["XXX", "eur", "", "BTC"])
def test_a_currency_that_iso_does_not_know_is_refused(code: str) -> None:
    brand = BrandFactory.create()

    with refused("brand_currency_is_known"):
        execute("UPDATE ads_brand SET currency = %s", [code])
    brand.currency = code
    with pytest.raises(ValidationError, match="currency"):
        brand.full_clean()

    assert brand.fresh().currency == "USD"


def test_before_anything_is_recorded_it_may_change(campaign: Campaign) -> None:
    campaign.brand.currency = "EUR"
    campaign.brand.save()

    assert campaign.brand.fresh().currency == "EUR"
    assert not campaign.brand.is_currency_fixed


def test_once_spend_is_recorded_it_is_fixed(campaign: Campaign) -> None:
    spend(campaign, Decimal("0.01"), NOON)

    with refused(FIXED):
        execute("UPDATE ads_brand SET currency = 'EUR'")
    with refused(FIXED):
        Brand.objects.update(currency="EUR")

    assert campaign.brand.is_currency_fixed
    assert campaign.brand.fresh().currency == "USD"


def test_a_total_of_zero_is_recorded_too(campaign: Campaign) -> None:
    record([DayTotal(campaign, NOON.date(), 0, NOON)], source="etl", now=NOON, kind=Kind.DAY_TOTAL)

    with refused(FIXED):
        execute("UPDATE ads_brand SET currency = 'EUR'")

    assert campaign.brand.is_currency_fixed


def test_everything_else_of_it_may_change_and_other_brands_are_free(campaign: Campaign) -> None:
    other = BrandFactory.create()
    spend(campaign, 1, NOON)

    execute("UPDATE ads_brand SET name = 'New', currency = currency WHERE name = 'Acme'")
    execute("UPDATE ads_brand SET currency = 'JPY' WHERE id = %s", [other.pk])

    assert (campaign.brand.fresh().name, other.fresh().currency) == ("New", "JPY")
