"""Reading the rows of a file of bytes: a CSV or a workbook, with one shape of rows for both."""

import shutil
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from ads.services.imports.plan import Plan
from ads.services.imports.reading.csv_rows import CsvRows
from ads.services.imports.reading.detection import HEAD, Sniffed, settled, sniff
from ads.services.imports.reading.rows import Chunk, Rows
from ads.services.imports.reading.sheet_rows import SheetRows
from ads.services.imports.workbooks import Workbook, is_archive, refuse_false_name, refuse_old

#: Bytes of a workbook from a pipe that are kept in memory; it is read from its end first.
_IN_MEMORY = 8 << 20


class Reader:
    """The rows of a file of bytes; ``plan`` is completed with what is detected.

    Raises:
        ImportRefused: it cannot be read; with the remedy.
    """

    def __init__(self, file: BinaryIO, plan: Plan) -> None:
        head = head_of(file)
        self._rows: Rows
        if is_archive(head):
            self._rows = SheetRows(Workbook(_seekable(head, file)), plan)
        else:
            refuse_old(head, file)
            self._rows = CsvRows(head, file, plan)
            refuse_false_name(str(getattr(file, "name", "")))
        self.sniffed = self._rows.sniffed
        self.plan = settled(plan, self.sniffed)
        self.header = self._rows.header
        self.header_line = self._rows.header_line

    @property
    def ends_abruptly(self) -> bool:
        """Does the last line lack a line end? Known once the file has been read."""
        return self._rows.ends_abruptly

    def chunks(self) -> Iterator[Chunk]:
        """The rows below the header, blank lines left out."""
        return self._rows.chunks()


def look_at(file: BinaryIO, plan: Plan) -> Sniffed:
    """Detect how a file is to be read, from its first lines; the plan overrides.

    Raises:
        ImportRefused: it cannot be read; with the remedy.
    """
    head = head_of(file)
    if is_archive(head):
        return SheetRows(Workbook(_seekable(head, file)), plan).sniffed
    refuse_old(head, file)
    found = sniff(head, plan)
    refuse_false_name(str(getattr(file, "name", "")))
    return found


def _seekable(head: bytes, file: BinaryIO) -> BinaryIO:
    """The file as it can be read from any place."""
    if file.seekable():
        return file
    kept = cast("BinaryIO", tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115
    kept.write(head)
    shutil.copyfileobj(file, kept)
    return kept


def head_of(file: BinaryIO) -> bytes:
    """The first bytes, as many as detection uses; a pipe delivers them in parts."""
    parts: list[bytes] = []
    wanted = HEAD
    while wanted and (part := file.read(wanted)):
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)
