"""The hours of a day as a strip and as text, and its clock changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ads.rules.calendar import local_time
from ads.rules.stretches import ClockChange, LocalDay, Stretch


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a strip, in percent of its width; ``kind`` is "open" or "off" (not in force)."""

    left: float
    width: float
    kind: str


@dataclass(frozen=True, slots=True)
class Strip:
    """A day: what it is called, its hours drawn and in words, and what its clock does."""

    name: str
    is_today: bool
    parts: list[Part]
    #: Where it is now, in percent; None on other days.
    now: float | None
    words: str
    jumps: list[str]


def strip(day: LocalDay, tz: str, now: datetime, *, off: str = "not in force") -> Strip:
    """A day as the clock in ``tz`` shows it; ``off`` names what is not in force."""
    gaps = _gaps(day)
    is_today = day.begin <= now < day.end
    return Strip(
        name=f"{day.day:%a %-d %b}",
        is_today=is_today,
        parts=[
            Part(_percent(begin, day), _percent(end, day) - _percent(begin, day), kind)
            for kind, stretches in (("off", gaps), ("open", day.open))
            for begin, end in stretches
        ],
        now=_percent(now, day) if is_today else None,
        words=_words(day, gaps, tz, off),
        jumps=[jump(change) for change in day.clock_changes],
    )


def jump(change: ClockChange) -> str:
    """ "Sun 29 Mar 02:00: clocks go forward to 03:00"."""
    way = "forward" if change.is_forward else "back"
    to = f"{change.after:%H:%M}"
    if change.after.date() != change.before.date():
        to = f"{change.after:%a %-d %b %H:%M}"
    return f"{change.before:%a %-d %b %H:%M}: clocks go {way} to {to}"


def _percent(at: datetime, day: LocalDay) -> float:
    return round(100 * ((at - day.begin) / (day.end - day.begin)), 3)


def _gaps(day: LocalDay) -> list[Stretch]:
    found, begin = [], day.begin
    for first, last in [*day.in_force, (day.end, day.end)]:
        if begin < first:
            found.append((begin, first))
        begin = last
    return found


def _words(day: LocalDay, gaps: Sequence[Stretch], tz: str, off: str) -> str:
    if day.begin == day.end:
        return "skipped"
    if gaps == [(day.begin, day.end)]:
        return off
    opened = ", ".join(_between(stretch, day, tz) for stretch in day.open) or "closed"
    if day.open == [(day.begin, day.end)]:
        opened = "open all day"
    if gaps:
        opened += f"; {off} {', '.join(_between(stretch, day, tz) for stretch in gaps)}"
    return opened


def _between(stretch: Stretch, day: LocalDay, tz: str) -> str:
    begin = local_time(stretch[0], tz)
    # Where the clock jumps at the end, what it shows until then.
    last = local_time(stretch[1] - timedelta.resolution, tz)
    end = last + timedelta.resolution
    from_ = _clock(begin)
    # The clock may go back from midnight to the same day.
    to = "24:00" if stretch[1] == day.end or end.date() > day.day else _clock(end)
    # Where an hour happens twice, its abbreviations tell the two apart.
    if all(change.is_forward for change in day.clock_changes):
        return f"{from_}\N{EN DASH}{to}"
    if begin.tzname() == last.tzname():
        return f"{from_}\N{EN DASH}{to} {last.tzname()}"
    return f"{from_} {begin.tzname()}\N{EN DASH}{to} {last.tzname()}"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
