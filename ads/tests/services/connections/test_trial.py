"""Trying a connection out says what works, and changes nothing."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from ads.models import Brand, Connection, PlatformAccount, PlatformCampaign, ReportedTotal
from ads.platforms.interface import Account, Unreachable
from ads.services.connections import InvalidConnection, Tried, lifecycle, look, try_out
from ads.tests.services.connections import example
from ads.tests.services.connections.example import World

pytestmark = pytest.mark.django_db


UNTIL = "Contains everything until 2026-11-29 10:00 UTC."


def said(tried: Tried) -> list[tuple[str, Any, str]]:
    return [(step.what, step.is_good, step.text) for step in tried.steps]


def test_it_reads_accounts_campaigns_and_todays_costs_and_asks_whether_it_may_write(
    connection: Connection, world: World, now: datetime
) -> None:
    tried = try_out(connection, now=now)

    assert said(tried) == [
        ("Accounts", True, "1 account."),
        ("Campaigns of Acme", True, "2 campaigns, 1 switched on."),
        (
            "Costs of Acme today",
            True,
            f"€12.34 on 2026-11-29 (Europe/Berlin), 1 campaign with costs. {UNTIL}",
        ),
        (
            "Switching",
            True,
            "Campaigns may be switched: the platform checked an order and carried out none.",
        ),
    ]
    assert tried.is_good
    assert world.calls == [
        "accounts", "campaigns 100", "costs 100 2026-11-29 2026-11-29", "try_writing 100 1",
    ]  # fmt: skip


def test_it_records_and_keeps_nothing(connection: Connection, now: datetime) -> None:
    try_out(connection, now=now)

    for model in (Brand, PlatformAccount, PlatformCampaign, ReportedTotal):
        assert not model._default_manager.exists(), model


def test_a_login_that_may_only_look_is_said(
    connection: Connection, world: World, now: datetime
) -> None:
    world.may_write = False

    tried = try_out(connection, now=now)

    assert not tried.is_good
    assert said(tried)[-1] == (
        "Switching",
        False,
        "Refused (PERMISSION_DENIED): The login may only look. Give it another role.",
    )


def test_a_read_only_connection_is_not_tried_for_writing(
    connection: Connection, world: World, now: datetime
) -> None:
    lifecycle.set_read_only(connection, is_read_only=True, now=now)
    connection.refresh_from_db()

    tried = try_out(connection, now=now)

    assert said(tried)[-1] == (
        "Switching", None, "Read only: this connection never switches campaigns.",
    )  # fmt: skip
    assert "try_writing 100 1" not in world.calls


def test_an_account_that_only_reports_is_not_tried_for_writing(
    connection: Connection, world: World, now: datetime
) -> None:
    world.accounts = [replace(one, is_read_only=True) for one in world.accounts]
    world.campaigns = {
        key: [replace(each, is_on=None) for each in its] for key, its in world.campaigns.items()
    }

    tried = try_out(connection, now=now)

    assert said(tried)[1][2] == "2 campaigns, the platform does not say which are on."
    assert said(tried)[-1] == (
        "Switching",
        None,
        "Read only: this connection never switches campaigns.",
    )


def test_a_platform_that_cannot_check_an_order_says_so(
    connection: Connection, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(example.Example, "connector", example.ExampleConnector)

    what, is_good, text = said(try_out(connection, now=now))[-1]

    assert (what, is_good) == ("Switching", None)
    assert text.startswith("Not tried: this platform cannot check an order without carrying it out")


def test_it_ends_with_the_first_thing_that_fails(
    connection: Connection, world: World, now: datetime
) -> None:
    world.failing["100"] = Unreachable("No answer within 20 s.")

    tried = try_out(connection, now=now)

    assert said(tried)[1:] == [("Campaigns of Acme", False, "No answer within 20 s.")]


def test_revoked_credentials_are_said_and_noted(
    connection: Connection, world: World, now: datetime
) -> None:
    world.tokens = set()

    tried = try_out(connection, now=now)

    connection.refresh_from_db()
    assert said(tried) == [("Accounts", False, "The token was revoked. Make another.")]
    assert connection.state == "refused"


def test_credentials_that_reach_no_account_say_so(
    connection: Connection, world: World, now: datetime
) -> None:
    world.accounts = []

    assert said(try_out(connection, now=now)) == [
        (
            "Accounts",
            False,
            "0 accounts. The credentials work but reach no account: give them access to one.",
        )
    ]


def test_the_account_is_the_one_asked_for_else_one_that_is_read(
    connection: Connection, world: World, now: datetime
) -> None:
    world.accounts.append(Account("200", "Other", "UTC", "USD"))
    world.campaigns["200"] = []
    look(connection, now=now)
    PlatformAccount.objects.filter(remote_id="200").update(is_read=True)

    assert said(try_out(connection, now=now))[1][0] == "Campaigns of Other"
    assert said(try_out(connection, account="100", now=now))[1][0] == "Campaigns of Acme"
    with pytest.raises(InvalidConnection, match="reaches no account '300'"):
        try_out(connection, account="300", now=now)
