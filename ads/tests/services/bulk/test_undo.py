"""Undoing a pause brings back exactly what that action paused and what is still paused by it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pghistory
import pytest

from ads.models import Brand, Campaign
from ads.models.campaigns import Status
from ads.services.actor import acting_as
from ads.services.bulk import undo as undoing
from ads.services.bulk.actions import ChangeBudgets, SetStatus, SwitchBrands
from ads.services.bulk.batches import Done, carry_out
from ads.services.bulk.budget_changes import BudgetChange, How
from ads.services.bulk.undo import changed_in, left_alone
from ads.services.delivery import lifecycle
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, enforce_all, spend

pytestmark = pytest.mark.django_db


def by(name: str, work: Callable[[], object]) -> UUID:
    """Do it as somebody would in one request; what it is recorded under."""
    with acting_as(name), pghistory.context() as context:
        work()
        return UUID(str(context.id))


def pause(*campaigns: Campaign) -> UUID:
    ids = [campaign.pk for campaign in campaigns]
    return by("otto", lambda: carry_out(SetStatus(Status.PAUSED), ids, NOON))


def switch(brand_ids: list[int], *, on: bool) -> Done:
    return carry_out(SwitchBrands(on=on), (), NOON, brand_ids=brand_ids)


def undo(context: UUID) -> Done:
    return undoing.undo(changed_in(context), NOON)


def left(context: UUID) -> list[tuple[int, str, str]]:
    """What is left alone: ids, fields, and who changed it since."""
    return [(one.row.pk, one.field, one.changed_by) for one in left_alone(changed_in(context))]


def test_what_was_paused_before_or_by_somebody_else_stays_paused() -> None:
    before, mine, hers = CampaignFactory.create_batch(3)
    by("olivia", lambda: lifecycle.pause(before, now=NOON))
    enforce_all(NOON)
    context = pause(before, mine)
    by("olivia", lambda: lifecycle.pause(hers, now=NOON))

    assert left(context) == []
    undone = undo(context)

    assert list(changed_in(context).campaigns["status"]) == [mine.pk]
    assert (undone.changed, undone.outcome.starts.count) == (1, 1)
    assert mine.fresh().state == "Active"
    assert {before.fresh().state, hers.fresh().state} == {"Paused by user"}


def test_a_draft_becomes_a_draft_again() -> None:
    draft = CampaignFactory.create(status="draft")
    context = pause(draft)
    assert draft.fresh().status == "paused"

    undo(context)

    assert draft.fresh().status == "draft"


def test_what_was_changed_since_is_left_alone_and_reported() -> None:
    activated, again, archived, renamed = CampaignFactory.create_batch(4)
    context = pause(activated, again, archived, renamed)
    by("olivia", lambda: lifecycle.activate(activated, now=NOON))
    by("olivia", lambda: lifecycle.activate(again, now=NOON))
    by("berta", lambda: lifecycle.pause(again, now=NOON))
    by("carl", lambda: Campaign.objects.filter(pk=archived.pk).update(status="archived"))
    by("carl", lambda: Campaign.objects.filter(pk=renamed.pk).update(name="Renamed"))

    still = left(context)
    undone = undo(context)

    assert undone.changed == 1
    assert still == [
        (activated.pk, "status", "olivia"),
        (again.pk, "status", "berta"),
        (archived.pk, "status", "carl"),
    ]
    statuses = dict(Campaign.objects.values_list("pk", "status"))
    assert statuses == {
        activated.pk: "active",
        again.pk: "paused",
        archived.pk: "archived",
        renamed.pk: "active",
    }


def test_an_edit_in_the_same_second_by_somebody_else_does_not_count_as_since() -> None:
    first, second = CampaignFactory.create_batch(2)
    with acting_as("otto"), pghistory.context() as context:
        carry_out(SetStatus(Status.PAUSED), [first.pk], NOON)
        pk = UUID(str(context.id))
    Campaign.objects.filter(pk=second.pk).update(name="Edited while the first was paused")

    assert list(changed_in(pk).campaigns["status"]) == [first.pk]
    undo(pk)
    assert first.fresh().status == "active"


def test_what_is_on_hold_stays_off_and_is_reported() -> None:
    campaign = CampaignFactory.create(daily_budget=5)
    context = pause(campaign)
    spend(campaign, 5, NOON)

    undone = undo(context)

    assert dict(undone.outcome.kept_off_by) == {"daily_budget": 1}
    assert campaign.fresh().state == "Paused by system"


def test_twice_is_once() -> None:
    campaign = CampaignFactory.create()
    context = pause(campaign)
    undo(context)

    again = undo(context)

    assert again.changed == 0
    assert [pk for pk, _, _ in left(context)] == [campaign.pk]


def test_one_that_was_deleted_since_is_passed_over() -> None:
    deleted, kept = CampaignFactory.create_batch(2)
    context = pause(deleted, kept)
    deleted.delete()

    undone = undo(context)

    assert undone.changed == 1


def test_a_brand_that_was_paused_is_resumed_and_users_pauses_stay() -> None:
    brand, other = BrandFactory.create(), BrandFactory.create(is_active=False)
    running = CampaignFactory.create(brand=brand)
    paused = CampaignFactory.create(brand=brand, status="paused")
    enforce_all(NOON)
    context = by("otto", lambda: switch([brand.pk, other.pk], on=False))
    assert not running.fresh().is_active

    undone = undo(context)

    assert list(changed_in(context).brands["is_active"]) == [brand.pk]
    assert undone.brands == (brand.pk,)
    assert undone.outcome.starts.count == 1
    assert (brand.fresh().is_active, other.fresh().is_active) == (True, False)
    assert (running.fresh().state, paused.fresh().state) == ("Active", "Paused by user")


def test_a_brand_switched_since_is_left_alone_and_reported() -> None:
    brand = BrandFactory.create()
    context = by("otto", lambda: switch([brand.pk], on=False))
    by("olivia", lambda: switch([brand.pk], on=True))
    by("berta", lambda: switch([brand.pk], on=False))

    undo(context)

    assert left(context) == [(brand.pk, "is_active", "berta")]
    assert not brand.fresh().is_active


def test_nothing_is_known_of_what_never_was() -> None:
    context = uuid4()

    assert not changed_in(context)
    assert (undo(context).changed, undo(context).brands, left(context)) == (0, (), [])


def raise_budgets(brand: Brand) -> UUID:
    ten_percent = BudgetChange(How.RAISE_PERCENT, Decimal(10))
    action = ChangeBudgets(ten_percent, ten_percent, of_brands=True)
    return by("berta", lambda: carry_out(action, (), NOON, brand_ids=[brand.pk]))


def test_budgets_of_a_brand_and_its_campaigns_are_put_back() -> None:
    brand = BrandFactory.create(daily_budget=100, monthly_budget=Decimal("1000.123456"))
    both = CampaignFactory.create(brand=brand, daily_budget=10, monthly_budget=300)
    one = CampaignFactory.create(brand=brand, daily_budget=Decimal("10.055"))
    none = CampaignFactory.create(brand=brand)
    context = raise_budgets(brand)
    assert (brand.fresh().daily_budget, one.fresh().daily_budget) == (110, Decimal("11.06"))

    undone = undo(context)

    assert (undone.brands, undone.changed) == ((brand.pk,), 2)
    fresh = brand.fresh()
    assert (fresh.daily_budget, fresh.monthly_budget) == (100, Decimal("1000.123456"))
    assert budgets(both) == (10, 300)
    assert budgets(one) == (Decimal("10.055"), None)
    assert budgets(none) == (None, None)


def test_a_limit_that_was_taken_away_or_set_is_put_back() -> None:
    limited = CampaignFactory.create(daily_budget=5)
    unlimited = CampaignFactory.create()
    action = ChangeBudgets(BudgetChange(How.NO_LIMIT), BudgetChange(How.SET, Decimal(7)))
    context = by("berta", lambda: carry_out(action, [limited.pk, unlimited.pk], NOON))

    undo(context)

    assert (budgets(limited), budgets(unlimited)) == ((5, None), (None, None))


def test_a_budget_that_was_changed_since_is_left_and_the_other_is_put_back() -> None:
    brand = BrandFactory.create(daily_budget=100)
    campaign = CampaignFactory.create(brand=brand, daily_budget=10, monthly_budget=300)
    context = raise_budgets(brand)
    mine = Campaign.objects.filter(pk=campaign.pk)
    by("olivia", lambda: mine.update(daily_budget=12))
    by("carl", lambda: mine.update(daily_budget=11))  # as it was, but on purpose

    assert left(context) == [(campaign.pk, "daily_budget", "carl")]
    undo(context)

    assert budgets(campaign) == (11, 300)
    assert brand.fresh().daily_budget == 100


def test_a_change_of_budgets_is_undone_once() -> None:
    brand = BrandFactory.create(daily_budget=100)
    campaign = CampaignFactory.create(brand=brand, daily_budget=10)
    context = raise_budgets(brand)
    undo(context)
    raise_budgets(brand)

    again = undo(context)

    assert (again.changed, again.brands) == (0, ())
    assert (budgets(campaign), brand.fresh().daily_budget) == ((11, None), 110)


def test_what_a_put_back_budget_stops_is_stopped_at_once() -> None:
    brand = BrandFactory.create(daily_budget=10)
    campaign = CampaignFactory.create(brand=brand)
    context = raise_budgets(brand)
    enforce_all(NOON)
    spend(campaign, 10, NOON)
    assert campaign.fresh().is_active

    undone = undo(context)

    assert undone.outcome.stops.count == 1
    assert not campaign.fresh().is_active


def budgets(campaign: Campaign) -> tuple[Any, Any]:
    fresh = campaign.fresh()
    return fresh.daily_budget, fresh.monthly_budget
