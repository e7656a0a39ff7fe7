"""Sending spend: day totals and corrections."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from ads.models import Campaign, SpendBatch
from ads.tests.api.spend.support import entry, ledger
from ads.tests.api.support import Program, problem

pytestmark = pytest.mark.django_db


def total(campaign: Campaign, amount: Any, minutes: int = 0, **more: Any) -> dict[str, Any]:
    now = timezone.now()
    return {
        "campaign": campaign.pk,
        "date": now.date().isoformat(),
        "amount": amount,
        "observed_at": (now - timedelta(hours=1) + timedelta(minutes=minutes)).isoformat(),
        **more,
    }


def test_day_totals_are_recorded_by_their_difference(program: Program, campaign: Campaign) -> None:
    first = program.post("/spend/day-totals", total(campaign, "70.00", 0))
    more = program.post("/spend/day-totals", {"day_totals": [total(campaign, "75.50", 10)]})
    same = program.post("/spend/day-totals", total(campaign, 75.5, 20))
    older = program.post("/spend/day-totals", total(campaign, "60", 5))

    assert first.json() == {
        "batch": SpendBatch.objects.earliest("pk").pk,
        "recorded": 1,
        "unchanged": 0,
        "older": 0,
        "skipped": 0,
        "waiting": 0,
        "overlaps": 0,
        "refused": 0,
        "answers": [{"row": 0, "outcome": "recorded", "difference": "70", "currency": "USD"}],
    }
    assert more.json()["answers"][0]["difference"] == "5.5"
    assert same.json()["unchanged"] == 1
    assert older.json()["older"] == 1
    assert [row[1] for row in ledger()] == [70, Decimal("5.5")]
    campaign.refresh_from_db()
    assert not campaign.is_active


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"observed_at": None}, "observed_at", "missing"),
        ({"observed_at": "2999-01-01T00:00:00Z"}, "observed_at", "future"),
        ({"date": None}, "date", "missing"),
        ({"external_id": "a"}, "external_id", "no such field"),
        ({"amount": "-1"}, "amount", "may not be negative"),
    ],
)
def test_a_bad_day_total_is_refused(
    program: Program, campaign: Campaign, change: dict[str, Any], field: str, said: str
) -> None:
    answer = program.post("/spend/day-totals", total(campaign, "1") | change)

    (error,) = problem(answer, 422, "invalid")["errors"]
    assert error["field"] == field
    assert said in error["reason"]
    assert ledger() == []


def test_a_correction_may_bring_a_campaign_back(program: Program, campaign: Campaign) -> None:
    program.post("/spend/entries", entry(campaign, "80"))
    today = timezone.now().date().isoformat()

    answer = program.post(
        "/spend/corrections",
        {
            "corrections": [
                entry(campaign, "-10", external_id="c", date=today, description="Credited")
            ]
        },
    )

    assert answer.json()["recorded"] == 1
    assert ledger()[1] == ("Spring Sale", Decimal(-10), "etl", "c", "correction")
    campaign.refresh_from_db()
    assert campaign.is_active


@pytest.mark.parametrize("left_out", ["description", "date"])
def test_a_correction_says_why_and_of_which_day(
    program: Program, campaign: Campaign, left_out: str
) -> None:
    row = entry(campaign, "-1", description="Credited", date=date.today().isoformat())  # noqa: DTZ011
    del row[left_out]

    (error,) = problem(program.post("/spend/corrections", row), 422, "invalid")["errors"]

    assert error["field"] == left_out
    assert ledger() == []
