"""Warehouses: a schema of the PostgreSQL that runs the tests, and a file of DuckDB."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import duckdb
import psycopg2
import pytest
from django.db import connection

from ads.platforms.warehouse import PLATFORM
from ads.platforms.warehouse.connector import Warehouse

SCHEMA = "analytics"
COLUMNS = "date_day, platform, account_id, account_name, campaign_id, campaign_name, spend"


@dataclass(frozen=True, slots=True)
class Database:
    """A database with a schema for warehouses, which anybody but the connector may write to."""

    address: str
    #: Its name as an address has it: "duckdb".
    kind: str
    #: What psycopg2 or duckdb connects to.
    place: str

    def run(self, *statements: str) -> None:
        if self.kind == "duckdb":
            with duckdb.connect(self.place) as session:
                for statement in statements:
                    session.execute(statement)
        else:
            with closing(psycopg2.connect(self.place)) as server, server, server.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    def table(self, rows: str, *, columns: str = COLUMNS, name: str = "spend") -> str:
        """Make a table of these rows, in SQL; return its name."""
        self.run(
            f"DROP TABLE IF EXISTS {SCHEMA}.{name} CASCADE",
            f"CREATE TABLE {SCHEMA}.{name} AS SELECT * FROM (VALUES {rows}) AS made ({columns})",
        )
        return f"{SCHEMA}.{name}"

    def connected(self, query: str = f"{SCHEMA}.spend", **credentials: str) -> Warehouse:
        return PLATFORM.connect(
            {"address": self.address, "query": query} | credentials, timeout=timedelta(seconds=20)
        )


@pytest.fixture(scope="module")
def postgresql(django_db_setup: None) -> Iterator[Database]:
    its = connection.settings_dict
    login = f"{its['USER']}:{quote(its['PASSWORD'], safe='')}@{its['HOST']}:{its['PORT']}"
    address = f"postgresql://{login}/{its['NAME']}"
    database = Database(address, "postgresql", address)
    database.run(f"CREATE SCHEMA {SCHEMA}")
    yield database
    database.run(f"DROP SCHEMA {SCHEMA} CASCADE")


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Database:
    place = str(tmp_path_factory.mktemp("duck") / "ads.duckdb")
    database = Database(f"duckdb:///{place}", "duckdb", place)
    database.run(f"CREATE SCHEMA {SCHEMA}")
    return database


@pytest.fixture(scope="module", params=["postgresql", "duck"])
def database(request: pytest.FixtureRequest) -> Database:
    found: Database = request.getfixturevalue(request.param)
    return found
