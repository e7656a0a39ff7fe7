"""Brands in other currencies in what the commands print."""

from pathlib import Path

import pytest
from django.utils import timezone

from ads.tests.commands.support import say
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import enforce_all, spend

pytestmark = pytest.mark.django_db


def test_explain_is_in_the_brands_currency() -> None:
    brand = BrandFactory.create(currency="JPY", monthly_budget=900000)
    campaign = CampaignFactory.create(brand=brand, name="Tokyo", daily_budget=1500)
    enforce_all(timezone.now())
    spend(campaign, 1600, timezone.now())

    said = say("explain", "Tokyo")

    assert "Daily budget used up: ¥1,600 of ¥1,500" in said
    assert "¥898,400" in said
    assert "$" not in said


def test_an_import_of_several_currencies_adds_up_each(tmp_path: Path) -> None:
    for code in ("KWD", "USD"):
        CampaignFactory.create(name=code, brand=BrandFactory.create(currency=code))
    file = tmp_path / "spend.csv"
    file.write_text("campaign,date,amount\nKWD,2024-05-01,1.125\nUSD,2024-05-01,3\n")

    options = (str(file), "--decimal", ".")
    assert "KWD 1.125 · $3.00" in say("import_spend", *options, "--dry-run")
    assert "KWD 1.125 · $3.00" in say("import_spend", *options)


def test_letting_run_on_shows_each_amount_in_its_currency() -> None:
    for code in ("EUR", "JPY"):
        campaign = CampaignFactory.create(brand=BrandFactory.create(currency=code))
        spend(campaign, 5, timezone.now())

    said = say("reset_budgets", "--waive", "--daily", "--dry-run")

    assert "€5.00" in said
    assert "¥5" in said
