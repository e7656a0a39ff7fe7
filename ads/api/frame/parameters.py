"""Parameters in addresses: ids, limits, cursors and dates, parsed strictly."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from django.http import HttpRequest
from ninja import Field, Header, Schema
from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from ads.api.frame.problems import refuse
from ads.rules.calendar import ISO_DATE

LARGEST_ID: Final = 2**63 - 1
MOST_LISTED: Final = 1000
LISTED: Final = 100

_WHOLE: Final = re.compile(r"-?[0-9]{1,30}", re.ASCII)
#: RFC 3339, which is what the document promises for a date-time.
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII | re.IGNORECASE,
)


def check_known(request: HttpRequest, known: type[Schema] | Iterable[str]) -> None:
    """Refuse unknown parameters: a misspelt filter would filter nothing.

    Raises:
        Problem: a parameter is unknown or given twice.
    """
    if isinstance(known, type):
        known = {field.alias or name for name, field in known.model_fields.items()}
    names = sorted(known)
    for name, values in request.GET.lists():
        if name not in names:
            remedy = f"use {', '.join(names)}." if names else "leave it out."
            raise refuse(name, values[0], f"there is no such parameter; {remedy}")
        if len(values) > 1:
            raise refuse(name, ", ".join(values), "it is given more than once; give it once.")


def idempotency_key(does: str) -> Any:
    """The header of a request that may be sent again; ``does`` says what it does."""
    pattern = "^[!-~]{1,190}$"
    return Header(alias="Idempotency-Key", description=does, pattern=pattern)  # type: ignore[type-arg]


def _whole(value: Any) -> Any:
    """Refuse ``1_000``, ``1.0`` and full-width digits, which Python would accept."""
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise PydanticCustomError("whole", "write a whole number in plain digits, such as 100.")
    return value


def _date(value: Any) -> Any:
    if isinstance(value, str) and not ISO_DATE.fullmatch(value):
        raise PydanticCustomError("date", "write a date as YYYY-MM-DD, such as 2026-03-18.")
    return value


def _instant(value: Any) -> Any:
    if isinstance(value, str) and not _INSTANT.fullmatch(value):
        raise PydanticCustomError(
            "instant",
            "write an instant with its offset, such as 2026-03-18T15:00:00Z. In an address a "
            "plus sign is written %2B.",
        )
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # within hours of the first or last representable instant
        return value.replace(tzinfo=UTC)


def _text(value: str) -> str:
    if "\x00" in value:
        raise PydanticCustomError("text", "it contains a NUL character; remove it.")
    return value


# The bounds come before the validators: only there do they get into the document. Ninja copies a
# field's list of `examples` to the parameter, where OpenAPI wants an object.
Id = Annotated[
    int,
    Field(ge=1, le=LARGEST_ID, json_schema_extra={"example": 42}),
    BeforeValidator(_whole),
]
#: As a campaign's priority is stored.
Small = Annotated[
    int,
    Field(ge=-(2**15), le=2**15 - 1, json_schema_extra={"example": 0}),
    BeforeValidator(_whole),
]
Limit = Annotated[
    int,
    Field(ge=1, le=MOST_LISTED, description=f"How many rows at most, up to {MOST_LISTED}."),
    BeforeValidator(_whole),
]
Day = Annotated[date, BeforeValidator(_date)]
Instant = Annotated[datetime, BeforeValidator(_instant), AfterValidator(_in_utc)]
#: Text to compare with; no name is longer.
Text = Annotated[
    str,
    Field(min_length=1, max_length=200, json_schema_extra={"pattern": r"^[^\u0000]*$"}),
    AfterValidator(_text),
]
