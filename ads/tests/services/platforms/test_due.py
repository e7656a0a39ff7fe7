"""Ticks hand each account to a task of its own, within what its platform allows a day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ads.models import Connection, PlatformAccount
from ads.services import platforms
from ads.tests.platforms.doubles import NOON, Scripted, account, connection, update

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
MIDNIGHT = datetime(2026, 3, 4, tzinfo=UTC)


def test_the_longest_unanswered_come_first_and_those_that_fail_last(
    platform: Scripted, queue: Any
) -> None:
    of = connection(listed_at=NOON)
    later, never, earlier, failing = (
        account(of, remote_id, answered_at=answered_at, failing_since=failing_since).pk
        for remote_id, answered_at, failing_since in (
            ("1", NOON - 5 * MINUTE, None),
            ("2", None, None),
            ("3", NOON - 10 * MINUTE, None),
            ("4", NOON - 90 * MINUTE, NOON - 85 * MINUTE),
        )
    )
    Connection.objects.create(name="New", platform="scripted", source="scripted")

    handed_out = platforms.hand_out(NOON)

    assert (handed_out.accounts, handed_out.connections, handed_out.waiting) == (4, 1, 0)
    assert queue() == [
        ("list_accounts", [Connection.objects.get(name="New").pk]),
        ("ask_account", [never]),
        ("ask_account", [earlier]),
        ("ask_account", [later]),
        ("ask_account", [failing]),
    ]


def test_fifty_accounts_stay_within_fifteen_thousand_requests_with_a_reserve_for_stopping(
    platform: Scripted,
) -> None:
    platform.operations_per_day = 15_000
    of = connection(operations_per_day=15_000)
    for n in range(50):
        account(of, str(n))
    made: list[int] = []
    for tick in range(288):
        now = MIDNIGHT + 5 * tick * MINUTE
        accounts, waiting = platforms.to_ask(now)
        assert waiting == 0
        # As asking would, an hour's list of campaigns and a night's month included.
        PlatformAccount.objects.filter(pk__in=accounts).update(asked_at=now)
        made.append(len(accounts) + (50 if tick % 12 == 0 else 0) + (50 if tick == 36 else 0))
        Connection.objects.update(operations=sum(made), operations_on=now.date())

    assert 11_000 < sum(made) <= 12_000
    hours = [sum(made[hour * 12 : hour * 12 + 12]) for hour in range(24)]
    assert min(hours) >= 400  # spread over the day
    assert platforms.to_ask(MIDNIGHT + 24 * 60 * MINUTE)[0] != []


def test_nothing_is_asked_once_only_the_reserve_is_left(platform: Scripted) -> None:
    of = connection(operations_per_day=100, operations=80, operations_on=NOON.date())
    account(of)

    assert platforms.to_ask(NOON) == ([], 1)


def test_requests_are_counted_by_day(platform: Scripted) -> None:
    platform.operations_per_day = 1000
    of = connection()
    its = account(of)
    update(NOON)
    of.refresh_from_db()
    # Two days, the month, and the campaigns.
    assert (of.operations, of.operations_on, of.operations_per_day) == (3, NOON.date(), 1000)

    update(NOON + 5 * MINUTE)
    of.refresh_from_db()
    assert of.operations == 4

    PlatformAccount.objects.filter(pk=its.pk).update(month_answered_at=NOON + 12 * 60 * MINUTE)
    update(NOON + 13 * 60 * MINUTE)
    of.refresh_from_db()
    assert (of.operations, of.operations_on) == (2, NOON.date() + timedelta(days=1))
