"""Currencies over the API: beside amounts in answers, and of the rows that are sent."""

from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign, Spend, WaitingSpend
from ads.services.exports import Kind, choose, kinds
from ads.services.exports.kinds import Wanted
from ads.tests.api.spend.support import entry
from ads.tests.api.support import Program, key_for, problem
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, enforce_all, spend

pytestmark = pytest.mark.django_db


@pytest.fixture
def program() -> Program:
    return Program(key_for())


@pytest.fixture
def campaign() -> Campaign:
    brand = BrandFactory.create(name="Kuwait", currency="KWD")
    return CampaignFactory.create(brand=brand, daily_budget=Decimal("1.5"))


def told(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_answers_with_amounts_name_their_currency(program: Program, campaign: Campaign) -> None:
    enforce_all(NOON)
    program.post("/spend/entries", entry(campaign, "1.625"))

    for path in (
        f"/brands/{campaign.brand.pk}",
        f"/brands/{campaign.brand.pk}/summary",
        f"/campaigns/{campaign.pk}",
        f"/campaigns/{campaign.pk}/summary",
    ):
        assert told(program.get(path))["currency"] == "KWD"
    (row,) = told(program.get("/campaigns"))["items"]
    assert row["holds"][0]["sentence"] == "Daily budget used up: KWD 1.625 of KWD 1.500"
    assert {each["currency"] for each in told(program.get("/delivery-changes"))["items"]} == {"KWD"}


def test_a_row_may_name_its_currency_and_another_is_refused(
    program: Program, campaign: Campaign
) -> None:
    good = program.post("/spend/entries", entry(campaign, "1.5", currency="KWD"))
    bad = program.post("/spend/entries", entry(campaign, "1.5", currency="USD", external_id="b"))

    assert told(good)["recorded"] == 1
    (error,) = problem(bad, 422, "invalid")["errors"]
    assert (error["field"], error["value"]) == ("currency", "USD")
    assert "USD (US Dollar), and the brand's currency is KWD (Kuwaiti Dinar)" in error["reason"]
    assert Spend.objects.count() == 1


def test_day_totals_too(program: Program, campaign: Campaign) -> None:
    row = {
        "campaign": campaign.pk,
        "date": str(NOON.date()),
        "amount": "2",
        "observed_at": NOON.isoformat(),
    }

    bad = program.post("/spend/day-totals", {**row, "currency": "EUR"})
    good = program.post("/spend/day-totals", {**row, "currency": "KWD"})

    assert problem(bad, 422, "invalid")["errors"][0]["field"] == "currency"
    assert told(good)["answers"] == [
        {"row": 0, "outcome": "recorded", "difference": "2", "currency": "KWD"}
    ]


def test_what_waits_keeps_its_currency(program: Program) -> None:
    named = {"platform": "google_ads", "id": "7"}

    assert told(program.post("/spend/entries", entry(named, "5", currency="EUR")))["waiting"] == 1

    assert WaitingSpend.objects.get().currency == "EUR"


def test_the_document_has_them(program: Program) -> None:
    schemas = program.get("/openapi.json").json()["components"]["schemas"]

    for name in ("BrandAnswer", "CampaignAnswer", "BrandSummaryAnswer", "DeliveryChangeAnswer"):
        assert "currency" in schemas[name]["required"]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_export_has_a_column_of_currencies(campaign: Campaign, kind: Kind) -> None:
    enforce_all(NOON)
    spend(campaign, 2, NOON)

    export = choose(kind, Wanted(), NOON)

    assert export.columns[-1] == "currency"
    assert {row[-1] for row in export.rows()} == {"KWD"}
    assert kinds.SPEND[-2:] == ("created_at", "currency")
