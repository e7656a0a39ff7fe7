"""Orders to switch campaigns on their platforms."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import transaction

from ads.models import (
    Brand,
    Campaign,
    CampaignReference,
    PlatformAccount,
    PlatformCampaign,
    SwitchOrder,
)
from ads.models.platforms import OrderState
from ads.platforms.interface import (
    Account,
    Confirmed,
    CredentialsRefused,
    OutOfQuota,
    Refused,
    Unknown,
    Unreachable,
)
from ads.services import orders, restored
from ads.services.delivery import lifecycle
from ads.services.orders import Told
from ads.tests.factories import CampaignFactory, PlatformAccountFactory
from ads.tests.services.orders.scripted import Scripted, on_platform
from ads.tests.support import NOON, enforce_all, spend

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def running(remote_id: str = "1", account: PlatformAccount | None = None) -> Campaign:
    """A campaign with a daily budget of 10 that runs, here and on its platform."""
    campaign = CampaignFactory.create(daily_budget=10)
    enforce_all(NOON)
    on_platform(campaign, remote_id, account)
    return campaign


def orders_of(campaign: Campaign) -> list[tuple[bool, str]]:
    """Which way, and what became of each, in the order in which they were written."""
    found = SwitchOrder.objects.filter(campaign=campaign).order_by("pk")
    return list(found.values_list("is_on", "state"))


def ends_of(campaign: Campaign) -> list[str]:
    """Why its orders were withdrawn."""
    withdrawn = campaign.switch_orders.filter(state=OrderState.WITHDRAWN)
    return list(withdrawn.order_by("pk").values_list("answer", flat=True))


def tell(campaign: Campaign, connector: Scripted, now: datetime = NOON) -> Told:
    account = PlatformAccount.objects.get(campaigns__remote_id=reference(campaign))
    its = Account(account.remote_id, account.name)
    return orders.tell(account.pk, lambda _: (connector, its), lambda: now)


def reference(campaign: Campaign) -> str:
    return str(CampaignReference.objects.get(campaign=campaign).reference)


def test_a_stop_is_ordered_told_and_confirmed() -> None:
    campaign = running()
    spend(campaign, 10, NOON)
    [order] = SwitchOrder.objects.all()
    assert (order.campaign, order.is_on, order.state) == (campaign, False, "pending")
    assert order.change == campaign.delivery_changes.get(is_active=False)
    assert orders.due_accounts(NOON) == [order.account_id]
    platform = Scripted()

    told = tell(campaign, platform, NOON + SECOND)

    assert (platform.told, platform.is_closed) == ([{"1": False}], True)
    assert (told.stopped, told.started, told.refused, told.unconfirmed) == (1, 0, 0, 0)
    order.refresh_from_db()
    assert (order.state, order.answer) == ("confirmed", "PAUSED")
    assert (order.told_at, order.settled_at) == (NOON + SECOND, NOON + SECOND)
    there = PlatformCampaign.objects.get()
    assert (there.is_on, there.status, there.seen_at) == (False, "PAUSED", NOON + SECOND)
    assert orders.due_accounts(NOON + HOUR) == []
    assert PlatformAccount.objects.get().telling_until is None


def test_an_order_is_undone_with_the_decision_that_wrote_it() -> None:
    campaign = running()
    with transaction.atomic():
        lifecycle.pause(campaign, now=NOON)
        assert orders_of(campaign) == [(False, "pending")]
        transaction.set_rollback(True)

    assert orders_of(campaign) == []


def test_nothing_is_ordered_where_nothing_may_be_switched() -> None:
    nowhere = CampaignFactory.create()
    read_only = running("1", PlatformAccountFactory.create(connection__is_read_only=True))
    not_read = running("2", PlatformAccountFactory.create(is_read=False))
    disconnected = running(
        "3",
        PlatformAccountFactory.create(
            connection__state="disconnected", connection__disconnected_at=NOON
        ),
    )
    gone = running("4")
    PlatformCampaign.objects.filter(remote_id="4").update(gone_at=NOON)

    for campaign in (nowhere, read_only, not_read, disconnected, gone):
        lifecycle.pause(campaign, now=NOON)

    assert not SwitchOrder.objects.exists()


def test_a_campaign_under_several_ids_is_stopped_under_each() -> None:
    campaign = running("1")
    on_platform(campaign, "2")
    lifecycle.pause(campaign, now=NOON)

    assert set(SwitchOrder.objects.values_list("remote_id", "is_on")) == {
        ("1", False),
        ("2", False),
    }


def test_an_id_with_its_account_counts_before_one_without() -> None:
    account = PlatformAccountFactory.create()
    exact, loose = running("1", account), CampaignFactory.create()
    CampaignReference.objects.create(campaign=loose, platform="scripted", reference="1")
    enforce_all(NOON)
    SwitchOrder.objects.all().delete()

    lifecycle.pause(loose, now=NOON)
    assert not SwitchOrder.objects.exists()
    lifecycle.pause(exact, now=NOON)
    assert orders_of(exact) == [(False, "pending")]


def test_an_id_without_an_account_is_found_in_any() -> None:
    campaign = running()
    CampaignReference.objects.update(account="")
    lifecycle.pause(campaign, now=NOON)

    assert orders_of(campaign) == [(False, "pending")]


def test_a_later_decision_supersedes_one_that_was_not_told() -> None:
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    lifecycle.activate(campaign, now=NOON + SECOND)
    assert orders_of(campaign) == [(False, "superseded"), (True, "pending")]
    assert ends_of(campaign) == ["A later decision replaced it."]
    platform = Scripted()

    tell(campaign, platform, NOON + SECOND)

    assert platform.told == [{"1": True}]


def test_a_stop_decided_while_a_start_is_told_is_told_after_it() -> None:
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    lifecycle.activate(campaign, now=NOON)
    platform = Scripted(meanwhile=lambda: lifecycle.pause(campaign, now=NOON))

    tell(campaign, platform)

    assert platform.told == [{"1": True}, {"1": False}]
    assert orders_of(campaign) == [
        (False, "superseded"),
        (True, "superseded"),
        (False, "confirmed"),
    ]
    assert not PlatformCampaign.objects.get().is_on


def test_an_order_that_disagrees_with_what_is_decided_now_is_never_told() -> None:
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    SwitchOrder.objects.update(is_on=True)  # as a look at what the platform does may write one
    platform = Scripted()

    tell(campaign, platform)

    assert (platform.told, orders_of(campaign)) == ([], [(True, "superseded")])
    assert ends_of(campaign) == ["A later decision replaced it."]


def test_an_order_for_an_id_that_another_campaign_has_by_now_is_never_told() -> None:
    """It would start what the other campaign has stopped."""
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    tell(campaign, Scripted())
    lifecycle.activate(campaign, now=NOON + SECOND)
    other = CampaignFactory.create(status="paused")
    CampaignReference.objects.update(campaign=other)
    platform = Scripted()

    tell(other, platform, NOON + SECOND)

    assert platform.told == []
    assert orders_of(campaign) == [(False, "confirmed"), (True, "superseded")]
    assert ends_of(campaign) == ["Another campaign has this platform ID now."]


def test_an_order_for_an_id_that_was_taken_away_is_never_told() -> None:
    """What is there may be somebody else's campaign: an ID that was entered by mistake."""
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    account = PlatformAccount.objects.get()
    CampaignReference.objects.all().delete()
    platform = Scripted()

    orders.tell(account.pk, lambda _: (platform, Account("1", "")), lambda: NOON)

    assert (platform.told, orders_of(campaign)) == ([], [(False, "superseded")])
    assert ends_of(campaign) == ["No campaign has this platform ID any more."]


def test_a_stop_that_the_campaign_that_has_the_id_by_now_needs_too_is_told() -> None:
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    other = CampaignFactory.create(status="paused")
    CampaignReference.objects.update(campaign=other)

    assert tell(other, Scripted()).stopped == 1


def test_two_processes_never_tell_one_account_at_once() -> None:
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    second = Scripted()
    first = Scripted(meanwhile=lambda: tell(campaign, second))

    assert tell(campaign, first).stopped == 1
    assert second.told == []


def test_one_that_was_killed_keeps_others_away_for_a_minute_only() -> None:
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    PlatformAccount.objects.update(telling_until=NOON + HOUR * 24 * 365 * 100)
    assert tell(campaign, Scripted()).stopped == 0
    PlatformAccount.objects.update(telling_until=NOON)  # long past, by the database's clock

    assert tell(campaign, Scripted()).stopped == 1


def test_one_that_is_refused_holds_up_no_other() -> None:
    account = PlatformAccountFactory.create()
    good, bad = running("1", account), running("2", account)
    for campaign in (good, bad):
        lifecycle.pause(campaign, now=NOON)
    no = Refused("CANNOT_MODIFY", "The campaign was removed.", "Take its platform ID away.")
    platform = Scripted(answers={"2": [no]})

    told = tell(good, platform)

    assert (told.stopped, told.refused) == (1, 1)
    assert orders_of(good) == [(False, "confirmed")]
    [order] = SwitchOrder.objects.filter(campaign=bad)
    assert (order.state, order.code) == ("refused", "CANNOT_MODIFY")
    assert order.answer == "The campaign was removed. Take its platform ID away."
    assert len(platform.told) == 1


def test_what_is_not_confirmed_is_told_again_later_and_later() -> None:
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    platform = Scripted(answers={"1": [Unknown("still ACTIVE"), Confirmed("PAUSED")]})

    assert tell(campaign, platform).unconfirmed == 1
    assert orders_of(campaign) == [(False, "unknown")]
    assert orders.due_accounts(NOON + 2 * SECOND) == []
    assert tell(campaign, platform, NOON + 2 * SECOND).stopped == 0
    assert tell(campaign, platform, NOON + 3 * SECOND).stopped == 1
    [order] = SwitchOrder.objects.all()
    assert (order.told_at, order.settled_at) == (NOON, NOON + 3 * SECOND)
    assert order.attempts == 2


@pytest.mark.parametrize(
    ("error", "state", "again"),
    [
        (Unreachable("No answer within 10 s."), "unknown", 3 * SECOND),
        (OutOfQuota("Too many requests.", retry_after=HOUR), "pending", HOUR),
        (OutOfQuota("Too many requests."), "pending", 3 * SECOND),
        (CredentialsRefused("Revoked.", remedy="Connect again."), "pending", 3 * SECOND),
    ],
)
def test_a_platform_that_cannot_be_told_is_told_later(
    error: Unreachable, state: str, again: timedelta
) -> None:
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    platform = Scripted(fails=error)

    assert tell(campaign, platform).error is error

    [order] = SwitchOrder.objects.all()
    assert (order.state, order.answer) == (state, str(error))
    assert orders.due_accounts(NOON + again - SECOND) == []
    assert orders.due_accounts(NOON + again) == [order.account_id]
    assert tell(campaign, platform, NOON + again).stopped == 1


def test_an_order_that_the_platform_has_not_heard_was_not_told() -> None:
    """Else a receipt says that the platform took an hour to stop."""
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    out = OutOfQuota("Too many requests.", retry_after=HOUR)

    tell(campaign, Scripted(fails=out))
    order = SwitchOrder.objects.get()
    assert (order.told_at, order.attempts) == (None, 1)
    tell(campaign, Scripted(fails=Unreachable("No answer.")), NOON + HOUR)
    tell(campaign, Scripted(fails=out), NOON + HOUR + MINUTE)

    order.refresh_from_db()
    assert order.told_at == NOON + HOUR


def test_an_answer_that_says_nothing_of_an_order_confirms_nothing() -> None:
    campaign = running()
    lifecycle.pause(campaign, now=NOON)

    assert tell(campaign, Scripted(answers={"1": [None]})).unconfirmed == 1
    assert orders_of(campaign) == [(False, "unknown")]


def test_stops_are_told_before_starts() -> None:
    account = PlatformAccountFactory.create()
    starts, stops = running("1", account), running("2", account)
    lifecycle.pause(starts, now=NOON)
    tell(starts, Scripted())
    lifecycle.activate(starts, now=NOON)
    lifecycle.pause(stops, now=NOON)
    platform = Scripted()

    tell(stops, platform)

    assert [list(told.items()) for told in platform.told] == [[("2", False), ("1", True)]]


def test_after_a_restore_stops_are_told_and_starts_wait() -> None:
    account = PlatformAccountFactory.create()
    starts, stops = running("1", account), running("2", account)
    lifecycle.pause(starts, now=NOON)
    tell(starts, Scripted())
    lifecycle.activate(starts, now=NOON)
    lifecycle.pause(stops, now=NOON)
    restored.hold(NOON - HOUR, NOON)
    platform = Scripted()

    tell(stops, platform)
    assert (platform.told, orders.due_accounts(NOON)) == ([{"2": False}], [])

    restored.resume(NOON)
    assert orders.due_accounts(NOON) == [account.pk]
    tell(stops, platform)
    assert platform.told == [{"2": False}, {"1": True}]


class TestPuttingRight:
    """Campaigns that were seen to do something else than was decided."""

    def test_one_that_runs_there_though_it_is_stopped_here_is_stopped(self) -> None:
        campaign = CampaignFactory.create(status="paused")
        account = on_platform(campaign, "1")

        assert orders.put_right(account.pk, NOON) == 1
        assert orders_of(campaign) == [(False, "pending")]
        assert orders.put_right(account.pk, NOON) == 0

    def test_one_that_somebody_switched_back_on_there_is_stopped_again(self) -> None:
        campaign = running()
        lifecycle.pause(campaign, now=NOON)
        tell(campaign, Scripted())
        account = PlatformAccount.objects.get()
        PlatformCampaign.objects.update(is_on=True, seen_at=NOON + MINUTE)

        assert orders.put_right(account.pk, NOON + MINUTE) == 1
        assert orders_of(campaign) == [(False, "confirmed"), (False, "pending")]

    def test_one_that_somebody_switched_there_is_left_where_the_brand_says_so(self) -> None:
        campaign = running()
        Brand.objects.update(puts_switches_right=False)
        lifecycle.pause(campaign, now=NOON)
        tell(campaign, Scripted())
        account = PlatformAccount.objects.get()
        PlatformCampaign.objects.update(is_on=True, seen_at=NOON + MINUTE)

        assert orders.put_right(account.pk, NOON + MINUTE) == 0
        assert [one.is_switched_by_hand for one in orders.there(campaign)] == [True]

        lifecycle.activate(campaign, now=NOON + MINUTE)  # a decision of ours counts again
        assert orders_of(campaign) == [(False, "confirmed"), (True, "pending")]

    def test_one_whose_id_a_stopped_campaign_has_got_is_stopped_at_the_next_look(self) -> None:
        """Of what is as it was confirmed, a look between the hourly ones notes no other time."""
        campaign = running()
        lifecycle.pause(campaign, now=NOON)
        tell(campaign, Scripted())
        lifecycle.activate(campaign, now=NOON)
        tell(campaign, Scripted())
        other = CampaignFactory.create(status="paused")
        CampaignReference.objects.update(campaign=other)

        assert orders.put_right(PlatformAccount.objects.get().pk, NOON + 5 * MINUTE) == 1
        assert orders_of(other) == [(False, "pending")]

    def test_what_was_seen_before_the_last_answer_says_nothing(self) -> None:
        campaign = running()
        lifecycle.pause(campaign, now=NOON)
        tell(campaign, Scripted(), NOON + MINUTE)
        PlatformCampaign.objects.update(is_on=True, seen_at=NOON)

        assert orders.put_right(PlatformAccount.objects.get().pk, NOON + MINUTE) == 0

    def test_one_that_was_refused_is_told_once_an_hour(self) -> None:
        campaign = running()
        lifecycle.pause(campaign, now=NOON)
        tell(campaign, Scripted(answers={"1": [Refused("NO", "No.")]}))
        account = PlatformAccount.objects.get()
        PlatformCampaign.objects.update(seen_at=NOON + HOUR)

        assert orders.put_right(account.pk, NOON + HOUR) == 0
        assert orders.put_right(account.pk, NOON + HOUR + SECOND) == 1
        assert orders_of(campaign) == [(False, "refused"), (False, "pending")]

    @pytest.mark.parametrize("is_on", [True, False])
    def test_it_is_for_the_decision_whose_order_was_refused_and_no_other(
        self, *, is_on: bool
    ) -> None:
        campaign = running()
        lifecycle.pause(campaign, now=NOON)
        tell(campaign, Scripted(answers={"1": [Refused("NO", "No.")]}))
        account = PlatformAccount.objects.get()
        if is_on:  # decided while nothing could be switched there
            PlatformAccount.objects.update(is_read=False)
            lifecycle.activate(campaign, now=NOON)
            PlatformAccount.objects.update(is_read=True)
        PlatformCampaign.objects.update(is_on=not is_on, seen_at=NOON + 2 * HOUR)

        assert orders.put_right(account.pk, NOON + 2 * HOUR) == 1

        refused, again = SwitchOrder.objects.order_by("pk")
        assert again.change_id == (None if is_on else refused.change_id)

    def test_one_that_agrees_is_left_alone(self) -> None:
        campaign = running()

        assert orders.put_right(PlatformAccount.objects.get().pk, NOON) == 0
        assert orders_of(campaign) == []


def test_a_refused_order_is_told_again_when_somebody_says_so() -> None:
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    tell(campaign, Scripted(answers={"1": [Refused("NO", "No.")]}))
    [order] = SwitchOrder.objects.all()

    assert orders.tell_again(order, NOON + SECOND)
    assert tell(campaign, Scripted(), NOON + SECOND).stopped == 1
    assert not orders.tell_again(order, NOON + SECOND)  # confirmed by now


def test_a_refused_order_that_a_later_one_followed_is_not_told_again() -> None:
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    tell(campaign, Scripted(answers={"1": [Refused("NO", "No.")]}))
    [order] = SwitchOrder.objects.all()
    lifecycle.activate(campaign, now=NOON)

    assert not orders.tell_again(order, NOON + SECOND)
    assert orders_of(campaign) == [(False, "refused"), (True, "pending")]


def test_a_refused_order_that_a_later_decision_contradicts_is_not_told_again() -> None:
    """No order has followed, as nothing could be switched there when it was decided."""
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    tell(campaign, Scripted(answers={"1": [Refused("NO", "No.")]}))
    [order] = SwitchOrder.objects.all()
    PlatformAccount.objects.update(is_read=False)
    lifecycle.activate(campaign, now=NOON)
    PlatformAccount.objects.update(is_read=True)

    assert not orders.tell_again(order, NOON + SECOND)
    assert orders_of(campaign) == [(False, "refused")]


@pytest.mark.parametrize(
    "given",
    [{"is_read": False}, {"is_read_only": True}],
)
def test_a_refused_order_is_not_told_again_where_nothing_may_be_switched_any_more(
    given: dict[str, bool],
) -> None:
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    tell(campaign, Scripted(answers={"1": [Refused("NO", "No.")]}))
    [order] = SwitchOrder.objects.all()
    PlatformAccount.objects.update(**given)

    assert not orders.tell_again(order, NOON + SECOND)
    assert orders_of(campaign) == [(False, "refused")]


def test_a_refused_order_for_an_id_that_was_taken_away_is_not_told_again() -> None:
    campaign = running()
    lifecycle.pause(campaign, now=NOON)
    tell(campaign, Scripted(answers={"1": [Refused("NO", "No.")]}))
    CampaignReference.objects.all().delete()

    assert not orders.tell_again(SwitchOrder.objects.get(), NOON + SECOND)
    assert orders_of(campaign) == [(False, "refused")]


def test_where_a_campaign_is_with_the_last_order_for_it_there() -> None:
    campaign = running("1")
    on_platform(campaign, "2")
    lifecycle.pause(campaign, now=NOON)
    lifecycle.activate(campaign, now=NOON + SECOND)

    found = orders.there(campaign)

    assert [(one.campaign.remote_id, one.order and one.order.is_on) for one in found] == [
        ("1", True),
        ("2", True),
    ]
    assert orders.there(CampaignFactory.create()) == []
