"""Cells of a CSV that no spreadsheet takes for formulas."""

import re
from typing import Final

#: What a formula begins with. Some spreadsheets also know the full-width forms.
_FORMULA: Final = frozenset("=+-@＝＋－＠")

#: A cell that begins with one of these is split, or its rest taken for a formula.
_CONTROL: Final = frozenset("\t\r\n")

#: Nothing to be seen, but what comes after it may be a formula: spaces of any kind, byte order
#: marks, characters of no width.
_UNSEEN: Final = re.compile(r"[\s\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff\x00-\x1f\x7f-\x9f]*")

#: A plain number stays one: "-12.50" is no formula.
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def safe_cell(text: str) -> str:
    """The text as a cell, with an apostrophe before it where a spreadsheet would calculate it.

    ``=HYPERLINK(…)`` in the name of a campaign must not run on the machine of whoever opens the
    file. Plain numbers are left alone. NUL, which no spreadsheet reads, and halves of characters,
    which cannot be written, become visible marks. Quoting is the CSV writer's.
    """
    # Most cells begin with a letter or a digit and are fine.
    if text[:1].isascii() and text[:1].isalnum() and text.isascii() and "\x00" not in text:
        return text
    text = text.replace("\x00", "␀").encode("utf-8", "replace").decode()
    seen = _UNSEEN.match(text)
    first = text[seen.end() :][:1] if seen else text[:1]
    if text[:1] in _CONTROL or (first in _FORMULA and not _NUMBER.fullmatch(text)):
        return f"'{text}"
    return text
