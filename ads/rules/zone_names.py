"""Timezones as reports name them: "UTC", "(GMT-08:00) Pacific Time (US & Canada); Tijuana".

Beside IANA's names these are Windows's, which Microsoft Advertising shows: places whose clocks
agree, behind an offset. CLDR, in the package tzlocal, knows the timezones of Windows's own names.
"""

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from tzlocal.windows_tz import win_tz

from ads.rules.calendar import names, zone

_HOURS: Final = r"([+-])([0-9]{1,2})(?::?([0-9]{2}))?"
_OFFSET: Final = re.compile(
    rf"\((?:GMT|UTC)\s*(?:{_HOURS})?\)|(?:GMT|UTC)\s*{_HOURS}", re.IGNORECASE
)
_UTC: Final = frozenset({"utc", "gmt", "z", "coordinated universal time", "greenwich mean time"})
_IN_BRACKETS: Final = re.compile(r"\([^()]*\)")
_NO_LETTER: Final = re.compile(r"[^a-z]")
#: "EST" is IANA's name of a timezone without summer time, which is not what people mean by it.
_ABBREVIATION: Final = re.compile(r"[A-Z0-9]{2,7}")


def timezone_named(text: str, year: int) -> str | None:
    """Return the IANA name of the timezone that `text` names; None if that is not certain.

    All places that it names must have the same offset from UTC throughout `year`, and at times the
    offset that it gives.
    """
    text = text.strip()
    if text.casefold() in _UTC:
        return "UTC"
    if _is_name(text):
        return text
    offset = _OFFSET.match(text)
    said = _said(offset) if offset else None
    places = text[offset.end() :] if offset else text
    if not _key(places):
        return None if said is None else _fixed(said)
    found = [
        name for place in re.split("[;,]", places) for name in _of_place(place, said is not None)
    ]
    clocks = {_offsets(name, year) for name in found}
    if len(clocks) != 1 or (said is not None and said not in clocks.pop()):
        return None
    return found[0]


def _is_name(text: str) -> bool:
    return text in names() and not _ABBREVIATION.fullmatch(text)


def _said(offset: re.Match[str]) -> timedelta | None:
    """The offset; None for "(UTC)" before a place."""
    sign, hours, minutes = (offset[i] or offset[i + 3] for i in (1, 2, 3))
    if sign is None:
        return None
    size = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return -size if sign == "-" else size


def _fixed(said: timedelta) -> str | None:
    """The timezone that always has this offset; there are such only of whole hours."""
    hours = said // timedelta(hours=1)
    name = f"Etc/GMT{-hours:+d}" if hours else "UTC"
    return name if said == timedelta(hours=hours) and name in names() else None


def _of_place(place: str, has_offset: bool) -> list[str]:
    """The timezones that a place may have: "Tijuana", "Pacific Time (US & Canada)".

    "Central Time" alone is ambiguous: it needs its offset.
    """
    if _is_name(place.strip()):
        return [place.strip()]
    key = _key(_IN_BRACKETS.sub("", place))
    bare = key.removesuffix("time").removesuffix("standard")
    if f"{bare}standardtime" in _windows() and (has_offset or key == f"{bare}standardtime"):
        return [_windows()[f"{bare}standardtime"]]
    return _cities().get(key, [])


def _key(text: str) -> str:
    return _NO_LETTER.sub("", text.casefold())


@cache
def _windows() -> dict[str, str]:
    return {_key(name): iana for name, iana in win_tz.items() if iana in names()}


@cache
def _cities() -> dict[str, list[str]]:
    """The timezones by the last part of their names: "losangeles"."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names()):
        city = name.rpartition("/")[2]
        if not _ABBREVIATION.fullmatch(city):
            found[_key(city)].append(name)
    return found


@cache
def _offsets(name: str, year: int) -> tuple[timedelta | None, ...]:
    """Its offsets from UTC, every twelve hours."""
    begins = datetime(year, 1, 1, tzinfo=UTC)
    return tuple(
        (begins + timedelta(hours=12 * half)).astimezone(zone(name)).utcoffset()
        for half in range(2 * 366)
    )
