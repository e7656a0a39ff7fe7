"""Reading only, in time, and without telling a secret."""

import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ads.platforms.interface import (
    Account,
    CredentialsRefused,
    PlatformError,
    Unreachable,
)
from ads.platforms.warehouse import PLATFORM
from ads.platforms.warehouse.access import Access
from ads.tests.platforms.warehouse.conftest import Database

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 29, 5, tzinfo=UTC)
DAY = date(2026, 11, 28)
ROW = "(DATE '2026-11-28', 'google_ads', '1', 'Shop', 'c', 'Brand', 1.5)"
SECOND = timedelta(seconds=1)


def failed(address: str, query: str = "spend", timeout: timedelta = 20 * SECOND) -> PlatformError:
    """What the connector says, in which nothing of the address may be a secret."""
    with pytest.raises(PlatformError) as caught:
        PLATFORM.connect({"address": address, "query": query}, timeout=timeout).accounts()
    told = "".join(traceback.format_exception(caught.value))
    assert "hunter" not in told
    return caught.value


def test_postgresql_itself_refuses_what_writes(postgresql: Database) -> None:
    postgresql.table(ROW)
    postgresql.run(
        "CREATE FUNCTION analytics.written() RETURNS SETOF analytics.spend LANGUAGE plpgsql AS $$ "
        "BEGIN DELETE FROM analytics.spend; RETURN QUERY SELECT * FROM analytics.spend; END $$"
    )
    writes = [
        "SELECT * FROM analytics.written()",
        "SELECT * FROM analytics.spend WHERE set_config('transaction_read_only', 'off', true) = ''",
        "WITH gone AS (DELETE FROM analytics.spend RETURNING *) SELECT * FROM gone",
        "analytics.spend) AS x; DELETE FROM analytics.spend -- ",
        "(SELECT 1) AS x; COMMIT; DELETE FROM analytics.spend",
    ]

    texts = [failed(postgresql.address, query).text for query in writes]

    assert texts == [
        "query: cannot execute DELETE in a read-only transaction",
        "query: transaction read-write mode must be set before any query",
        "query: WITH clause containing a data-modifying statement must be at the top level",
        "query: it has a semicolon, so it may be several statements.",
        "query: it has a semicolon, so it may be several statements.",
    ]
    assert len(postgresql.connected().accounts()) == 1


def test_duckdb_itself_refuses_what_writes_or_reads_other_files(
    duck: Database, tmp_path: Path
) -> None:
    duck.table(ROW)
    (tmp_path / "other.csv").write_text("secret\nhunter\n")

    other = failed(duck.address, f"read_csv('{tmp_path / 'other.csv'}')")
    config = failed(f"{duck.address}?enable_external_access=true", f"'{tmp_path / 'other.csv'}'")

    assert "disabled by configuration" in other.text
    assert "disabled by configuration" in config.text
    with (
        Access(duck.address, 20 * SECOND).reading() as connection,
        pytest.raises(sa.exc.ProgrammingError, match="attached in read-only mode"),
    ):
        connection.execute(sa.text("DELETE FROM analytics.spend"))


@contextmanager
def relay(database: Database, *, until: bytes) -> Iterator[int]:
    """A port that leads to PostgreSQL, and falls silent as soon as a client says ``until``."""
    url = sa.make_url(database.address)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def forward(source: socket.socket, target: socket.socket) -> None:
            while (read := source.recv(65536)) and until not in read:
                target.sendall(read)

        def serve() -> None:
            client, _ = listener.accept()
            server = socket.create_connection((url.host or "", url.port or 5432))
            with client, server:
                back = threading.Thread(target=forward, args=(server, client))
                back.start()
                forward(client, server)
                client.recv(1)  # until the client gives up
                server.shutdown(socket.SHUT_RDWR)
                back.join()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_server_that_falls_silent_is_given_up(postgresql: Database) -> None:
    with relay(postgresql, until=b"analytics") as port:
        url = sa.make_url(postgresql.address).set(host="127.0.0.1", port=port)
        address = url.render_as_string(hide_password=False)

        error = failed(address, "analytics.spend", timeout=0.1 * SECOND)

    assert isinstance(error, Unreachable)


class SlowDialect(SQLiteDialect_pysqlite):
    """A database whose driver tries to connect until it may."""

    name = "slow"
    supports_statement_cache = True
    may = threading.Event()

    def connect(self, *_: object, **__: object) -> Any:
        self.may.wait(10)
        return super().connect(":memory:", check_same_thread=False)


def test_a_driver_that_goes_on_trying_to_connect_is_not_waited_for() -> None:
    registry.register("slow", __name__, SlowDialect.__name__)
    SlowDialect.may.clear()

    late = Access("slow://", 0.05 * SECOND).reading()
    with pytest.raises(Unreachable, match=r"could not be connected within 0\.05 s"), late:
        pass

    SlowDialect.may.set()
    for thread in threading.enumerate():
        if thread.name == "warehouse":
            thread.join(5)
    with Access("slow://", 5 * SECOND).reading() as connection:
        assert connection.scalar(sa.text("SELECT 7")) == 7


@pytest.mark.parametrize(
    ("kind", "slow"),
    [
        ("postgresql", "SELECT s.* FROM analytics.spend AS s, pg_sleep(60)"),
        (
            "duck",
            "SELECT s.* FROM analytics.spend AS s, range(100000000000) AS r(n) WHERE hash(n) = 7",
        ),
    ],
)
def test_a_statement_that_takes_too_long_is_ended(
    request: pytest.FixtureRequest, kind: str, slow: str
) -> None:
    database: Database = request.getfixturevalue(kind)
    database.table(ROW)
    error = failed(database.address, slow, timeout=0.3 * SECOND)

    assert isinstance(error, Unreachable)
    assert error.text == "The warehouse did not answer within 0.3 s."


def test_a_login_that_is_refused_says_so(postgresql: Database) -> None:
    url = sa.make_url(postgresql.address)
    password = "hunter2&/%"  # noqa: S105

    for user in (url.username, "nobody_here"):
        wrong = url.set(username=user, password=password)
        error = failed(wrong.render_as_string(hide_password=False))
        assert isinstance(error, CredentialsRefused)
        assert "password authentication failed for user" in error.text


def test_no_error_holds_a_password_or_an_option(duck: Database, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    addresses = {
        f"postgresql://me:hunter2@127.0.0.1:{port}/x": "Connection refused",
        f"postgresql://127.0.0.1:{port}/x?password=hunter2": "Connection refused",
        "postgresql://me:hunter2@127.0.0.1/x?nonsense=hunter2": "invalid connection option",
        "postgresql://me:hunter2@host:port/x": "address: it is not the address of a database.",
        "hunter2": "address: it is not the address of a database.",
        "snowflake://me:hunter2@account/db": "address: no driver for snowflake:// is installed.",
        "bank://me:hunter2@account/db": "address: no driver for bank:// is installed.",
        "mysql://me:hunter2@host/db": "address: no driver for mysql:// is installed.",
        f"sqlite:///{tmp_path}/x.db": "address: SQLite is not read.",
        f"duckdb:///{tmp_path}/none.duckdb": "does not exist",
        "duckdb:///:memory:": "",
    }

    for address, text in addresses.items():
        assert text in failed(address).text
    assert not (tmp_path / "x.db").exists()


def test_a_missing_driver_is_named_with_its_package() -> None:
    assert str(failed("snowflake://me@account/db")) == (
        "address: no driver for snowflake:// is installed. "
        "Install it: pip install snowflake-sqlalchemy."
    )


@pytest.mark.parametrize("field", ["address", "query"])
def test_what_is_needed_is_asked_for_by_name(field: str) -> None:
    entered = {"address": "duckdb:////x", "query": "spend"} | {field: " "}

    with pytest.raises(PlatformError, match=f"^{field}: it is empty"):
        PLATFORM.connect(entered, timeout=SECOND)


def test_a_file_of_duckdb_is_free_between_two_readings(duck: Database) -> None:
    duck.table(ROW)
    warehouse = duck.connected()
    account = Account("1", "", platform="google_ads")
    writing = (
        "import duckdb, sys; its = duckdb.connect(sys.argv[1]); "
        "its.execute('UPDATE analytics.spend SET spend = 7'); print(flush=True); input()"
    )

    assert len(warehouse.accounts()) == 1
    with subprocess.Popen(
        [sys.executable, "-c", writing, duck.place],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"\n"
        with pytest.raises(Unreachable, match="Could not set lock"):
            warehouse.costs(account, DAY, DAY, now=NOW)
        writer.communicate(b"\n")
    assert [row.amount for row in warehouse.costs(account, DAY, DAY, now=NOW).rows] == [7]
    warehouse.close()
