"""How numbers and dates are written: what a text alone shows, and what it leaves open."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

_MONTHS: Final = """
    january jan januar januari janvier janv enero ene gennaio gen janeiro
    february feb februar februari février févr fév fevrier fevr febrero febbraio fevereiro fev
    march mar märz mär mrz maart mrt mars marzo março
    april apr avril avr abril abr aprile
    may mai mei mayo maggio mag maio
    june jun juni juin junio giugno giu junho
    july jul juli juillet juil julio luglio lug julho
    august aug augustus août aout aoû agosto ago
    september sep sept septembre septiembre settembre set setembro
    october oct oktober okt octobre octubre ottobre ott outubro out
    november nov novembre noviembre novembro
    december dec dezember dez décembre déc decembre diciembre dic dicembre dezembro
"""
#: The month of each name and abbreviation in the seven languages that have letters.
_MONTH: Final = {
    name: number
    for number, line in enumerate(_MONTHS.strip().splitlines(), start=1)
    for name in line.split()
}

_WORDS_DAY_FIRST: Final = re.compile(
    r"([0-9]{1,2})(?:\.|er|º|st|nd|rd|th)?[ -]+(?:de |of )?([^\W\d]+)\.?,?[ -]+(?:del? )?"
    r"([0-9]{4})"
)
_WORDS_MONTH_FIRST: Final = re.compile(r"([^\W\d]+)\.? ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})")
_YEAR_FIRST: Final = re.compile(
    r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年 ?([0-9]{1,2})月 ?([0-9]{1,2})日"
    r"|([0-9]{2})([0-9]{2}))"
)
_YEAR_LAST: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
#: What stands behind a day that a program wrote as its first instant; and any time of day.
_MIDNIGHT: Final = re.compile(
    r"(?<=[0-9])(?:T|,? )(?:00?:00(?::00(?:\.0+)?)?|12:00(?::00)? ?AM)\s*\Z", re.IGNORECASE
)
_TIME: Final = re.compile(
    r"(?<=[0-9]),? [0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?: ?[AP]M)?\Z", re.IGNORECASE
)
#: Also Microsoft's "2026-11-24|0".
_WITH_TIME: Final = re.compile(
    r"[0-9](?:(?:T|,? )[0-9]{1,2}(?::[0-9]{2}| *[ap]m)| *\| *[0-9])", re.IGNORECASE
)
_WEEKDAY: Final = re.compile(r"[^\W\d]+\.?, (?=[0-9]|[^\W\d]+\.? [0-9])")
_LAST_MONTH: Final = 12

#: Between the first and the last day of a period.
_TO: Final = re.compile(r" ?[–—~〜] ?| - |(?<=[0-9]{4})-(?=[0-9]{1,2}[/.])")

_DIGITS: Final = r"[0-9]{1,3}(?:%s[0-9]{3})"
_ONE_SIGN: Final = re.compile(r"([0-9]+)([.,])([0-9]+)")
_BOTH_SIGNS: Final = re.compile(rf"(?:{_DIGITS % ','}+(\.)[0-9]+|{_DIGITS % '[.]'}+(,)[0-9]+)")
_GROUPS: Final = re.compile(rf"(?:{_DIGITS % '([.,])'}(?:\1[0-9]{{3}})+)")
_SPACED: Final = re.compile(r"[0-9]{1,3}(?:[ '][0-9]{3})+([.,])[0-9]+")
_THREE: Final = 3


def day_of(text: str, *, day_first: bool | None) -> date | None:
    """The date in this text, in any usual notation; None if it has none.

    Of ``day_first`` depends what "03/04/2026" is. Midnight behind it is no other time of day.

    Raises:
        ValueError: there is no such day.
        Ambiguous: it may be two, and it is not said which comes first.
    """
    text = " ".join(without_midnight(text).split())
    if found := _YEAR_FIRST.fullmatch(text):
        year, _, *rest = found.groups()
        month, day = (each for each in rest if each)
        return date(int(year), int(month), int(day))
    if found := _YEAR_LAST.fullmatch(text):
        first, sign, second, year = found[1], found[2], found[3], found[4]
        if sign == ".":
            day_first = True  # nobody writes the month first with dots
        if day_first is None:
            day_first = order_of(text)
        if day_first is None:
            raise Ambiguous(text)
        day, month = (first, second) if day_first else (second, first)
        return date(int(year), int(month), int(day))
    text = _WEEKDAY.sub("", text, count=1)
    if found := _WORDS_DAY_FIRST.fullmatch(text):
        day, name, year = found.groups()
    elif found := _WORDS_MONTH_FIRST.fullmatch(text):
        name, day, year = found.groups()
    else:
        return None
    number = _MONTH.get(name.casefold())
    return None if number is None else date(int(year), number, int(day))


def without_midnight(text: str) -> str:
    """A day without its first instant, which programs write behind it; else the very text."""
    found = _MIDNIGHT.search(text)
    return text[: found.start()] if found else text


def has_time(text: str) -> bool:
    """Is this a day with a time of day behind it?"""
    return _WITH_TIME.search(text) is not None


class Ambiguous(ValueError):
    """A date that may be two."""


def order_of(text: str) -> bool | None:
    """Does this date in numbers show that the day comes first? None if it does not show it."""
    found = _YEAR_LAST.fullmatch(" ".join(without_midnight(text).split()))
    if found is None or found[2] == ".":
        return None
    first, second = int(found[1]), int(found[3])
    if first == second:
        return None
    if first > _LAST_MONTH:
        return True
    return False if second > _LAST_MONTH else None


def period_of(titles: Sequence[str]) -> tuple[date, date] | None:
    """The period that the lines above a header name, if they name both of its ends."""
    days = sorted(_days_in(titles))
    return (days[0], days[-1]) if len(days) > 1 else None


def _days_in(titles: Sequence[str]) -> Iterator[date]:
    for line in titles:
        label, colon, rest = line.strip('" ').partition(": ")
        said = rest if colon else label
        for part in _TO.split(said):
            try:
                day = day_of(_TIME.sub("", part.strip('" ')), day_first=None)
            except ValueError:
                continue
            if day is not None and (len(_TO.split(said)) > 1 or _names_an_end(label)):
                yield day


def _names_an_end(label: str) -> bool:
    """ "Report Start", "Report End"."""
    return label.casefold().endswith((" start", " end"))


def decimal_sign(text: str) -> str | None:
    """The decimal sign that a number shows, "." or ","; None: it shows none, or may be two.

    ``text`` has digits and separators alone, its spaces plain ones.
    """
    if found := _ONE_SIGN.fullmatch(text):
        whole, sign, rest = found.groups()
        # "1.204" is open; "0.204", "12.5" and "1204.500" are not.
        if len(rest) == _THREE and len(whole) <= _THREE and whole[0] != "0":
            return None
        return sign
    if found := _BOTH_SIGNS.fullmatch(text):
        return found[1] or found[2]
    if found := _GROUPS.fullmatch(text):
        return "," if found[1] == "." else "."
    if found := _SPACED.fullmatch(text):
        return found[1]
    return None


def is_open(text: str) -> bool:
    """May this number be two, as "1.204" and "18,415" may?"""
    return _ONE_SIGN.fullmatch(text) is not None and decimal_sign(text) is None
