"""The paces that lists show: refreshed by the clock and after edits, and whose they are."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.db.models import F, QuerySet

from ads import tasks
from ads.models import Brand, BudgetPace, Campaign, Heartbeat, SeasonalityAdjustment
from ads.models.spend import Period
from ads.services import pacing, visible
from ads.services.explain import explain
from ads.services.ledger import summaries
from ads.services.pacing import Paced, PaceState, stored
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.services.pacing.support import with_others
from ads.tests.services.plans.support import schedule
from ads.tests.support import (
    at,
    at_once,
    await_blocked,
    execute,
    held_open,
    impatient,
    let_run_on,
    spend,
)

pytestmark = pytest.mark.django_db

#: A Wednesday, the middle of a month of 30 days.
NOW = at("2026-09-16 00:00")
DAY = timedelta(days=1)


def spending(amount: object, **given: Any) -> Campaign:
    """A campaign that has spent as much on each day for six weeks, with $300 a month."""
    campaign = CampaignFactory.create(**{"monthly_budget": 300, **given})
    for ago in range(1, 43):
        spend(campaign, amount, NOW, (NOW - ago * DAY).date())
    return campaign


def pace_of(owner: Brand | Campaign, now: datetime = NOW) -> pacing.Pace | None:
    return pacing.stored_of([owner], now).get(owner.pk)


def named(rows: QuerySet[Any], choice: Paced, now: datetime = NOW) -> list[str]:
    return sorted(pacing.paced(rows, choice, now).values_list("name", flat=True))


def test_the_task_works_out_every_pace_and_lists_find_them_by_it() -> None:
    brand = BrandFactory.create(name="Acme", monthly_budget=900)
    for name, amount in (("much", 14), ("right", 10), ("little", 5)):
        spending(amount, name=name, brand=brand)
    CampaignFactory.create(name="new", brand=brand, monthly_budget=300)
    spending(5, name="paused", brand=brand, status="paused")

    with time_machine.travel(NOW, tick=False):
        assert tasks.refresh_paces() == {"paces": 6, "failed": 0, "learned": 0}

    rows = Campaign.objects.all()
    found = {choice: named(rows, choice) for choice in Paced}
    assert found == {
        Paced.OVER: ["much"],
        Paced.UNDER: ["little"],
        Paced.ON_PACE: ["right"],
        Paced.NOT_ENOUGH_DATA: ["new"],
        Paced.EXCEEDS: ["much"],
        Paced.LEFT_OVER: ["little"],
    }
    assert named(Brand.objects.all(), Paced.OVER) == ["Acme"]
    pace = pace_of(brand)
    assert pace is not None
    assert (pace.spent, pace.projected, pace.as_of) == (Decimal(510), Decimal(1020), NOW)
    assert pacing.as_of() == NOW


@pytest.mark.parametrize("of_brand", [False, True])
def test_what_may_be_spent_beyond_today_s_budget_bounds_no_later_day(*, of_brand: bool) -> None:
    campaign = spending(14, daily_budget=None if of_brand else 10)
    if of_brand:
        Brand.objects.update(monthly_budget=300, daily_budget=10)
    campaign.refresh_from_db()
    owner: Any = campaign.brand if of_brand else campaign
    let_run_on(owner, now=NOW, amount=8)

    pacing.refresh(NOW)

    # It would go on at $14, but has at most $18 today and $10 on each of the other 14 days.
    pace = pace_of(owner)
    assert pace is not None
    assert pace.projected == 15 * 14 + 18 + 14 * 10
    month = summaries.month(owner, NOW)
    row = owner if of_brand else explain(owner, NOW).campaign
    assert pacing.month_of(row, month, NOW).pace.projected == pace.projected


@pytest.mark.parametrize(
    ("budgets", "to_come"),
    [
        ({"total_budget": 588}, 0),  # 42 days
        ({"total_budget": 602}, 14),
        ({"group__total_budget": 588}, 0),
        ({"group__monthly_budget": 230}, 20),
        ({"group__daily_budget": 3}, 15 * 3),
        ({"brand__monthly_budget": 210}, 0),
        ({"brand__daily_budget": 6, "group__daily_budget": 7}, 15 * 6),
        ({"total_budget": 0}, 0),
    ],
)
def test_no_more_is_projected_than_the_other_budgets_let_through(
    budgets: dict[str, int], to_come: int
) -> None:
    campaign = spending(14, **with_others(budgets))

    pacing.refresh(NOW)

    pace = pace_of(campaign)
    assert pace is not None
    assert pace.projected == pace.high == 210 + to_come
    # It had $300 and would have run out in a week.
    assert (pace.runs_out_on, named(Campaign.objects.all(), Paced.EXCEEDS)) == (None, [])
    row, month = explain(campaign, NOW).campaign, summaries.month(campaign, NOW)
    assert replace(pacing.month_of(row, month, NOW).pace, as_of=NOW) == pace


@pytest.mark.parametrize(
    "budget",
    ["brand__daily_budget", "brand__monthly_budget", "monthly_budget", "total_budget",
     "group__daily_budget", "group__total_budget"],
)  # fmt: skip
def test_a_day_too_is_projected_within_the_other_budgets(budget: str) -> None:
    campaign = CampaignFactory.create(daily_budget=100, **with_others({budget: 20}))
    spend(campaign, 12, NOW)

    noon = NOW + timedelta(hours=12)
    pace = pacing.of_campaigns(Campaign.objects.all(), noon, Period.DAY)[campaign.pk]

    assert pace.projected == 20


def test_another_budget_that_is_nearly_as_small_does_not_delay_the_day_it_runs_out() -> None:
    campaign = spending(15, total_budget=42 * 15 + 80)

    pacing.refresh(NOW)

    pace = pace_of(campaign)
    assert pace is not None
    # $75 are left, $80 in total, and $15 a day are spent.
    assert pace.projected == 305
    assert pace.runs_out_on == NOW.date() + 4 * DAY


@pytest.mark.parametrize(
    ("budgets", "planned", "projected", "runs_out"),
    [
        # It has spent $210 of $300 by the 15th, and goes on at $14 a day.
        ({}, {("monthly_budget", 20): 500}, 420, None),
        ({}, {("monthly_budget", 25): 500}, 420, 22),  # it stops until the 25th
        ({}, {("monthly_budget", 25): 400}, 420, 22),
        ({"monthly_budget": 500}, {("monthly_budget", 20): 300}, 420, 22),
        ({"monthly_budget": 500}, {("monthly_budget", 25): 300}, 420, 25),
        (
            {"monthly_budget": 500},
            {("monthly_budget", 20): 400, ("monthly_budget", 22): 250},
            420,
            22,
        ),
        ({"monthly_budget": 200}, {("monthly_budget", 26): 500}, 210 + 5 * 14, None),
        ({"monthly_budget": 200}, {("monthly_budget", 26): 240}, 210 + 5 * 14, 28),
        ({}, {("daily_budget", 21): 2}, 210 + 5 * 14 + 10 * 2, None),
        ({"daily_budget": 2}, {("daily_budget", 21): 10}, 210 + 5 * 2 + 10 * 10, 28),
        ({"monthly_budget": 500}, {("brand__daily_budget", 21): 2}, 210 + 5 * 14 + 10 * 2, None),
        ({"group__daily_budget": 3}, {("daily_budget", 21): 2}, 210 + 5 * 3 + 10 * 2, None),
        ({"group__total_budget": 595}, {("daily_budget", 21): 2}, 210 + 7, None),
        ({"brand__monthly_budget": 210}, {("brand__monthly_budget", 21): 220}, 220, None),
        ({"total_budget": 588}, {("total_budget", 30): None}, 210 + 14, None),
        ({}, {("total_budget", 17): 616}, 210 + 28, None),
        # What was spent before it is lowered is not taken back.
        ({"total_budget": 5000}, {("total_budget", 17): 590}, 210 + 14, None),
    ],
)
def test_projections_follow_what_is_planned_from_its_day_on(
    budgets: dict[str, int],
    planned: dict[tuple[str, int], int | None],
    projected: int,
    runs_out: int | None,
) -> None:
    campaign = spending(14, **with_others(budgets))
    for (path, day), amount in planned.items():
        owner, _, name = path.rpartition("__")
        whose = campaign.brand if owner else campaign
        schedule(whose, amount, NOW.date().replace(day=day), name)

    pacing.refresh(NOW)

    rows, pace = Campaign.objects.all(), pace_of(campaign)
    assert pace is not None
    assert pace.projected == projected
    assert pace.runs_out_on == (runs_out and NOW.date().replace(day=runs_out))
    assert pacing.Basis.PLAN in pace.basis
    exceeds = pace.budget is not None and projected > pace.budget
    told = [choice for choice in (Paced.EXCEEDS, Paced.LEFT_OVER) if named(rows, choice)]
    assert pace.will_exceed is exceeds is (Paced.EXCEEDS in told)
    assert len(told) <= 1
    row, month = explain(campaign, NOW).campaign, summaries.month(campaign, NOW)
    assert replace(pacing.month_of(row, month, NOW).pace, as_of=NOW) == pace


def test_a_brands_month_follows_what_is_planned_of_its_budgets() -> None:
    brand = spending(14, brand__monthly_budget=300).brand
    schedule(brand, 500, NOW.date() + 3 * DAY, "monthly_budget")
    schedule(brand, 4, NOW.date() + 5 * DAY, "daily_budget")
    schedule(brand, 4, NOW.date() + 20 * DAY, "monthly_budget")  # next month

    pacing.refresh(NOW)

    pace = pace_of(brand)
    assert pace is not None
    assert (pace.budget, pace.projected) == (Decimal(500), Decimal(210 + 5 * 14 + 10 * 4))
    assert pace.runs_out_on is None
    assert pace.expected == 250
    month = summaries.month(brand, NOW)
    assert replace(pacing.month_of(brand, month, NOW).pace, as_of=NOW) == pace


def test_a_refresh_replaces_and_forgets_nothing() -> None:
    campaign = spending(14)
    pacing.refresh(NOW)
    Campaign.objects.filter(pk=campaign.pk).update(monthly_budget=1000)

    pacing.refresh(NOW + timedelta(minutes=10))

    pace = pace_of(campaign)
    assert pace is not None
    assert (pace.state, pace.budget) == (PaceState.UNDER, Decimal(1000))
    assert BudgetPace.objects.count() == 2


def test_the_pace_of_a_month_that_is_over_is_nobodys_until_the_next_refresh() -> None:
    _, behind = [
        spending(
            14, name=zone, monthly_budget=100,
            brand=BrandFactory.create(name=zone, timezone=zone, monthly_budget=100),
        )
        for zone in ("Europe/Berlin", "America/New_York")
    ]  # fmt: skip
    before, after = at("2026-09-30 21:55"), at("2026-09-30 22:05")  # October has begun in Berlin
    pacing.refresh(before)
    rows: Any
    for rows in (Campaign.objects.all(), Brand.objects.all()):
        assert len(named(rows, Paced.OVER, before)) == rows.count() == 2

    for rows, left in ((Campaign.objects.all(), behind), (Brand.objects.all(), behind.brand)):
        assert list(pacing.stored_of(rows, after)) == [left.pk]
        assert named(rows, Paced.OVER, after) == [left.name]
        spent = F(f"{pacing.PACE}__spent").desc(nulls_last=True)
        assert pacing.with_pace(rows, after).order_by(spent).first() == left
    told = pacing.outlook(after)
    assert told is not None
    assert told.counts[Paced.OVER] == (1, 1)
    assert {one.id for one in told.exceeding} <= {behind.pk, behind.brand_id}

    pacing.refresh(after)
    assert len(pacing.stored_of(Campaign.objects.all(), after)) == 2


def test_a_refresh_leaves_what_an_edit_has_worked_out_since() -> None:
    campaign = spending(14)
    pacing.after_edit([campaign.pk], [], NOW + timedelta(minutes=1))

    pacing.refresh(NOW)

    pace = pace_of(campaign)
    assert pace is not None
    assert pace.as_of == NOW + timedelta(minutes=1)


@pytest.mark.parametrize(("size", "count"), [(1, 3), (5, 2), (100, 1)])
def test_a_refresh_goes_range_by_range_of_brands(
    monkeypatch: pytest.MonkeyPatch, size: int, count: int
) -> None:
    for campaigns in (2, 0, 3):
        CampaignFactory.create_batch(campaigns, brand=BrandFactory.create())
    monkeypatch.setattr(stored, "IN_A_RANGE", size)
    ranges = list(stored._ranges())

    assert len(ranges) == count
    assert pacing.refresh(NOW) == pacing.Refreshed(paces=8, failed=[])
    assert BudgetPace.objects.count() == 8


@pytest.mark.django_db(transaction=True)
def test_a_brand_that_is_locked_delays_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    with time_machine.travel(NOW, tick=False):
        first, second = spending(14), spending(14)
    monkeypatch.setattr(stored, "IN_A_RANGE", 1)
    later = NOW + timedelta(minutes=10)

    def lock() -> None:
        list(BudgetPace.objects.select_for_update().filter(brand=first.brand))

    with time_machine.travel(later, tick=False), held_open(lock), impatient():
        done = tasks.refresh_paces()

    assert (done["paces"], done["failed"]) == (2, 1)
    paces = [pace_of(one) for one in (first, second)]
    assert [pace.as_of for pace in paces if pace] == [NOW, later]
    error = Heartbeat.objects.get(task="refresh_paces").last_error
    ids = f"{first.brand_id} to {first.brand_id}"
    assert error == f"Paces of brands {ids} could not be worked out; see the log."


@pytest.mark.django_db(transaction=True)
def test_a_campaign_that_is_deleted_meanwhile_fails_nothing() -> None:
    with time_machine.travel(NOW, tick=False):
        campaign, other = CampaignFactory.create_batch(2, monthly_budget=300)
    later = NOW + timedelta(minutes=10)

    results: list[pacing.Refreshed] = []
    with held_open(campaign.delete) as commit, at_once() as start:
        start(lambda: results.append(pacing.refresh(later)))
        await_blocked()
        commit()

    assert [done.failed for done in results] == [[]]
    pace = pace_of(other)
    assert pace is not None
    assert pace.as_of == later


def test_a_month_that_nothing_can_be_learned_from_stops_no_pace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = spending(14)

    def fail(_: datetime) -> bool:
        raise ArithmeticError

    monkeypatch.setattr(pacing, "learn", fail)
    with time_machine.travel(NOW, tick=False), pytest.raises(ArithmeticError):
        tasks.refresh_paces()

    assert pace_of(campaign) is not None


@pytest.mark.django_db(transaction=True)
def test_an_edit_is_seen_at_once_and_so_is_its_brands() -> None:
    with time_machine.travel(NOW, tick=False):
        campaign = spending(14)
        campaign.daily_budget = Decimal(8)
        campaign.save(update_fields=["daily_budget"])

        pace = pace_of(campaign)
        assert pace is not None
        # 210 spent, and 8 a day from now on at the most.
        assert (pace.projected, pace.runs_out_on is None) == (Decimal(330), False)
        with transaction.atomic():
            SeasonalityAdjustment.objects.create(
                name="Fair", brand=campaign.brand, factor=0,
                start_date=NOW.date(), end_date=NOW.date() + 20 * DAY,
            )  # fmt: skip
        pace = pace_of(campaign)
        assert pace is not None
        assert pace.projected == 210
        assert pace_of(campaign.brand) is not None


def test_the_overview_names_the_most_extreme_and_counts_the_rest() -> None:
    much, little = spending(30, name="much"), spending(2, name="little")
    spending(10, name="right")
    assert pacing.outlook(NOW) is None
    pacing.refresh(NOW)

    told = pacing.outlook(NOW)

    assert told is not None
    assert [one.id for one in told.exceeding] == [much.pk]
    assert [one.id for one in told.left_over] == [little.pk]
    assert told.counts[Paced.EXCEEDS] == (1, 0)  # brands without budgets exceed none
    with visible.limited([little.brand_id]):
        told = pacing.outlook(NOW)
    assert told is not None
    assert (told.exceeding, told.counts[Paced.EXCEEDS]) == ([], (0, 0))


def test_hours_and_clock_changes_weigh_the_days() -> None:
    # Only in the night in which the clocks of New York are put back, an hour more.
    hours = ScheduleFactory.create(timezone="America/New_York", windows=[(6, "00:00", "04:00")])
    brand = BrandFactory.create(timezone="America/New_York")
    now = at("2026-11-02 12:00", "America/New_York")
    campaign = CampaignFactory.create(brand=brand, monthly_budget=210, schedules=[hours])
    spend(campaign, 50, now, (now - 33 * DAY).date())
    spend(campaign, 50, now, datetime(2026, 11, 1, tzinfo=now.tzinfo).date())

    pace = pacing.of_campaigns(Campaign.objects.all(), now)[campaign.pk]

    # Five Sundays: of 5 and of four times 4 hours.
    assert pace.expected == 50
    assert pacing.Basis.HOURS in pace.basis


def test_no_query_more_for_many(django_assert_max_num_queries: Any) -> None:
    for _ in range(5):
        spending(10)
    with django_assert_max_num_queries(14):
        assert len(pacing.of_campaigns(Campaign.objects.all(), NOW)) == 5


@pytest.mark.parametrize("timezone", [None, "Mars"])
def test_without_a_brand_in_a_valid_timezone_there_is_no_pace(timezone: str | None) -> None:
    if timezone:
        campaign = spending(10)
        execute("SET LOCAL session_replication_role = replica")
        execute("UPDATE ads_brand SET timezone = %s", [timezone])
        pacing.after_edit([campaign.pk], [campaign.brand_id], NOW)

    assert pacing.refresh(NOW).paces == 0
    assert pacing.of_campaigns(Campaign.objects.all(), NOW) == {}
    assert pacing.of_brands(Brand.objects.all(), NOW) == {}
    assert pacing.of_campaigns(Campaign.objects.none(), NOW) == {}
    assert not BudgetPace.objects.exists()


def test_paces_after_an_edit_are_those_of_their_own_instants() -> None:
    """The SQL of the figures is kept for brands and campaigns by their ids; the instant is not."""
    brand = BrandFactory.create(monthly_budget=100)
    campaign = CampaignFactory.create(brand=brand, monthly_budget=100)
    spend(campaign, 60, NOW)
    for owner in (brand, campaign):
        let_run_on(owner, "month", amount=20, until=NOW + 2 * DAY, now=NOW)
    other = CampaignFactory.create(brand__monthly_budget=70, monthly_budget=50)

    found = []
    for now in (NOW, NOW + DAY, NOW + 3 * DAY):
        for its in (campaign, other):
            stored.after_edit([its.pk], [its.brand_id], now)
            campaigns, brands = Campaign.objects.all(), Brand.objects.all()
            for owner, live in (
                (its, pacing.of_campaigns(campaigns, now)),
                (its.brand, pacing.of_brands(brands, now)),
            ):
                assert pace_of(owner) == replace(live[owner.pk], as_of=now)
        found.append([pace.budget for one in (campaign, brand) if (pace := pace_of(one))])

    assert found == [[Decimal(120)] * 2] * 2 + [[Decimal(100)] * 2]


def test_an_edit_of_a_brand_with_an_invalid_timezone_leaves_its_paces() -> None:
    campaign = CampaignFactory.create(monthly_budget=100)
    execute("SET session_replication_role = replica")  # past every check
    Brand.objects.update(timezone="Mars/Olympus")
    execute("SET session_replication_role = origin")

    stored.after_edit([campaign.pk], [campaign.brand_id], NOW)

    assert not BudgetPace.objects.exists()
