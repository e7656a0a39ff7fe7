"""Reading JSON into the rows that the ledger records.

Only their fields are checked here, and of which JSON type a campaign is given. The ledger checks
the values.
"""

import difflib
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from ads.api.frame import (
    LONGEST_SHOWN,
    MOST_ROWS,
    NDJSON,
    Kind,
    Number,
    Problem,
    Unreadable,
    bodies,
    refuse,
)
from ads.models.spend import Kind as SpendKind
from ads.services.campaign_lookup import CampaignGiven, CampaignNamed, Reference
from ads.services.errors import InvalidSpend
from ads.services.ledger import DayTotal, Row, SpendEntry

#: The largest number that an id may be; a longer one is to be sent as text.
LARGEST_ID: Final = 2**63 - 1

#: Floats hold every whole number up to this one.
EXACT_IN_FLOATS: Final = 2**53

_NAMED: Final = frozenset({"brand", "name"})
_REFERRED: Final = frozenset({"platform", "account", "id", "name"})
_HOW_TO_NAME: Final = (
    'give its id as a number, or {"brand": …, "name": …}, or {"platform": …, "account": …, '
    '"id": …}.'
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The rows that an endpoint takes.

    Args:
        kind: how they are recorded.
        many: the key of a body with many of them.
        required, optional: the fields of one.
        outcomes: what can become of one, and the name of its count in an answer.
    """

    kind: SpendKind
    many: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    outcomes: dict[str, str]

    @property
    def fields(self) -> tuple[str, ...]:
        return self.required + self.optional


_OF_ENTRIES: Final = {
    "recorded": "recorded",
    "duplicate": "duplicates",
    "waiting": "waiting",
    "conflict": "conflicts",
    "refused": "refused",
}
_OF_TOTALS: Final = {
    "recorded": "recorded",
    "unchanged": "unchanged",
    "older": "older",
    "skipped": "skipped",
    "waiting": "waiting",
    "overlap": "overlaps",
    "refused": "refused",
}

ENTRIES: Final = Shape(
    SpendKind.ENTRY,
    "entries",
    ("campaign", "amount"),
    ("external_id", "date", "occurred_at", "description", "currency"),
    _OF_ENTRIES,
)
CORRECTIONS: Final = Shape(
    SpendKind.CORRECTION,
    "corrections",
    ("campaign", "amount", "date", "description"),
    ("external_id", "occurred_at", "currency"),
    _OF_ENTRIES,
)
DAY_TOTALS: Final = Shape(
    SpendKind.DAY_TOTAL,
    "day_totals",
    ("campaign", "date", "amount", "observed_at"),
    ("currency",),
    _OF_TOTALS,
)

#: Rows, or why they cannot be read; and the line of each in NDJSON (from 1).
Read = tuple[list[Row | InvalidSpend], list[int]]


def read(body: bytes, media_type: str, shape: Shape, key: str | None) -> Read:
    """The rows in a body. ``key`` is the request's Idempotency-Key.

    Raises:
        Problem: the body as a whole cannot be read, or has too many rows.
    """
    if media_type != NDJSON:
        return of(bodies.parse_body(body), shape, key), []
    rows: list[Row | InvalidSpend] = []
    lines = []
    for line, value in bodies.parse_lines(body):
        if len(rows) == MOST_ROWS:
            raise _too_many()
        rows.append(_read(value, shape, key, len(rows)))
        lines.append(line)
    return rows, lines


def of(content: Any, shape: Shape, key: str | None) -> list[Row | InvalidSpend]:
    """The rows in JSON: many under their key, or one by itself.

    Raises:
        Problem: it is neither, or has too many rows.
    """
    values = _listed(content, shape)
    if len(values) > MOST_ROWS:
        raise _too_many()
    return [_read(value, shape, key, i) for i, value in enumerate(values)]


def _listed(content: Any, shape: Shape) -> list[Any]:
    if isinstance(content, list):
        raise refuse(shape.many, None, f'put the rows into {{"{shape.many}": […]}}.')
    if not isinstance(content, dict) or shape.many not in content:
        return [content]
    for name in content:
        if name != shape.many:
            raise refuse(
                name, None, f"give nothing beside {shape.many}; options go into the address."
            )
    if not isinstance(content[shape.many], list):
        raise refuse(shape.many, None, "give a list of rows.")
    return list(content[shape.many])


def _too_many() -> Problem:
    return Problem(
        Kind.TOO_LARGE, f"There are more than {MOST_ROWS:,} rows; send them in smaller parts."
    )


def _read(value: Any, shape: Shape, key: str | None, position: int) -> Row | InvalidSpend:
    try:
        _check_fields(value, shape)
        return _row(value, shape, None if key is None else f"{key}/{position}")
    except InvalidSpend as error:
        return error


def _row(given: dict[str, Any], shape: Shape, default_id: str | None) -> Row:
    fields = {name: _flat(value) for name, value in given.items() if value is not None}
    external_id = fields.get("external_id", default_id)
    if external_id is None and shape.kind != SpendKind.DAY_TOTAL:
        raise InvalidSpend(
            "external_id",
            None,
            "without an id, sending it again would count it again: give one, or send the header "
            "Idempotency-Key.",
        )
    fields["campaign"] = _campaign(given["campaign"])
    amount = fields["amount"]
    if isinstance(given["amount"], bool | dict | list):
        how = 'give a number, or its digits as text, such as "75.40".'
        raise InvalidSpend("amount", amount, how)
    if isinstance(amount, Number):
        fields["amount"] = amount.text
    if shape.kind == SpendKind.DAY_TOTAL:
        return DayTotal(**fields)
    return SpendEntry(**{**fields, "external_id": external_id})


def _check_fields(value: Any, shape: Shape) -> None:
    if isinstance(value, Unreadable):
        # The answer names its line; the reader counts lines anew in each row.
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
    name = name[:LONGEST_SHOWN]
    guess = _guess(name, fields)
    meant = f"did you mean {guess}?" if guess else f"the fields are {_list(fields)}."
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
        raise InvalidSpend("campaign", ", ".join(given)[:LONGEST_SHOWN], _HOW_TO_NAME)
    raise InvalidSpend("campaign", _flat(given), _HOW_TO_NAME)


def _name(part: str, value: Any) -> str:
    # Platforms' ids are often numbers, and are text here.
    number = _whole(value) if part == "id" else None
    if number is not None and 0 <= number <= LARGEST_ID:
        if isinstance(value, Number) and number > EXACT_IN_FLOATS:
            raise InvalidSpend(
                "campaign",
                _flat(value),
                "its id is a number that has been a float, and may have lost its last digits; "
                "send the whole id as text.",
            )
        return str(number)
    if not isinstance(value, str):
        raise InvalidSpend("campaign", _flat(value), f"give its {part[:LONGEST_SHOWN]} as text.")
    return value


def _whole(value: Any) -> int | None:
    """A whole number, also one written as 12.0 by programs that keep ids as floats."""
    if isinstance(value, Number):
        try:
            number = Decimal(value.text)
        except InvalidOperation:
            return None
        if number.copy_abs() > LARGEST_ID or number != number.to_integral_value():
            return None
        return int(number)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _flat(value: Any) -> Any:
    """A value as JSON writes it, without anything nested, which no answer repeats."""
    if isinstance(value, bool):
        return Number(str(value).lower())
    if isinstance(value, dict):
        return Number("{…}")
    if isinstance(value, list):
        return Number("[…]")
    return value
