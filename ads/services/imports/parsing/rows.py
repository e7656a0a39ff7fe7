"""What checking makes of rows."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from ads.services.imports.parsing.campaigns import Found
from ads.services.imports.parsing.references import Waiting

#: Characters of a cell, and cells of a row, that are shown.
_LONGEST_SAMPLE: Final = 200
_WIDEST_SAMPLE: Final = 50


@dataclass(frozen=True, slots=True)
class Sample:
    """A row as it stands in the file, and as it was understood; ``reason``: why it is refused."""

    line: int
    cells: list[str]
    campaign: Found | Waiting | None = None
    date: dt.date | None = None
    amount: Decimal | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class TotalsLine:
    """A line of totals in the file: where, what it calls itself, its amount if it has one."""

    line: int
    label: str
    amount: Decimal | None
    #: Should it be the sum of all rows?
    is_comparable: bool


@dataclass(slots=True)
class Checked:
    """The good rows of a chunk, ready to be staged; those of unknown references apart."""

    good: list[str] | list[tuple[Any, ...]]
    waiting: list[tuple[Any, ...]] = field(default_factory=list)


@dataclass(slots=True)
class Row:
    """A row, and what is known of it so far."""

    line: int
    cells: list[str]
    campaign: Found | Waiting | str | None
    date: dt.date | None = None
    amount: Decimal | str | None = None
    reason: str | None = None

    def as_sample(self) -> Sample:
        return Sample(
            line=self.line,
            cells=[cell[:_LONGEST_SAMPLE] for cell in self.cells[:_WIDEST_SAMPLE]],
            campaign=None if isinstance(self.campaign, str) else self.campaign,
            date=self.date,
            amount=None if self.amount is None else Decimal(self.amount),
            reason=self.reason,
        )

    def waiting(self) -> tuple[int, str, str, str]:
        """Line, account, reference and name, where the campaign is not known."""
        waiting = self.campaign
        assert isinstance(waiting, Waiting)  # noqa: S101  (nothing else is left)
        return self.line, waiting.account, waiting.reference, waiting.name
