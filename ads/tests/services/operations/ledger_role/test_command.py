"""The command that makes the role, says what it may do, and drops it."""

from contextlib import closing

import psycopg2
import pytest
from django.core.management import CommandError
from django.db import connection

from ads.models import Brand, Campaign
from ads.tests.commands.support import say
from ads.tests.services.operations.ledger_role.support import DAY, INSERT, PASSWORD, ROLE, connect
from ads.tests.support import execute, totals

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_command_says_where_it_connects_to(role: str, campaign: Campaign) -> None:
    (address,) = (
        line.removeprefix("Address: ")
        for line in say("ledger_role", role).splitlines()
        if line.startswith("Address: ")
    )

    opened = psycopg2.connect(address, password=PASSWORD)
    with closing(opened), opened, opened.cursor() as cursor:
        cursor.execute(INSERT, [campaign.pk, 1, DAY])

    assert totals(campaign)["day", DAY] == 1


def test_the_command_says_what_the_role_may_do_besides(role: str) -> None:
    assert "may also" not in say("ledger_role", role)

    execute(f"GRANT SELECT ON ads_brand TO {role}")
    try:
        assert "It may also: SELECT on ads_brand." in say("ledger_role", role)
    finally:
        execute(f"REVOKE SELECT ON ads_brand FROM {role}")


def test_an_existing_role_is_given_the_rights_and_keeps_its_password(
    role: str, monkeypatch: pytest.MonkeyPatch, campaign: Campaign
) -> None:
    monkeypatch.setenv("LEDGER_ROLE_PASSWORD", "another")

    said = say("ledger_role", role)

    assert "was created" not in said
    assert "It keeps its password: LEDGER_ROLE_PASSWORD was not used." in said

    with closing(connect()) as opened, opened.cursor() as cursor:
        cursor.execute(INSERT, [campaign.pk, 1, DAY])


def test_the_printed_sql_does_what_the_command_does(campaign: Campaign) -> None:
    printed = say("ledger_role", ROLE, "--sql")
    assert not execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
    execute(printed)
    execute(f"ALTER ROLE {ROLE} PASSWORD 'x'")
    try:
        with closing(connect(password="x")) as opened, opened.cursor() as cursor:  # noqa: S106
            cursor.execute(INSERT, [campaign.pk, 1, DAY])
        assert totals(campaign)["day", DAY] == 1
    finally:
        execute(say("ledger_role", ROLE, "--sql", "--drop"))

    assert not execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])


def test_a_role_without_login_passes_its_rights_on_to_its_members(campaign: Campaign) -> None:
    member = f"{ROLE}_member"
    say("ledger_role", ROLE, "--no-login")
    execute(f"CREATE ROLE {member} LOGIN PASSWORD 'x' IN ROLE {ROLE}")
    try:
        with closing(connect(member, "x")) as opened, opened.cursor() as cursor:
            cursor.execute(INSERT, [campaign.pk, 1, DAY])
    finally:
        execute(f"DROP ROLE {member}")
        say("ledger_role", ROLE, "--drop")

    assert totals(campaign)["day", DAY] == 1


def test_a_new_role_without_a_password_is_not_made(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEDGER_ROLE_PASSWORD", raising=False)
    with pytest.raises(CommandError, match="LEDGER_ROLE_PASSWORD"):
        say("ledger_role", ROLE)

    monkeypatch.setenv("LEDGER_ROLE_PASSWORD", "")
    with pytest.raises(CommandError, match="must not be empty"):
        say("ledger_role", ROLE)

    assert not execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])


@pytest.mark.parametrize("name", ["", "x" * 64, "pg_mine", "public", "a\x00b"])
def test_a_name_that_no_role_can_have_is_refused(
    name: str, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_ROLE_PASSWORD", "x")

    with pytest.raises(CommandError, match=r"cannot be the name|PostgreSQL's own"):
        say("ledger_role", name)


def test_an_odd_name_is_quoted(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f'{ROLE} "; DROP TABLE x; --'
    monkeypatch.setenv("LEDGER_ROLE_PASSWORD", PASSWORD)
    say("ledger_role", name)
    try:
        with closing(connect(name)) as opened, opened.cursor() as cursor:
            cursor.execute(INSERT, [campaign.pk, 1, DAY])
    finally:
        say("ledger_role", name, "--drop")


def test_the_owner_of_the_ledger_is_neither_limited_nor_dropped(campaign: Campaign) -> None:
    owner = connection.settings_dict["USER"]

    for arguments in ([owner], [owner, "--drop"]):
        with pytest.raises(CommandError, match="may do anything there"):
            say("ledger_role", *arguments)

    assert Brand.objects.exists()


def test_a_role_that_has_more_is_not_dropped(role: str) -> None:
    execute(f"GRANT SELECT ON ads_brand TO {role}")
    try:
        with pytest.raises(CommandError, match="has more than its rights"):
            say("ledger_role", role, "--drop")
        assert "may also" in say("ledger_role", role)
    finally:
        execute(f"REVOKE SELECT ON ads_brand FROM {role}")


def test_dropping_a_role_that_is_not_there_says_so(campaign: Campaign) -> None:
    with pytest.raises(CommandError, match="There is no role"):
        say("ledger_role", ROLE, "--drop")
