"""Detecting encoding, delimiter, header and format from the first bytes of a file."""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Final

from ads.services.imports.formats import FORMATS, MAPPED, Format, bare, perhaps, recognised
from ads.services.imports.plan import DEFAULT_SOURCE, Plan
from ads.services.imports.reading.heads import Head, Lines
from ads.services.imports.refusals import MOST_COLUMNS, ImportRefused, without_options

#: Bytes used for detection.
HEAD: Final = 64 * 1024

#: The header is among these first lines; reports have a few lines of titles above it.
_MOST_TITLES: Final = 50

#: Rows that are shown to whoever maps the columns by hand.
_MOST_ROWS: Final = 10

#: Column names of any format.
_KNOWN: Final = {
    bare(name)
    for format_ in FORMATS.values()
    for names in format_.names
    for name in format_.called(names)
}

EMPTY: Final = "The file is empty: there is no header that names its columns."

#: Characters of a cell that are shown.
_LONGEST_CELL: Final = 200

_MAGIC: Final = (
    (b"PK\x05\x06", "This is an empty ZIP archive, not a CSV."),
    (b"\x1f\x8b", "This is a compressed file (gzip), not a CSV. Unpack it first."),
    (b"%PDF", "This is a PDF, not a CSV. Export the report as CSV."),
    (b"\x89PNG", "This is a picture, not a CSV. Export the report as CSV."),
)
_MARKUP: Final = re.compile(r"\s*<(!doctype|html|\?xml|head|body|table)", re.IGNORECASE)

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What was detected, or taken from the plan."""

    #: A code of FORMATS; "mapped" if no other is recognised.
    format: str
    #: None: the file is a workbook, which has neither.
    encoding: str | None
    delimiter: str | None
    #: The line that names the columns, from 1.
    header_line: int
    header: list[str]
    #: The first rows below it, as they stand there.
    rows: list[list[str]]
    #: The lines above it.
    titles: list[str]
    #: All rows in the first bytes, to see how the file writes numbers and dates.
    sample: list[list[str]]
    #: Warnings for whoever imports it.
    notes: list[str]
    #: The sheet that is read, and all that there are; None: the file is not a workbook.
    sheet: str | None = None
    sheets: Sequence[str] = ()


def sniff(head: bytes, plan: Plan | None = None) -> Sniffed:
    """Detect how a file that begins with ``head`` (its first HEAD bytes) is to be read.

    The plan overrides what is detected.

    Raises:
        ImportRefused: it is empty, or not a CSV.
    """
    plan = plan or Plan()
    if plan.sheet is not None:
        raise ImportRefused("sheet: the file is not a workbook and has no sheets; leave it out.")
    refuse_other_kinds(head)
    encoding = plan.encoding or _encoding(head)
    text, notes = _decoded(head, encoding, given=plan.encoding is not None)
    if _MARKUP.match(text):
        raise ImportRefused(
            "This is a web page (HTML or XML), not a CSV. Export the report as CSV."
        )
    lines = Lines(text, is_cut=len(head) >= HEAD)
    return replace(detect(lines, plan, notes), encoding=encoding)


def detect(head: Head, plan: Plan, notes: list[str]) -> Sniffed:
    """Detect the header and the format; ``notes``: warnings so far.

    Raises:
        ImportRefused: it is empty, or has no such header.
    """
    if not head.numbers:
        raise ImportRefused(EMPTY)
    format_, delimiter, number = _found(head, plan) or _guessed(head, plan)
    refuse_too_wide(head.width(number, delimiter), number)
    header, *rows = head.rows(delimiter, first=number)
    header = [cell.strip() for cell in header]
    if format_ is MAPPED and not plan.mapping and (maybe := perhaps(header)):
        notes.append(without_options(maybe))
    return Sniffed(
        format=format_.code,
        encoding=None,
        delimiter=delimiter or None,
        header_line=number,
        header=header,
        rows=[[cell[:_LONGEST_CELL] for cell in row] for row in rows[:_MOST_ROWS]],
        titles=head.titles(number),
        sample=rows[:-1] if head.is_cut else rows,
        notes=notes,
    )


def has_header(head: Head, plan: Plan) -> bool:
    """Is a line the header of a format, or has it the mapped columns?"""
    return _found(head, plan) is not None


def refuse_too_wide(columns: int, line: int) -> None:
    """Refuse a header that no table has.

    Raises:
        ImportRefused: with its line.
    """
    if columns > MOST_COLUMNS:
        raise ImportRefused(
            f"Line {line}: the header has more than {MOST_COLUMNS:,} columns, the most allowed. "
            "Is this another kind of file, or is the delimiter wrong?"
        )


def settled(plan: Plan, sniffed: Sniffed) -> Plan:
    format_ = FORMATS[sniffed.format]
    platform = plan.platform if plan.platform is not None else format_.platform
    return replace(
        plan,
        format=sniffed.format,
        encoding=sniffed.encoding,
        delimiter=sniffed.delimiter,
        sheet=sniffed.sheet,
        header_line=sniffed.header_line,
        platform=platform,
        source=plan.source if plan.source is not None else platform or DEFAULT_SOURCE,
    )


def refuse_other_kinds(head: bytes) -> None:
    """Refuse files whose first bytes show that they are something else."""
    for magic, sentence in _MAGIC:
        if head.startswith(magic):
            raise ImportRefused(sentence)


def _encoding(head: bytes) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    # In UTF-16, text of most languages has a NUL in every second byte; other text has none.
    pairs = len(head) // 2
    first, second = head[0::2].count(0), head[1::2].count(0)
    if pairs and second > pairs * 0.4 and first < pairs * 0.1:
        return "utf-16-le"
    if pairs and first > pairs * 0.4 and second < pairs * 0.1:
        return "utf-16-be"
    return "utf-8-sig"


def _decoded(head: bytes, encoding: str, *, given: bool) -> tuple[str, list[str]]:
    """The text, with marks for invalid bytes, and warnings about it."""
    try:
        " ".encode(encoding)  # refuses encodings that are not of text
        text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)
    except LookupError as error:
        raise ImportRefused(f"There is no encoding {encoding!r}; try utf-8 or cp1252.") from error
    except ValueError as error:
        raise ImportRefused(f"The file cannot be read as {encoding}: {error}.") from error
    notes = []
    if "�" in text and not given:
        notes.append(
            f"The file is not {encoding.removesuffix('-sig').upper()} throughout. If names look "
            "wrong, choose the encoding: Windows in Western Europe and America writes cp1252."
        )
    return text.removeprefix("\ufeff"), notes


def _found(head: Head, plan: Plan) -> tuple[Format, str, int] | None:
    """The first line that is the header of a format, or has the mapped columns; its delimiter."""
    if plan.format is not None and plan.format not in FORMATS:
        raise ImportRefused(f"There is no format {plan.format!r}. Formats: {', '.join(FORMATS)}.")
    # Columns mapped by hand keep all else that is known of the file.
    is_open = plan.format is None or (plan.format == MAPPED.code and bool(plan.mapping))
    mapped = set(plan.mapping.values())
    rows_by = cache(lambda delimiter: head.rows(delimiter)[: -1 if head.is_cut else None])
    for number, delimiter, header in _headers(head, plan):
        has_mapped = bool(mapped) and mapped <= set(header)
        if not is_open:
            given = FORMATS[plan.format or ""]
            if has_mapped or given.fits(frozenset(map(bare, header))):
                return given, delimiter, number
            continue
        rows = partial(rows_by, delimiter)
        found = recognised(header, head.titles(number), rows, plan.mapping)
        if format_ := found or (MAPPED if has_mapped else None):
            return format_, delimiter, number
    return None


def _headers(head: Head, plan: Plan) -> Iterator[tuple[int, str, list[str]]]:
    """The lines that may be the header, with each delimiter that makes several columns of one."""
    for number in _candidates(head, plan):
        for delimiter in head.delimiters(plan):
            if 1 < head.width(number, delimiter) <= MOST_COLUMNS or plan.mapping:
                yield number, delimiter, head.cells(number, delimiter)


def _guessed(head: Head, plan: Plan) -> tuple[Format, str, int]:
    """The line with the most known names, else the first with several columns, or anything."""
    format_ = FORMATS[plan.format] if plan.format else MAPPED
    best: tuple[tuple[int, bool], str, int] | None = None
    for number in _candidates(head, plan):
        for delimiter in head.delimiters(plan):
            # A wider line is no header, and takes long.
            is_wide = head.width(number, delimiter) > MOST_COLUMNS
            cells = ["", ""] if is_wide else head.cells(number, delimiter)
            known = len(_KNOWN & set(map(bare, cells)))
            score = (known if known > 1 else 0, len(cells) > 1)
            if best is None or score > best[0]:
                best = (score, delimiter, number)
    if best is None:
        raise ImportRefused(EMPTY)
    return format_, best[1], best[2]


def _candidates(head: Head, plan: Plan) -> Iterator[int]:
    """The lines among which the header is."""
    if plan.header_line is None:
        yield from (number for number in head.numbers if number <= _MOST_TITLES)
    elif plan.header_line in head.numbers:
        yield plan.header_line
    else:
        raise ImportRefused(
            f"Line {plan.header_line} was chosen as the header, but it is empty, or not among the "
            "file's first lines."
        )
