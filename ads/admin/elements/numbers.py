"""Whole numbers in addresses and forms: keys of rows, and counts."""

from typing import Final

#: So many digits fit into a bigint whatever they are; Python refuses to read very many.
DIGITS: Final = 18


def is_number(text: str) -> bool:
    """Is it one that a column could hold?"""
    return text.isascii() and text.isdecimal() and len(text) <= DIGITS
