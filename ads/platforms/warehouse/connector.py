"""Accounts, campaigns and costs of a warehouse."""

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

import sqlalchemy as sa

from ads.platforms.interface import (
    Account,
    CapAnswer,
    Cost,
    Costs,
    PlatformError,
    Refused,
    RemoteCampaign,
    SwitchAnswer,
)
from ads.platforms.warehouse.access import Access
from ads.platforms.warehouse.table import AccountRows, Settings, Table
from ads.rules import calendar, currencies

_REFUSED: Final = Refused(
    "only_reports",
    "A warehouse only reports: nothing can be switched or changed through it.",
    "Connect the platform itself, or switch the campaign there.",
)
_ROUNDED: Final = (
    "The column spend has floating-point numbers, which are rounded to six decimal places."
)


def settings_of(credentials: Mapping[str, str]) -> Settings:
    """The settings in what people entered.

    Raises:
        PlatformError: by the name of the field.
    """
    entered = {name: value.strip() for name, value in credentials.items()}
    for name in ("address", "query"):
        if not entered.get(name):
            raise PlatformError(f"{name}: it is empty.", remedy="Enter it.")
    query = entered["query"].rstrip("; \t\r\n")
    if ";" in query:
        raise PlatformError(
            "query: it has a semicolon, so it may be several statements.",
            remedy="Enter one SELECT without any, or make a view and enter its name.",
        )
    given = {each.name: entered.get(each.name, "") for each in fields(Settings)}
    return Settings(**{**given, "query": query})


class Warehouse:
    """See :class:`ads.platforms.interface.Connector`."""

    platform = "warehouse"

    def __init__(self, settings: Settings, timeout: timedelta) -> None:
        """Raises PlatformError: the address cannot be used."""
        self._settings = settings
        self._access = Access(settings.address, timeout)

    @property
    def gives_hours(self) -> bool:
        """Whether the connection names a column of the hour."""
        return bool(self._settings.hour)

    def accounts(self) -> Sequence[Account]:
        """Every account that has rows, by platform and ID."""
        with self._table() as table:
            return self._accounts(table)

    def campaigns(self, account: Account) -> Sequence[RemoteCampaign]:
        """Every campaign that has rows; nobody knows here whether it is on."""
        with self._table() as table:
            names = AccountRows(table, account).campaigns()
        return [RemoteCampaign(id_, name, is_on=None) for id_, name in names.items()]

    def costs(
        self, account: Account, since: date, until: date, *, now: datetime, by_hour: bool = False
    ) -> Costs:
        """The sums of the rows, complete for the days that the table holds of the platform."""
        if by_hour and not self.gives_hours:
            raise PlatformError(
                "The warehouse has no hours.", remedy="Enter the name of the column of the hour."
            )
        sums: dict[tuple[str, date, int | None], Decimal] = defaultdict(Decimal)
        names: dict[str, tuple[date, str]] = {}
        note = ""
        with self._table() as table:
            rows = self._rows(table, account)
            first, last = rows.days
            fresh_until = rows.loaded_at or _begins(last, account.timezone)
            for row in rows.between(since, until, by_hour=by_hour):
                note = _ROUNDED if row.is_float else note
                if row.campaign:  # what has none is in the account's totals alone
                    sums[row.campaign, row.day, row.hour] += row.amount
                    named = row.day, row.name
                    names[row.campaign] = max(named, names.get(row.campaign, named))
        first, last = max(first, since), min(last, until)
        return Costs(
            rows=[
                Cost(campaign, day, amount, hour, names[campaign][1])
                for (campaign, day, hour), amount in sums.items()
            ],
            asked_at=now,
            fresh_until=min(fresh_until, now),
            complete=first <= last,
            complete_days=(first, last) if first <= last else None,
            note=note,
        )

    def account_totals(
        self, account: Account, since: date, until: date, *, now: datetime
    ) -> Mapping[date, Decimal]:
        """The sums of all rows, those without a campaign included: a warehouse has no others."""
        totals: dict[date, Decimal] = defaultdict(Decimal)
        with self._table() as table:
            for row in self._rows(table, account).between(since, until, by_hour=False):
                totals[row.day] += row.amount
        return dict(sorted(totals.items()))

    def switch(
        self, account: Account, orders: Mapping[str, bool], *, now: datetime
    ) -> Mapping[str, SwitchAnswer]:
        return dict.fromkeys(orders, _REFUSED)

    def set_cap(
        self,
        account: Account,
        campaign: str,
        amount: Decimal,
        *,
        is_expected: Callable[[Decimal], bool],
        now: datetime,
    ) -> CapAnswer:
        """Refused."""
        return _REFUSED

    def close(self) -> None:
        """Let go of the driver."""
        self._access.close()

    def _accounts(self, table: Table, among: sa.ColumnElement[bool] | None = None) -> list[Account]:
        names: dict[tuple[str, str], str] = {}
        said: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        options = [
            option or (name if table.has(name) else "")
            for name, option in (
                ("currency", self._settings.currency),
                ("timezone", self._settings.timezone),
            )
        ]
        columns = [option for option in options if table.has(option)]
        for platform, id_, name, values in table.accounts(*columns, among=among):
            key = platform, id_
            names[key] = max(name, names.get(key, ""))
            by_column = dict(zip(columns, values, strict=True))
            currency, timezone = (by_column.get(option, option) for option in options)
            said[key].append((currency, timezone))
        return [_account(*key, names[key], said[key]) for key in sorted(said)]

    def _rows(self, table: Table, account: Account) -> AccountRows:
        """The rows of an account whose amounts can be added up.

        Raises:
            PlatformError: they are of several currencies, or of a day or currency that is unknown.
        """
        rows = AccountRows(table, account)
        if not (account.currency and account.timezone):
            for one in self._accounts(table, rows.are_its):
                if one.state:
                    raise PlatformError(
                        f"query: {one.platform} account {one.id}: {one.state}.",
                        remedy="Give all of its rows the same one, by its usual name.",
                    )
        return rows

    @contextlib.contextmanager
    def _table(self) -> Iterator[Table]:
        with self._access.reading() as connection:
            yield Table(connection, self._settings)


def _account(platform: str, id_: str, name: str, said: list[tuple[str, str]]) -> Account:
    """An account with the currency and the timezone that its rows agree on."""
    said_currency, said_timezone = (
        ", ".join(sorted(set(all_))) for all_ in zip(*said, strict=True)
    )
    currency = currencies.spelled(said_currency) or ""
    timezone = said_timezone if said_timezone in calendar.names() else ""
    problems = [
        f"{name} {text} cannot be used"
        for name, text, known in (
            ("currency", said_currency, currency),
            ("timezone", said_timezone, timezone),
        )
        if text and not known
    ]
    return Account(
        id_,
        name,
        timezone,
        currency,
        state="; ".join(problems),
        platform=platform,
        is_read_only=True,
    )


def _begins(day: date, timezone: str) -> datetime:
    """When a day begins; it is not known how much of the newest day has been loaded.

    Of an unknown timezone, when it begins anywhere: never later than it does.
    """
    return calendar.day_begins(day, timezone or calendar.FIRST_TO_TURN)
