"""The campaigns of an account, and the accounts of a connection, are seen and kept."""

from decimal import Decimal

import pytest

from ads.models import (
    PlatformAccount,
    PlatformCampaign,
    SwitchOrder,
)
from ads.platforms.interface import Account, OutOfQuota, RemoteCampaign, Unreachable
from ads.services import platforms
from ads.tests.factories import CampaignFactory
from ads.tests.platforms.doubles import (
    NOON,
    Scripted,
    account,
    connection,
    known_as,
    spent,
    update,
)
from ads.tests.services.platforms.asking import HOUR, MINUTE, cost

pytestmark = pytest.mark.django_db


def test_the_campaigns_of_an_account_are_seen_each_hour_and_those_missing_are_gone(
    platform: Scripted,
) -> None:
    platform.operations_per_day = 300  # with more they are seen at each tick
    its = account(connection(operations_per_day=300))
    platform.campaigns_of["1"] = [
        RemoteCampaign("7", "Spring", is_on=True, status="ENABLED", daily_budget=Decimal("9.5")),
        RemoteCampaign("8", "Autumn", is_on=False, is_removed=True),
    ]
    update(NOON)
    platform.campaigns_of["1"] = [RemoteCampaign("9", "Winter", is_on=True)]
    update(NOON + 5 * MINUTE)
    assert PlatformCampaign.objects.count() == 2

    update(NOON + HOUR)

    rows = PlatformCampaign.objects.order_by("remote_id").values_list(
        "account", "remote_id", "name", "is_on", "status", "daily_budget", "seen_at", "gone_at"
    )
    assert list(rows) == [
        (its.pk, "7", "Spring", True, "ENABLED", Decimal("9.5"), NOON, NOON + HOUR),
        (its.pk, "8", "Autumn", False, "", None, NOON, NOON),
        (its.pk, "9", "Winter", True, "", None, NOON + HOUR, None),
    ]
    platform.campaigns_of["1"] = [RemoteCampaign("7", "Spring 2", is_on=False)]
    update(NOON + 2 * HOUR)
    again = PlatformCampaign.objects.get(remote_id="7")
    assert (again.name, again.is_on, again.gone_at) == ("Spring 2", False, None)


def test_accounts_that_are_not_read_and_connections_that_do_not_work_are_not_asked(
    platform: Scripted,
) -> None:
    account(connection(), is_read=False)
    account(connection("Old", state="disconnected", disconnected_at=NOON), "2")
    account(connection("Refused", state="refused"), "3")

    update(NOON)

    assert platform.asked == []


def test_a_connections_accounts_are_listed_and_kept(platform: Scripted) -> None:
    its = connection()
    platform.listed = [
        Account("1", "One", "Asia/Tokyo", "JPY", "9", "suspended"),
        Account("2", "Two", "UTC", "USD"),
    ]
    assert platforms.list_accounts(its.pk, NOON) == 2
    # Nobody has chosen them yet.
    assert not PlatformAccount.objects.filter(is_read=True).exists()
    PlatformAccount.objects.update(is_read=True)
    another = connection("Another")
    assert platforms.list_accounts(another.pk, NOON) == 2
    platform.listed = [Account("1", "Uno", "Asia/Tokyo", "JPY", "9")]
    platforms.list_accounts(its.pk, NOON + HOUR)

    rows = PlatformAccount.objects.order_by("connection", "remote_id").values_list(
        "connection__name", "remote_id", "name", "timezone", "currency", "parent", "state",
        "is_read",
    )  # fmt: skip
    assert list(rows) == [
        ("Agency", "1", "Uno", "Asia/Tokyo", "JPY", "9", "", True),
        ("Agency", "2", "Two", "UTC", "USD", "", "not listed any more", True),
        ("Another", "1", "One", "Asia/Tokyo", "JPY", "9", "suspended", False),
        ("Another", "2", "Two", "UTC", "USD", "", "", False),
    ]


def test_nothing_is_ordered_where_a_platform_does_not_say_what_it_does(
    platform: Scripted,
) -> None:
    campaign = CampaignFactory.create(status="paused")
    known_as(campaign, "7")
    its = account(connection())
    platform.campaigns_of["1"] = [RemoteCampaign("7", "Spring", is_on=None)]

    update(NOON)

    assert PlatformCampaign.objects.get(account=its).is_on is None
    assert platform.switched == []


def test_campaigns_that_cannot_be_listed_are_asked_for_again_and_that_is_said(
    platform: Scripted,
) -> None:
    campaign = CampaignFactory.create()
    known_as(campaign, "7")
    its = account(connection())
    platform.costs_of["1"] = [cost("7", 5)]

    def down() -> None:
        raise Unreachable("No list today.")

    platform.before["campaigns of 1"] = down
    for n in range(8):
        update(NOON + n * 5 * MINUTE)

    its.refresh_from_db()
    assert spent(campaign) == 5
    assert (its.problem, its.failing_since) == ("No list today.", NOON)

    platform.before.clear()
    platform.campaigns_of["1"] = [RemoteCampaign("7", "Spring", is_on=False)]
    update(NOON + HOUR)
    its.refresh_from_db()
    assert (its.problem, its.failing_since) == ("", None)
    assert its.campaigns.count() == 1


def test_a_quota_of_looking_at_campaigns_keeps_no_costs_from_being_asked_for(
    platform: Scripted,
) -> None:
    campaign = CampaignFactory.create()
    known_as(campaign, "7")
    its = account(connection())

    def used_up() -> None:
        raise OutOfQuota("Enough.", retry_after=HOUR)

    platform.before["campaigns of 1"] = used_up
    for n, amount in enumerate((5, 8)):
        platform.costs_of["1"] = [cost("7", amount)]
        update(NOON + n * 5 * MINUTE)

    its.refresh_from_db()
    assert spent(campaign) == 8
    assert (its.problem, its.failing_since) == ("Enough.", None)

    platform.before.clear()
    platform.campaigns_of["1"] = [RemoteCampaign("7", "Spring", is_on=False)]
    update(NOON + 10 * MINUTE)
    its.refresh_from_db()
    assert (its.problem, its.campaigns.count()) == ("", 1)


def test_an_account_that_cannot_be_opened_keeps_its_currency_and_timezone(
    platform: Scripted,
) -> None:
    """Without them euros would be recorded as dollars once the problem is over."""
    its = connection()
    platform.listed = [Account("1", "One", "Europe/Berlin", "EUR", "9")]
    platforms.list_accounts(its.pk, NOON)
    platform.listed = [Account("1", "1", state="customer not enabled", is_closed=True)]

    platforms.list_accounts(its.pk, NOON + HOUR)

    one = PlatformAccount.objects.get()
    assert (one.name, one.timezone, one.currency) == ("One", "Europe/Berlin", "EUR")
    assert (one.parent, one.state) == ("9", "customer not enabled")
    # A warehouse's, whose rows do not agree any more, does not.
    platform.listed = [Account("1", "1", state="currency EUR, USD cannot be used")]
    platforms.list_accounts(its.pk, NOON + 2 * HOUR)
    assert PlatformAccount.objects.get().currency == ""


def test_a_look_that_began_before_an_order_was_confirmed_says_nothing_of_its_campaign(
    platform: Scripted,
) -> None:
    """Else somebody who then switches it there is not noticed before the next hour."""
    its = account(connection(), week_answered_at=NOON)
    campaign = CampaignFactory.create(status="paused")
    known_as(campaign, "7")
    platform.campaigns_of["1"] = [RemoteCampaign("7", "Spring", is_on=True, status="ENABLED")]
    orders_told_at = NOON + MINUTE
    PlatformCampaign.objects.create(
        account=its, remote_id="7", name="Spring", is_on=False, status="PAUSED",
        seen_at=orders_told_at,
    )  # fmt: skip
    SwitchOrder.objects.create(
        campaign=campaign, account=its, remote_id="7", is_on=False, written_at=NOON,
        state="confirmed", settled_at=orders_told_at,
    )  # fmt: skip

    update(NOON)
    seen = PlatformCampaign.objects.get()
    assert (seen.is_on, seen.status, seen.seen_at) == (False, "PAUSED", orders_told_at)

    update(NOON + 5 * MINUTE)  # it is on, by hand
    assert platform.switched == [("1", {"7": False})]
