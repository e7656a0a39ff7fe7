"""Brands that stop early: when campaigns stop, in which order, and until when."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.holds import Hold, Supposing
from ads.models import Brand, BudgetGroup, Campaign, DeliveryChange, SpendMargin
from ads.models.spend import Kind
from ads.rules import margins as rule
from ads.services import locks
from ads.services.delivery import check, preview_campaigns, preview_switches
from ads.services.explain.explanation import reasons
from ads.services.history import reasons as why
from ads.services.ledger import SpendEntry, record_one
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory
from ads.tests.support import (
    NOON,
    at_once,
    delivers,
    held_open,
    impatient,
    let_run_on,
    spend,
    switches,
)

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
TICK = 5 * MINUTE
HOUR = timedelta(hours=1)


def early(**given: Any) -> Brand:
    return BrandFactory.create(**{"daily_budget": 100, "stops_early": True, **given})


def run(
    campaigns: Sequence[Campaign], amount: int, ticks: int, since: Any = NOON, *, before: int = 0
) -> Any:
    """Each spends so much before each check while it delivers; the last check's instant.

    What it would have spent before so many checks more is reported in the morning, at once. No
    rate is taken from that: the last half hour is what counts.
    """
    for one in campaigns if before else ():
        spend(one, amount * before, since - 4 * HOUR)
    now = since
    for _ in range(ticks):
        for one in campaigns:
            if delivers(one) or not one.delivery_changes.exists():
                spend(one, amount, now)
        check(now)
        now += TICK
    return now - TICK


def spent(brand: Brand) -> Decimal:
    return sum((one.amount for one in brand.totals.filter(period="day", campaign=None)), Decimal(0))


def taken_back(campaign: Campaign, amount: object, now: Any) -> None:
    entry = SpendEntry(campaign, -Decimal(str(amount)), date=now.date(), description="Refund")
    record_one(entry, source="test", now=now, kind=Kind.CORRECTION)


def margin(campaign: Campaign) -> SpendMargin | None:
    return SpendMargin.objects.filter(campaign=campaign).first()


def test_a_brand_that_did_not_choose_it_stops_once_its_budget_is_used_up() -> None:
    brand = early(stops_early=False)
    one = CampaignFactory.create(brand=brand)

    run([one], 4, 10, before=16)

    assert spent(brand) == 100
    assert not SpendMargin.objects.exists()


def test_a_campaign_stops_by_what_it_still_spends_before_a_stop_takes_effect() -> None:
    brand = early()
    one = CampaignFactory.create(brand=brand)

    now = run([one], 4, 30)

    # $0.80 a minute, for the usual 5 minutes and until the middle of two checks: $6 of $100.
    assert spent(brand) == 96
    assert not delivers(one)
    change = one.delivery_changes.first()
    assert change is not None
    assert (change.brand_daily_spend, change.brand_daily_budget) == (96, 100)
    assert change.on_its_way == 6
    sentence = (
        "Brand's daily budget nearly used up: $96.00 of $100.00; about $6.00 more is on its way"
    )
    assert reasons(one, now) == [sentence]
    assert why([change])[change.pk] == sentence


def test_the_lowest_priority_stops_first_and_ties_stop_together() -> None:
    brand = early(daily_budget=300)
    high = CampaignFactory.create(brand=brand, priority=3)
    lows = [CampaignFactory.create(brand=brand, priority=-1) for _ in range(2)]

    run([high, *lows], 4, 13, before=16)

    stopped = {one.pk: one.delivery_changes.first() for one in (high, *lows)}
    first, second = (stopped[one.pk] for one in lows)
    last = stopped[high.pk]
    assert first
    assert second
    assert last
    assert first.at == second.at < last.at
    # Together $18 are on their way, and the other's $6 of its last minutes come after that.
    assert (first.on_its_way, last.on_its_way) == (24, 6)
    assert (first.brand_daily_spend, last.brand_daily_spend) == (276, 296)


def test_a_campaigns_own_budgets_have_a_margin_too() -> None:
    brand = early(daily_budget=None)
    by_day = CampaignFactory.create(brand=brand, daily_budget=100)
    by_month = CampaignFactory.create(brand=brand, monthly_budget=100)
    in_all = CampaignFactory.create(brand=brand, total_budget=100)
    free = CampaignFactory.create(brand=brand)

    run([by_day, by_month, in_all, free], 4, 9, before=16)

    assert [switches(one)[-1] for one in (by_day, by_month, in_all, free)] == [
        (False, ["daily_budget"]),
        (False, ["monthly_budget"]),
        (False, ["total_budget"]),
        (True, []),
    ]
    last = DeliveryChange.objects.filter(is_active=False)
    assert [change.on_its_way for change in last] == [6, 6, 6]


def test_the_campaigns_of_a_group_stop_by_what_all_of_them_still_spend() -> None:
    brand = early(daily_budget=None)
    group = BudgetGroupFactory.create(brand=brand, daily_budget=100)
    members = [CampaignFactory.create(brand=brand, budget_group=group) for _ in range(2)]

    now = run(members, 2, 9, before=16)

    # The first of them is enough: with its entry, what is known and on its way is $100.
    assert spent(brand) == 94
    assert [switches(one)[-1] for one in members] == [(False, ["group_budget"])] * 2
    change = members[0].delivery_changes.first()
    assert change is not None
    assert change.on_its_way == 6
    sentence = "nearly used up: $94.00 of $100.00; about $6.00 more is on its way"
    assert reasons(members[0], now) == [f"Daily budget of the group {group.name} {sentence}"]


def test_a_groups_margin_is_not_that_of_a_campaign_which_another_budget_has_stopped() -> None:
    brand = early(daily_budget=None)
    group = BudgetGroupFactory.create(brand=brand, daily_budget=100)
    done, runs = (CampaignFactory.create(brand=brand, budget_group=group) for _ in range(2))
    done.total_budget = Decimal(30)
    done.save(update_fields=["total_budget"])
    run([done], 10, 3)
    assert switches(done)[-1] == (False, ["total_budget"])

    run([runs], 2, 10, NOON + 24 * HOUR, before=40)

    # $0.40 a minute are on their way for 7.5 minutes: $3 of $100.
    assert switches(runs)[-1] == (False, ["group_budget"])
    assert sum(one.amount for one in runs.totals.filter(period="day")) == 98
    change = runs.delivery_changes.first()
    assert change is not None
    assert change.on_its_way == 3


def test_what_is_reported_after_the_stop_changes_nothing() -> None:
    brand = early()
    one = CampaignFactory.create(brand=brand)
    now = run([one], 4, 10, before=14)
    before = margin(one)

    for n in range(1, 8):
        spend(one, Decimal("0.10"), now + n * TICK)
        check(now + n * TICK)

    assert switches(one) == [(True, []), (False, ["brand_daily_budget"])]
    after = margin(one)
    assert before
    assert after
    assert (after.at, after.brand_daily) == (before.at, before.brand_daily)


def test_it_runs_again_when_spend_is_taken_back() -> None:
    brand = early()
    one = CampaignFactory.create(brand=brand)
    now = run([one], 4, 10, before=14)

    taken_back(one, 30, now + TICK)

    assert switches(one)[-1] == (True, [])


def test_it_runs_again_when_more_is_allowed() -> None:
    brand = early()
    one = CampaignFactory.create(brand=brand)
    now = run([one], 4, 10, before=14)

    let_run_on(brand, now=now + MINUTE, amount=20)

    assert delivers(one)
    run([one], 4, 6, now + TICK)
    assert spent(brand) == 116
    assert not delivers(one)


def test_a_new_day_never_begins_held() -> None:
    brand = early()
    one = CampaignFactory.create(brand=brand)
    run([one], 32, 3)
    assert not delivers(one)
    assert margin(one)

    midnight = NOON + 12 * HOUR
    check(midnight)

    assert delivers(one)
    assert margin(one) is None


def test_a_budget_of_zero_lets_nothing_through() -> None:
    brand = early(daily_budget=0)
    one = CampaignFactory.create(brand=brand)

    check(NOON)

    assert not delivers(one)
    assert reasons(one, NOON) == ["Brand's daily budget is $0.00, so nothing runs"]


def test_a_brand_that_has_been_credited_runs_on() -> None:
    brand = early()
    one = CampaignFactory.create(brand=brand)
    taken_back(one, 50, NOON)

    run([one], 4, 7, before=23)

    assert delivers(one)
    assert spent(brand) == 70


def test_without_the_choice_it_runs_on() -> None:
    brand = early()
    one = CampaignFactory.create(brand=brand)
    now = run([one], 4, 10, before=14)
    supposing = Supposing(columns={"brand__stops_early": False})
    would = preview_campaigns(Campaign.objects.all(), supposing, now)

    brand.stops_early = False
    brand.save(update_fields=["stops_early"])
    check(now)

    assert would.starts.count == 1
    assert delivers(one)
    check(now + TICK)
    assert not SpendMargin.objects.exists()


def test_a_preview_of_a_check_says_what_it_does() -> None:
    brand = early()
    one = CampaignFactory.create(brand=brand)
    now = run([one], 4, 9, before=14)
    spend(one, 4, now + TICK)
    Campaign.objects.update(is_active=True)

    (would,) = preview_switches(Campaign.objects.all(), now + TICK)

    assert would.holds == [Hold.BRAND_DAILY_BUDGET]
    assert would.on_its_way == 6
    check(now + TICK)
    assert not delivers(one)


def test_far_from_a_limit_nothing_is_kept() -> None:
    brand = early(daily_budget=1000)
    one = CampaignFactory.create(brand=brand)

    run([one], 4, 7)

    assert not SpendMargin.objects.exists()


def test_only_near_a_limit_does_it_cost_more_than_a_query() -> None:
    BrandFactory.create_batch(3)
    one = CampaignFactory.create(brand=early(stops_early=False))
    check(NOON)
    with CaptureQueriesContext(connection) as queries:
        check(NOON)
    # Which brands stop early, and whether there are any margins.
    assert sum("ads_spendmargin" in query["sql"] for query in queries) == 2

    with CaptureQueriesContext(connection) as recording:
        spend(one, 1, NOON)
    assert not any("ads_spendmargin" in query["sql"] for query in recording)


@pytest.mark.django_db(transaction=True)
def test_two_writers_at_once_stop_it_once() -> None:
    brand = early()
    both = [CampaignFactory.create(brand=brand) for _ in range(2)]
    now = run(both, 2, 9, before=14)
    assert spent(brand) == 92

    with at_once() as start:
        start(partial(spend, both[0], 2, now + TICK))
        start(partial(spend, both[1], 2, now + TICK))
        start(partial(check, now + TICK))

    assert [switches(one) for one in both] == [[(True, []), (False, ["brand_daily_budget"])]] * 2


def test_group_budgets_of_other_brands_are_left_alone() -> None:
    group = BudgetGroupFactory.create(daily_budget=100)
    one = CampaignFactory.create(brand=group.brand, budget_group=group)
    assert isinstance(group, BudgetGroup)
    near = CampaignFactory.create(brand=early())

    run([one, near], 4, 10, before=14)

    assert delivers(one)
    assert not delivers(near)


def test_a_source_that_reports_each_hour_has_the_rate_of_an_hour() -> None:
    brand = early(daily_budget=1000)
    one = CampaignFactory.create(brand=brand)
    for hour in range(9):
        spend(one, 60, NOON + hour * HOUR)

    check(NOON + 8 * HOUR + MINUTE)
    row = margin(one)
    assert row
    # $1 a minute for 7.5 minutes.
    assert row.own == Decimal("7.5")


@pytest.mark.django_db(transaction=True)
def test_spend_is_recorded_while_somebody_keeps_a_campaign_locked() -> None:
    brand = early()
    one, other = (CampaignFactory.create(brand=brand) for _ in range(2))
    now = run([one, other], 2, 8, before=12)

    with impatient(), held_open(lambda: locks.campaigns([other.pk])):
        spend(one, 18, now + TICK)

    assert not delivers(one)
    check(now + TICK)
    assert not delivers(other)


@pytest.mark.django_db(transaction=True)
def test_spend_is_recorded_while_somebody_works_out_margins() -> None:
    brand = early()
    one = CampaignFactory.create(brand=brand)
    now = run([one], 4, 8, before=12)
    row = margin(one)
    assert row
    Brand.objects.update(daily_budget=1000)

    def work_out() -> None:
        locks.campaigns([one.pk])
        list(SpendMargin.objects.select_for_update())

    with impatient(), held_open(work_out):
        spend(one, 4, now + TICK)
    assert spent(brand) == 84

    check(now + TICK)
    assert margin(one) is None


def test_a_brand_whose_margins_fail_is_decided_on_without(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, whole = (CampaignFactory.create(brand=early()) for _ in range(2))
    real = rule.staged

    def staged(runners: Any, rest: timedelta) -> Any:
        if any(runner.id == broken.pk for runner in runners):
            raise ValueError("broken")
        return real(runners, rest)

    monkeypatch.setattr(rule, "staged", staged)

    run([broken, whole], 4, 10, before=16)

    assert [spent(one.brand) for one in (broken, whole)] == [100, 96]
