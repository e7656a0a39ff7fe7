"""Checking rows: what the ledger would refuse is refused here, with its line.

The rules are the ledger's own. Where a million rows make it worth while, a cheap question comes
first, to which "yes" means that the rule would say yes too.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

from ads.rules.calendar import local_date
from ads.rules.money import PLACES
from ads.services.checking import EARLIEST, check_amount, check_date, check_instant, check_text
from ads.services.errors import InvalidSpend
from ads.services.imports.campaigns import Campaigns, Found
from ads.services.imports.columns import Columns
from ads.services.imports.errors import BadRow, Refused
from ads.services.imports.plan import Plan
from ads.services.imports.reading import Row

#: Amounts that are surely good: twelve digits and six places at most. (Others may be, too.)
SURELY_GOOD: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")

# Texts of dates that are remembered; a year of them, and some more in a strange file.
_REMEMBERED: Final = 5000

_TOO_LONG: Final = re.compile(rf"[+-]?[0-9]*\.[0-9]{{{PLACES + 1},}}")
_LONGEST: Final = 40
_STEP: Final = Decimal(1).scaleb(-PLACES)
# Enough for the 40 characters that an amount may have: the one rounding is the one asked for.
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Refusal(ValueError):
    """Why one row cannot be recorded."""


class Checker:
    """Turns rows into what is staged; counts what it refuses and what it rounds."""

    def __init__(self, columns: Columns, header: Sequence[str], plan: Plan, now: datetime) -> None:
        self.refused = Refused()
        #: Amounts that were rounded, and by how much in sum (US dollars).
        self.rounded = 0
        self.rounded_by = Decimal(0)
        self._columns = columns
        self._header = list(header)
        self._plan = plan
        self._now = now
        self._now_text = now.isoformat()
        self._campaigns = Campaigns(plan, now)
        self._days: dict[str, tuple[date, str] | str] = {}

    def check(self, rows: list[Row]) -> Iterator[tuple[Any, ...]]:
        """What to stage of these rows, in the order of :data:`staging.TOTALS` or ``ENTRIES``."""
        staged = self._entry if self._columns.are_entries else self._total
        known = self._campaigns.learn(_texts(rows, self._columns.campaign, self._columns.width))
        for row in rows:
            try:
                yield self._checked(row, known, staged)
            except (Refusal, InvalidSpend) as error:
                reason = self._header_again(row.cells) or str(error)
                self.refused.add(BadRow(row.first_line, row.last_line, reason))

    def _checked(
        self,
        row: Row,
        known: dict[str, Found | str],
        staged: Callable[[Row, list[str], Found], tuple[Any, ...]],
    ) -> tuple[Any, ...]:
        cells = row.cells
        if row.trouble or len(cells) != self._columns.width:
            raise Refusal(row.trouble or self._wrong_width(cells))
        campaign = known[cells[self._columns.campaign]]
        if isinstance(campaign, str):
            raise Refusal(campaign)
        return staged(row, cells, campaign)

    def _total(self, row: Row, cells: list[str], campaign: Found) -> tuple[Any, ...]:
        _, day = self._day(cells[self._columns.date or 0], campaign)
        return row.first_line, campaign.id, day, self._amount(cells[self._columns.amount])

    def _entry(self, row: Row, cells: list[str], campaign: Found) -> tuple[Any, ...]:
        columns = self._columns
        amount = self._amount(cells[columns.amount])
        external_id = cells[columns.external_id or 0]
        check_text("external_id", external_id, required=True)
        description = "" if columns.description is None else cells[columns.description]
        if description:
            check_text("description", description)
        occurred = "" if columns.occurred_at is None else cells[columns.occurred_at]
        dated = "" if columns.date is None else cells[columns.date]
        at = _instant(occurred) if occurred else self._now
        if dated:
            _, day = self._day(dated, campaign)
        elif occurred:
            day = check_date(
                local_date(at, campaign.timezone), campaign.timezone, self._now
            ).isoformat()
        else:
            raise Refusal("date: it is empty, and so is occurred_at; write one of them.")
        return (
            row.first_line,
            campaign.id,
            day,
            amount,
            at.isoformat() if occurred else self._now_text,
            description,
            external_id,
            bool(dated),
            bool(occurred),
        )

    def _amount(self, text: str) -> str | Decimal:
        if SURELY_GOOD.fullmatch(text):
            return text
        if _TOO_LONG.fullmatch(text) and len(text) <= _LONGEST:
            return self._round(text)
        return check_amount(text)

    def _round(self, text: str) -> Decimal:
        exact = Decimal(text)
        rounded = exact.quantize(_STEP, context=_WIDE)
        if not self._plan.round_amounts and rounded != exact:
            raise Refusal(
                f"amount: {text!r} has more than {PLACES} decimal places; "
                f"write at most {PLACES}, or let --round {PLACES} round it."
            )
        amount = check_amount(rounded)
        if rounded != exact:
            self.rounded += 1
            self.rounded_by = _WIDE.add(self.rounded_by, _WIDE.subtract(rounded, exact))
        return amount

    def _day(self, text: str, campaign: Found) -> tuple[date, str]:
        day = self._days.get(text)
        if day is None:
            if len(self._days) >= _REMEMBERED:
                self._days.clear()
            day = self._days[text] = self._parse_day(text)
        if isinstance(day, str):
            raise Refusal(day)
        if not EARLIEST <= day[0] <= campaign.latest:
            check_date(day[0], campaign.timezone, self._now)
        return day

    def _parse_day(self, text: str) -> tuple[date, str] | str:
        """The day, and as PostgreSQL reads it; or why it is none."""
        if not text.strip():
            return "date: it is empty."
        wanted = self._plan.date_format
        try:
            if wanted is None:
                if not _ISO.fullmatch(text):
                    return (
                        f"date: {text[:40]!r} is not written as YYYY-MM-DD. Say how the file "
                        "writes dates, such as --date-format %d-%m-%Y."
                    )
                day = date.fromisoformat(text)
            elif not text.isascii():
                return f"date: {text[:40]!r} has other digits than 0 to 9."
            else:
                day = datetime.strptime(text, wanted).date()  # noqa: DTZ007  (a calendar day)
        except ValueError as error:
            written = "" if wanted is None else f" written as {wanted}"
            return f"date: {text[:40]!r} is no date{written} ({error})."
        return day, day.isoformat()

    def _wrong_width(self, cells: list[str]) -> str:
        few = len(cells) < self._columns.width
        return f"it has {len(cells)} columns, the header has {self._columns.width}; " + (
            "was it cut off?" if few else "a comma inside a text needs quotes around the text."
        )

    def _header_again(self, cells: list[str]) -> str | None:
        if [cell.strip() for cell in cells] == self._header:
            return "it is the header again; were two files joined?"
        return None


def _texts(rows: Iterable[Row], at: int, width: int) -> set[str]:
    return {row.cells[at] for row in rows if len(row.cells) == width and not row.trouble}


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal(
            f"occurred_at: {text[:40]!r} is no instant; write it as 2024-05-01T12:00:00+00:00."
        ) from error
    if instant.utcoffset() is None:
        raise Refusal(
            f"occurred_at: {text!r} has no timezone; write for example {text}+00:00 if it is UTC."
        )
    return check_instant("occurred_at", instant)
