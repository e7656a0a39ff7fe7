"""A database role that may add to the ledger: sums follow, campaigns stop, all else is refused."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError
from django.db import connection
from django.utils import timezone
from psycopg2 import errors

from ads.models import Brand, Campaign, Spend, SpendTotal
from ads.services.totals import find_drift
from ads.tasks import check_campaign_budgets
from ads.tests.commands.support import say
from ads.tests.engine.support import delivers, execute, totals
from ads.tests.factories import BrandFactory, CampaignFactory

pytestmark = pytest.mark.django_db(transaction=True)

#: Roles belong to the server, which other runs of the tests use too.
ROLE = f"ledger_role_test_{os.getpid()}"
PASSWORD = "a password of 'its own"  # noqa: S105

DAY = date(2024, 5, 15)
MONTH = DAY.replace(day=1)


@pytest.fixture
def campaign(transactional_db: None) -> Campaign:
    return CampaignFactory.create()


@pytest.fixture
def role(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The role, made by the command; gone after the test."""
    monkeypatch.setenv("LEDGER_ROLE_PASSWORD", PASSWORD)
    say("ledger_role", ROLE)
    yield ROLE
    say("ledger_role", ROLE, "--drop")


def connect(name: str = ROLE, password: str = PASSWORD) -> Any:
    parameters = connection.get_connection_params()
    opened = psycopg2.connect(
        host=parameters["host"],
        port=parameters["port"],
        dbname=parameters["dbname"],
        user=name,
        password=password,
        connect_timeout=10,
    )
    opened.autocommit = True
    return opened


@pytest.fixture
def run(role: str) -> Iterator[Callable[..., Any]]:
    """Runs SQL over a connection of the role's own."""
    with closing(connect()) as opened, opened.cursor() as cursor:

        def execute_as_role(sql: str, *parameters: Any) -> Any:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else cursor.rowcount

        execute_as_role.cursor = cursor  # type: ignore[attr-defined]
        yield execute_as_role
        # What a session leaves behind is cleared away after it, and the role owns it until then.
        cursor.execute("DISCARD ALL")


INSERT = "INSERT INTO ads_spend (campaign_id, amount, date) VALUES (%s, %s, %s)"


def nothing_changed() -> None:
    assert not Spend.objects.exists()
    assert not SpendTotal.objects.exclude(amount=0).exists()


def test_an_insert_moves_all_four_sums(run: Callable[..., Any], campaign: Campaign) -> None:
    assert run(INSERT, campaign.pk, "12.50", DAY) == 1

    (entry,) = Spend.objects.all()
    assert (entry.campaign_id, entry.amount, entry.date) == (campaign.pk, Decimal("12.50"), DAY)
    assert (entry.kind, entry.source, entry.description) == ("entry", "manual", "")
    expected = {("day", DAY): Decimal("12.50"), ("month", MONTH): Decimal("12.50")}
    assert totals(campaign) == expected
    assert expected.items() <= totals(campaign.brand).items()


def test_copy_moves_the_sums_of_every_campaign(run: Any, campaign: Campaign) -> None:
    other = CampaignFactory.create(brand=campaign.brand)
    file = StringIO(
        "campaign,amount,date,external_id,description\r\n"
        f'{campaign.pk},1.25,{DAY},a-1,"Clicks, ""exact"""\r\n'
        f"{campaign.pk},2.50,{DAY},a-2,\r\n"
        f"{other.pk},4,{DAY - timedelta(days=15)},a-3,\r\n"
    )

    run.cursor.copy_expert(
        "COPY ads_spend (campaign_id, amount, date, external_id, description)"
        " FROM STDIN WITH (FORMAT csv, HEADER, FORCE_NOT_NULL (description))",
        file,
    )

    assert Spend.objects.get(external_id="a-1").description == 'Clicks, "exact"'
    assert totals(campaign) == {("day", DAY): Decimal("3.75"), ("month", MONTH): Decimal("3.75")}
    assert totals(campaign.brand)["month", date(2024, 4, 1)] == Decimal(4)
    assert find_drift() == []


def test_a_copy_with_one_bad_row_stores_none_and_names_the_line(
    run: Any, campaign: Campaign
) -> None:
    file = StringIO(f"{campaign.pk},1,{DAY}\n{campaign.pk},-2,{DAY}\n{campaign.pk},3,{DAY}\n")

    with pytest.raises(errors.CheckViolation, match="negative_only_as_a_correction") as refused:
        run.cursor.copy_expert(
            "COPY ads_spend (campaign_id, amount, date) FROM STDIN WITH (FORMAT csv)", file
        )

    assert "line 2" in str(refused.value)
    nothing_changed()


def test_its_spend_stops_campaigns_at_the_next_check(run: Any) -> None:
    brand = BrandFactory.create(daily_budget=100)
    campaign = CampaignFactory.create(brand=brand, daily_budget=50)
    other = CampaignFactory.create(brand=brand)
    assert delivers(campaign)
    assert delivers(other)
    today = timezone.now().date()

    run(INSERT, campaign.pk, 60, today)
    check_campaign_budgets()

    assert not delivers(campaign)
    assert delivers(other)

    run(INSERT, campaign.pk, 40, today)
    check_campaign_budgets()

    assert not delivers(other)


def test_an_insert_with_the_right_to_the_whole_table_works_as_well(
    role: str, campaign: Campaign
) -> None:
    execute(f"GRANT INSERT ON ads_spend TO {role}")
    try:
        with closing(connect()) as opened, opened.cursor() as cursor:
            cursor.execute(INSERT, [campaign.pk, 3, DAY])
            cursor.copy_expert("COPY ads_spend (campaign_id, amount, date) FROM STDIN", StringIO())
    finally:
        execute(f"REVOKE INSERT ON ads_spend FROM {role}")

    assert totals(campaign)["day", DAY] == 3


def test_the_same_external_id_is_refused_or_left_out_as_one_asks(
    run: Any, campaign: Campaign
) -> None:
    insert = (
        "INSERT INTO ads_spend (campaign_id, amount, date, source, external_id)"
        " VALUES (%s, 5, %s, 'etl', %s)"
    )
    run(insert, campaign.pk, DAY, "a-1")

    with pytest.raises(errors.UniqueViolation, match="external_id_is_unique_in_its_source"):
        run(insert, campaign.pk, DAY, "a-1")
    assert run(f"{insert} ON CONFLICT DO NOTHING", campaign.pk, DAY, "a-1") == 0
    assert run(f"{insert} ON CONFLICT DO NOTHING", campaign.pk, DAY, "a-2") == 1

    assert Spend.objects.count() == 2
    assert totals(campaign)["day", DAY] == 10


#: A column, what it cannot be, and what PostgreSQL says to it.
WRONG: list[tuple[str, str | None, str]] = [
    ("amount", "NaN", "spend_amount_is_money"),
    ("amount", "Infinity", "spend_amount_is_money"),
    ("amount", "0.0000001", "spend_amount_is_money"),
    ("amount", "1000000000000", "spend_amount_is_money"),
    ("amount", "-1", "spend_is_negative_only_as_a_correction"),
    ("date", "1e5", "invalid input syntax for type date"),
    ("date", "2024-02-31", "out of range"),
    ("date", "infinity", "spend_date_is_not_in_the_future"),
    ("date", "2062-01-01", "spend_date_is_not_in_the_future"),
    ("date", "0044-03-15 BC", "spend_date_is_readable"),
    ("external_id", "", "spend_external_id_is_given_or_null"),
    ("kind", "gift", "spend_kind_is_known"),
    ("description", "x" * 501, "too long"),
    ("campaign_id", "0", "foreign key"),
    ("campaign_id", None, "not-null"),
    ("amount", None, "not-null"),
]


def test_rows_that_are_wrong_are_refused(run: Any, campaign: Campaign) -> None:
    for column, value, says in WRONG:
        row = {"campaign_id": campaign.pk, "amount": "1", "date": DAY, column: value}
        marks = ", ".join(["%s"] * len(row))
        with pytest.raises(psycopg2.Error, match=says):
            run(f"INSERT INTO ads_spend ({', '.join(row)}) VALUES ({marks})", *row.values())

    nothing_changed()


def test_a_date_is_taken_up_to_what_is_tomorrow_somewhere(run: Any, campaign: Campaign) -> None:
    tomorrow = (timezone.now() + timedelta(hours=14, days=1)).date()

    run(INSERT, campaign.pk, 1, tomorrow)
    with pytest.raises(errors.CheckViolation, match="not_in_the_future"):
        run(INSERT, campaign.pk, 1, tomorrow + timedelta(days=1))

    assert Spend.objects.count() == 1


FORBIDDEN = [
    "SELECT 1 FROM ads_spend",
    "SELECT count(*) FROM ads_campaign",
    "SELECT count(*) FROM ads_spendtotal",
    "SELECT count(*) FROM ads_brand",
    "SELECT count(*) FROM auth_user",
    "SELECT count(*) FROM ads_apikey",
    "COPY ads_spend TO STDOUT",
    "UPDATE ads_spend SET amount = 0",
    "UPDATE ads_campaign SET daily_budget = 1",
    "UPDATE ads_spendtotal SET waived = 1",
    "DELETE FROM ads_spend",
    "DELETE FROM ads_spendtotal",
    "TRUNCATE ads_spend",
    "INSERT INTO ads_spendtotal (brand_id, period, start) VALUES (1, 'day', '2024-05-15')",
    "INSERT INTO ads_campaign (brand_id, name, status) VALUES (1, 'mine', 'active')",
    "INSERT INTO ads_deliverychange (campaign_id, at, is_active) VALUES (1, now(), true)",
    "ALTER TABLE ads_spend DISABLE TRIGGER ALL",
    "DROP TABLE ads_spend",
    "CREATE TABLE mine (id int)",
    "CREATE FUNCTION sum(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT 0.0'",
    "SELECT nextval(pg_get_serial_sequence('ads_spend', 'id'))",
    "SET session_replication_role = replica",
    "SET ROLE budget_manager",
]


def test_it_may_do_nothing_else(run: Any, campaign: Campaign) -> None:
    for sql in FORBIDDEN:
        with pytest.raises(errors.InsufficientPrivilege):
            run(sql)

    nothing_changed()
    assert Campaign.objects.get(pk=campaign.pk).daily_budget is None


@pytest.mark.parametrize(
    ("extra", "value"),
    [("id", "1"), ("created_at", "2000-01-01")],
)
def test_it_may_not_choose_what_the_database_fills_in(
    run: Any, campaign: Campaign, extra: str, value: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        run(
            f"INSERT INTO ads_spend (campaign_id, amount, date, {extra}) VALUES (%s, 1, %s, %s)",
            campaign.pk,
            DAY,
            value,
        )

    nothing_changed()


@pytest.mark.parametrize(
    "ending",
    [
        "RETURNING id",
        "ON CONFLICT (source, external_id) WHERE external_id IS NOT NULL DO NOTHING",
        "ON CONFLICT (id) DO UPDATE SET amount = 0",
    ],
)
def test_an_insert_that_reads_or_changes_rows_is_refused(
    run: Any, campaign: Campaign, ending: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        run(f"{INSERT} {ending}", campaign.pk, 1, DAY)

    nothing_changed()


def test_temporary_tables_of_its_own_do_not_catch_the_sums(run: Any, campaign: Campaign) -> None:
    run(
        "CREATE TEMP TABLE ads_spendtotal (brand_id bigint, campaign_id bigint, period text,"
        " start date, amount numeric, updated_at timestamptz,"
        " UNIQUE NULLS NOT DISTINCT (campaign_id, period, start, brand_id))"
    )
    run("CREATE TEMP TABLE ads_campaign (id bigint, brand_id bigint)")
    run("CREATE TEMP TABLE new_rows (campaign_id bigint, date date, amount numeric)")
    run("CREATE FUNCTION pg_temp.sum(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT 0.0'")
    run("SET search_path = pg_temp, public, pg_catalog")

    run(INSERT, campaign.pk, 7, DAY)

    assert run("SELECT count(*) FROM pg_temp.ads_spendtotal") == [(0,)]
    assert totals(campaign)["day", DAY] == 7
    assert find_drift() == []


def test_it_cannot_feed_the_sums_from_a_table_of_its_own(run: Any, campaign: Campaign) -> None:
    run("CREATE TEMP TABLE fake (campaign_id bigint, date date, amount numeric)")
    (function,) = (
        name for (name,) in run("SELECT proname FROM pg_proc WHERE proname ~ 'keep_totals'")
    )

    with pytest.raises(errors.InsufficientPrivilege, match="permission denied for function"):
        run(
            "CREATE TRIGGER mine AFTER INSERT ON fake REFERENCING NEW TABLE AS new_rows"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )

    run("INSERT INTO fake VALUES (%s, %s, 1000)", campaign.pk, DAY)
    nothing_changed()


def test_no_setting_of_its_session_leaves_the_sums_behind(run: Any, campaign: Campaign) -> None:
    (trigger,) = (
        name
        for (name,) in run(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'ads_spend'::regclass"
            " AND tgname ~ 'keep_totals'"
        )
    )
    run(f"SET pgtrigger.ignore = '{{{trigger}}}'")
    run("SET DateStyle = 'German, DMY'")
    # The island left out 31 December 1994: there the last day of that year is the next one's first.
    run("SET TimeZone = 'Pacific/Kiritimati'")

    run(INSERT, campaign.pk, 7, date(1994, 12, 31))

    assert totals(campaign) == {
        ("day", date(1994, 12, 31)): Decimal(7),
        ("month", date(1994, 12, 1)): Decimal(7),
    }


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

    assert "was made" not in say("ledger_role", role)

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
