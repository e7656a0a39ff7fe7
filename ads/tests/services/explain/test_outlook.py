"""When the clock next starts or stops a campaign."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ads.holds import Hold
from ads.models import Brand, Campaign
from ads.services.explain import brand as brand_explanation
from ads.services.explain import conditions
from ads.services.explain.explanation import explain
from ads.services.explain.outlook import Change
from ads.services.ledger import summaries
from ads.tests.factories import BudgetGroupFactory, CampaignFactory, ScheduleFactory
from ads.tests.model.naive import DAY, Window, World, local_date, overlap
from ads.tests.model.strategies import BEGINNINGS, BUDGETS, FLIGHT, WINDOWS, ZONES
from ads.tests.support import NOON, at, execute, let_run_on, spend, spend_in_sql

pytestmark = pytest.mark.django_db

OFFICE = [(day, "09:00", "17:00") for day in range(5)]


def next_change(campaign: Campaign, now: datetime = NOON) -> Change | None:
    return explain(campaign, now).next_change


def test_a_campaign_without_hours_flight_and_spend_to_come_goes_on_for_ever() -> None:
    campaign = CampaignFactory.create(daily_budget=10, monthly_budget=100)

    assert next_change(campaign) is None


def test_a_delivering_campaign_stops_when_its_window_closes() -> None:
    campaign = CampaignFactory.create(schedules=[ScheduleFactory.create(windows=OFFICE)])

    assert next_change(campaign) == Change(at("2024-05-15 17:00"), False, [Hold.DAYPARTING])


def test_hours_that_are_not_enabled_change_nothing() -> None:
    campaign = CampaignFactory.create(
        schedules=[ScheduleFactory.create(windows=OFFICE)], is_dayparting_enabled=False
    )

    assert next_change(campaign) is None


def test_a_delivering_campaign_stops_when_its_flight_has_ended_there() -> None:
    campaign = CampaignFactory.create(brand__timezone="Asia/Tokyo", end_date=date(2024, 5, 20))

    assert next_change(campaign) == Change(
        at("2024-05-21 00:00", "Asia/Tokyo"), False, [Hold.FLIGHT]
    )


def test_a_flight_that_ends_with_the_calendar_never_ends() -> None:
    assert next_change(CampaignFactory.create(end_date=date.max)) is None


def test_spend_recorded_for_tomorrow_stops_it_at_midnight() -> None:
    campaign = CampaignFactory.create(
        daily_budget=10, schedules=[ScheduleFactory.create(windows=[(2, "00:00", "00:00")])]
    )
    other = CampaignFactory.create(brand=campaign.brand, daily_budget=10)
    spend(campaign, 10, NOON, date(2024, 5, 16))
    spend(other, "9.99", NOON, date(2024, 5, 16))

    assert next_change(campaign) == Change(
        at("2024-05-16 00:00"), False, [Hold.DAILY_BUDGET, Hold.DAYPARTING]
    )
    assert next_change(other) is None


def test_spend_of_the_brand_recorded_for_next_month_stops_it_on_the_first() -> None:
    campaign = CampaignFactory.create(brand__monthly_budget=10)
    spend_in_sql(CampaignFactory.create(brand=campaign.brand), "10", date(2024, 6, 10))

    assert next_change(campaign) == Change(
        at("2024-06-01 00:00"), False, [Hold.BRAND_MONTHLY_BUDGET]
    )


def test_what_its_group_has_spent_ahead_of_time_puts_its_return_off() -> None:
    group = BudgetGroupFactory.create(daily_budget=20)
    campaign, other = CampaignFactory.create_batch(
        2, brand=group.brand, budget_group=group, daily_budget=10
    )
    spend(campaign, 10, NOON)
    spend(other, 20, NOON, date(2024, 5, 16))

    assert next_change(campaign) == Change(at("2024-05-17 00:00"), True, [])


def test_each_hold_waits_for_what_was_spent_ahead_of_time() -> None:
    group = BudgetGroupFactory.create(daily_budget=20, monthly_budget=90)
    campaign = CampaignFactory.create(brand=group.brand, budget_group=group, daily_budget=10)
    Brand.objects.update(daily_budget=20, monthly_budget=1000)
    last_day = at("2024-05-31 12:00")
    spend(campaign, 90, last_day)
    spend(campaign, 20, last_day, date(2024, 6, 1))
    spend_in_sql(campaign, "70", date(2024, 6, 3))

    explained = explain(campaign, last_day)

    # Each is used up on the 1st and the 3rd of June too, and the group's month as well.
    assert [(held.code, held.lifts_at) for held in explained.holds] == [
        (Hold.BRAND_DAILY_BUDGET, at("2024-06-02")),
        (Hold.DAILY_BUDGET, at("2024-06-02")),
        (Hold.GROUP_BUDGET, at("2024-07-01")),
    ]
    assert explained.returns_at == at("2024-07-01")
    brand = Brand.objects.get()
    of_brand = brand_explanation.explain(brand, summaries.month(brand, last_day), last_day)
    assert [one.until for one in of_brand.holding] == [at("2024-06-02")]


def test_what_is_not_used_up_yet_says_from_when_it_is_by_what_was_spent_ahead_of_time() -> None:
    group = BudgetGroupFactory.create(brand__daily_budget=10, daily_budget=10)
    campaign = CampaignFactory.create(brand=group.brand, budget_group=group, daily_budget=10)
    spend(campaign, 10, NOON, date(2024, 5, 16))

    until = {one.hold: one.until for one in conditions.of(explain(campaign, NOON))}
    brand = group.brand
    of_brand = brand_explanation.explain(brand, summaries.month(brand, NOON), NOON)

    days = (Hold.BRAND_DAILY_BUDGET, Hold.DAILY_BUDGET, Hold.GROUP_BUDGET)
    assert {until[hold] for hold in days} == {at("2024-05-16")}
    assert until[Hold.MONTHLY_BUDGET] is None
    assert [one.until for one in of_brand.conditions] == [None, at("2024-05-16"), None]


def test_what_is_allowed_beyond_a_budget_of_zero_lets_it_run_until_the_day_is_over() -> None:
    campaign = CampaignFactory.create(daily_budget=0)
    spend(campaign, 5, NOON)
    let_run_on(campaign, now=NOON, amount=6)

    assert next_change(campaign) == Change(at("2024-05-16 00:00"), False, [Hold.DAILY_BUDGET])


def test_it_stops_when_what_it_needs_is_allowed_no_longer() -> None:
    campaign = CampaignFactory.create(
        brand__timezone="Europe/Berlin", brand__daily_budget=100, daily_budget=10
    )
    spend(campaign, 15, NOON)
    let_run_on(campaign, now=NOON, amount=20, until="18:00")
    let_run_on(campaign.brand, now=NOON, amount=20, until="16:00")

    assert next_change(campaign) == Change(
        at("2024-05-15 18:00", "Europe/Berlin"), False, [Hold.DAILY_BUDGET]
    )
    found = {one.hold: one for one in conditions.of(explain(campaign, NOON))}
    assert found[Hold.DAILY_BUDGET].until == at("2024-05-15 18:00", "Europe/Berlin")
    assert found[Hold.BRAND_DAILY_BUDGET].until is None


def test_it_goes_on_when_what_it_does_not_need_is_allowed_no_longer() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    spend(campaign, 9, NOON)
    let_run_on(campaign, now=NOON, amount=20, until="18:00")

    assert next_change(campaign) is None


def test_a_held_campaign_starts_when_the_last_of_its_holds_is_gone() -> None:
    campaign = CampaignFactory.create(
        daily_budget=10, schedules=[ScheduleFactory.create(windows=OFFICE)]
    )
    spend(campaign, 10, NOON)

    assert next_change(campaign) == Change(at("2024-05-16 09:00"), True, [])
    assert explain(campaign, NOON).returns_at == at("2024-05-16 09:00")


def test_a_campaign_that_a_person_has_stopped_has_no_next_change() -> None:
    campaign = CampaignFactory.create(
        status="paused", schedules=[ScheduleFactory.create(windows=OFFICE)]
    )

    assert next_change(campaign) is None


def test_a_schedule_that_nobody_can_read_hides_only_when_it_would_close() -> None:
    schedule = ScheduleFactory.create(windows=[(day, "00:00", "00:00") for day in range(7)])
    broken = ScheduleFactory.create(priority=-1)
    campaign = CampaignFactory.create(schedules=[schedule, broken], end_date=date(2024, 5, 20))
    execute("SET LOCAL session_replication_role = replica")
    execute("UPDATE ads_daypartingschedule SET timezone = 'X' WHERE id = %s", [broken.pk])

    assert next_change(campaign) == Change(at("2024-05-21 00:00"), False, [Hold.FLIGHT])


@pytest.mark.parametrize("held", [True, False])
def test_the_number_of_queries_does_not_grow_with_what_lies_between(held: bool) -> None:
    few = CampaignFactory.create(
        daily_budget=10, schedules=[ScheduleFactory.create(windows=OFFICE)]
    )
    weekly = [ScheduleFactory.create(windows=[(day, "11:59", "12:01")]) for day in (2, 3)]
    many = CampaignFactory.create(
        daily_budget=10,
        schedules=[ScheduleFactory.create(windows=[(2, "11:59", "12:01")])] if held else weekly,
    )
    for campaign in (few, many):
        spend(campaign, 10 if held else 1, NOON)
    counts = []
    for campaign in (few, many):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert next_change(campaign) is not None
        counts.append(len(captured))

    assert counts[0] == counts[1]


# --- compared with a model that looks at every half hour ------------------------------------------

HALF_HOUR = timedelta(minutes=30)  # in which all of the windows and timezones below begin
STEPS = 40 * 48

SCHEDULES = st.lists(
    st.fixed_dictionaries(
        {
            "timezone": ZONES,
            "priority": st.integers(0, 1),
            "valid_from": FLIGHT,
            "valid_until": FLIGHT,
            "windows": WINDOWS.filter(lambda windows: not overlap(windows)),
        }
    ),
    max_size=2,
)
AMOUNTS = st.sampled_from(["1", "5", "10", "60"]).map(Decimal)
LEDGER = st.lists(st.tuples(st.booleans(), AMOUNTS, st.integers(-1, 2)), max_size=4)


@pytest.mark.filterwarnings("ignore")
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    beginning=BEGINNINGS,
    zone=ZONES,
    budgets=st.lists(BUDGETS, min_size=4, max_size=4),
    flight=st.tuples(FLIGHT, FLIGHT),
    schedules=SCHEDULES,
    ledger=LEDGER,
    allowed=st.lists(
        st.tuples(
            st.booleans(),
            st.sampled_from(["day", "month"]),
            st.one_of(st.none(), st.decimals(1, 60, places=0)),
            st.one_of(st.none(), st.integers(1, 40)),
        ),
        max_size=3,
    ),
)
def test_it_is_the_first_half_hour_at_which_a_simple_model_says_otherwise(
    beginning: str,
    zone: str,
    budgets: list[Decimal | None],
    flight: tuple[int | None, int | None],
    schedules: list[dict[str, Any]],
    ledger: list[tuple[bool, Decimal, int]],
    allowed: list[tuple[bool, str, Decimal | None, int | None]],
) -> None:
    now = at(beginning).replace(minute=0)
    today = local_date(now, zone)
    start, end = (offset if offset is None else today + offset * DAY for offset in flight)
    if start and end and end < start:
        start, end = end, start
    world = World()
    with transaction.atomic():
        campaign = make(world, zone, budgets, start, end)
        for schedule in schedules:
            attach(world, campaign, schedule, today)
        other = CampaignFactory.create(brand=campaign.brand)
        world.campaigns[other.pk] = {"brand": campaign.brand_id}
        for is_its_own, amount, offset in ledger:
            pk = campaign.pk if is_its_own else other.pk
            spend_in_sql(Campaign(pk=pk), str(amount), today + offset * DAY)
            world.ledger.append((pk, today + offset * DAY, amount))
        for of_brand, period, more, steps in allowed:
            owner = ("brand", campaign.brand_id) if of_brand else ("campaign", campaign.pk)
            until = None if steps is None else now + steps * HALF_HOUR
            if world.allow(owner, period, now, more, until) is not None:
                row: Any = campaign.brand if of_brand else campaign
                let_run_on(row, period, now=now, amount=more, until=until)

        explained = explain(campaign, now)

        transaction.set_rollback(True)
    assert [held.code for held in explained.holds] == world.holds(campaign.pk, now)
    change = explained.next_change
    for instant in (now + step * HALF_HOUR for step in range(1, STEPS)):
        if bool(holds := world.holds(campaign.pk, instant)) is explained.delivers:
            assert change == Change(instant, not holds, [Hold(code) for code in holds])
            return
    assert change is None or change.at >= now + STEPS * HALF_HOUR


def make(
    world: World,
    zone: str,
    budgets: list[Decimal | None],
    start: date | None,
    end: date | None,
) -> Campaign:
    """A campaign in the database and in the model."""
    row: dict[str, Any] = {
        "status": "active",
        "daily_budget": budgets[0],
        "monthly_budget": budgets[1],
        "start_date": start,
        "end_date": end,
        "is_dayparting_enabled": True,
    }
    of_brand = {"timezone": zone, "daily_budget": budgets[2], "monthly_budget": budgets[3]}
    campaign = CampaignFactory.create(
        **{f"brand__{name}": value for name, value in of_brand.items()}, **row
    )
    world.brands[campaign.brand_id] = {"is_active": True, **of_brand}
    neither = {"total_budget": None, "budget_group": None}
    world.campaigns[campaign.pk] = {"brand": campaign.brand_id, **neither, **row}
    world.attached[campaign.pk] = set()
    return campaign


def attach(world: World, campaign: Campaign, given: dict[str, Any], today: date) -> None:
    """A schedule in the database and in the model; its dates are given in days from ``today``."""
    windows: list[Window] = given["windows"]
    days = [given["valid_from"], given["valid_until"]]
    if None not in days:
        days.sort()
    valid_from, valid_until = (day if day is None else today + day * DAY for day in days)
    row: dict[str, Any] = {
        "timezone": given["timezone"],
        "priority": given["priority"],
        "is_active": True,
        "valid_from": valid_from,
        "valid_until": valid_until,
    }
    schedule = ScheduleFactory.create(
        windows=[(day, clock(begin), clock(end)) for day, begin, end in windows], **row
    )
    campaign.dayparting_schedules.add(schedule)
    world.schedules[schedule.pk] = {"windows": windows, **row}
    world.attached[campaign.pk].add(schedule.pk)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
