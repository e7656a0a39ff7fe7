"""One spelling of the ids that platforms give to accounts and campaigns.

The same id is written in many ways: an account with dashes on one screen and without them in an
export, a long number with what a spreadsheet makes of it. Only what no platform's own ids have is
taken off, so that two ids never become one: names, UUIDs and ids with letters stay as they are, and
so do leading zeros, as an id is text and "007" may be another one than "7".
"""

import re
from typing import Final

#: The platform whose campaigns spend nothing in truth. It knows them by our own IDs.
SIMULATED: Final = "simulated"

#: White space, and characters that nobody sees: at the ends of an id they are none of it.
_EDGES: Final = "".join(
    map(
        chr,
        (
            *range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680, *range(0x2000, 0x2010),
            *range(0x2028, 0x2030), *range(0x205F, 0x206A), 0x3000, 0xFEFF,
        ),
    )
)  # fmt: skip

#: A formula that shows a text: ="123".
_FORMULA: Final = re.compile(r'="([^"]+)"')

#: An apostrophe, straight or curly: before a number it tells a spreadsheet to leave it alone.
_MARK: Final = r"['\u2018\u2019]"
#: What some languages put between thousands.
_SPACE: Final = r"[ '\u2019\u00a0\u2009\u202f]"


def _number(*others: str) -> str:
    """The pattern of digits: alone, before zeros behind a decimal sign, in threes, or ``others``.

    Its first group is the number. "120.000" may be two numbers, so it is none here.
    """
    ways = (
        r"[0-9]+(?=\Z)",
        r"[1-9][0-9]*(?=[.,]0{1,2}\Z)",
        r"[1-9][0-9]{3,}(?=[.,]0+\Z)",
        r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?=(?:\.0+)?\Z)",
        r"[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,}(?=(?:,0+)?\Z)",
        rf"[1-9][0-9]{{0,2}}(?P<sign>{_SPACE})[0-9]{{3}}(?:(?P=sign)[0-9]{{3}})+(?=(?:[.,]0+)?\Z)",
        *others,
    )
    return rf"({'|'.join(ways)})(?:[.,]0+)?"


#: A campaign's id; Meta's exports put the kind of a thing before its id.
_CAMPAIGN: Final = re.compile(rf"{_MARK}*(?:(?:cg|c|a):)?{_number()}")
#: An account's: Meta's API writes act_123, Google's screens 123-456-7890.
_DASHED: Final = r"[0-9]{3}(?P<dash>[-\u2010\u2011\u2013])[0-9]{3}(?P=dash)[0-9]{4}\Z"
_ACCOUNT: Final = re.compile(rf"{_MARK}*(?:act_|a:)?{_number(_DASHED)}")

#: Other ids behind an apostrophe: of letters and digits. ("'Tis the season" is a name.)
_MARKED: Final = re.compile(rf"{_MARK}+((?=[A-Za-z_-]*[0-9])[0-9A-Za-z_-]{{5,}})")

#: Every text that :func:`spelled` changes, and some others: for PostgreSQL, to look at few of many.
PERHAPS_CHANGED: Final = (
    "^[^0-9A-Za-z]|[^0-9A-Za-z]$|^(cg:|c:|a:|act_)|^[0-9][^A-Za-z]*[^0-9A-Za-z]"
)

_SEPARATORS: Final = re.compile(r"[^0-9]")

_SHORTENED: Final = re.compile(
    rf"{_MARK}*(?:[0-9](?:[.,][0-9]*)?[eE]\+[0-9]+|[0-9][.,][0-9]+[eE][0-9]+)"
)


def spelled(text: str, *, account: bool = False) -> str:
    """An id of a campaign, or of an ``account``, as it is kept here and compared.

    Spelled again it stays the same. A name, which some files have in place of an id, is stripped.
    """
    if is_number(text):  # nearly all
        return text
    text = text.strip(_EDGES)
    while (formula := _FORMULA.fullmatch(text)) and (shown := formula[1].strip(_EDGES)):
        text = shown
    if number := (_ACCOUNT if account else _CAMPAIGN).fullmatch(text):
        return _SEPARATORS.sub("", number[1])
    marked = _MARKED.fullmatch(text)
    return marked[1] if marked else text


def is_number(text: str) -> bool:
    """Is this digits alone, as the IDs of most platforms are?"""
    return text.isascii() and text.isdigit()


def is_shortened(text: str) -> bool:
    """Is this no id but what a spreadsheet made of one, without its last digits ("1.2E+17")?"""
    return _SHORTENED.fullmatch(spelled(text)) is not None
