"""The columns of a setup file: how each value is written in a cell, and read from one.

An empty cell leaves a value as it is; the word "none" takes it away.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ads.models.campaigns import Status
from ads.rules.calendar import UnknownTimezone, zone
from ads.rules.currencies import DEFAULT, MINOR_UNITS, spelled
from ads.rules.money import InvalidAmount, format_money, parse_amount, plain, typed
from ads.services.campaign_lookup import Reference
from ads.services.errors import InvalidSpend
from ads.services.imports import day_of, trouble_of_id
from ads.services.ledger import check_text

#: What stands in a cell whose value there is not.
NONE: Final = "none"

#: Between the items of a cell.
BETWEEN: Final = ";"

LONGEST_NAME: Final = 200

#: Minutes: ad platforms are asked every five.
SHORTEST_AGE: Final = 5

#: As large as the column takes.
MOST_PRIORITY: Final = 32_767

#: A platform ID as it is compared: platform, account, reference.
Id = tuple[str, str, str]


class BadCell(ValueError):
    """Why a cell cannot be read, with the remedy."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is for brands, or for campaigns."""

    #: Of the model; "" for what is in tables of its own.
    field: str
    #: The text of a cell (neither empty nor "none") to the value; raises BadCell.
    read: Callable[[str], Any]
    #: What a new row has where the file does not say.
    default: Any
    #: The value to the text of a cell, given the brand's currency.
    write: Callable[[Any, str], str] = lambda value, _: str(value)
    #: What the word "none" means; a column without it is refused.
    none: Any = ...
    #: The value as people read it, given the brand's currency.
    shown: Callable[[Any, str], str] | None = None

    def cell(self, value: Any, currency: str) -> str:
        return NONE if self.none is not ... and value == self.none else self.write(value, currency)

    def words(self, value: Any, currency: str) -> str:
        """What a preview shows."""
        if value is None and self.shown:
            return "no limit"
        return (self.shown or self.cell)(value, currency)


def _name(text: str) -> str:
    name = text.strip()
    if len(name) > LONGEST_NAME:
        raise BadCell(f"it is longer than {LONGEST_NAME} characters; shorten it.")
    if _CONTROL.search(name):
        raise BadCell("it has a line break or another control character; remove that.")
    return name


_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def _amount(text: str) -> Decimal:
    try:
        return parse_amount(typed(text)[0])
    except InvalidAmount as error:
        raise BadCell(f'{error.reason} For no limit write "{NONE}".') from error


def _choice(choices: Mapping[str, Any], text: str) -> Any:
    try:
        return choices[text.strip().casefold()]
    except KeyError:
        words = list(choices)
        raise BadCell(f"write {', '.join(words[:-1])} or {words[-1]}.") from None


_ON_OFF: Final = {
    "on": True, "off": False, "yes": True, "no": False, "true": True, "false": False,
}  # fmt: skip


def _switch(text: str) -> Any:
    try:
        return _ON_OFF[text.strip().casefold()]
    except KeyError:
        raise BadCell("write on or off.") from None


def _minutes(text: str) -> int:
    digits = text.strip()
    if not re.fullmatch(r"[0-9]{1,6}", digits) or int(digits) < SHORTEST_AGE:
        raise BadCell(f'write {SHORTEST_AGE} or more minutes, or "{NONE}".')
    return int(digits)


def _priority(text: str) -> int:
    digits = text.strip()
    if not re.fullmatch(r"-?[0-9]{1,5}", digits) or abs(int(digits)) > MOST_PRIORITY:
        raise BadCell(f"write a whole number from -{MOST_PRIORITY} to {MOST_PRIORITY}.")
    return int(digits)


def _timezone(text: str) -> str:
    try:
        zone(text.strip())
    except UnknownTimezone as error:
        raise BadCell("use an IANA name, such as Europe/Berlin.") from error
    return text.strip()


def _currency(text: str) -> str:
    if (code := text.strip().upper()) not in MINOR_UNITS:
        code = spelled(text.strip()) or ""
    if not code:
        raise BadCell("use the three letters of a currency in ISO 4217, such as USD or EUR.")
    return code


def _date(text: str, *, day_first: bool | None = None) -> date:
    try:
        day = day_of(text, day_first=day_first)
    except ValueError as error:
        why = "there is no such date, or it can be read as two; write it as 2026-03-31."
        raise BadCell(why) from error
    if day is None:
        raise BadCell(f'write the date as 2026-03-31, or "{NONE}".')
    return day


def dates_by(day_first: bool | None) -> Callable[[str], date]:
    """The reader of dates in a file whose dates show which of day and month comes first."""
    return lambda text: _date(text, day_first=day_first)


def items(text: str) -> list[str]:
    """The items of a cell; one that contains the separator stands in quotes."""
    try:
        rows = list(csv.reader([text], delimiter=BETWEEN, skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise BadCell(
            f'separate the items by "{BETWEEN}"; an item that contains one stands in quotes.'
        ) from error
    return [item.strip() for item in rows[0] if item.strip()] if rows else []


def joined(texts: Iterable[str]) -> str:
    """The cell that :func:`items` reads as these."""
    return f"{BETWEEN} ".join(
        '"{}"'.format(text.replace('"', '""')) if _QUOTED.search(text) else text for text in texts
    )


_QUOTED: Final = re.compile(rf'["{BETWEEN}\r\n]|^\s|\s$|^{NONE}$', re.IGNORECASE)


def _names(text: str) -> tuple[str, ...]:
    return tuple(sorted({" ".join(name.split()) for name in items(text)}))


_LABELS: Final = Column("", _names, (), lambda names, _: joined(names), none=())


def _schedules(text: str) -> tuple[str, ...]:
    return tuple(sorted(set(items(text))))


#: A slash between spaces separates the parts of an ID. One within a part gets another slash.
_SLASHES: Final = re.compile(r"(?<![^ ])/+(?![^ ])")


def _id(text: str) -> Id:
    parts = [
        _SLASHES.sub(lambda found: found[0][1:], part.strip())
        for part in re.split(r" +/ +", text.strip())
    ]
    if len(parts) not in (2, 3):
        raise BadCell(
            f"{text!r}: write the platform and the ID as google_ads / 1234567, or the platform, "
            "the account and the ID as google_ads / 123-456-7890 / 1234567."
        )
    platform, *account, reference = parts
    given = Reference(platform, account[0] if account else "", reference)
    one = given.platform, given.account, given.reference
    if trouble := trouble_of_id("platform_ids", reference):
        raise BadCell(trouble.partition(": ")[2])
    try:
        for field, part in zip(("platform", "account", "reference"), one, strict=True):
            check_text(field, part, required=field != "account")
    except InvalidSpend as error:
        raise BadCell(str(error)) from error
    return one


def written_id(one: Id) -> str:
    """ "google_ads / 123-456-7890 / 1234567"."""
    return " / ".join(_SLASHES.sub(lambda found: f"{found[0]}/", part) for part in one if part)


def _ids(text: str) -> tuple[Id, ...]:
    return tuple(sorted({_id(item) for item in items(text)}))


def _money(value: Decimal, currency: str) -> str:
    return plain(value, MINOR_UNITS.get(currency, 2))


_BUDGETS: Final = {
    field: Column(field, _amount, None, _money, none=None, shown=format_money)
    for field in ("daily_budget", "monthly_budget")
}

BRAND: Final[Mapping[str, Column]] = {
    "brand": Column("name", _name, ""),
    "status": Column(
        "is_active",
        lambda text: _choice({"active": True, "paused": False}, text),
        True,
        lambda value, _: "active" if value else "paused",
    ),
    "timezone": Column("timezone", _timezone, "UTC"),
    "currency": Column("currency", _currency, DEFAULT),
    **_BUDGETS,
    "stale_after_minutes": Column("stale_after_minutes", _minutes, None, none=None),
    "stops_when_stale": Column(
        "stops_when_stale", _switch, False, lambda value, _: "on" if value else "off"
    ),
    "stops_early": Column("stops_early", _switch, False, lambda value, _: "on" if value else "off"),
    # A user; the cell has the user name.
    "account_manager": Column(
        "account_manager", str.strip, None, lambda user, _: user.get_username(), none=None
    ),
    "labels": _LABELS,
}

CAMPAIGN: Final[Mapping[str, Column]] = {
    "campaign": Column("name", _name, ""),
    "status": Column(
        "status",
        lambda text: _choice({status: str(status) for status in Status.values}, text),
        Status.ACTIVE.value,
    ),
    **_BUDGETS,
    "total_budget": Column("total_budget", _amount, None, _money, none=None, shown=format_money),
    "budget_group": Column("", _name, "", none=""),
    "start_date": Column("start_date", _date, None, none=None),
    "end_date": Column("end_date", _date, None, none=None),
    "dayparting": Column(
        "is_dayparting_enabled", _switch, False, lambda value, _: "on" if value else "off"
    ),
    "priority": Column("priority", _priority, 0),
    "schedules": Column("", _schedules, (), lambda names, _: joined(names), none=()),
    "platform_ids": Column("", _ids, (), lambda ids, _: joined(map(written_id, ids)), none=()),
    "labels": _LABELS,
}

#: In the order of an export.
COLUMNS: Final = (
    "brand_id", "brand", "campaign_id", "campaign", "status", "timezone", "currency",
    "daily_budget", "monthly_budget", "total_budget", "budget_group", "start_date", "end_date",
    "dayparting", "schedules", "platform_ids", "stale_after_minutes", "stops_when_stale",
    "account_manager", "labels", "stops_early", "priority",
)  # fmt: skip

DATES: Final = ("start_date", "end_date")
#: Budgets of brands and campaigns, and all amounts.
BUDGETS: Final = tuple(_BUDGETS)
MONEY: Final = (*BUDGETS, "total_budget")
