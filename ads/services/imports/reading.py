"""Reading rows from a CSV file, with their line numbers and whatever is wrong with the text."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, TextIO

from ads.services.imports.errors import ImportRefused

#: Rows handed on together: enough that looking their campaigns up is one query for many.
CHUNK: Final = 5000

# What ``errors="surrogateescape"`` makes of bytes that are no text in the encoding.
_UNDECODED: Final = re.compile("[\udc80-\udcff]")


@dataclass(slots=True)
class Row:
    """One row as it stands in the file; ``trouble``: why its text cannot be trusted."""

    first_line: int
    last_line: int
    cells: list[str]
    trouble: str | None = None


class Reader:
    """The rows of a file, opened as :func:`ads.services.imports.reading.text` opens it.

    Raises:
        ImportRefused: there is no header, or a quote goes wrong, after which nothing in the file
            can be trusted to be where it seems.
    """

    def __init__(self, file: TextIO, *, delimiter: str) -> None:
        self._file = file
        self._troubles: dict[int, str] = {}
        self._rows = csv.reader(self._lines(), delimiter=delimiter, strict=True)
        self._last_line = 0
        header = next(self._chunks(1), None)
        if header is None:
            raise ImportRefused("The file is empty: there is no header that names its columns.")
        if header[0].trouble:
            raise ImportRefused(f"Line 1: {header[0].trouble}")
        self.header = [name.strip() for name in header[0].cells]

    def chunks(self) -> Iterator[list[Row]]:
        """The rows below the header, blank lines left out."""
        return self._chunks(CHUNK)

    def _chunks(self, size: int) -> Iterator[list[Row]]:
        while True:
            rows: list[Row] = []
            read = 0
            try:
                for cells in islice(self._rows, size):
                    read += 1
                    last_line = self._rows.line_num
                    if cells:
                        rows.append(Row(self._last_line + 1, last_line, cells))
                    self._last_line = last_line
            except csv.Error as error:
                raise ImportRefused(self._broken(error)) from error
            except UnicodeDecodeError as error:
                raise ImportRefused(
                    f"Line {self._rows.line_num + 1}: it is not {error.encoding}; {_ENCODING}"
                ) from error
            if self._troubles:
                self._tell_troubles(rows)
            if rows:
                yield rows
            if read < size:
                return

    def _lines(self) -> Iterator[str]:
        for number, line in enumerate(self._file, start=1):
            if not line.isascii() and _UNDECODED.search(line):
                encoding = self._file.encoding.removesuffix("-sig").upper()
                self._troubles[number] = f"it is not {encoding}; {_ENCODING}"
            elif "\x00" in line:
                self._troubles[number] = (
                    "it contains NUL characters: is the file damaged, or in another encoding? "
                    "See --encoding."
                )
            yield line

    def _tell_troubles(self, rows: list[Row]) -> None:
        for row in rows:
            for line in range(row.first_line, row.last_line + 1):
                row.trouble = row.trouble or self._troubles.get(line)
        self._troubles.clear()

    def _broken(self, error: csv.Error) -> str:
        first, last = self._last_line + 1, self._rows.line_num
        where = f"Line {first}" if first >= last else f"Lines {first} to {last}"
        if "field larger" in str(error):
            return (
                f"{where}: a field is longer than {csv.field_size_limit():,} characters. Is a "
                f"quote that is opened in line {first} never closed, or is this no CSV? "
                "Nothing was recorded."
            )
        if "end of data" in str(error):
            return (
                f"{where}: a quote that is opened in line {first} is never closed, or the file was "
                "cut off. Nothing was recorded."
            )
        return (
            f"{where}: {error}; a quote inside a quoted text is written twice. "
            "Nothing was recorded."
        )


_ENCODING: Final = "save it as UTF-8, or say what it is, such as --encoding cp1252."
