"""The table or SELECT of a warehouse, during one reading."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from ads.platforms.interface import (
    Account,
    AccountGone,
    PlatformError,
    Unreachable,
    UnreadableAnswer,
)
from ads.platforms.warehouse.values import (
    amount_of,
    day_of,
    hour_of,
    id_of,
    instant_of,
    platform_named,
)

_NEEDED: Final = ("date_day", "platform", "account_id", "campaign_id", "spend")
#: A SELECT, perhaps behind comments; anything else is the name of a table.
_SELECT: Final = re.compile(
    r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*(?:select|with|from)\b", re.IGNORECASE | re.DOTALL
)
#: Rows that are fetched at a time.
_BATCH: Final = 5_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What a connection says of its warehouse.

    Args:
        query: a table, or one SELECT.
        currency, timezone: of all accounts, or a column's name; "" where nothing says it.
        hour, loaded_at: names of columns, or "".
    """

    address: str = field(repr=False)
    query: str
    currency: str = ""
    timezone: str = ""
    hour: str = ""
    loaded_at: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row; ``campaign`` is "" where it has none, ``hour`` None where none was asked for."""

    day: date
    hour: int | None
    campaign: str
    name: str
    amount: Decimal
    is_float: bool


@dataclass(frozen=True, slots=True)
class Span:
    """An account's values as they stand in the table: its days, and when it was last loaded."""

    platform: object
    id: object
    first: object
    last: object
    loaded_at: object = None


class Table:
    """The columns and accounts as one connection sees them, in its only transaction."""

    def __init__(self, connection: sa.Connection, settings: Settings) -> None:
        """Raises PlatformError: a column is missing."""
        self.connection = connection
        self.settings = settings
        query = settings.query
        statement = query if _SELECT.match(query) else f"SELECT * FROM {query}"  # noqa: S608
        # A colon would be a parameter of text(); the end of the line ends a comment.
        text = sa.text(statement.replace(":", r"\:") + "\n")
        nothing = sa.select(sa.text("*")).select_from(text.columns().subquery("spend"))
        keys = list(connection.execute(nothing.where(sa.false())).keys())
        self._columns: dict[str, sa.ColumnElement[Any]] = {
            key.casefold(): column
            for key, column in text.columns(*map(sa.column, keys)).subquery("spend").c.items()
        }
        for name in filter(None, (*_NEEDED, settings.hour, settings.loaded_at)):
            if not self.has(name):
                raise PlatformError(
                    f"query: there is no column {name!r}, only {', '.join(keys):.200}.",
                    remedy="Select it under this name (AS), or enter the name that it has.",
                )

    def has(self, name: str) -> bool:
        """Whether there is a column of this name; upper and lower case are the same."""
        return name.casefold() in self._columns

    def column(self, name: str) -> sa.ColumnElement[Any]:
        return self._columns[name.casefold()]

    def accounts(
        self, *options: str, among: sa.ColumnElement[bool] | None = None
    ) -> Iterator[tuple[str, str, str, list[str]]]:
        """The platform, ID, name and options of every account, once for each of these options.

        Args:
            options: names of columns.
            among: the condition of the rows that are looked at; None: all.
        """
        columns = [self.column(name) for name in ("platform", "account_id", *options)]
        name = self.column("account_name" if self.has("account_name") else "account_id")
        query = sa.select(sa.func.max(name), *columns).group_by(*columns)
        if among is not None:
            query = query.where(among)
        for its_name, platform, id_, *said in self.connection.execute(query):
            if platform is not None and id_ is not None:
                yield *_key(platform, id_), text_of(its_name), [text_of(value) for value in said]

    def spans(self) -> tuple[list[tuple[tuple[str, str], Span]], UnreadableAnswer | None]:
        """What stands in the table for each account, by its platform and ID in our spelling.

        And what is wrong with an ID that cannot be read, if one cannot; its rows are left out.
        """
        key = [self.column(name) for name in ("platform", "account_id")]
        day = self.column("date_day")
        loaded_at = [sa.func.max(self.column(name)) for name in [self.settings.loaded_at] if name]
        query = sa.select(*key, sa.func.min(day), sa.func.max(day), *loaded_at).group_by(*key)
        found, unreadable = [], None
        for platform, id_, first, last, *loaded in self.connection.execute(query):
            if platform is not None and id_ is not None:
                try:
                    found.append((_key(platform, id_), Span(platform, id_, first, last, *loaded)))
                except UnreadableAnswer as error:
                    unreadable = error
        return found, unreadable


class AccountRows:
    def __init__(self, table: Table, account: Account) -> None:
        """Raises AccountGone: it has no rows. Unreachable: nothing has.

        UnreadableAnswer: it may be the one whose ID cannot be read.
        """
        self._table = table
        spans, unreadable = table.spans()
        key = account.platform, account.id
        platform, id_ = table.column("platform"), table.column("account_id")
        self._spans = [one for at, one in spans if at == key]
        if not self._spans:
            if unreadable is not None:
                raise unreadable
            if not spans:
                raise Unreachable("The table is empty; it may be being built.")
            raise AccountGone(f"The table has no rows of {account.platform} account {account.id}.")
        #: The condition of its rows.
        self.are_its = sa.or_(
            *(sa.and_(platform == one.platform, id_ == one.id) for one in self._spans)
        )
        # A platform is loaded as a whole: an account that did not run last week has no rows of last
        # week, though all were loaded.
        self._loaded = [one for (name, _), one in spans if name == account.platform]

    @property
    def _day(self) -> sa.ColumnElement[Any]:
        return self._table.column("date_day")

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day that the table holds of the platform.

        Raises:
            UnreadableAnswer: a day of this account is none; those of others fail these alone.
        """
        days = [day_of(day) for span in self._spans for day in (span.first, span.last)]
        for span in self._loaded:
            with suppress(UnreadableAnswer):
                days += [day_of(span.first), day_of(span.last)]
        return min(days), max(days)

    @property
    def loaded_at(self) -> datetime | None:
        """When rows of the platform were last loaded, if a column says it."""
        found = [instant_of(span.loaded_at) for span in self._loaded if span.loaded_at is not None]
        return max(found, default=None)

    def campaigns(self) -> dict[str, str]:
        """The newest name of every campaign, by its ID."""
        newest: dict[str, tuple[date, str]] = {}
        names = [name for name in ("campaign_id", "campaign_name") if self._table.has(name)]
        columns = [self._table.column(name) for name in names]
        query = sa.select(sa.func.max(self._day), *columns).where(self.are_its).group_by(*columns)
        for last, value, *its_name in self._table.connection.execute(query):
            if campaign := id_of(value, "campaign_id"):
                named = day_of(last), text_of(*its_name)
                newest[campaign] = max(named, newest.get(campaign, named))
        return {campaign: name for campaign, (_, name) in sorted(newest.items())}

    def between(self, since: date, until: date, *, by_hour: bool) -> Iterator[Row]:
        """Every row of these days, of which many may be of one campaign and day.

        Raises:
            UnreadableAnswer: a row of any day says none, or another value cannot be read.
        """
        hour = [self._table.settings.hour] if by_hour else []
        its_name = ["campaign_name"] if self._table.has("campaign_name") else []
        names = ["date_day", "campaign_id", "spend", *hour, *its_name]
        query = sa.select(*map(self._table.column, names)).where(
            self.are_its, sa.or_(self._are_within(since, until), self._day.is_(None))
        )
        options = {"stream_results": True, "yield_per": _BATCH}
        for values in self._table.connection.execute(query, execution_options=options):
            day, campaign = day_of(values[0]), id_of(values[1], "campaign_id")
            yield Row(
                day,
                hour_of(values[3]) if by_hour else None,
                campaign,
                text_of(*values[len(names) - len(its_name) :]),
                amount_of(values[2], f"campaign {campaign or 'NULL'} on {day}"),
                isinstance(values[2], float),
            )

    def _are_within(self, since: date, until: date) -> sa.ColumnElement[bool]:
        """The condition of these days in the type of the column, so that an index serves it."""
        column = self._day
        begins, ends = since, until + timedelta(days=1)
        kind = next((one.first for one in self._loaded if one.first is not None), None)
        if isinstance(kind, str):
            self._check_texts()
            return sa.and_(column >= begins.isoformat(), column < ends.isoformat())
        if isinstance(kind, datetime):
            zone = UTC if kind.tzinfo else None
            begins, ends = (datetime.combine(day, time.min, zone) for day in (begins, ends))
        return sa.and_(column >= begins, column < ends)

    def _check_texts(self) -> None:
        """Refuse days that do not sort as texts, which would be outside of every range."""
        is_other = self._day.not_like("____-__-__%")
        other = sa.select(self._day).where(self.are_its, is_other).limit(1)
        for (value,) in self._table.connection.execute(other):
            day_of(value)


def text_of(*value: object) -> str:
    """The text of a value; "" for NULL, and for none."""
    return str(value[0]).strip() if value and value[0] is not None else ""


def _key(platform: object, account: object) -> tuple[str, str]:
    return platform_named(platform), id_of(account, "account_id", account=True)
