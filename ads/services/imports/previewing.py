"""Working out what an import would do, from what has been staged; nothing is locked or changed."""

from datetime import datetime
from typing import Final

from ads.services.imports.checking import Checker
from ads.services.imports.preview import Preview, PreviewProblem
from ads.services.imports.reading import Reader
from ads.services.imports.recording import Imported

#: Refused rows that are named; the rest are counted.
SHOWN_PROBLEMS: Final = 1000


def foresee(reader: Reader, checker: Checker, done: Imported, *, now: datetime) -> Preview:
    """What recording the staged rows at ``now`` would do."""
    del now
    return Preview(
        plan=reader.plan,
        header=reader.header,
        header_line=reader.header_line,
        are_entries=done.are_entries,
        rows=done.rows,
        waiting_rows=done.waiting,
        rounded=done.rounded,
        rounded_by=done.rounded_by,
        skipped=done.skipped,
        problems=[
            PreviewProblem(row.first_line, row.last_line, row.reason)
            for row in checker.refused.shown
        ],
        problem_count=checker.refused.count,
        notes=list(reader.sniffed.notes),
    )
