"""What becomes of an account, and of its connection, when its platform fails."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Connection, PlatformAccount
from ads.platforms.interface import (
    AccountGone,
    Cost,
    CredentialsRefused,
    OutOfQuota,
    Unreachable,
)
from ads.services import platforms
from ads.services.senders import encryption
from ads.tests.factories import CampaignFactory
from ads.tests.log_lines import logged
from ads.tests.platforms.doubles import (
    NOON,
    TODAY,
    Scripted,
    account,
    connection,
    known_as,
    spent,
    update,
)

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TOKEN = "EAAB-of-a-platform"  # noqa: S105  (nobody's)


def raising(error: Exception) -> Callable[[], Any]:
    def fail() -> None:
        raise error

    return fail


def asked_at(platform: Scripted, minutes: range) -> list[int]:
    """The minutes, of ticks every five, at which the account was asked."""
    found = []
    for minute in minutes:
        platform.asked.clear()
        update(NOON + minute * MINUTE)
        if platform.asked:
            found.append(minute)
    return found


def test_a_platform_that_is_down_is_asked_less_and_less_often_and_recovers(
    platform: Scripted,
) -> None:
    campaign = CampaignFactory.create()
    known_as(campaign, "7")
    its = account(connection())
    platform.costs_of["1"] = [Cost("7", TODAY, Decimal(5))]
    platform.before["1"] = raising(Unreachable("The platform answered 502.", remedy="Wait."))

    assert asked_at(platform, range(0, 120, 5)) == [0, 5, 10, 15, 25, 40, 55, 70, 85, 100, 115]
    its.refresh_from_db()
    assert (its.problem, its.failing_since) == ("The platform answered 502. Wait.", NOON)
    assert its.answered_at is None

    del platform.before["1"]
    assert asked_at(platform, range(120, 150, 5)) == [130, 135, 140, 145]
    its.refresh_from_db()
    assert (its.problem, its.failing_since, its.retry_at) == ("", None, None)
    assert spent(campaign) == 5


def test_out_of_quota_it_is_asked_again_when_the_platform_says(platform: Scripted) -> None:
    its = account(connection())
    platform.before["1"] = raising(OutOfQuota("Too many requests.", retry_after=17 * MINUTE))

    update(NOON)

    its.refresh_from_db()
    assert (its.problem, its.retry_at) == ("Too many requests.", NOON + 17 * MINUTE)
    assert asked_at(platform, range(5, 30, 5)) == [20]


def test_an_account_that_is_gone_is_asked_each_hour(platform: Scripted) -> None:
    account(connection())
    platform.before["1"] = raising(AccountGone("There is no such account."))

    assert asked_at(platform, range(0, 130, 5)) == [0, 60, 120]


def test_refused_credentials_end_all_asking_and_are_said_once(platform: Scripted) -> None:
    of = connection()
    account(of, "1")
    account(of, "2")
    error = CredentialsRefused("The token was revoked.", remedy="Connect again.")
    platform.before = {"1": raising(error), "2": raising(error)}

    with logged() as log:
        accounts, _ = platforms.to_ask(NOON)
        for pk in accounts:
            platforms.ask(pk, NOON)
        update(NOON + HOUR)

    assert len(platform.asked) == 1
    of.refresh_from_db()
    assert (of.state, of.problem) == ("refused", "The token was revoked. Connect again.")
    said = log.only("A platform refuses its credentials")
    assert (said["connection"], said["error"]) == (
        "Agency",
        "The token was revoked. Connect again.",
    )

    platform.before.clear()
    Connection.objects.update(state="working", problem="")
    update(NOON + 2 * HOUR)
    assert {its for its, *_ in platform.asked} == {"1", "2"}


@pytest.mark.parametrize("where", ["1", "campaigns of 1", "accounts"])
def test_no_text_of_an_unexpected_error_is_stored(platform: Scripted, where: str) -> None:
    of = connection()
    its = account(of)
    platform.before[where] = raising(ConnectionError(f"GET https://x.test/?access_token={TOKEN}"))

    asked = platforms.ask(its.pk, NOON)
    platforms.list_accounts(of.pk, NOON)

    rows = [*PlatformAccount.objects.values_list(), *Connection.objects.values_list(), asked.error]
    assert TOKEN not in str(rows)
    said = "Asking failed unexpectedly (ConnectionError); see the log."
    assert said in str(rows)


def test_a_platform_that_does_not_list_its_accounts_keeps_those_it_had(platform: Scripted) -> None:
    of = connection()
    account(of)
    platform.before["accounts"] = raising(Unreachable("No answer."))

    assert platforms.list_accounts(of.pk, NOON) == 0

    of.refresh_from_db()
    assert (of.problem, of.listed_at, of.state) == ("No answer.", NOON, "working")
    assert PlatformAccount.objects.get().state == ""


def test_credentials_that_cannot_be_read_are_refused(platform: Scripted, settings: Any) -> None:
    of = connection(credentials=encryption.seal('{"token": "x"}'))
    its = account(of)
    settings.SECRET_KEY += "another"

    platforms.ask(its.pk, NOON)

    of.refresh_from_db()
    assert of.state == "refused"
    assert of.problem == (
        "The credentials cannot be read, because SECRET_KEY has changed. Put the previous key into "
        "SECRET_KEY_FALLBACKS, or connect again."
    )
    assert platform.asked == []


def test_what_came_before_a_failure_is_recorded(platform: Scripted) -> None:
    campaign = CampaignFactory.create()
    known_as(campaign, "7")
    its = account(connection())
    platform.costs_of["1"] = [Cost("7", TODAY, Decimal(5))]

    def second() -> None:
        if len(platform.asked) == 2:
            raise Unreachable("Half an answer.")

    platform.before["1"] = second

    update(NOON)

    its.refresh_from_db()
    assert (spent(campaign), its.answered_at, its.month_answered_at) == (Decimal(5), NOON, None)
    assert its.problem == "Half an answer."
