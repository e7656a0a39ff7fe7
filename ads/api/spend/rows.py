"""What was sent, as the rows that the service takes.

Only the shape is looked at here: which fields a row has, and of which JSON type a campaign is
given. What a value may be is the service's to say.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from typing import Any, Final, Generic, TypeVar

from ads.api.frame import Kind, Problem
from ads.api.spend import bodies
from ads.api.spend.bodies import MOST_ROWS, NDJSON, Number, Unreadable
from ads.services.campaign_lookup import CampaignGiven, CampaignNamed, Reference
from ads.services.errors import InvalidSpend
from ads.services.intake import IntakeEntry, IntakeTotal

R = TypeVar("R")

#: The largest number that an id may be; a longer one is to be sent as text.
LARGEST_ID: Final = 2**63 - 1

_NAMED: Final = frozenset({"brand", "name"})
_REFERRED: Final = frozenset({"platform", "account", "id", "name"})
_HOW_TO_NAME: Final = (
    'give its id, or {"brand": …, "name": …}, or {"platform": …, "account": …, "id": …}.'
)
_LONGEST_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Row(Generic[R]):
    """A row as it came: its line in NDJSON (from 1), and what the service is given for it."""

    content: R | InvalidSpend
    line: int | None = None


@dataclass(frozen=True)
class Shape(Generic[R]):
    """What rows of an endpoint are made of.

    Args:
        many: the key of a body with many of them.
        required, optional: the fields of one.
        build: makes the service's row of the fields; gets the id that the row has by its place
            in a request with an Idempotency-Key, or None.
    """

    many: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    build: Callable[[Mapping[str, Any], str | None], R]

    @cached_property
    def fields(self) -> tuple[str, ...]:
        return self.required + self.optional


def _entry(row: Mapping[str, Any], default_id: str | None) -> IntakeEntry:
    external_id = row.get("external_id")
    if external_id is None:
        external_id = default_id
    if external_id is None:
        raise InvalidSpend(
            "external_id",
            None,
            "without an id, sending it again would count it again: give one, or send the header "
            "Idempotency-Key.",
        )
    return IntakeEntry(
        _campaign(row["campaign"]),
        _amount(row["amount"]),
        "" if row.get("description") is None else _flat(row["description"]),
        _flat(row.get("date")),
        _flat(row.get("occurred_at")),
        _flat(external_id),
    )


def _total(row: Mapping[str, Any], _default_id: str | None) -> IntakeTotal:
    return IntakeTotal(
        _campaign(row["campaign"]),
        _flat(row["date"]),
        _amount(row["amount"]),
        _flat(row["observed_at"]),
    )


ENTRIES: Final = Shape(
    "entries",
    ("campaign", "amount"),
    ("external_id", "date", "occurred_at", "description"),
    _entry,
)
CORRECTIONS: Final = Shape(
    "corrections",
    ("campaign", "amount", "date", "description"),
    ("external_id", "occurred_at"),
    _entry,
)
DAY_TOTALS: Final = Shape("day_totals", ("campaign", "date", "amount", "observed_at"), (), _total)


def read(body: bytes, media_type: str, shape: Shape[R], key: str | None) -> list[Row[R]]:
    """The rows in a body; those that cannot be read are refusals.

    ``key`` is the request's Idempotency-Key.

    Raises:
        Problem: the body as a whole cannot be read, or has too many rows.
    """
    rows: list[Row[R]] = []
    if media_type == NDJSON:
        for line, value in bodies.parse_lines(body):
            if len(rows) == MOST_ROWS:
                raise _too_many()
            rows.append(_read(value, shape, key, len(rows), line))
        return rows
    return of(bodies.parse_body(body), shape, key)


def of(content: Any, shape: Shape[R], key: str | None) -> list[Row[R]]:
    """The rows in what JSON said: many under their key, or one by itself.

    Raises:
        Problem: it is neither, or has too many rows.
    """
    values = _listed(content, shape)
    if len(values) > MOST_ROWS:
        raise _too_many()
    return [_read(value, shape, key, i) for i, value in enumerate(values)]


def _listed(content: Any, shape: Shape[R]) -> list[Any]:
    """The rows of a JSON body: those under the key for many, or the one that it is."""
    if isinstance(content, list):
        raise _misshapen(shape.many, f'put the rows into {{"{shape.many}": […]}}.')
    if not isinstance(content, dict) or shape.many not in content:
        return [content]
    for name in content:
        if name != shape.many:
            raise _misshapen(
                name, f"beside {shape.many} there is nothing; options go into the address."
            )
    if not isinstance(content[shape.many], list):
        raise _misshapen(shape.many, "give a list of rows.")
    return list(content[shape.many])


def _misshapen(field: str, reason: str) -> Problem:
    field = field[:_LONGEST_SHOWN]
    return Problem(Kind.INVALID, f"{field}: {reason}", errors=[{"field": field, "reason": reason}])


def _too_many() -> Problem:
    return Problem(
        Kind.TOO_LARGE, f"There are more than {MOST_ROWS:,} rows; send them in smaller parts."
    )


def _read(
    value: Any, shape: Shape[R], key: str | None, position: int, line: int | None = None
) -> Row[R]:
    try:
        _check_shape(value, shape)
        return Row(shape.build(value, None if key is None else f"{key}/{position}"), line)
    except InvalidSpend as error:
        return Row(error, line)


def _check_shape(value: Any, shape: Shape[R]) -> None:
    if isinstance(value, Unreadable):
        # Its line is told beside; the one that the reader counts begins with each row.
        place = "" if value.column is None else f" (column {value.column})"
        raise InvalidSpend("line", None, f"{value.reason}{place}.")
    if not isinstance(value, dict):
        raise InvalidSpend("row", _flat(value), f"give an object with {_list(shape.required)}.")
    for name in value:
        if name not in shape.fields:
            raise _unknown(name, value[name], shape.fields)
    for name in shape.required:
        if value.get(name) is None:
            raise InvalidSpend(name, None, "it is missing.")


def _unknown(name: str, value: Any, fields: tuple[str, ...]) -> InvalidSpend:
    name = name[:_LONGEST_SHOWN]
    guess = _guess(name, fields)
    meant = f"did you mean {guess}?" if guess else f"known are {_list(fields)}."
    return InvalidSpend(name, _flat(value), f"there is no such field; {meant}")


@lru_cache(maxsize=256)
def _guess(name: str, fields: tuple[str, ...]) -> str | None:
    return next(iter(difflib.get_close_matches(name.lower(), fields, n=1)), None)


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def _campaign(given: Any) -> CampaignGiven:
    number = _whole(given)
    if number is not None:
        return number
    if isinstance(given, dict):
        parts = {name: _name(name, value) for name, value in given.items() if value is not None}
        if parts.keys() == _NAMED:
            return CampaignNamed(parts["brand"], parts["name"])
        if {"platform", "id"} <= parts.keys() <= _REFERRED:
            return Reference(
                parts["platform"], parts.get("account", ""), parts["id"], parts.get("name", "")
            )
        raise InvalidSpend("campaign", ", ".join(given)[:_LONGEST_SHOWN], _HOW_TO_NAME)
    raise InvalidSpend("campaign", _flat(given), _HOW_TO_NAME)


def _name(part: str, value: Any) -> str:
    # Platforms' ids are often numbers, and are text here.
    number = _whole(value) if part == "id" else None
    if number is not None and 0 <= number <= LARGEST_ID:
        return str(number)
    if not isinstance(value, str):
        raise InvalidSpend("campaign", _flat(value), f"give its {part[:_LONGEST_SHOWN]} as text.")
    return value


def _whole(value: Any) -> int | None:
    """A whole number, also if it was written as 12.0, as programs do that keep ids as floats."""
    if isinstance(value, Number):
        try:
            number = Decimal(value.text)
        except InvalidOperation:
            return None
        if number.copy_abs() > LARGEST_ID or number != number.to_integral_value():
            return None
        return int(number)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _amount(value: Any) -> Any:
    return value.text if isinstance(value, Number) else _flat(value)


def _flat(value: Any) -> Any:
    """A value without what is nested in it, which no field has, and which is not to be printed."""
    if isinstance(value, dict):
        return Number("{…}")
    if isinstance(value, list):
        return Number("[…]")
    return value
