"""Days and instants as text: one way of writing each, and no other that Python would read too."""

import re
from datetime import date, datetime
from typing import Final

# Python reads other spellings of ISO 8601 too ("20240501", "2024-W18-3").
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


class NotWritten(ValueError):
    """Text that is no day, or no instant; the message says what to do."""


class NoOffset(NotWritten):
    """An instant that does not say in which timezone its clock hangs."""


def day(text: str) -> date:
    """Return the day that is written YYYY-MM-DD.

    Raises:
        NotWritten: it is none.
    """
    if not DAY.fullmatch(text):
        raise NotWritten("write it as YYYY-MM-DD, such as 2024-05-01.")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotWritten(f"there is no such day ({error}).") from error


def instant(text: str) -> datetime:
    """Return the instant that is written with Z or its offset from UTC (aware).

    Raises:
        NoOffset: it has neither.
        NotWritten: it is none.
    """
    if not (written := _INSTANT.fullmatch(text)):
        raise NotWritten("it is no instant; write it as 2024-05-01T12:00:00+00:00.")
    if not written[1]:
        raise NoOffset("it has no timezone; end it with Z if it is UTC, or with its offset.")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise NotWritten(f"there is no such instant ({error}).") from error
