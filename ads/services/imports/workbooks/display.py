"""What the display of a number says that it is: a day, a time, a percentage, money."""

import re
from dataclasses import dataclass
from typing import Final

from ads.services.imports import currency

#: Displays with a number of their own; the others are written out.
_DATES: Final = frozenset({*range(14, 18), 22, *range(27, 32), 34, 35, 36, *range(50, 59)})
_TIMES: Final = frozenset({*range(18, 23), 32, 33, *range(45, 48)})
_PERCENTAGES: Final = frozenset({9, 10})

_QUOTED: Final = re.compile(r'"([^"]*)"|\\(.)|[_*].')
_BRACKETS: Final = re.compile(r"\[(?:\$([^\]-]*)(?:-[^\]]*)?|(h+|m+|s+)|[^\]]*)\]", re.IGNORECASE)
_GENERAL: Final = re.compile("general|am/pm|a/p", re.IGNORECASE)
_OF_DAYS: Final = re.compile("[yd]", re.IGNORECASE)
_OF_TIMES: Final = re.compile("[hs]", re.IGNORECASE)
_SIGN: Final = re.compile(r"[^\s\w#?.,;%/()+:@*-]+")


@dataclass(frozen=True, slots=True)
class Display:
    """How a cell shows its number; ``sign``: of a currency, if it shows one."""

    has_day: bool = False
    has_time: bool = False
    is_percentage: bool = False
    sign: str = ""


PLAIN: Final = Display()


def display_of(number: int, code: str | None) -> Display:
    """The display with this number; ``code``: as it is written out, if it is."""
    if code is None:
        has_day, has_time = number in _DATES, number in _TIMES
        return Display(has_day, has_time, number in _PERCENTAGES)
    code = code.partition(";")[0]
    said = [quoted or escaped for quoted, escaped in _QUOTED.findall(code)]
    code = _QUOTED.sub(" ", code)
    brackets = _BRACKETS.findall(code)
    code = _GENERAL.sub(" ", _BRACKETS.sub(" ", code))
    is_elapsed = any(elapsed for _, elapsed in brackets)
    has_time = is_elapsed or bool(_OF_TIMES.search(code))
    has_day = not is_elapsed and bool(
        _OF_DAYS.search(code) or ("m" in code.casefold() and not has_time)
    )
    if has_day or has_time:
        return Display(has_day, has_time)
    said += [sign for sign, _ in brackets] + _SIGN.findall(code)
    sign = next((each.strip() for each in said if currency.of_sign(each.strip())), "")
    return Display(is_percentage="%" in code, sign=sign)
