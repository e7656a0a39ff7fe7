"""One workbook: whether it is one, its sheets, and what all of its sheets share."""

import posixpath
import re
from functools import cached_property
from typing import BinaryIO, Final, NamedTuple

from ads.services.imports.refusals import ImportRefused
from ads.services.imports.workbooks.display import PLAIN, Display, display_of
from ads.services.imports.workbooks.package import (
    MOST_OF_TEXTS,
    Package,
    damaged,
    feed,
    local,
    xml_parser,
)
from ads.services.imports.workbooks.sheet import Sheet, unescaped

_TYPES: Final = "[Content_Types].xml"
_SAVE_AS: Final = "Save it as an Excel workbook (.xlsx) or as CSV (UTF-8), and import that."

#: What workbooks and other files of the kind are, by a word in the type of their main part.
_OTHERS: Final = (
    ("sheet.binary", f"This is a binary workbook (.xlsb), which is not read. {_SAVE_AS}"),
    ("macroenabled", f"The workbook has macros (.xlsm), which are not read. {_SAVE_AS}"),
    ("spreadsheetml", ""),
    ("wordprocessingml", f"This is a Word document, not a workbook. {_SAVE_AS}"),
    ("presentationml", f"This is a presentation, not a workbook. {_SAVE_AS}"),
)
_MACROS: Final = "vbaproject.bin"
_NO_WORKBOOK: Final = (
    "This is a ZIP archive, not a workbook. Unpack it, and import the report in it."
)
_NOT_OFFICE: Final = (
    (
        re.compile("content.xml"),
        f"This is an OpenDocument file (.ods), which is not read. {_SAVE_AS}",
    ),
    (re.compile("index/.*"), f"This is a Numbers file, which is not read. {_SAVE_AS}"),
)

_OLD: Final = b"\xd0\xcf\x11\xe0"
_ARCHIVE: Final = b"PK\x03\x04"


def is_archive(head: bytes) -> bool:
    """Does a file that begins like this have parts, as workbooks do?"""
    return head.startswith(_ARCHIVE)


def refuse_old(head: bytes, file: BinaryIO) -> None:
    """Refuse a workbook from before 2007, and one that only a password opens; both begin alike.

    Raises:
        ImportRefused: with the remedy.
    """
    if not head.startswith(_OLD):
        return
    if "EncryptedPackage".encode("utf-16-le") in head + _directory(head, file):
        raise ImportRefused(
            "The workbook is protected by a password. Save it without one, and import that."
        )
    raise ImportRefused(f"This is an Excel workbook from before 2007 (.xls). {_SAVE_AS}")


def _directory(head: bytes, file: BinaryIO) -> bytes:
    """The names of what is in an old kind of file."""
    if not file.seekable():
        return b""
    sector = 1 << min(int.from_bytes(head[30:32], "little"), 16)
    file.seek((int.from_bytes(head[48:52], "little") + 1) * sector)
    return file.read(sector)


def refuse_false_name(name: str) -> None:
    """Refuse a file that is named like a workbook, and is text.

    Raises:
        ImportRefused: with the remedy.
    """
    if name.casefold().endswith((".xlsx", ".xlsm", ".xls")):
        raise ImportRefused(
            f"The file is called {posixpath.basename(name)[-80:]}, but it is not a workbook: it is "
            "text, such as a CSV. If it is one, rename it to .csv, and import that."
        )


class SheetInfo(NamedTuple):
    """A sheet of a workbook: its name, the part that has it, whether people see it."""

    name: str
    part: str
    is_visible: bool


class Workbook:
    """A workbook that is open; ``file`` is seekable.

    Raises:
        ImportRefused: it is damaged, has macros, or is something else; with the remedy.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._package = Package(file)
        self._part = self._main_part()
        tags = list(self._package.tags(self._part))
        said = {name: given for name, given in tags if name in {"workbookPr", "calcPr"}}
        #: Do days count from 1904?
        self.is_1904 = said.get("workbookPr", {}).get("date1904") in {"1", "true"}
        #: Are the results of its formulas still to be calculated?
        self.is_uncalculated = said.get("calcPr", {}).get("fullCalcOnLoad") in {"1", "true"}
        #: All sheets with cells, hidden ones too, in their order.
        self.sheets = self._sheets(tags)

    def sheet(self, info: SheetInfo) -> Sheet:
        return Sheet(self, self._package, info.part)

    @cached_property
    def texts(self) -> list[str]:
        texts: list[str] = []
        part = self._related("sharedStrings")
        if part is None:
            return texts
        parser = xml_parser()
        pieces: list[str] = []
        names: dict[str, str] = {}
        spoken = 0

        def start(name: str, _given: dict[str, str]) -> None:
            nonlocal spoken
            kind = names.setdefault(name, local(name))
            if kind == "t" and not spoken:
                parser.CharacterDataHandler = pieces.append
            elif kind == "rPh":  # how it is pronounced, as Japanese texts say
                spoken += 1

        def end(name: str) -> None:
            nonlocal spoken
            kind = names[name]
            if kind == "t":
                parser.CharacterDataHandler = None
            elif kind == "si":
                texts.append(unescaped("".join(pieces)))
                pieces.clear()
            elif kind == "rPh":
                spoken -= 1

        parser.StartElementHandler, parser.EndElementHandler = start, end
        for block in self._package.blocks(part, MOST_OF_TEXTS):
            feed(parser, block, part)
        feed(parser, b"", part)
        return texts

    @cached_property
    def displays(self) -> list[Display]:
        """How cells show their numbers, by the number of their style."""
        part = self._related("styles")
        codes: dict[int, str] = {}
        displays: list[Display] = []
        is_of_cells = False
        for name, given in self._package.tags(part) if part else ():
            if name == "numFmt":
                codes[_number(given, "numFmtId")] = given.get("formatCode", "")
            elif name in {"cellStyleXfs", "cellXfs", "cellStyles", "dxfs"}:
                is_of_cells = name == "cellXfs"
            elif name == "xf" and is_of_cells:
                number = _number(given, "numFmtId")
                displays.append(display_of(number, codes.get(number)))
        return displays or [PLAIN]

    def _main_part(self) -> str:
        names = [name.casefold() for name in self._package.names]
        if _TYPES.casefold() not in names:
            for pattern, sentence in _NOT_OFFICE:
                if any(map(pattern.fullmatch, names)):
                    raise ImportRefused(sentence)
            raise ImportRefused(_NO_WORKBOOK)
        part = next(
            (
                given.get("Target", "").lstrip("/")
                for name, given in self._package.tags("_rels/.rels")
                if name == "Relationship" and given.get("Type", "").endswith("/officeDocument")
            ),
            "",
        )
        types = {
            given.get("PartName") or given.get("Extension"): given.get("ContentType", "").casefold()
            for _, given in self._package.tags(_TYPES)
        }
        kind = types.get(f"/{part}") or types.get(part.rpartition(".")[2], "")
        sentence = next((each for word, each in _OTHERS if word in kind), _NO_WORKBOOK)
        if not sentence and any(name.endswith(_MACROS) for name in names):
            sentence = dict(_OTHERS)["macroenabled"]
        if sentence:
            raise ImportRefused(sentence)
        return part

    @cached_property
    def _relations(self) -> dict[str, tuple[str, str]]:
        """What the workbook names: the kind and the part, by id."""
        folder, name = posixpath.split(self._part)
        return {
            given.get("Id", ""): (
                given.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, given.get("Target", ""))).lstrip(
                    "/"
                ),
            )
            for tag, given in self._package.tags(posixpath.join(folder, "_rels", f"{name}.rels"))
            if tag == "Relationship"
        }

    def _related(self, kind: str) -> str | None:
        for is_kind, part in self._relations.values():
            if is_kind == kind:
                return part
        return None

    def _sheets(self, tags: list[tuple[str, dict[str, str]]]) -> list[SheetInfo]:
        found = []
        for name, given in tags:
            if name != "sheet":
                continue
            by_id = next((value for key, value in given.items() if key.endswith(":id")), "")
            kind, part = self._relations.get(by_id, ("", ""))
            if kind == "worksheet":  # others are charts
                is_visible = given.get("state", "visible") == "visible"
                found.append(SheetInfo(given.get("name", ""), part, is_visible))
        if not found:
            raise damaged("it has no sheets")
        return found


def _number(given: dict[str, str], name: str) -> int:
    text = given.get(name, "0")
    if not text.isdecimal():
        raise damaged(f"{name} is {text[:20]!r}")
    return int(text)
