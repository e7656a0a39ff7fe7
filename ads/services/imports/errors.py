"""What an import refuses: the whole file, or single rows of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

#: Refused rows that are kept to be shown; the rest are counted. A file of a million bad rows must
#: not fill the memory with a million sentences.
SHOWN = 20


#: What a reason says to somebody at the command line alone: "(--decimal . in the command)".
_OPTIONS: Final = re.compile(r" ?\((?:See )?--[a-z][^()]*\)")


def without_options(reason: str) -> str:
    """A reason as a page says it, which has fields where the command has options."""
    return _OPTIONS.sub("", reason)


class ImportRefused(ValueError):
    """The file, or how it is to be read, cannot be used; nothing was recorded."""


class Refusal(ValueError):
    """Why one row cannot be recorded."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be recorded: its lines in the file (from 1), why, and what it says."""

    first_line: int
    last_line: int
    reason: str
    cells: Sequence[str] = ()

    @property
    def lines(self) -> str:
        """ "3", or "3 to 5"."""
        if self.first_line == self.last_line:
            return str(self.first_line)
        return f"{self.first_line} to {self.last_line}"

    def __str__(self) -> str:
        return f"line{'' if self.first_line == self.last_line else 's'} {self.lines}: {self.reason}"


class RefusedSink(Protocol):
    """Keeps every refused row, as :class:`ads.services.imports.refused_csv.RefusedCsv` does."""

    def begin(self, header: Sequence[str]) -> None:
        """The file's columns are known."""

    def add(self, row: BadRow) -> None:
        """A row was refused."""


@dataclass(slots=True)
class Refused:
    """All rows that were refused: how many, and the first ``limit`` of them."""

    count: int = 0
    shown: list[BadRow] = field(default_factory=list)
    limit: int = SHOWN
    sink: RefusedSink | None = None

    def add(self, row: BadRow) -> None:
        self.count += 1
        if self.sink is not None:
            self.sink.add(row)
        if len(self.shown) < self.limit:
            self.shown.append(replace(row, cells=()))


class RowsRefused(ImportRefused):
    """Some rows cannot be recorded, so none was: ``refused``."""

    def __init__(self, refused: Refused) -> None:
        rows = "1 row was" if refused.count == 1 else f"{refused.count} rows were"
        super().__init__(
            f"{rows} refused, so nothing was recorded. "
            "Correct the file, or leave the bad rows out (--skip-bad-rows in the command)."
        )
        self.refused = refused
