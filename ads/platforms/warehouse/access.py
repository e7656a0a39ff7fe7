"""Reading a warehouse: one statement, read only, within a deadline.

The database itself refuses what writes: PostgreSQL in a transaction that is read only, DuckDB in a
file that is opened so, without a way to other files. A text without a semicolon is one statement,
so nothing in it can end that transaction. Other databases are read with the rights of the login.
"""

import contextlib
import os
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from math import ceil
from queue import Empty, Queue
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from ads.platforms.interface import (
    CredentialsRefused,
    PlatformError,
    Unreachable,
    UnreadableAnswer,
    without,
)

#: What to install for a database, by the beginning of its address.
_PACKAGES: Final[Mapping[str, str]] = {
    "awsathena": "pyathena[sqlalchemy]",
    "bigquery": "sqlalchemy-bigquery",
    "clickhousedb": "clickhouse-connect[sqlalchemy]",
    "databricks": "databricks-sqlalchemy",
    "duckdb": "duckdb duckdb-engine",
    "mariadb": "mariadb",
    "mssql": "pyodbc",
    "mysql": "mysqlclient",
    "oracle": "oracledb",
    "redshift": "sqlalchemy-redshift redshift_connector",
    "snowflake": "snowflake-sqlalchemy",
    "trino": "trino[sqlalchemy]",
}
_EXAMPLE: Final = (
    "Write it as postgresql://user:password@host:5432/database or duckdb:////data/ads.duckdb."
)
_NO_LOGIN: Final = re.compile(
    r"authentication failed|no password supplied|role .* does not exist|not permitted to log in|"
    r"no pg_hba\.conf entry|access denied|permission denied for database",
    re.IGNORECASE,
)
_LONGEST: Final = 300
#: Databases whose drivers are told how long to try, or need no time.
_IN_TIME: Final = {"postgresql", "duckdb"}
#: Seconds for a database that ends a statement itself to say so, before its connection is cut.
_GRACE: Final = 1.0


class Access:
    """The database at an address; each reading is a connection of its own.

    A file of DuckDB is locked for whoever loads it as long as somebody reads, so none is kept.
    """

    def __init__(self, address: str, timeout: timedelta) -> None:
        """Raises PlatformError: the address cannot be used, or a package for it is missing."""
        self._timeout = timeout.total_seconds()
        try:
            url = sa.make_url(address.strip())
        except (ArgumentError, ValueError):
            raise PlatformError(
                "address: it is not the address of a database.", remedy=_EXAMPLE
            ) from None
        self._secrets = _secrets(address, url)
        url, options = _prepared(url, self._timeout)
        self._dialect = url.get_backend_name()
        try:
            self._engine = sa.create_engine(
                url, poolclass=sa.NullPool, hide_parameters=True, connect_args=options
            )
        except (NoSuchModuleError, ImportError):
            name = url.get_backend_name()
            packages = _PACKAGES.get(name)
            raise PlatformError(
                f"address: no driver for {name}:// is installed.",
                remedy=f"Install it: pip install {packages}."
                if packages
                else "Install SQLAlchemy's dialect of this database.",
            ) from None
        except SQLAlchemyError as error:
            raise PlatformError(f"address: {self._told(error)}", remedy=_EXAMPLE) from None

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection for one call, which is cut when its time is up; nothing is committed."""
        ends = time.monotonic() + self._timeout
        try:
            with self._connected() as connection:
                left = max(ends - time.monotonic(), 0.001)
                driver = connection.connection.dbapi_connection
                ends_itself = self._dialect == "postgresql"
                with _cut_after(left + (_GRACE if ends_itself else 0), driver):
                    if ends_itself:
                        connection.execute(sa.text("SET TRANSACTION READ ONLY"))
                        milliseconds = {"timeout": str(ceil(left * 1000))}
                        connection.execute(
                            sa.text("SELECT set_config('statement_timeout', :timeout, true)"),
                            milliseconds,
                        )
                    yield connection
        except SQLAlchemyError as error:
            raise self._failure(error) from None
        except OSError as error:  # of drivers that speak HTTP; its text may hold an address
            kind = type(error).__name__
            raise Unreachable(f"The warehouse cannot be read ({kind}).") from None
        except (ValueError, OverflowError) as error:  # of drivers, such as a year before the first
            raise UnreadableAnswer(f"query: a value cannot be read: {error!s:.100}") from None

    def _connected(self) -> sa.Connection:
        """A connection, in time.

        How long a driver tries is an option of another name in each, and some have none. So the
        others than ours do it in a thread; a connection that comes too late is closed there.
        """
        if self._dialect in _IN_TIME:
            return self._engine.connect()
        answer: Queue[sa.Connection | Exception] = Queue()
        too_late = threading.Event()

        def connect() -> None:
            try:
                answer.put(self._engine.connect())
            except Exception as error:  # noqa: BLE001  (raised by whoever waits)
                answer.put(error)
            if too_late.is_set():
                _close_all(answer)

        threading.Thread(target=connect, name="warehouse", daemon=True).start()
        try:
            found = answer.get(timeout=self._timeout)
        except Empty:
            too_late.set()
            _close_all(answer)
            raise Unreachable(
                f"The warehouse could not be connected within {self._timeout:g} s.",
                remedy="Check the host and port in its address, and the firewall between.",
            ) from None
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        self._engine.dispose()

    def _failure(self, error: SQLAlchemyError) -> PlatformError:
        """What went wrong, in the database's words, without a secret."""
        told = self._told(error)
        if _NO_LOGIN.search(told):
            return CredentialsRefused(
                f"The warehouse refused the login: {told}", remedy="Enter the address again."
            )
        code = getattr(getattr(error, "orig", None), "pgcode", None)
        if code == "57014" or "interrupt" in told.lower():
            return Unreachable(
                f"The warehouse did not answer within {self._timeout:g} s.",
                remedy="Name a table instead of a view, or sort it by date_day.",
            )
        is_down = isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError)) or (
            isinstance(error, DBAPIError) and error.connection_invalidated
        )
        if is_down:
            return Unreachable(f"The warehouse cannot be read: {told}")
        return PlatformError(f"query: {told}", remedy="Correct the table or the SELECT.")

    def _told(self, error: SQLAlchemyError) -> str:
        """The first line of what the driver says; SQLAlchemy's own text has the statement."""
        cause = getattr(error, "orig", None) or error
        text = next(iter(str(cause).strip().splitlines()), "") or type(cause).__name__
        return without(self._secrets, text)[:_LONGEST]


def _secrets(address: str, url: sa.URL) -> set[str]:
    """What no text may hold: password and options, as written and as meant."""
    found = {address, address.strip(), url.password or ""}
    found |= {value for values in url.normalized_query.values() for value in values}
    login = re.match(r"[^:/]+://[^:/@]*:(.*)@", address.strip())
    return found | ({login[1]} if login else set())


def _prepared(url: sa.URL, timeout: float) -> tuple[sa.URL, dict[str, Any]]:
    """The address with the driver that is used, and the driver's options."""
    match url.get_backend_name():
        case "postgresql" | "postgres":
            seconds = max(ceil(timeout), 2)
            return url.set(drivername="postgresql+psycopg2"), {
                "connect_timeout": seconds,
                "application_name": "Budget Manager",
            }
        case "duckdb":
            config = {"enable_external_access": False, "lock_configuration": True}
            return url.set(query={}), {"read_only": True, "config": config}
        case "sqlite":
            raise PlatformError("address: SQLite is not read.", remedy=_EXAMPLE)
    return url, {}


def _close_all(answers: Queue[sa.Connection | Exception]) -> None:
    with contextlib.suppress(Empty):
        while True:
            answer = answers.get_nowait()
            if isinstance(answer, sa.Connection):
                answer.close()


@contextlib.contextmanager
def _cut_after(seconds: float, driver: DBAPIConnection | None) -> Iterator[None]:
    """End what the connection is doing when the time is up, whatever it waits for."""
    timer = threading.Timer(seconds, _cut, [driver])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # so that it never cuts a connection that is somebody else's by then


def _cut(driver: Any) -> None:
    """Called in another thread while the driver is waiting."""
    if hasattr(driver, "fileno"):  # psycopg2, which cannot be closed while it waits
        with socket.socket(fileno=os.dup(driver.fileno())) as copy:
            copy.shutdown(socket.SHUT_RDWR)
    elif hasattr(driver, "interrupt"):  # DuckDB
        driver.interrupt()
    else:
        driver.close()
