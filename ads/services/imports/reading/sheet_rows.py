"""The rows of a workbook: of which sheet, from which row on, and what is wrong with them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from ads.services.imports.plan import Plan
from ads.services.imports.reading.detection import Sniffed, detect, has_header
from ads.services.imports.reading.heads import SheetLines
from ads.services.imports.reading.rows import CHUNK, Chunk
from ads.services.imports.refusals import ImportRefused, WhichSheet
from ads.services.imports.workbooks import Row, Sheet, SheetInfo, Workbook

#: Rows, cells and bytes, unpacked, that show how a sheet is to be read.
_HEAD: Final = 500
_CELLS: Final = 20_000
_BYTES: Final = 4 << 20

#: Sheets that are looked into, and that are named.
_MOST_SHEETS: Final = 50
_SHOWN: Final = 10


class SheetRows:
    """The rows of the one sheet that has the report.

    Raises:
        ImportRefused: it has none, or its header or rows are merged; with the remedy.
        WhichSheet: several may be meant.
    """

    #: A workbook that is cut off cannot be opened.
    ends_abruptly = False

    def __init__(self, book: Workbook, plan: Plan) -> None:
        for name in ("encoding", "delimiter"):
            if getattr(plan, name) is not None:
                raise ImportRefused(f"{name}: the file is a workbook and has none; leave it out.")
        info, self.sniffed = _chosen(book, plan)
        self._sheet = book.sheet(info)
        self.header_line = self.sniffed.header_line
        self.header = self.sniffed.header
        self._check_merged()

    def chunks(self) -> Iterator[Chunk]:
        """The rows below the header that have a value, as wide as the header at least."""
        below = (row for row in self._sheet.rows() if row.number > self.header_line)
        width = len(self.header)
        hidden = 0
        while rows := list(islice(below, CHUNK)):
            for row in rows:
                if len(row.cells) < width:
                    row.cells.extend([""] * (width - len(row.cells)))
                hidden += row.is_hidden
            numbers = [row.number for row in rows]
            flaws = {i: row.flaws for i, row in enumerate(rows) if row.flaws}
            yield Chunk([row.cells for row in rows], numbers, numbers, {}, flaws)
        if hidden:
            self.sniffed.notes.append(
                f"{hidden:,} of the rows are hidden in the sheet, by a filter or by hand. They "
                "count like the others."
            )

    def _check_merged(self) -> None:
        line = self.header_line
        for merged in self._sheet.merged():
            if merged.first_row <= line <= merged.last_row:
                raise ImportRefused(
                    f"Line {line}: the header has merged cells ({merged.ref}), so the columns do "
                    "not have a name each. Unmerge them and name each column in one line, or "
                    "choose the line that does (--header-line in the command)."
                )
            if merged.first_row > line and merged.is_tall:
                raise ImportRefused(
                    f"Lines {merged.first_row} to {merged.last_row}: cells are merged "
                    f"({merged.ref}), and only the first of them has the value. Unmerge them and "
                    "fill in all."
                )


def _chosen(book: Workbook, plan: Plan) -> tuple[SheetInfo, Sniffed]:
    """The sheet that the plan names, or the only one that may be meant."""
    names = [info.name for info in book.sheets]
    if plan.sheet is not None:
        for info in book.sheets:
            if info.name == plan.sheet:
                return info, _sniffed(_head(book.sheet(info)), plan, info, names)
        raise WhichSheet(
            f"sheet: the workbook has no sheet {plan.sheet!r}; it has {_listed(names)}.", names
        )
    visible = [info for info in book.sheets if info.is_visible][:_MOST_SHEETS]
    heads = {info: head for info in visible if (head := _head(book.sheet(info))).numbers}
    if not heads:
        hidden = [info.name for info in book.sheets if not info.is_visible]
        raise ImportRefused(
            "The workbook is empty: no sheet has a value."
            + (
                f" Of hidden sheets it has {_listed(hidden)} (--sheet in the command)."
                * bool(hidden)
            )
        )
    reports = [info for info, head in heads.items() if has_header(head, plan)]
    tables = [info for info, head in heads.items() if len(head.numbers) > 1]
    likely = next((each for each in (reports, tables) if len(each) == 1), reports or list(heads))
    if len(likely) > 1:
        raise WhichSheet(
            f"Several sheets of the workbook have rows: {_listed([each.name for each in likely])}. "
            "Choose the sheet (--sheet in the command).",
            names,
        )
    (info,) = likely
    sniffed = _sniffed(heads[info], plan, info, names)
    if len(names) > 1:
        what = "a report" if likely is reports else "rows"
        sniffed.notes.append(
            f"Of the workbook's {len(names)} sheets, “{info.name}” is read: the only one with "
            f"{what}."
        )
    return info, sniffed


def _head(sheet: Sheet) -> SheetLines:
    rows: list[Row] = []
    cells = 0
    for row in sheet.rows(first_bytes=_BYTES):
        rows.append(row)
        cells += len(row.cells)
        if len(rows) >= _HEAD or cells >= _CELLS:
            break
    return SheetLines(rows)


def _sniffed(head: SheetLines, plan: Plan, info: SheetInfo, names: Sequence[str]) -> Sniffed:
    return replace(detect(head, plan, []), sheet=info.name, sheets=names)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
