"""Why a campaign is held, in sentences, and when it is expected back."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from ads.models import Brand, Campaign
from ads.services import BudgetService, CampaignService
from ads.services.actor import acting_as
from ads.services.delivery import lifecycle
from ads.services.explain.explanation import Explanation, explain
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, at, delivers, enforce_all, spend

pytestmark = pytest.mark.django_db

OFFICE = [(day, "09:00", "17:00") for day in range(5)]
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """The clock stands at noon in UTC, on a Wednesday."""
    with time_machine.travel(NOON, tick=False):
        yield


def told(explained: Explanation) -> list[tuple[str, str, datetime | None]]:
    return [(held.code, held.sentence, held.lifts_at) for held in explained.holds]


def only(campaign: Campaign, now: datetime = NOON) -> tuple[str, str, datetime | None]:
    (held,) = told(explain(campaign, now))
    return held


def test_a_campaign_that_may_deliver_has_nothing_to_explain() -> None:
    campaign = CampaignFactory.create(daily_budget=75)

    explained = CampaignService.explain(campaign)

    assert (explained.delivers, explained.holds, explained.returns_at) == (True, [], None)
    assert CampaignService.should_campaign_be_active(campaign) == (True, [])


def test_a_used_up_budget_has_its_figures_and_lifts_at_local_midnight() -> None:
    campaign = CampaignFactory.create(brand__timezone="America/New_York", daily_budget=75)
    spend(campaign, "75.40", NOON)

    assert only(campaign) == (
        "daily_budget",
        "Daily budget used up: $75.40 of $75.00",
        at("2024-05-16 00:00", "America/New_York"),
    )
    assert CampaignService.should_campaign_be_active(campaign) == (
        False,
        ["Daily budget used up: $75.40 of $75.00"],
    )


def test_fractions_of_a_cent_and_thousands_are_shown_exactly() -> None:
    campaign = CampaignFactory.create(monthly_budget=Decimal("1234.5"))
    spend(campaign, "1234.500001", NOON)

    assert only(campaign) == (
        "monthly_budget",
        "Monthly budget used up: $1,234.500001 of $1,234.50",
        at("2024-06-01 00:00"),
    )


def test_a_brands_budgets_are_named_as_the_brands() -> None:
    brand = BrandFactory.create(daily_budget=10, monthly_budget=100, timezone="Asia/Tokyo")
    campaign = CampaignFactory.create(brand=brand)
    spend(CampaignFactory.create(brand=brand), 120, NOON)

    assert told(explain(campaign, NOON)) == [
        (
            "brand_daily_budget",
            "Brand's daily budget used up: $120.00 of $10.00",
            at("2024-05-15 15:00"),
        ),
        (
            "brand_monthly_budget",
            "Brand's monthly budget used up: $120.00 of $100.00",
            at("2024-05-31 15:00"),
        ),
    ]
    assert explain(campaign, NOON).returns_at == at("2024-05-31 15:00")


def test_a_raised_limit_is_told_with_the_true_spend_and_who_allowed_it() -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    spend(campaign, "75.21", NOON)
    with acting_as("admin"):
        BudgetService.reset_daily_spend(campaign)
    spend(campaign, "75.40", NOON)

    assert only(campaign)[1] == (
        "Daily budget used up: $150.61 of $150.21: $75.00 budget + $75.21 allowed by admin until "
        "midnight"
    )


@pytest.mark.parametrize("field", ["daily_budget", "monthly_budget"])
def test_a_budget_of_zero_never_lifts(field: str) -> None:
    campaign = CampaignFactory.create(**{field: 0})

    code, sentence, lifts_at = only(campaign)

    assert (code, lifts_at) == (field, None)
    assert "$0.00" in sentence
    assert explain(campaign, NOON).returns_at is None


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("paused", "Paused by a user"),
        ("draft", "Draft"),
        ("completed", "Completed"),
        ("archived", "Archived"),
    ],
)
def test_a_status_lifts_only_by_a_person(status: str, sentence: str) -> None:
    campaign = CampaignFactory.create(status=status)

    assert only(campaign) == ("status", sentence, None)
    assert explain(campaign, NOON).returns_at is None


def test_a_brand_switched_off_lifts_only_by_a_person() -> None:
    campaign = CampaignFactory.create(brand__name="Acme", brand__is_active=False)

    assert only(campaign) == ("brand_inactive", "Brand Acme is paused by a user", None)


def test_a_flight_begins_at_the_brand_s_midnight_and_once_ended_never_returns() -> None:
    coming = CampaignFactory.create(
        brand__timezone="Europe/Berlin", start_date=date(2024, 6, 1), end_date=date(2024, 6, 2)
    )
    ended = CampaignFactory.create(end_date=date(2024, 5, 14))

    assert only(coming) == (
        "flight",
        "The flight starts on 2024-06-01",
        at("2024-05-31 22:00"),
    )
    assert explain(coming, NOON).returns_at == at("2024-05-31 22:00")
    assert only(ended) == ("flight", "The flight ended on 2024-05-14", None)
    assert explain(ended, NOON).returns_at is None


def test_a_flight_that_ends_before_the_budget_lifts_never_returns() -> None:
    campaign = CampaignFactory.create(daily_budget=10, end_date=NOON.date())
    spend(campaign, 10, NOON)

    explained = explain(campaign, NOON)

    assert told(explained)[0][2] == at("2024-05-16 00:00")
    assert explained.returns_at is None


def test_closed_hours_lift_with_the_next_opening() -> None:
    schedule = ScheduleFactory.create(
        name="Office hours", timezone="America/New_York", windows=OFFICE
    )
    campaign = CampaignFactory.create(schedules=[schedule])
    friday_evening = at("2024-05-17 18:00", "America/New_York")

    assert only(campaign, friday_evening) == (
        "dayparting",
        "Outside hours (Office hours)",
        at("2024-05-20 09:00", "America/New_York"),
    )


def test_hours_that_never_come_never_lift() -> None:
    campaign = CampaignFactory.create(schedules=[ScheduleFactory.create(name="Never")])

    assert only(campaign) == ("dayparting", "Outside hours (Never)", None)


def test_after_midnight_the_window_may_still_be_closed() -> None:
    campaign = CampaignFactory.create(
        daily_budget=10, schedules=[ScheduleFactory.create(windows=OFFICE)]
    )
    spend(campaign, 10, NOON)

    explained = explain(campaign, NOON)

    assert told(explained)[0][2] == at("2024-05-16 00:00")
    assert explained.returns_at == at("2024-05-16 09:00")


def test_a_window_before_the_budget_lifts_is_no_return() -> None:
    night = [(day, "20:00", "22:00") for day in range(7)]
    campaign = CampaignFactory.create(
        monthly_budget=10, schedules=[ScheduleFactory.create(windows=night)]
    )
    spend(campaign, 10, NOON)

    explained = explain(campaign, NOON)

    assert [held.lifts_at for held in explained.holds] == [
        at("2024-06-01 00:00"),
        at("2024-05-15 20:00"),
    ]
    assert explained.returns_at == at("2024-06-01 20:00")


def test_spend_already_booked_for_tomorrow_holds_tomorrow_too() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    spend(campaign, 10, NOON)
    spend(campaign, 10, NOON, date(2024, 5, 16))

    assert explain(campaign, NOON).returns_at == at("2024-05-17 00:00")


def test_closed_at_christmas_returns_after_it() -> None:
    campaign = CampaignFactory.create(
        schedules=[
            ScheduleFactory.create(windows=OFFICE),
            ScheduleFactory.create(
                priority=10, valid_from=date(2024, 12, 24), valid_until=date(2024, 12, 26)
            ),
        ]
    )

    assert explain(campaign, at("2024-12-24 10:00")).returns_at == at("2024-12-27 09:00")


@pytest.mark.parametrize(
    ("now", "returns"),
    [
        ("2024-03-30 22:30", "2024-03-30 23:00"),  # midnight is before the jump
        ("2024-03-31 12:00", "2024-03-31 22:00"),  # the day has 23 hours
        ("2024-10-27 12:00", "2024-10-27 23:00"),  # the day has 25 hours
    ],
)
def test_on_the_day_of_a_clock_change_midnight_is_still_local(now: str, returns: str) -> None:
    campaign = CampaignFactory.create(brand__timezone="Europe/Berlin", daily_budget=10)
    spend(campaign, 10, at(now))

    assert explain(campaign, at(now)).returns_at == at(returns)


def test_where_the_clock_jumps_over_midnight_the_day_begins_with_the_jump() -> None:
    campaign = CampaignFactory.create(brand__timezone="America/Havana", daily_budget=10)
    evening = at("2024-03-09 20:00", "America/Havana")
    spend(campaign, 10, evening)

    assert explain(campaign, evening).returns_at == at("2024-03-10 05:00")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/St_Johns"])
def test_what_is_promised_is_what_happens(zone: str) -> None:
    schedule = ScheduleFactory.create(timezone=zone, windows=OFFICE)
    campaign = CampaignFactory.create(
        brand__timezone=zone,
        daily_budget=10,
        monthly_budget=25,
        start_date=date(2024, 5, 16),
        schedules=[schedule],
    )
    now = NOON

    for _ in range(5):
        returns_at = explain(campaign, now).returns_at
        assert returns_at is not None
        enforce_all(returns_at - SECOND)
        assert not delivers(campaign)
        enforce_all(returns_at)
        assert delivers(campaign)
        now = returns_at
        spend(campaign, 10, now)
        assert not delivers(campaign)


def test_an_explanation_sees_what_was_changed_since_the_object_was_read() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    spend(campaign, 10, NOON)

    Campaign.objects.update(daily_budget=20)
    Brand.objects.update(is_active=False)

    assert only(campaign)[0] == "brand_inactive"


def test_a_person_s_actions_carry_who_did_it() -> None:
    campaign = CampaignFactory.create()

    with acting_as("ann"):
        lifecycle.activate(campaign, now=NOON)
    with acting_as("bob"):
        lifecycle.pause(campaign, now=NOON)

    assert list(
        campaign.delivery_changes.order_by("id").values_list("is_active", "trigger", "actor")
    ) == [(True, "action", "ann"), (False, "action", "bob")]


def test_of_several_schedules_only_those_that_decide_are_named() -> None:
    all_week = [(day, "00:00", "00:00") for day in range(7)]
    always = ScheduleFactory.create(name="Always", windows=all_week)
    christmas = ScheduleFactory.create(name="Christmas: closed", priority=10)
    retired = ScheduleFactory.create(name="Retired", is_active=False)
    campaign = CampaignFactory.create(schedules=[always, christmas, retired])

    assert only(campaign)[1] == "Outside hours (Christmas: closed)"

    campaign.dayparting_schedules.set([retired])

    assert only(campaign)[1] == "No schedule applies today (Retired)"
