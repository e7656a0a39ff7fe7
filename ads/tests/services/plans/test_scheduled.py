"""Scheduled changes: they begin at the brand's midnight, once, in order, and say why."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.models import Brand, Campaign, ScheduledChange
from ads.models.budgets import Carry
from ads.services import plans
from ads.services.actor import acting_as
from ads.services.bulk import BudgetChange, How, carry_out
from ads.services.history import last_edits
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.plans.support import (
    DECEMBER,
    JANUARY,
    NOW,
    budget_of,
    history,
    plan,
    schedule,
)
from ads.tests.support import at, delivers, enforce_all, refused, spend, switches

pytestmark = pytest.mark.django_db


def test_it_begins_at_the_brands_midnight_and_stops_what_it_leaves_no_room_for() -> None:
    brand = BrandFactory.create(timezone="America/New_York")
    campaign = CampaignFactory.create(brand=brand, daily_budget=100)
    enforce_all(NOW)
    schedule(campaign, 0, date(2024, 11, 21), "daily_budget")

    plans.apply_due(at("2024-11-21 04:59"))
    assert budget_of(campaign, "daily_budget") == 100
    with acting_as("task: enforce_dayparting"):
        plans.apply_due(at("2024-11-21 05:00"))

    assert budget_of(campaign, "daily_budget") == 0
    assert history(campaign) == [("Planned from 2024-11-21 by olivia", 100, 0)]
    assert switches(campaign)[-1] == (False, ["daily_budget"])
    change = campaign.delivery_changes.latest("pk")
    assert (change.trigger, change.actor) == ("planned_budget", "task: enforce_dayparting")
    assert plans.apply_due(at("2024-11-21 05:01")).enforced.switched == 0


def test_what_was_missed_is_caught_up_with_in_the_order_of_the_dates() -> None:
    campaign = CampaignFactory.create(daily_budget=100)
    later = schedule(campaign, 30, date(2024, 11, 25), "daily_budget")
    earlier = schedule(campaign, 0, date(2024, 11, 22), "daily_budget")
    plans.apply_due(at("2024-11-28 00:00"))
    later.refresh_from_db()
    earlier.refresh_from_db()
    assert (earlier.before, earlier.after, later.before, later.after) == (100, 0, 0, 30)
    assert history(campaign) == [
        ("Planned from 2024-11-22 by olivia", 100, 0),
        ("Planned from 2024-11-25 by olivia", 0, 30),
    ]
    assert delivers(campaign)


def test_it_is_cancelled_or_undone_unless_the_budget_was_changed_since() -> None:
    campaign = CampaignFactory.create(daily_budget=100)
    planned = schedule(campaign, 50, DECEMBER, "daily_budget")
    begun = schedule(campaign, 0, date(2024, 11, 20), "daily_budget")
    plans.apply_due(NOW)
    assert not delivers(campaign)

    before = switches(campaign)
    assert plans.cancel([planned, begun], now=NOW, is_preview=True) == plans.Cancelled(
        [
            f"Cancels the daily budget of {campaign} from 2024-12-01.",
            f"Puts back the daily budget of {campaign}: $100.00.",
        ],
        [],
        [f"{campaign.name} will start."],
    )
    assert (budget_of(campaign, "daily_budget"), switches(campaign)) == (0, before)
    assert plans.cancel([planned, begun], now=NOW).done == [
        f"Cancelled the daily budget of {campaign} from 2024-12-01.",
        f"Put back the daily budget of {campaign}: $100.00.",
    ]
    assert (budget_of(campaign, "daily_budget"), delivers(campaign)) == (100, True)
    assert plans.cancel([begun], now=NOW) == plans.Cancelled(
        [], [f"{begun}: system has cancelled it already."], []
    )

    again = schedule(campaign, 10, date(2024, 11, 20), "daily_budget")
    plans.apply_due(NOW)
    Campaign.objects.filter(pk=campaign.pk).update(daily_budget=11)
    (left,) = plans.cancel([again], now=NOW).left
    assert left == (
        f"{again}: its daily budget has been changed again since, and stays. Change it on the "
        f"page of {campaign}."
    )
    assert budget_of(campaign, "daily_budget") == 11
    again.refresh_from_db()
    assert again.state == "applied"


def test_a_raise_and_its_end_are_undone_without_a_start_or_stop_in_between() -> None:
    brand = BrandFactory.create()
    campaign = CampaignFactory.create(brand=brand, daily_budget=100)
    raised = schedule(campaign, 500, date(2024, 11, 19), "daily_budget")
    plans.apply_due(at("2024-11-19"))
    ended = schedule(campaign, 100, date(2024, 11, 20), "daily_budget")
    of_brand = schedule(brand, 300, date(2024, 11, 20), "daily_budget")
    plans.apply_due(NOW)
    spend(campaign, 200, NOW)
    before = switches(campaign)

    cancelled = plans.cancel([raised, of_brand, ended], now=NOW)

    assert cancelled.done == [
        f"Put back the daily budget of {brand}: no limit.",
        f"Put back the daily budget of {campaign}: $100.00.",
    ]
    assert (budget_of(campaign, "daily_budget"), budget_of(brand, "daily_budget")) == (100, None)
    assert switches(campaign) == before
    assert before[-1] == (False, ["daily_budget"])


def test_it_is_not_undone_where_a_later_one_made_the_same_budget() -> None:
    campaign = CampaignFactory.create(daily_budget=70)
    first = schedule(campaign, 50, date(2024, 11, 1), "daily_budget")
    plans.apply_due(at("2024-11-01"))
    Campaign.objects.filter(pk=campaign.pk).update(daily_budget=90)
    later = schedule(campaign, 50, date(2024, 11, 10), "daily_budget")
    plans.apply_due(NOW)

    assert plans.cancel([first], now=NOW).done == []

    assert budget_of(campaign, "daily_budget") == 50
    assert plans.cancel([later], now=NOW).done == [
        f"Put back the daily budget of {campaign}: $90.00."
    ]


def test_many_are_scheduled_at_once_from_the_budgets_as_they_are() -> None:
    brand = BrandFactory.create()
    one, two = (CampaignFactory.create(brand=brand, daily_budget=each) for each in (10, 20))
    free = CampaignFactory.create(brand=brand)
    action = plans.ScheduleBudgets(
        BudgetChange(How.RAISE_PERCENT, Decimal(10)), None, starts_on=DECEMBER, note="Christmas"
    )
    ids = [one.pk, two.pk, free.pk]
    # A second time they are left as they are.
    assert [carry_out(action, ids, NOW).changed for _ in range(2)] == [2, 0]
    assert [budget_of(each, "daily_budget") for each in (one, two)] == [10, 20]
    plans.apply_due(at("2024-12-01 00:00"))
    assert [budget_of(each, "daily_budget") for each in (one, two, free)] == [11, 22, None]
    says = ScheduledChange.objects.latest("pk").says
    of_all = plans.ScheduleBudgets(
        BudgetChange(How.SET, Decimal(9)), None, of_brands=True, starts_on=JANUARY
    )
    carry_out(of_all, [], NOW, brand_ids=[brand.pk])
    assert ScheduledChange.objects.filter(starts_on=JANUARY).count() == 4
    assert says == "Planned from 2024-12-01 by system: Christmas"


@pytest.mark.parametrize("of_brands", [False, True])
@pytest.mark.parametrize(
    ("budget", "back"),
    [(100, BudgetChange(How.SET, Decimal(100))), (None, BudgetChange(How.NO_LIMIT))],
    ids=["amount", "no limit"],
)
def test_a_budget_is_planned_for_some_days(
    of_brands: bool, budget: int | None, back: BudgetChange
) -> None:
    factory = BrandFactory if of_brands else CampaignFactory
    owner, other = factory.create_batch(2, daily_budget=budget)
    black_friday = date(2024, 11, 29)
    schedule(owner, 500, black_friday, "daily_budget")
    action = plans.ScheduleBudgets(
        back, None, of_brands=of_brands, of_campaigns=not of_brands, starts_on=DECEMBER
    )
    ids = [owner.pk, other.pk]
    of = {"brand_ids": ids} if of_brands else {}

    # A second time it is left as it is, as is what stays as it is anyway.
    for _ in range(2):
        carry_out(action, [] if of_brands else ids, NOW, **of)

    assert ScheduledChange.objects.filter(starts_on=DECEMBER).count() == 1
    found = []
    for day in ("2024-11-29", "2024-12-01"):
        plans.apply_due(at(day))
        found.append(budget_of(owner, "daily_budget"))
    assert found == [500, budget]


def test_a_brand_that_was_edited_since_it_was_seen_is_left() -> None:
    kept, edited = BrandFactory.create_batch(2, daily_budget=10)
    seen = last_edits()
    Brand.objects.filter(pk=edited.pk).update(daily_budget=20)
    action = plans.ScheduleBudgets(
        BudgetChange(How.RAISE_PERCENT, Decimal(10)),
        None,
        seen,
        of_brands=True,
        starts_on=DECEMBER,
    )
    assert action.write_brands([kept.pk, edited.pk], NOW) == (kept.pk,)
    assert ScheduledChange.objects.get().brand == kept


def test_many_take_no_more_queries_than_few() -> None:
    counts = []
    for number in (2, 20):
        brand = BrandFactory.create()
        for campaign in CampaignFactory.create_batch(number, brand=brand, monthly_budget=100):
            schedule(campaign, 30, date(2024, 11, 20), "daily_budget")
            plan(campaign, {DECEMBER: Decimal(50)}, Carry.BOTH)
        plans.apply_due(NOW)
        with CaptureQueriesContext(connection) as captured:
            plans.apply_due(at("2024-12-01"))
        budgets = set(brand.campaigns.values_list("daily_budget", "monthly_budget"))
        assert budgets == {(Decimal(30), Decimal(150))}
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_two_changes_of_a_budget_on_one_day_are_refused() -> None:
    brand = BrandFactory.create()
    schedule(brand, 5, DECEMBER, "daily_budget")
    with refused("scheduled_change_is_one_per_day"):
        schedule(brand, 6, DECEMBER, "daily_budget")
    with refused("scheduled_change_total_is_of_a_campaign"):
        schedule(brand, 6, DECEMBER, "total_budget")
