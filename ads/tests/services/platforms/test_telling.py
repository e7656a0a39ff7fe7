"""Each account is told by itself; what is told is in :mod:`ads.tests.services.orders`."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from ads.models import Campaign, Connection, PlatformAccount, PlatformCampaign, SwitchOrder
from ads.platforms.interface import (
    Cost,
    CredentialsRefused,
    OutOfQuota,
    RemoteCampaign,
    Unknown,
    Unreachable,
)
from ads.services import orders, platform_credentials, platforms
from ads.services.delivery import lifecycle
from ads.tests.factories import CampaignFactory
from ads.tests.platforms.doubles import (
    NOON,
    TODAY,
    Scripted,
    account,
    connection,
    enforced,
    known_as,
    spent,
    update,
)

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def runs_there(its: PlatformAccount) -> Campaign:
    """A campaign that runs on the platform and is not to."""
    campaign = CampaignFactory.create(status="paused")
    known_as(campaign, "7", account=its.remote_id)
    PlatformCampaign.objects.create(account=its, remote_id="7", is_on=True, seen_at=NOON - MINUTE)
    orders.put_right(its.pk, NOON)
    return campaign


def test_an_account_that_cannot_be_told_holds_up_no_other(platform: Scripted) -> None:
    of = connection()
    for n in ("1", "2"):
        runs_there(account(of, n))

    def down() -> None:
        raise Unreachable("No answer.")

    platform.before["switch 1"] = down

    synced = platforms.sync_platforms(NOON)

    assert (synced.stopped, synced.errors) == (1, ("Account 1 (scripted): No answer.",))
    assert platform.switched == [("2", {"7": False})]


def test_a_connection_whose_credentials_are_refused_is_told_nothing_more(
    platform: Scripted,
) -> None:
    runs_there(account(connection()))

    def revoked() -> None:
        raise CredentialsRefused("The token was revoked.", remedy="Connect again.")

    platform.before["switch 1"] = revoked
    platforms.sync_platforms(NOON)

    refused = Connection.objects.get()
    assert (refused.state, refused.problem) == (
        "refused",
        "The token was revoked. Connect again.",
    )
    platform.before.clear()
    assert platforms.sync_platforms(NOON + MINUTE).stopped == 0

    Connection.objects.update(state="working")
    assert platforms.sync_platforms(NOON + MINUTE).stopped == 1


def test_what_is_not_confirmed_is_told_again_within_seconds(
    platform: Scripted, queue: object
) -> None:
    its = account(connection())
    runs_there(its)
    platform.answers = {"7": Unknown("still ACTIVE")}

    platforms.tell(its.pk, lambda: NOON)

    assert ("tell_account", [its.pk]) in queue()  # type: ignore[operator]


def test_what_could_not_be_told_at_all_waits_for_the_next_tick(
    platform: Scripted, queue: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    its = account(connection())
    runs_there(its)

    def down(*_: object, **__: object) -> None:
        raise Unreachable("No token.")

    monkeypatch.setattr(Scripted, "connect", down)
    assert str(platforms.tell(its.pk, lambda: NOON).error) == "No token."

    assert queue() == []  # type: ignore[operator]
    assert orders.due_accounts(NOON) == [its.pk]


@pytest.mark.parametrize("given", [{"is_read_only": True}, {"state": "refused"}])
def test_an_order_from_before_is_not_told_where_nothing_may_be_told_any_more(
    platform: Scripted, queue: object, given: dict[str, object]
) -> None:
    its = account(connection())
    runs_there(its)
    Connection.objects.update(**given)

    platforms.tell(its.pk, lambda: NOON)

    assert (platform.switched, queue()) == ([], [])  # type: ignore[operator]


def test_a_campaign_that_somebody_switched_on_there_is_stopped_again(platform: Scripted) -> None:
    its = account(connection())
    campaign = CampaignFactory.create(status="paused")
    known_as(campaign, "7")
    platform.campaigns_of["1"] = [RemoteCampaign("7", "Spring", is_on=True)]

    update(NOON)

    assert platform.switched == [("1", {"7": False})]
    assert not PlatformCampaign.objects.get(account=its).is_on


@pytest.mark.parametrize(
    ("given", "switched"),
    [
        ({}, 1),
        ({"operations_per_day": 15000}, 1),
        ({"operations_per_day": 300}, 0),  # then each hour
        ({"is_read_only": True}, 0),
    ],
)
def test_a_switch_by_hand_is_put_right_at_the_next_tick_where_requests_allow_it(
    platform: Scripted, given: dict[str, Any], switched: int
) -> None:
    platform.operations_per_day = given.get("operations_per_day")
    account(connection(**given))
    campaign = CampaignFactory.create(status="paused")
    known_as(campaign, "7")
    platform.campaigns_of["1"] = [RemoteCampaign("7", "Spring", is_on=False)]
    update(NOON)
    platform.campaigns_of["1"] = [RemoteCampaign("7", "Spring", is_on=True)]

    update(NOON + 5 * MINUTE)

    assert platform.switched == [("1", {"7": False})] * switched


def test_a_look_at_campaigns_never_keeps_costs_from_being_recorded(platform: Scripted) -> None:
    its = account(connection())
    campaign = CampaignFactory.create()
    known_as(campaign, "7")
    platform.campaigns_of["1"] = [RemoteCampaign("7", "Spring", is_on=True)]
    update(NOON)

    def used_up() -> None:
        raise OutOfQuota("Enough.")

    platform.before["campaigns of 1"] = used_up
    platform.costs_of["1"] = [Cost("7", TODAY, Decimal(5))]
    update(NOON + 5 * MINUTE)

    assert spent(campaign) == 5
    its.refresh_from_db()
    assert (its.failing_since, its.retry_at) == (None, None)


@pytest.mark.usefixtures("simulated")
def test_a_campaign_that_is_connected_on_a_real_platform_spends_there_alone(
    platform: Scripted,
) -> None:
    campaign, other = CampaignFactory.create_batch(2, daily_budget=75)
    enforced()
    update(NOON)
    update(NOON + HOUR)
    simulated = spent(campaign)
    assert simulated > 0
    its = account(connection())
    known_as(campaign, "7")
    platform.campaigns_of["1"] = [RemoteCampaign("7", "Spring", is_on=True)]
    platform.costs_of["1"] = [Cost("7", TODAY, Decimal(12))]

    update(NOON + 2 * HOUR)
    update(NOON + 2 * HOUR + 5 * MINUTE)

    assert spent(campaign) == 12
    assert spent(other) > simulated / 10
    its.refresh_from_db()
    assert its.problem == ""
    lifecycle.pause(campaign, now=NOON + 3 * HOUR)
    platforms.sync_platforms(NOON + 3 * HOUR)
    assert platform.switched == [("1", {"7": False})]
    assert not SwitchOrder.objects.filter(state="refused").exists()


def test_a_late_refusal_says_nothing_of_credentials_entered_meanwhile(platform: Scripted) -> None:
    runs_there(account(connection(credentials=platform_credentials.sealed({"token": "old"}))))

    def renewed_meanwhile() -> None:
        Connection.objects.update(credentials=platform_credentials.sealed({"token": "new"}))
        raise CredentialsRefused("Revoked.")

    platform.before["switch 1"] = renewed_meanwhile
    platforms.sync_platforms(NOON)

    assert Connection.objects.get().state == "working"


def test_credentials_that_were_renewed_are_kept_though_telling_breaks_off(
    platform: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    its = account(connection(credentials=platform_credentials.sealed({"token": "old"})))
    runs_there(its)
    renewed = {"token": "new"}
    monkeypatch.setattr(Scripted, "changed_credentials", renewed, raising=False)

    def out_of_time() -> None:
        raise SoftTimeLimitExceeded

    platform.before["switch 1"] = out_of_time
    with pytest.raises(SoftTimeLimitExceeded):
        platforms.tell(its.pk, lambda: NOON)

    assert platform_credentials.of(Connection.objects.get()) == renewed
    its.refresh_from_db()
    assert its.telling_until is None


@pytest.mark.usefixtures("simulated")
def test_an_id_without_an_account_connects_a_campaign_too(platform: Scripted) -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    enforced()
    account(connection())
    known_as(campaign, "7", account="")
    platform.campaigns_of["1"] = [RemoteCampaign("7", "Spring", is_on=True)]
    platform.costs_of["1"] = [Cost("7", TODAY, Decimal(12))]

    for n in range(4):
        update(NOON + n * HOUR)

    assert spent(campaign) == 12


def test_what_is_ordered_as_a_telling_ends_is_told_by_another(
    platform: Scripted, queue: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    its = account(connection())
    campaign = runs_there(its)

    def close(_: Scripted) -> None:  # nothing was due at the last look
        lifecycle.activate(campaign, now=NOON)

    monkeypatch.setattr(Scripted, "close", close)
    platforms.tell(its.pk, lambda: NOON)

    assert platform.switched == [("1", {"7": False})]
    assert queue() == [("tell_account", [its.pk])]  # type: ignore[operator]
