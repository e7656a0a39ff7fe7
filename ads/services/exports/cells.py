"""CSV cells that no spreadsheet takes for formulas."""

import re
from typing import Final

#: Beginnings of formulas; some spreadsheets also know the full-width forms.
_FORMULA: Final = frozenset("=+-@＝＋－＠")

#: What may be a cell of its own: spreadsheets in much of Europe split a CSV at semicolons, within
#: quotes too where the cell did not begin with one, and some at tabs.
_PIECE: Final = re.compile(r"[^;\t\r\n]+")

#: What a formula may follow: quotes, spaces, byte order marks, zero width and other invisible
#: characters.
_UNSEEN: Final = re.compile(
    r'["\s\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff\x00-\x1f\x7f-\x9f]*'
)

#: A plain number stays one: "-12.50" is no formula.
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def safe_cell(text: str) -> str:
    """The text as a cell, with an apostrophe before all that a spreadsheet would calculate.

    ``=HYPERLINK(…)`` in a campaign's name must not run on the machine of whoever opens the file.
    Plain numbers stay as they are. NUL and lone surrogates become visible characters. Text that
    begins like such a cell gets one more apostrophe, so that :func:`read_back` is exact.
    """
    # Most cells begin with a letter or a digit and are fine.
    if text[:1].isalnum() and text.isascii() and text.isprintable() and ";" not in text:
        return text
    text = text.replace("\x00", "␀").encode("utf-8", "replace").decode()
    return _PIECE.sub(lambda piece: "'" * _is_calculated(piece[0]) + piece[0], text)


def read_back(cell: str) -> str:
    """The text that :func:`safe_cell` wrote as this cell."""
    text = _PIECE.sub(
        lambda piece: piece[0].removeprefix("'") if _is_calculated(piece[0]) else piece[0], cell
    )
    return cell if text == cell else text  # a workbook's cell knows how its sheet shows it


def _is_calculated(piece: str) -> bool:
    """Is it, or would it be without apostrophes?"""
    text = piece.lstrip("'")
    seen = _UNSEEN.match(text)
    first = text[seen.end() :][:1] if seen else text[:1]
    return first in _FORMULA and not _NUMBER.fullmatch(text)
