"""Undoing a change of budgets leaves what was planned and has begun since."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pghistory
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.models import Brand, Campaign
from ads.services import locks, plans
from ads.services.actor import acting_as
from ads.services.bulk import undo as undoing
from ads.services.bulk.actions import ChangeBudgets
from ads.services.bulk.batches import carry_out
from ads.services.bulk.budget_changes import BudgetChange, How
from ads.services.bulk.undo import changed_in, left_alone
from ads.tests.factories import CampaignFactory
from ads.tests.services.plans.support import NOW, budget_of, schedule
from ads.tests.support import Paused, at, at_once

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = date(2024, 11, 20)
DAILY = "daily_budget"


@pytest.fixture
def campaign() -> Campaign:
    return CampaignFactory.create(brand__daily_budget=500, daily_budget=100)


def set_all(campaign: Campaign, amount: int) -> UUID:
    """Set the daily budgets of a campaign and its brand; what it is recorded under."""
    action = ChangeBudgets(BudgetChange(How.SET, Decimal(amount)), None, of_brands=True)
    with acting_as("berta"), pghistory.context() as context:
        carry_out(action, [campaign.pk], NOW, brand_ids=[campaign.brand_id])
        return UUID(str(context.id))


def begin(owner: Brand | Campaign, amount: int, day: date = TODAY) -> None:
    schedule(owner, amount, day, DAILY)
    with acting_as("task: enforce_dayparting"):
        plans.apply_due(at(f"{day} 12:00"))


def test_what_a_planned_change_has_made_of_a_budget_since_stays_also_if_it_is_the_same(
    campaign: Campaign,
) -> None:
    context = set_all(campaign, 110)
    begin(campaign, 110)

    changed = changed_in(context)
    with CaptureQueriesContext(connection) as queries:
        left = left_alone(changed)
    undone = undoing.undo(changed_in(context), NOW)

    planned = [one for one in queries if "ads_scheduledchangeevent" in one["sql"]]
    assert len(planned) == 2, "once for the brand and once for the campaign"
    assert [(one.row, one.field, one.changed_by) for one in left] == [
        (campaign, DAILY, "task: enforce_dayparting")
    ]
    assert (undone.changed, undone.brands) == (0, (campaign.brand_id,))
    assert (budget_of(campaign, DAILY), budget_of(campaign.brand, DAILY)) == (110, 500)


def test_one_of_the_brand_is_left_likewise(campaign: Campaign) -> None:
    context = set_all(campaign, 110)
    begin(campaign.brand, 110)

    undoing.undo(changed_in(context), NOW)

    assert (budget_of(campaign, DAILY), budget_of(campaign.brand, DAILY)) == (100, 110)


@pytest.mark.parametrize("is_brands", [False, True])
def test_one_that_waited_for_the_bulk_change_came_after_it(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, *, is_brands: bool
) -> None:
    """Its transaction begins before that of the bulk change, and has the locks after it."""
    owner = campaign.brand if is_brands else campaign
    reached = Paused(locks.budgets)
    monkeypatch.setattr(locks, "budgets", reached)

    with at_once() as start:
        start(lambda: begin(owner, 110))
        reached.await_reached()
        context = set_all(campaign, 110)
        reached.let_go()

    left = left_alone(changed_in(context))
    undoing.undo(changed_in(context), NOW)

    assert [(one.row, one.changed_by) for one in left] == [(owner, "task: enforce_dayparting")]
    assert budget_of(owner, DAILY) == 110
    assert budget_of(campaign if is_brands else campaign.brand, DAILY) == (
        100 if is_brands else 500
    )


def test_planned_changes_of_before_or_that_were_taken_back_are_in_nobodys_way(
    campaign: Campaign,
) -> None:
    begin(campaign, 90, date(2024, 11, 19))
    context = set_all(campaign, 110)
    begin(campaign, 110)
    plans.cancel(campaign.scheduled_changes.filter(starts_on=TODAY), now=NOW)

    undoing.undo(changed_in(context), NOW)

    assert (budget_of(campaign, DAILY), budget_of(campaign.brand, DAILY)) == (90, 500)
