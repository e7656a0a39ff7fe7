"""When an edit is enforced: at its commit, once, and not if it was taken back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, transaction

from ads import signals
from ads.models import Campaign
from ads.tests.factories import CampaignFactory
from ads.tests.support import NOON, delivers, enforce_all, spend, spend_in_sql, switches

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """The clock stands at noon in UTC, on a Wednesday."""
    with time_machine.travel(NOON, tick=False):
        yield


def save(row: Any, **changes: Any) -> None:
    for field, value in changes.items():
        setattr(row, field, value)
    row.save()


def update(row: Any, **changes: Any) -> None:
    type(row).objects.filter(pk=row.pk).update(**changes)


@contextmanager
def rolled_back() -> Iterator[None]:
    """What happens inside is taken back: by a rollback, or to a savepoint."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_nothing_is_enforced_before_the_commit_and_all_of_it_at_once() -> None:
    campaign = CampaignFactory.create()

    with transaction.atomic():
        save(campaign, status="paused")
        save(campaign.brand, is_active=False)
        assert delivers(campaign)

    assert switches(campaign)[1:] == [(False, ["status", "brand_inactive"])]


def test_an_edit_rolled_back_is_not_enforced() -> None:
    campaign = CampaignFactory.create()

    with rolled_back():
        save(campaign, status="paused")

    assert switches(campaign) == [(True, [])]


def test_a_savepoint_rolled_back_takes_its_own_edits_along_and_no_others() -> None:
    before, within, after = CampaignFactory.create_batch(3)

    with transaction.atomic():
        update(before, status="paused")
        with rolled_back():
            update(before, daily_budget=5)
            update(within, status="paused")
        update(after, status="paused")

    assert [delivers(c) for c in (before, within, after)] == [False, True, False]


def test_an_edit_rolled_back_to_a_savepoint_is_no_reason_to_look() -> None:
    edited, untouched = CampaignFactory.create_batch(2, daily_budget=10)
    for campaign in (edited, untouched):
        spend_in_sql(campaign, "10", NOON.date())

    with transaction.atomic():
        update(edited, name="Renamed")
        with rolled_back():
            update(untouched, name="Also renamed")

    assert not delivers(edited)
    assert delivers(untouched)


def test_an_edit_after_a_savepoint_of_the_same_row_is_enforced_though_the_first_was_not() -> None:
    campaign = CampaignFactory.create()

    with transaction.atomic():
        with rolled_back():
            update(campaign, daily_budget=0)
        with transaction.atomic():
            update(campaign, status="paused")

    assert switches(campaign)[1:] == [(False, ["status"])]


def test_nested_savepoints_keep_what_was_kept() -> None:
    kept, lost, last = CampaignFactory.create_batch(3)

    with transaction.atomic():
        with transaction.atomic():
            update(kept, status="paused")
            with rolled_back():
                with transaction.atomic():
                    update(lost, status="paused")
                update(lost, daily_budget=0)
        update(last, status="paused")

    assert [delivers(c) for c in (kept, lost, last)] == [False, True, False]


def test_saving_an_object_read_long_ago_never_revives_its_campaign() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    stale = Campaign.objects.get(pk=campaign.pk)
    assert stale.is_active
    spend(campaign, 10, NOON)

    save(stale, name="Renamed")
    Campaign.objects.bulk_update([stale], ["name"])

    assert switches(campaign) == [(True, []), (False, ["daily_budget"])]
    assert Campaign.objects.get(pk=campaign.pk).name == "Renamed"


def test_whoever_sets_is_active_by_hand_is_put_right_at_the_commit() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    spend(campaign, 10, NOON)

    campaign.is_active = True
    campaign.save(update_fields=["is_active"])

    assert not delivers(campaign)


def test_an_edit_also_enforces_what_came_behind_django_s_back() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    spend_in_sql(campaign, "10", NOON.date())
    assert delivers(campaign)

    save(campaign.brand, name="Renamed")

    assert not delivers(campaign)


def test_an_edit_that_cannot_be_enforced_stays_and_the_next_sweep_makes_it_good(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = CampaignFactory.create()

    def fail(*_: object) -> None:
        raise OperationalError("deadlock detected")

    with monkeypatch.context() as patched:
        patched.setattr(signals, "after_edit", fail)
        update(campaign, status="paused")
        with transaction.atomic():
            save(campaign.brand, name="Renamed")

    assert caplog.text.count("Error calling EnforceOnCommit") == 2
    assert "deadlock detected" in caplog.text
    assert Campaign.objects.get(pk=campaign.pk).status == "paused"
    assert delivers(campaign)
    enforce_all(NOON)
    assert not delivers(campaign)
