"""The rows of a CSV, with their line numbers and anything wrong with the text."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import BinaryIO, Final

from ads.services.imports.plan import Plan
from ads.services.imports.reading.detection import EMPTY, sniff
from ads.services.imports.reading.rows import CHUNK, Chunk
from ads.services.imports.refusals import ImportRefused

_LINE_END: Final = re.compile("\r\n|\r|\n")

#: Bytes decoded together.
_BLOCK: Final = 128 * 1024

#: The longest line allowed; a file without line ends must not fill the memory.
LONGEST: Final = 4 * 1024 * 1024

# Undecodable bytes, as ``errors="surrogateescape"`` marks them, and other lone surrogates.
_UNDECODED: Final = re.compile("[\ud800-\udfff]")

SAVE_AS: Final = (
    "save it as UTF-8, or choose its encoding, such as cp1252 (--encoding cp1252 in the command)."
)
_NUL: Final = (
    "it contains NUL characters: is the file damaged, or in another encoding? (See --encoding in "
    "the command.)"
)


class CsvRows:
    """The rows of a CSV, whose first bytes have been read already.

    Raises:
        ImportRefused: it is not a CSV, it has no header, or its quotes do not match, after which
            no cell can be trusted to be in its place.
    """

    def __init__(self, head: bytes, file: BinaryIO, plan: Plan) -> None:
        self.sniffed = sniff(head, plan)
        self._lines = TextLines(head, file, self.sniffed.encoding or "")
        lines = iter(self._lines)
        #: Lines above the header.
        self._titles = self.sniffed.header_line - 1
        for _ in islice(lines, self._titles):
            pass
        self._last_line = self._titles
        self._rows = csv.reader(lines, delimiter=self.sniffed.delimiter or ",", strict=True)
        header = next(self._chunks(1), None)
        if header is None:
            raise ImportRefused(EMPTY)
        self.header_line = header.first_lines[0]
        if header.troubles:
            raise ImportRefused(f"Line {self.header_line}: {header.troubles[0]}")
        self.header = [name.strip() for name in header.rows[0]]

    @property
    def ends_abruptly(self) -> bool:
        """Does the last line lack a line end? Known once the file has been read."""
        return self._lines.ends_abruptly

    def chunks(self) -> Iterator[Chunk]:
        """The rows below the header, blank lines left out."""
        return self._chunks(CHUNK)

    def _chunks(self, size: int) -> Iterator[Chunk]:
        while True:
            rows: list[list[str]] = []
            try:
                rows.extend(islice(self._rows, size))
            except csv.Error as error:
                raise ImportRefused(self._broken(error, rows)) from error
            read = len(rows)
            chunk = self._numbered(rows)
            if chunk.rows:
                yield chunk
            if read < size:
                return

    def _numbered(self, rows: list[list[str]]) -> Chunk:
        before, self._last_line = self._last_line, self._titles + self._rows.line_num
        first: Sequence[int] = range(before + 1, self._last_line + 1)
        last = first
        if len(first) != len(rows):
            heights = [_height(row) for row in rows]
            last = [before := before + height for height in heights]
            first = [line - height + 1 for line, height in zip(last, heights, strict=True)]
        if not all(map(any, rows)):  # spreadsheets write empty rows as ",,,"
            filled = [i for i, row in enumerate(rows) if any(row)]
            first, last = [first[i] for i in filled], [last[i] for i in filled]
            rows = [rows[i] for i in filled]
        return Chunk(rows, first, last, self._troubles_of(first, last))

    def _troubles_of(self, first: Sequence[int], last: Sequence[int]) -> dict[int, str]:
        troubles = self._lines.troubles
        if not troubles:
            return {}
        found: dict[int, str] = {}
        for i, (begin, end) in enumerate(zip(first, last, strict=True)):
            for line in range(begin, end + 1):
                if line in troubles:
                    found.setdefault(i, troubles[line])
        for line in [line for line in troubles if line <= self._last_line]:
            del troubles[line]
        return found

    def _broken(self, error: csv.Error, rows: list[list[str]]) -> str:
        first = self._last_line + sum(_height(row) for row in rows) + 1
        last = self._titles + self._rows.line_num
        where = f"Line {first}" if first >= last else f"Lines {first} to {last}"
        if "field larger" in str(error):
            return (
                f"{where}: a field is longer than {csv.field_size_limit():,} characters. Is a "
                f"quote that is opened in line {first} never closed, or is this not a CSV? "
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


def _height(row: list[str]) -> int:
    """How many lines a row takes up: quoted cells may contain line ends."""
    return 1 + sum(len(_LINE_END.findall(cell)) for cell in row if "\n" in cell or "\r" in cell)


class TextLines:
    """The lines of a file whose head has been read already, each with its line end.

    Iterating raises ImportRefused at bytes after which decoding cannot continue.
    """

    def __init__(self, head: bytes, rest: BinaryIO, encoding: str) -> None:
        self._head = head
        self._rest = rest
        self._encoding = encoding
        #: Lines decoded so far; the consumer may be behind by a block.
        self.count = 0
        #: Why the text of a line (from 1) cannot be trusted.
        self.troubles: dict[int, str] = {}
        #: Did the last line have no line end?
        self.ends_abruptly = False

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._blocks())

    def _blocks(self) -> Iterator[list[str]]:
        decoder = codecs.getincrementaldecoder(self._encoding)(errors="surrogateescape")
        begun: str = ""
        is_first = True
        for data in chain([self._head], iter(lambda: self._rest.read(_BLOCK), b""), [b""]):
            try:
                text = decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                raise ImportRefused(self._undecodable(begun, error)) from error
            if is_first:
                text = text.removeprefix("\ufeff")
                is_first = not text
            text = begun + text
            begun = ""
            lines = list(io.StringIO(text, newline=""))
            if data and lines and not lines[-1].endswith("\n"):
                begun = lines.pop()  # "\r" may be the first half of a line end
            if len(begun) > LONGEST:
                raise ImportRefused(
                    f"Line {self.count + len(lines) + 1} is longer than {LONGEST:,} characters. "
                    "Is this not a CSV?"
                )
            if "\x00" in text or (not text.isascii() and _UNDECODED.search(text)):
                self._note_troubles(lines)
            self.count += len(lines)
            if not data and lines:
                self.ends_abruptly = not lines[-1].endswith(("\n", "\r"))
            yield lines

    def _note_troubles(self, lines: list[str]) -> None:
        for number, line in enumerate(lines, start=self.count + 1):
            if _UNDECODED.search(line):
                self.troubles[number] = f"it is not {self._name()}; {SAVE_AS}"
            elif "\x00" in line:
                self.troubles[number] = _NUL

    def _undecodable(self, begun: str, error: UnicodeDecodeError) -> str:
        good = error.object[: error.start].decode(self._encoding, errors="replace")
        line = self.count + len(re.findall("\r\n|\r|\n", begun + good)) + 1
        if error.reason in {"truncated data", "unexpected end of data"}:
            return (
                f"Line {line}: the file ends in the middle of a character ({self._name()}). "
                "It was cut off: download or copy it again. Nothing was recorded."
            )
        return f"Line {line}: it is not {self._name()}; {SAVE_AS}"

    def _name(self) -> str:
        return self._encoding.removesuffix("-sig").upper()
