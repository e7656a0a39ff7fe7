"""Undoing a pause brings back exactly what that action paused and what is still paused by it."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pghistory
import pytest

from ads.models import Campaign
from ads.models.campaign import Status
from ads.services.actor import acting_as
from ads.services.bulk.actions import SetStatus
from ads.services.bulk.batches import carry_out
from ads.services.bulk.brand_actions import Switch, carry_out_on
from ads.services.bulk.undo import paused_by, undo
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


def test_what_was_paused_before_or_by_somebody_else_stays_paused() -> None:
    before, mine, hers = CampaignFactory.create_batch(3)
    by("olivia", lambda: lifecycle.pause(before, now=NOON))
    enforce_all(NOON)
    context = pause(before, mine)
    by("olivia", lambda: lifecycle.pause(hers, now=NOON))

    undone = undo(context, NOON)

    assert list(paused_by(context).campaigns) == [mine.pk]
    assert undone.campaigns
    assert (undone.campaigns.changed, undone.campaigns.outcome.starts.count) == (1, 1)
    assert mine.fresh().state == "Active"
    assert {before.fresh().state, hers.fresh().state} == {"Paused by user"}
    assert undone.left == ()


def test_a_draft_becomes_a_draft_again() -> None:
    draft = CampaignFactory.create(status="draft")
    context = pause(draft)
    assert draft.fresh().status == "paused"

    undo(context, NOON)

    assert draft.fresh().status == "draft"


def test_what_was_touched_since_is_left_and_told() -> None:
    activated, again, archived, renamed = CampaignFactory.create_batch(4)
    context = pause(activated, again, archived, renamed)
    by("olivia", lambda: lifecycle.activate(activated, now=NOON))
    by("olivia", lambda: lifecycle.activate(again, now=NOON))
    by("berta", lambda: lifecycle.pause(again, now=NOON))
    by("carl", lambda: Campaign.objects.filter(pk=archived.pk).update(status="archived"))
    by("carl", lambda: Campaign.objects.filter(pk=renamed.pk).update(name="Renamed"))

    undone = undo(context, NOON)

    assert undone.campaigns
    assert undone.campaigns.changed == 1
    assert [(one.row.pk, one.changed_by) for one in undone.left] == [
        (activated.pk, "olivia"),
        (again.pk, "berta"),
        (archived.pk, "carl"),
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

    assert list(paused_by(pk).campaigns) == [first.pk]
    undo(pk, NOON)
    assert first.fresh().status == "active"


def test_what_is_held_stays_off_and_that_is_told() -> None:
    campaign = CampaignFactory.create(daily_budget=5)
    context = pause(campaign)
    spend(campaign, 5, NOON)

    undone = undo(context, NOON)

    assert undone.campaigns
    assert dict(undone.campaigns.outcome.kept_off_by) == {"daily_budget": 1}
    assert campaign.fresh().state == "Paused by system"


def test_twice_is_once() -> None:
    campaign = CampaignFactory.create()
    context = pause(campaign)
    undo(context, NOON)

    again = undo(context, NOON)

    assert again.campaigns
    assert again.campaigns.changed == 0
    assert [one.row.pk for one in again.left] == [campaign.pk]


def test_one_that_was_deleted_since_is_passed_over() -> None:
    deleted, kept = CampaignFactory.create_batch(2)
    context = pause(deleted, kept)
    deleted.delete()

    undone = undo(context, NOON)

    assert undone.campaigns
    assert (undone.campaigns.changed, undone.left) == (1, ())


def test_a_brand_that_was_paused_is_resumed_and_users_pauses_stay() -> None:
    brand, other = BrandFactory.create(), BrandFactory.create(is_active=False)
    running = CampaignFactory.create(brand=brand)
    paused = CampaignFactory.create(brand=brand, status="paused")
    enforce_all(NOON)
    context = by("otto", lambda: carry_out_on(Switch(on=False), [brand.pk, other.pk], NOON))
    assert not running.fresh().is_active

    undone = undo(context, NOON)

    assert list(paused_by(context).brands) == [brand.pk]
    assert undone.brands
    assert undone.brands.changed == (brand.pk,)
    assert undone.brands.campaigns.outcome.starts.count == 1
    assert (brand.fresh().is_active, other.fresh().is_active) == (True, False)
    assert (running.fresh().state, paused.fresh().state) == ("Active", "Paused by user")


def test_a_brand_that_was_switched_since_is_left_and_told() -> None:
    brand = BrandFactory.create()
    context = by("otto", lambda: carry_out_on(Switch(on=False), [brand.pk], NOON))
    by("olivia", lambda: carry_out_on(Switch(on=True), [brand.pk], NOON))
    by("berta", lambda: carry_out_on(Switch(on=False), [brand.pk], NOON))

    undone = undo(context, NOON)

    assert [(one.row.pk, one.changed_by) for one in undone.left] == [(brand.pk, "berta")]
    assert not brand.fresh().is_active


def test_nothing_is_known_of_what_never_was() -> None:
    undone = undo(uuid4(), NOON)

    assert (undone.campaigns, undone.brands, undone.left) == (None, None, ())
