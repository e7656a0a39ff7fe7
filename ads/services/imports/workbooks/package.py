"""The parts of an .xlsx: a ZIP, whose sizes are checked before anything in it is read."""

import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final
from xml.parsers import expat

from ads.services.imports.refusals import ImportRefused

MIB: Final = 1 << 20

#: The most bytes of each part, unpacked: a sheet is read row by row, the others are kept.
MOST_OF_SHEET: Final = 1024 * MIB
MOST_OF_TEXTS: Final = 96 * MIB
MOST_OF_OTHERS: Final = 16 * MIB

#: A larger part that unpacks to more than so many times its size has nothing to say.
_MOST_TIMES: Final = 200
_SMALL: Final = 32 * MIB

#: The most bytes of the list of parts; 10,000 parts have about so many.
_MOST_OF_LIST: Final = MIB
_LONGEST_END: Final = 22 + 65535
_ENCRYPTED: Final = 0x1

#: Bytes unpacked and parsed together.
BLOCK: Final = 64 * 1024

_DAMAGED: Final = (
    "The workbook is damaged or was cut off ({}). Download or copy it again, or open it in a "
    "spreadsheet and save it anew. Nothing was recorded."
)
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # another way to pack than workbooks have
    RuntimeError,  # encrypted
)


def damaged(what: object) -> ImportRefused:
    """The refusal of a workbook in which something is missing or wrong."""
    return ImportRefused(_DAMAGED.format(what))


class Package:
    """The parts of a ZIP; ``file`` is seekable.

    Raises:
        ImportRefused: it is damaged, or too large once it is unpacked.
    """

    def __init__(self, file: BinaryIO) -> None:
        _check_list(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except (*_BROKEN, ValueError) as error:
            raise damaged(error) from error
        self._parts = {info.filename.casefold(): info for info in self._zip.infolist()}

    @property
    def names(self) -> list[str]:
        return self._zip.namelist()

    def blocks(self, part: str, most: int = MOST_OF_OTHERS) -> Iterator[bytes]:
        """The part, unpacked, in blocks; no more than ``most`` bytes.

        Raises:
            ImportRefused: it is missing, damaged, or larger.
        """
        info = self._parts.get(part.casefold())
        if info is None:
            raise damaged(f"{part} is missing")
        if info.flag_bits & _ENCRYPTED:
            raise ImportRefused(
                "The file is protected by a password. Save it without one, and import that."
            )
        size = 0
        _check_size(part, info.file_size, info.compress_size, most)
        try:
            with self._zip.open(info) as stream:
                while block := stream.read(BLOCK):
                    size += len(block)
                    if size > info.file_size:  # what it declares is what was checked
                        raise damaged(f"{part} is larger than the file says")
                    yield block
        except _BROKEN as error:
            raise damaged(error) from error

    def tags(self, part: str) -> Iterator[tuple[str, dict[str, str]]]:
        """The elements of a small part, without prefixes, with their attributes."""
        found: list[tuple[str, dict[str, str]]] = []
        parser = xml_parser()
        parser.StartElementHandler = lambda name, given: found.append((local(name), given))
        for block in self.blocks(part):
            feed(parser, block, part)
        feed(parser, b"", part)
        yield from found


def _check_size(part: str, size: int, packed: int, most: int) -> None:
    if size > most or (size > _SMALL and size > packed * _MOST_TIMES):
        raise ImportRefused(
            f"The workbook is too large when unpacked: {part} would have {size / MIB:,.0f} MB, "
            f"from {packed / MIB:,.1f} MB packed. Copy the rows to a new workbook, or save the "
            "sheet as CSV (UTF-8), and import that. Nothing was recorded."
        )


def _check_list(file: BinaryIO) -> None:
    """Refuse a ZIP whose list of parts alone would fill the memory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _LONGEST_END))
    end = file.read(_LONGEST_END)
    at = end.rfind(b"PK\x05\x06")
    if at >= 0 and int.from_bytes(end[at + 12 : at + 16], "little") > _MOST_OF_LIST:
        raise ImportRefused(
            "This is a ZIP archive of very many files, not a workbook. Unpack it, and import the "
            "report in it."
        )


def local(name: str) -> str:
    """The name of an element or attribute without its prefix."""
    return name.rpartition(":")[2]


def xml_parser() -> expat.XMLParserType:
    """A parser that refuses what no workbook needs: definitions of its own, and what they name."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_definitions
    return parser


def _refuse_definitions(*_args: object) -> None:
    raise damaged("it has a DOCTYPE, which no workbook has")


def feed(parser: expat.XMLParserType, block: bytes, part: str) -> None:
    """Parse a block; an empty one is the end.

    Raises:
        ImportRefused: it is no XML, or says what it cannot mean.
    """
    try:
        parser.Parse(block, not block)
    except ImportRefused:
        raise
    except (expat.ExpatError, ValueError) as error:
        raise damaged(f"{part}: {error}") from error
