"""What an import refuses: the whole file, or single rows of it."""

from dataclasses import dataclass, field

#: Refused rows that are kept to be shown; the rest are counted. A file of a million bad rows must
#: not fill the memory with a million sentences.
SHOWN = 20


class ImportRefused(ValueError):
    """The file, or how it is to be read, cannot be used; nothing was recorded."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be recorded: its lines in the file (from 1), and why."""

    first_line: int
    last_line: int
    reason: str

    def __str__(self) -> str:
        if self.first_line == self.last_line:
            return f"line {self.first_line}: {self.reason}"
        return f"lines {self.first_line} to {self.last_line}: {self.reason}"


@dataclass(slots=True)
class Refused:
    """All rows that were refused: how many, and the first of them."""

    count: int = 0
    shown: list[BadRow] = field(default_factory=list)

    def add(self, row: BadRow) -> None:
        self.count += 1
        if len(self.shown) < SHOWN:
            self.shown.append(row)


class RowsRefused(ImportRefused):
    """Some rows cannot be recorded, so none was: ``refused``."""

    def __init__(self, refused: Refused) -> None:
        rows = "1 row was" if refused.count == 1 else f"{refused.count} rows were"
        super().__init__(
            f"{rows} refused, so nothing was recorded. "
            "Correct the file, or leave them out with --skip-bad-rows."
        )
        self.refused = refused
