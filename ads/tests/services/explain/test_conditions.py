"""Every condition of delivering is told, met or not, with its figures and until when."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from ads.holds import Hold
from ads.models import Campaign
from ads.services.explain import brand as brand_explanation
from ads.services.explain import conditions
from ads.services.explain.explanation import explain
from ads.services.ledger import summaries
from ads.tests.factories import (
    BrandFactory,
    BudgetGroupFactory,
    CampaignFactory,
    ScheduleFactory,
)
from ads.tests.support import NOON, at, spend

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def told(campaign: Campaign) -> dict[str, tuple[bool, str, Any]]:
    """By hold: does it apply, the sentence, until when."""
    return {
        one.hold.value: (one.applies, one.sentence, one.until)
        for one in conditions.of(explain(campaign, NOON))
    }


def test_there_is_one_for_each_hold_that_can_apply_in_their_order() -> None:
    brand = BrandFactory.create(stale_after_minutes=60)
    group = BudgetGroupFactory.create(brand=brand)
    every = CampaignFactory.create(brand=brand, total_budget=100, budget_group=group)
    usual = CampaignFactory.create()

    of_every, of_usual = (
        [one.hold for one in conditions.of(explain(each, NOON))] for each in (every, usual)
    )

    few = [Hold.TOTAL_BUDGET, Hold.GROUP_BUDGET, Hold.STALE_SPEND]
    assert of_every == list(Hold)
    assert of_usual == [hold for hold in Hold if hold not in few]
    assert told(every)["total_budget"][1] == "Total budget: $0.00 of $100.00 spent"
    assert told(every)["group_budget"][1] == f"Group {group.name}: no limit"


def test_a_hold_that_does_not_apply_has_its_figures() -> None:
    brand = BrandFactory.create(name="Acme", daily_budget=Decimal(500), timezone="Europe/Berlin")
    office = ScheduleFactory.create(
        name="Office", timezone="Europe/Berlin", windows=[(2, "09:00", "18:00")]
    )
    campaign = CampaignFactory.create(
        brand=brand,
        daily_budget=Decimal(75),
        start_date=date(2024, 5, 1),
        end_date=date(2024, 5, 30),
        schedules=[office],
    )
    spend(campaign, 12, NOON)

    assert told(campaign) == {
        "status": (False, "Status: active", None),
        "brand_inactive": (False, "Brand Acme is active", None),
        "flight": (
            False,
            "Flight: 2024-05-01 – 2024-05-30",
            at("2024-05-31 00:00", "Europe/Berlin"),
        ),
        "brand_daily_budget": (False, "Brand's daily budget: $12.00 of $500.00 spent", None),
        "brand_monthly_budget": (
            False,
            "Brand's monthly budget: no limit, $12.00 spent this month",
            None,
        ),
        "daily_budget": (False, "Daily budget: $12.00 of $75.00 spent", None),
        "monthly_budget": (False, "Monthly budget: no limit, $12.00 spent this month", None),
        "dayparting": (
            False,
            "Hours: open now (Office)",
            at("2024-05-15 18:00", "Europe/Berlin"),
        ),
    }


def test_a_hold_that_applies_stands_beside_those_that_do_not() -> None:
    campaign = CampaignFactory.create(status="paused", daily_budget=Decimal(5))
    spend(campaign, 5, NOON)

    found = told(campaign)

    assert {code for code, (applies, *_) in found.items() if applies} == {"status", "daily_budget"}
    assert found["status"] == (True, "Paused by a user", None)
    assert found["daily_budget"] == (
        True,
        "Daily budget used up: $5.00 of $5.00",
        at("2024-05-16 00:00"),
    )


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (None, None, "any day"),
        (date(2024, 5, 1), None, "from 2024-05-01"),
        (None, date(2024, 12, 31), "until 2024-12-31"),
        (date(2024, 5, 1), date(2025, 1, 2), "2024-05-01 – 2025-01-02"),
    ],
)
def test_a_flight_reads_as_people_say_it(start: Any, end: Any, words: str) -> None:
    assert conditions.flight(start, end) == words


def test_without_dayparting_or_schedules_its_hours_are_around_the_clock() -> None:
    off = CampaignFactory.create(schedules=[ScheduleFactory.create()], is_dayparting_enabled=False)
    bare = CampaignFactory.create(is_dayparting_enabled=True)

    assert told(off)["dayparting"] == (False, "Hours: all day, dayparting is off", None)
    assert told(bare)["dayparting"] == (
        False,
        "Hours: all day, no schedule is attached",
        None,
    )


def test_a_brand_is_explained_by_its_switch_and_its_budgets() -> None:
    brand = BrandFactory.create(daily_budget=Decimal(10), monthly_budget=Decimal(100))
    spend(CampaignFactory.create(brand=brand), 10, NOON)

    explained = brand_explanation.explain(brand, summaries.month(brand, NOON), NOON)

    assert [(one.applies, one.sentence, one.until) for one in explained.conditions] == [
        (False, "Active", None),
        (True, "Daily budget used up: $10.00 of $10.00", at("2024-05-16 00:00")),
        (False, "Monthly budget: $10.00 of $100.00 spent", None),
    ]
    assert explained.returns_at == at("2024-05-16 00:00")


@pytest.mark.parametrize(
    ("fields", "returns"),
    [
        ({"monthly_budget": Decimal(10), "daily_budget": Decimal(10)}, at("2024-06-01 00:00")),
        ({"daily_budget": Decimal(0)}, None),
        ({"daily_budget": Decimal(10), "is_active": False}, None),
        ({}, None),
    ],
)
def test_a_brands_campaigns_return_when_the_last_of_what_holds_them_lifts(
    fields: dict[str, Any], returns: Any
) -> None:
    brand = BrandFactory.create(**fields)
    spend(CampaignFactory.create(brand=brand), 10, NOON)

    explained = brand_explanation.explain(brand, summaries.month(brand, NOON), NOON)

    assert explained.returns_at == returns
    assert bool(explained.holding) == bool(fields)


def test_a_month_has_every_day_and_both_figures() -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(7), monthly_budget=Decimal(70))
    for day, amount in [(1, "1.25"), (14, 4), (15, 2)]:
        spend(campaign, amount, NOON, date(2024, 5, day))
    spend(campaign, 99, NOON, date(2024, 4, 30))

    for owner in (campaign, campaign.brand):
        month = summaries.month(owner, NOON)

        assert [day.date.day for day in month.days] == list(range(1, 32))
        assert {day.date.day: day.amount for day in month.days if day.amount} == {
            1: Decimal("1.25"),
            14: Decimal(4),
            15: Decimal(2),
        }
        assert [found.amount for found in month.figures.values()] == [
            Decimal(2),
            Decimal("7.25"),
        ]


def test_a_brands_campaigns_are_listed_by_what_needs_somebody_first() -> None:
    brand = BrandFactory.create()
    little = CampaignFactory.create(brand=brand, name="little")
    much = CampaignFactory.create(brand=brand, name="much")
    draft = CampaignFactory.create(brand=brand, name="draft", status="draft")
    paused = CampaignFactory.create(brand=brand, name="paused", status="paused")
    held = CampaignFactory.create(brand=brand, name="held", daily_budget=Decimal(1))
    CampaignFactory.create(name="another brand's")
    spend(much, 5, NOON)
    spend(little, 1, NOON)
    spend(held, 1, NOON)
    Campaign.objects.filter(pk__in=[little.pk, much.pk]).update(is_active=True)
    Campaign.objects.filter(pk__in=[held.pk, draft.pk, paused.pk]).update(is_active=False)

    listed = brand_explanation.first_campaigns(brand.campaigns.all(), NOON, limit=4)

    assert [row.name for row in listed] == ["held", "much", "little", "paused"]
    assert {state.label: count for state, count in brand_explanation.states(brand).items()} == {
        "Paused by system": 1,
        "Active": 2,
        "Paused by user": 1,
        "Draft": 1,
    }
