"""Primary keys as addresses and forms have them."""

from typing import Final

#: Digits of the longest that a column can have; Python refuses to read much longer numbers.
LONGEST: Final = 18


def is_key(text: str) -> bool:
    """Could this be a row's primary key?"""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST
