"""What to read before and after a file is recorded: totals that do not add up, and warnings."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from ads.rules.money import format_usd
from ads.services.imports import tables
from ads.services.imports.formats import PLAIN
from ads.services.imports.outcome import Imported
from ads.services.imports.parsing import Checker, Reader

#: Platforms round each row to cents, and their totals separately.
_HALF_A_CENT: Final = Decimal("0.005")

_TOTAL: Final = f"""
    SELECT (SELECT coalesce(sum(amount), 0) FROM {tables.ROWS})
         + (SELECT coalesce(sum(amount), 0) FROM {tables.WAITING_ROWS})
"""  # noqa: S608  (the tables' names are our own)


def notes(reader: Reader, checker: Checker, done: Imported) -> Iterator[str]:
    """The warnings about a file that has been read and staged."""
    yield from reader.sniffed.notes
    yield from _totals(checker, done)
    if not checker.knows_currency and reader.plan.format != PLAIN.code:
        yield "The file does not name its currency; the amounts are read as US dollars."
    if reader.ends_abruptly and checker.columns.amount == checker.columns.width - 1:
        yield (
            "The last line has no line end. If the file was cut off there, its amount may lack "
            "digits: compare it with the original."
        )


def _totals(checker: Checker, done: Imported) -> Iterator[str]:
    """The lines of totals that are not the sum of the rows, if no row was refused."""
    lines = [line for line in checker.totals_lines if line.is_comparable]
    if not lines or done.refused.count:
        return
    ((total,),) = tables.run(_TOTAL)
    tolerance = _HALF_A_CENT * (done.rows + done.waiting_rows + 1)
    for line in lines:
        if line.amount is not None and abs(line.amount - total) > tolerance:
            yield (
                f"Line {line.line} ({line.label or 'totals'}) has a total of "
                f"{format_usd(line.amount)}, but the rows add up to {format_usd(total)}. "
                "Is the file complete?"
            )
