"""A file of bytes as lines of text, many at a time, looked through for what is wrong with them."""

import codecs
import io
import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, Final

from ads.services.imports.errors import ImportRefused
from ads.services.imports.parsing.detection import HEAD

#: Bytes decoded together.
_BLOCK: Final = 128 * 1024

#: A line longer than this is no line of a table; a file without line ends must not fill the memory.
LONGEST: Final = 4 * 1024 * 1024

# What ``errors="surrogateescape"`` makes of bytes that are no text in the encoding; and any other
# half of a character.
_UNDECODED: Final = re.compile("[\ud800-\udfff]")

SAVE_AS: Final = (
    "save it as UTF-8, or say in which encoding it is, such as cp1252 (--encoding cp1252 in the "
    "command)."
)
_NUL: Final = (
    "it contains NUL characters: is the file damaged, or in another encoding? (See --encoding in "
    "the command.)"
)


def head_of(file: BinaryIO) -> bytes:
    """The first bytes, as many as are looked at to recognise a file; a pipe gives them in parts."""
    parts: list[bytes] = []
    wanted = HEAD
    while wanted and (part := file.read(wanted)):
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)


class Lines:
    """The lines of a file whose beginning has been read already, each with its line end.

    Iterating raises ImportRefused where the bytes cannot be read on.
    """

    def __init__(self, head: bytes, rest: BinaryIO, encoding: str) -> None:
        self._head = head
        self._rest = rest
        self._encoding = encoding
        #: Lines made so far; whoever iterates may be behind by a block.
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
                    "Is this no CSV?"
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
