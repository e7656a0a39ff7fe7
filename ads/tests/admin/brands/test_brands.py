"""Brands: their list with what they have spent on their own clock, and editing them."""

import itertools
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ads.admin.brands.changelist import BrandColumns
from ads.models import Brand, Campaign, DeliveryChange
from ads.services import BudgetService
from ads.tests.admin.pages import add, change, changelist, context_of, errors, save
from ads.tests.factories import BrandFactory, CampaignFactory

BRANDS = changelist("ads_brand")


def test_the_list_shows_what_each_has_spent_today_and_this_month(admin: Client) -> None:
    acme = BrandFactory.create(name="Acme", timezone="Asia/Tokyo", daily_budget=Decimal(10))
    one, other = CampaignFactory.create_batch(2, brand=acme)
    BrandFactory.create(name="Globex")
    BudgetService.record_spend(one, Decimal(4))
    BudgetService.record_spend(other, Decimal("2.5"))
    BudgetService.reset_daily_spend(acme)
    BudgetService.record_spend(one, Decimal(1))
    Campaign.objects.filter(pk=one.pk).update(is_active=True)
    Campaign.objects.filter(pk=other.pk).update(is_active=False)

    response = admin.get(BRANDS)
    listed = response.context["cl"].result_list

    assert response.content.decode().count("of $16.50 ($6.50 allowed)") == 1
    assert [(row.name, row.delivering, row.every) for row in listed] == [
        ("Acme", 1, 2),
        ("Globex", 0, 0),
    ]
    spent, nothing = (
        [row.figures[name] for name in ("daily_spend", "daily_waived", "monthly_spend")]
        for row in listed
    )
    assert spent == [Decimal("7.5"), Decimal("6.5"), Decimal("7.5")]
    assert nothing == [0, 0, 0]


def test_all_rows_are_of_one_instant(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    BrandFactory.create_batch(5)
    later = itertools.count()

    def an_hour_later_each_time() -> datetime:
        return datetime(2024, 5, 15, 12, tzinfo=UTC) + timedelta(hours=next(later))

    monkeypatch.setattr("ads.admin.elements.filters.timezone.now", an_hour_later_each_time)

    listed = context_of(admin, BRANDS)["cl"].result_list

    assert len({row.local for row in listed}) == 1
    assert next(later) > 0


def test_fifty_brands_cost_as_many_queries_as_five(admin: Client) -> None:
    def make(count: int) -> None:
        for campaign in CampaignFactory.create_batch(count):
            BudgetService.record_spend(campaign, Decimal(1))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(BRANDS).status_code == 200
        return len(captured)

    make(5)
    queries()
    few = queries()
    make(45)

    assert queries() == few


@pytest.mark.django_db(transaction=True)
def test_switching_a_brand_off_and_on_stops_and_starts_its_campaigns_at_once(
    admin: Client, operator: User
) -> None:
    campaign = CampaignFactory.create()
    assert campaign.fresh().is_active is True

    save(admin, change(campaign.brand), is_active=None)
    assert campaign.fresh().state == "Paused by user"

    save(admin, change(campaign.brand), is_active="on")
    assert campaign.fresh().state == "Active"
    assert [(row.is_active, row.holds, row.actor) for row in DeliveryChange.objects.all()[:2]] == [
        (True, [], operator.username),
        (False, ["brand_inactive"], operator.username),
    ]


def test_an_edit_leaves_what_the_system_keeps_alone(admin: Client) -> None:
    brand = BrandFactory.create()
    Brand.objects.filter(pk=brand.pk).update(last_daily_reset="2026-05-01")

    save(admin, change(brand), name="Renamed", last_daily_reset="2020-01-01")

    renamed = brand.fresh()
    assert (renamed.name, str(renamed.last_daily_reset)) == ("Renamed", "2026-05-01")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Taken"),
        ("name", ""),
        ("timezone", "Mars/Olympus"),
        ("daily_budget", "-0.01"),
        ("monthly_budget", "0.0000001"),
        ("monthly_budget", "NaN"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(admin: Client, field: str, value: str) -> None:
    BrandFactory.create(name="Taken")

    response = save(admin, add("ads_brand"), **{"name": "New", field: value})

    assert list(errors(response)) == [field]
    assert Brand.objects.get().name == "Taken"


def names(client: Client, **query: str) -> list[str]:
    return [row.name for row in context_of(client, BRANDS, query)["cl"].result_list]


@pytest.fixture
def three(db: None) -> None:
    """Brands on three local dates: the first has spent most, the second most of its budget."""
    with time_machine.travel(datetime(2024, 5, 15, 10, 30, tzinfo=UTC), tick=False):
        for name, zone, amount, limit, campaigns in [
            ("Much", "Pacific/Kiritimati", 90, 1000, 1),
            ("Share", "UTC", 40, 50, 3),
            ("None", "Pacific/Pago_Pago", 5, None, 2),
        ]:
            brand = BrandFactory.create(name=name, timezone=zone, daily_budget=limit)
            made = CampaignFactory.create_batch(campaigns, brand=brand)
            BudgetService.record_spend(made[0], amount)
            Campaign.objects.filter(pk__in=[one.pk for one in made]).update(is_active=True)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("running", ["Share", "None", "Much"]),
        ("today", ["Much", "Share", "None"]),
        ("used_today", ["Share", "Much", "None"]),
        ("this_month", ["Much", "Share", "None"]),
        ("local", ["Share", "None", "Much"]),
    ],
)
@pytest.mark.usefixtures("three")
def test_the_list_is_sorted_by_what_is_worked_out(
    admin: Client, column: str, expected: list[str]
) -> None:
    number = BrandColumns.list_display.index(column) + 1  # one is the boxes to tick

    with time_machine.travel(datetime(2024, 5, 15, 10, 30, tzinfo=UTC), tick=False):
        assert names(admin, o=f"-{number}") == expected
        assert names(admin, o=str(number)) == expected[::-1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"used": "50"}, ["Share", "Zero"]),
        ({"used": "100"}, ["Zero"]),
        ({"used": "much"}, ["Much", "None", "Share", "Zero"]),
        ({"timezone__exact": "UTC"}, ["Share", "Zero"]),
        ({"is_active__exact": "0"}, ["Zero"]),
        ({"q": "mu"}, ["Much"]),
    ],
)
@pytest.mark.usefixtures("three")
def test_the_list_is_narrowed_down(
    admin: Client, query: dict[str, str], expected: list[str]
) -> None:
    BrandFactory.create(name="Zero", monthly_budget=0, is_active=False)

    with time_machine.travel(datetime(2024, 5, 15, 10, 30, tzinfo=UTC), tick=False):
        assert names(admin, **query) == expected
        assert names(admin, o="-4.6.7", **query)  # in any order


def test_a_budget_of_zero_beyond_which_something_is_allowed_has_a_share(admin: Client) -> None:
    with time_machine.travel(datetime(2024, 5, 15, 10, 30, tzinfo=UTC), tick=False):
        campaign = CampaignFactory.create(brand=BrandFactory.create(name="Back", daily_budget=0))
        BudgetService.record_spend(campaign, 5)
        assert names(admin, used="100") == ["Back"]

        BudgetService.reset_daily_spend(campaign.brand)
        BudgetService.record_correction(campaign, -2, "Too much", date=date(2024, 5, 15))

        assert names(admin, used="50") == ["Back"]
        assert names(admin, used="100") == []


@pytest.mark.usefixtures("three")
def test_a_row_reads_amounts_what_is_left_and_the_brands_time(admin: Client) -> None:
    with time_machine.travel(datetime(2024, 5, 15, 10, 30, tzinfo=UTC), tick=False):
        page = admin.get(BRANDS, {"q": "Share"}).content.decode()

    told = " ".join(re.sub(r"<[^>]+>", " ", page[page.index('id="result_list"') :]).split())
    assert "Active 3 of 3 $40.00 of $50.00 80% $10.00 left $40.00 no limit – Wed 10:30 UTC" in told
