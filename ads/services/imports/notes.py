"""What to read before and after a file is recorded: totals that do not add up, and warnings."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from ads.rules.money import format_usd
from ads.services.imports import tables
from ads.services.imports.formats import PLAIN
from ads.services.imports.outcome import Imported
from ads.services.imports.parsing import Checker, Reader, unit_of

#: Platforms round each row to cents, and their totals separately.
_HALF_A_CENT: Final = Decimal("0.005")

_TOTAL: Final = f"""
    SELECT (SELECT coalesce(sum(amount), 0) FROM {tables.ROWS})
         + (SELECT coalesce(sum(amount), 0) FROM {tables.WAITING_ROWS})
"""  # noqa: S608  (the tables' names are our own)


def notes(
    reader: Reader, checker: Checker, totals_lines: Sequence[dict[str, Any]]
) -> Iterator[str]:
    """The warnings about a file that has been read and staged."""
    yield from reader.sniffed.notes
    yield from checker.days.notes()
    for line in totals_lines:
        if line["agrees"] is False:
            yield (
                f"Line {line['line']} ({line['label'] or 'totals'}) has a total of "
                f"{format_usd(line['amount'])}, but the rows add up to "
                f"{format_usd(line['rows'])}. Is the file complete?"
            )
    if not checker.knows_currency and reader.plan.format != PLAIN.code:
        yield "The file does not name its currency; the amounts are read as US dollars."
    column = reader.header[checker.columns.amount]
    if reader.plan.unit is None and unit_of(reader.plan, column):
        yield f'The amounts are read as micros, millionths, as their column is called "{column}".'
    if reader.ends_abruptly and checker.columns.amount == checker.columns.width - 1:
        yield (
            "The last line has no line end. If the file was cut off there, its amount may lack "
            "digits: compare it with the original."
        )


def totals_lines(checker: Checker, done: Imported) -> list[dict[str, Any]]:
    """The lines of totals; ``agrees`` with the sum of the rows, None if not comparable."""
    if not checker.totals_lines:
        return []
    ((total,),) = tables.run(_TOTAL)
    tolerance = _HALF_A_CENT * (done.rows + done.waiting_rows + 1)
    return [
        {
            "line": line.line,
            "label": line.label,
            "amount": line.amount,
            "rows": total,
            # Refused rows are missing in the sum.
            "agrees": abs(line.amount - total) <= tolerance
            if line.is_comparable and line.amount is not None and not done.refused.count
            else None,
        }
        for line in checker.totals_lines
    ]
