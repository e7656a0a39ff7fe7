"""What to read before and after a file is recorded: totals that do not add up, and warnings."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from ads.rules.money import add_sums, format_money, sums_by_currency
from ads.services.currencies import the_only
from ads.services.imports import tables
from ads.services.imports.formats import FORMATS, PLAIN
from ads.services.imports.outcome import Imported
from ads.services.imports.parsing import Checker, Reader, unit_of

#: Platforms round each row to cents, and their totals separately.
_HALF_A_CENT: Final = Decimal("0.005")

_WAIT: Final = f"""
    SELECT currency, sum(amount) FROM {tables.WAITING_ROWS} GROUP BY 1
"""  # noqa: S608  (the tables' names are our own)


def notes(
    reader: Reader, checker: Checker, totals_lines: Sequence[dict[str, Any]]
) -> Iterator[str]:
    """The warnings about a file that has been read and staged."""
    yield from reader.sniffed.notes
    if caveat := FORMATS[reader.sniffed.format].caveat(reader.sniffed.titles):
        yield caveat
    yield from checker.notes()
    for line in totals_lines:
        if line["agrees"] is False:
            yield (
                f"Line {line['line']} ({line['label'] or 'totals'}) has a total of "
                f"{format_money(line['amount'], line['currency'])}, but the rows add up to "
                f"{format_money(line['rows'], line['currency'])}. Is the file complete?"
            )
    if not checker.knows_currency:
        codes = [code for code in _in_all() if code]
        if reader.plan.format != PLAIN.code or len(codes) > 1:
            read_as = f" ({', '.join(codes)})" if codes else ""
            yield (
                "The file does not name its currency; the amounts are read in each brand's"
                f"{read_as}."
            )
    column = reader.header[checker.columns.amount]
    if reader.plan.unit is None and unit_of(reader.plan, column):
        yield f'The amounts are read as micros, millionths, as their column is called "{column}".'
    if checker.new is not None and checker.new.shared:
        first, *more = sorted(checker.new.shared)
        others = f" (and {len(more):,} more)" if more else ""
        yield (
            f'A campaign of {checker.new.into.name} is called "{first}"{others}, as an unmatched '
            "one is. It is probably the same, so it is not created again: its spend waits. Match "
            "it in the console, under Unmatched campaigns, or create it there under another name."
        )
    if reader.ends_abruptly and checker.columns.amount == checker.columns.width - 1:
        yield (
            "The last line has no line end. If the file was cut off there, its amount may lack "
            "digits: compare it with the original."
        )


def totals_lines(checker: Checker, done: Imported) -> list[dict[str, Any]]:
    """The lines of totals; ``agrees`` with the sum of the rows, None if not comparable."""
    if not checker.totals_lines:
        return []
    in_all = _in_all()
    # Rows that name no currency are in the one that the others have.
    codes = [code for code in in_all if code]
    total = sum(in_all.values(), Decimal(0)) if len(codes) <= 1 else None
    tolerance = _HALF_A_CENT * (done.rows + done.waiting_rows + 1)
    return [
        {
            "line": line.line,
            "label": line.label,
            "amount": line.amount,
            "rows": total,
            "currency": max(in_all, default=""),
            # Refused rows are missing in the sum.
            "agrees": abs(line.amount - total) <= tolerance
            if line.is_comparable
            and line.amount is not None
            and total is not None
            and not done.refused.count
            else None,
        }
        for line in checker.totals_lines
    ]


def _in_all() -> dict[str, Decimal]:
    """What all rows add up to, by currency."""
    only = the_only()
    waits = sums_by_currency((code or only, amount) for code, amount in tables.run(_WAIT))
    return add_sums(tables.sums(tables.ROWS), waits)
