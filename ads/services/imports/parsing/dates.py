"""Dates as files write them."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from ads.services.imports.errors import Refusal
from ads.services.ledger import EARLIEST

# Texts that are remembered; a year of them, and some more in a strange file.
_REMEMBERED: Final = 5000

_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBERS: Final = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-][0-9]{4}")
_LAST_MONTH: Final = 12


class Days:
    """Reads dates, and remembers them: a million rows have few.

    Args:
        wanted: how dates are written, as ``strptime`` takes it; None: YYYY-MM-DD.
        others: other ways that are tried, where none is wanted.
    """

    def __init__(self, wanted: str | None, others: Sequence[str] = ()) -> None:
        self._wanted = wanted
        self._others = others
        #: What texts were read as, and as PostgreSQL reads it; none that is too early.
        self.known: dict[str, tuple[date, str]] = {}

    def read(self, text: str) -> tuple[date, str]:
        """The day, and as PostgreSQL reads it.

        Raises:
            Refusal: it is none, with the remedy.
        """
        day = self.known.get(text)
        if day is None:
            parsed = self._parse(text)
            day = parsed, parsed.isoformat()
            if parsed >= EARLIEST:
                if len(self.known) >= _REMEMBERED:
                    self.known.clear()
                self.known[text] = day
        return day

    def _parse(self, text: str) -> date:
        shown = text[:40]
        if not text.strip():
            raise Refusal("date: it is empty.")
        wanted = self._wanted
        if wanted is not None and not text.isascii():
            raise Refusal(f"date: {shown!r} has other digits than 0 to 9.")
        try:
            if wanted is not None:
                return datetime.strptime(text, wanted).date()  # noqa: DTZ007  (a calendar day)
            if _ISO.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError as error:
            written = "" if wanted is None else f" written as {wanted}"
            raise Refusal(f"date: {shown!r} is no date{written} ({error}).") from error
        for other in self._others if text.isascii() else ():
            try:
                return datetime.strptime(text, other).date()  # noqa: DTZ007
            except ValueError:
                continue
        raise Refusal(f"date: {shown!r} is not written as YYYY-MM-DD. {_how(text)}")


def _how(text: str) -> str:
    """What to say of a date that is not written in the one way that has no doubt."""
    numbers = _NUMBERS.fullmatch(text)
    if numbers and max(int(numbers[1]), int(numbers[2])) <= _LAST_MONTH:
        return (
            "Which is the day and which the month? Say how the file writes dates, day first or "
            "month first (--date-format %d/%m/%Y or %m/%d/%Y in the command)."
        )
    return (
        "Say how the file writes dates, such as day first (--date-format %d-%m-%Y in the command)."
    )
