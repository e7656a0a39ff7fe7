"""How a schedule reads: its timezone's clock, a day's hours as a strip and in words, a jump."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ads.admin.elements import picked
from ads.rules.calendar import local_time
from ads.rules.dayparting import DAYS, Window, describe_window
from ads.rules.stretches import ClockChange, LocalDay, Stretch

_DAY: Final = timedelta(days=1)
_NONE: Final = timedelta()
_LENGTHS: Final = {
    timedelta(hours=1): ("the hour does not happen", "the hour happens twice"),
    timedelta(minutes=30): ("the half hour does not happen", "the half hour happens twice"),
    _DAY: ("the day does not happen", "the day happens twice"),
}


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


def strip(day: LocalDay, tz: str, now: datetime) -> Strip:
    """A day as the clock in ``tz`` shows it."""
    off = _gaps(day)
    is_today = day.begin <= now < day.end
    return Strip(
        name=f"{day.day:%a %-d %b}",
        is_today=is_today,
        parts=[
            Part(_percent(begin, day), _percent(end, day) - _percent(begin, day), kind)
            for kind, stretches in (("off", off), ("open", day.open))
            for begin, end in stretches
        ],
        now=_percent(now, day) if is_today else None,
        words=_words(day, off, tz),
        jumps=[jump(change) for change in day.clock_changes],
    )


def jump(change: ClockChange) -> str:
    """ "Sun 29 Mar 02:00: the clock jumps to 03:00, the hour does not happen"."""
    missing, repeated = _LENGTHS.get(
        change.length,
        (
            f"{_span(change.length)} do not happen",
            f"{_span(change.length)} happen twice",
        ),
    )
    verb, what = ("jumps to", missing) if change.is_forward else ("goes back to", repeated)
    to = f"{change.after:%H:%M}"
    if change.after.date() != change.before.date():
        to = f"{change.after:%a %-d %b %H:%M}"
    return f"{change.before:%a %-d %b %H:%M}: the clock {verb} {to}, {what}"


def clock_there(now: datetime, tz: str) -> str:
    """ "Asia/Tokyo, now UTC+9 (JST), Sat 21:14 there".

    Raises:
        UnknownTimezone: the timezone cannot be read.
    """
    there = local_time(now, tz)
    if tz == "UTC":
        return f"UTC, now {there:%a %H:%M}"
    name = there.tzname() or ""
    # Where a timezone has no abbreviation, it is called by its offset once more.
    called = f" ({name})" if name.isalpha() and name != "UTC" else ""
    return f"{tz}, now {offset(there)}{called}, {there:%a %H:%M} there"


def offset(there: datetime) -> str:
    """The offset of an aware datetime: "UTC+9", "UTC−3:30", "UTC"."""
    minutes = round((there.utcoffset() or _NONE) / timedelta(minutes=1))
    if not minutes:
        return "UTC"
    sign = "+" if minutes > 0 else "\N{MINUS SIGN}"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def _span(length: timedelta) -> str:
    return f"{round(length / timedelta(minutes=1))} minutes"


def _percent(at: datetime, day: LocalDay) -> float:
    return round(100 * ((at - day.begin) / (day.end - day.begin)), 3)


def _gaps(day: LocalDay) -> list[Stretch]:
    """What of a day is not in force."""
    found, begin = [], day.begin
    for first, last in [*day.in_force, (day.end, day.end)]:
        if begin < first:
            found.append((begin, first))
        begin = last
    return found


def _words(day: LocalDay, off: Sequence[Stretch], tz: str) -> str:
    if day.begin == day.end:
        return "this day does not happen"
    if off == [(day.begin, day.end)]:
        return "not in force"
    opened = ", ".join(_between(stretch, day, tz) for stretch in day.open) or "closed"
    if day.open == [(day.begin, day.end)]:
        opened = "open all day"
    if off:
        opened += f"; not in force {', '.join(_between(stretch, day, tz) for stretch in off)}"
    return opened


def _between(stretch: Stretch, day: LocalDay, tz: str) -> str:
    begin = local_time(stretch[0], tz)
    # Where the clock jumps at the end, what it shows until then.
    last = local_time(stretch[1] - timedelta.resolution, tz)
    from_ = _clock(begin)
    to = "24:00" if stretch[1] == day.end else _clock(last + timedelta.resolution)
    # Where an hour happens twice, its abbreviations tell the two apart.
    if all(change.is_forward for change in day.clock_changes):
        return f"{from_}\N{EN DASH}{to}"
    if begin.tzname() == last.tzname():
        return f"{from_}\N{EN DASH}{to} {last.tzname()}"
    return f"{from_} {begin.tzname()}\N{EN DASH}{to} {last.tzname()}"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def same_clock(days: Sequence[LocalDay], others: Sequence[LocalDay]) -> bool:
    """Whether two timezones' clocks show the same on these days."""
    return [(day.day, day.begin) for day in days] == [(day.day, day.begin) for day in others] and [
        change.at for day in days for change in day.clock_changes
    ] == [change.at for day in others for change in day.clock_changes]


def minute_of_week(now: datetime, tz: str) -> tuple[int, int]:
    """The weekday (0 = Monday) and minute of the day that the clock in ``tz`` shows."""
    there = local_time(now, tz)
    return there.weekday(), there.hour * 60 + there.minute


def campaigns_of(schedule_id: int) -> str:
    """The address of the list of a schedule's campaigns."""
    return picked("admin:ads_campaign_changelist", dayparting_schedules__id__exact=str(schedule_id))


def hours_in_words(windows: Sequence[Window]) -> list[str]:
    """Windows in the order of the week, equal ones together: "Mon–Fri 09:00–17:00"."""
    days_of: dict[str, list[int]] = {}
    for window in sorted(windows, key=lambda one: (one.day_of_week, one.start)):
        hours = describe_window(window).removeprefix(DAYS[window.day_of_week])
        days_of.setdefault(hours, []).append(window.day_of_week)
    return [f"{_days(days)}{hours}" for hours, days in days_of.items()]


def _days(days: Sequence[int]) -> str:
    if len(days) == len(DAYS):
        return "Every day"
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    names = [DAYS[run[0]][:3] + _until(run) for run in runs]
    return ", ".join(names)


def _until(run: Sequence[int]) -> str:
    return f"\N{EN DASH}{DAYS[run[-1]][:3]}" if len(run) > 1 else ""
