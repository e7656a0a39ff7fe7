"""CSV cells that no spreadsheet takes for formulas."""

import re
from typing import Final

#: Beginnings of formulas; some spreadsheets also know the full-width forms.
_FORMULA: Final = frozenset("=+-@＝＋－＠")

#: Beginnings that split a cell, or hide a formula.
_CONTROL: Final = frozenset("\t\r\n")

#: Invisible characters that a formula may follow: spaces, byte order marks, zero width characters.
_UNSEEN: Final = re.compile(r"[\s\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff\x00-\x1f\x7f-\x9f]*")

#: A plain number stays one: "-12.50" is no formula.
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def safe_cell(text: str) -> str:
    """The text as a cell, with an apostrophe before it where a spreadsheet would calculate it.

    ``=HYPERLINK(…)`` in a campaign's name must not run on the machine of whoever opens the file.
    Plain numbers stay as they are. NUL and lone surrogates become visible characters. Text that
    begins like such a cell gets one more apostrophe, so that :func:`read_back` is exact.
    """
    # Most cells begin with a letter or a digit and are fine.
    if text[:1].isascii() and text[:1].isalnum() and text.isascii() and "\x00" not in text:
        return text
    text = text.replace("\x00", "␀").encode("utf-8", "replace").decode()
    return f"'{text}" if _is_calculated(text.lstrip("'")) else text


def read_back(cell: str) -> str:
    """The text that :func:`safe_cell` wrote as this cell."""
    is_marked = cell.startswith("'") and _is_calculated(cell.lstrip("'"))
    return cell[1:] if is_marked else cell


def _is_calculated(text: str) -> bool:
    seen = _UNSEEN.match(text)
    first = text[seen.end() :][:1] if seen else text[:1]
    return text[:1] in _CONTROL or (first in _FORMULA and not _NUMBER.fullmatch(text))
