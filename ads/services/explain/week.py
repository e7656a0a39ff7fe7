"""When a campaign's hours are open in the days to come, by the clock on the brand's wall."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

from ads.models import Campaign
from ads.rules import dayparting
from ads.rules.calendar import day_begins, local_date, local_time
from ads.rules.stretches import ClockChange, Stretch, clock_changes, open_stretches

DAYS: Final = 7
MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """Open from one time of the day to another, in minutes after midnight; 1440 is 24:00."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{_clock(self.start)}–{_clock(self.end)}"


@dataclass(frozen=True, slots=True)
class Day:
    """One local day; ``spans`` in order. Where the clock falls back, two of them may overlap."""

    date: date
    #: Is the day within the campaign's flight? Outside, it is closed whatever its hours are.
    in_flight: bool
    spans: list[Span]
    #: Jumps of the clock on that day.
    changes: list[ClockChange]

    @property
    def is_all_day(self) -> bool:
        return self.spans == [Span(0, MINUTES)]


def of(campaign: Campaign, schedules: Sequence[dayparting.Schedule], now: datetime) -> list[Day]:
    """The days from today on, in the brand's timezone; no query.

    ``schedules`` are those attached. Only hours and flight: what is spent and wanted is left out.

    Raises:
        UnknownTimezone: the brand's or a schedule's timezone cannot be read.
    """
    tz = campaign.brand.timezone
    today = local_date(now, tz)
    days = [today + timedelta(days=number) for number in range(DAYS + 1)]
    begins = [day_begins(day, tz) for day in days]
    hours: list[Stretch] = [(begins[0], begins[-1])]
    if campaign.is_dayparting_enabled and schedules:
        hours = open_stretches(schedules, begins[0], begins[-1])
    changes = clock_changes(tz, begins[0], begins[-1])
    return [
        Day(
            date=day,
            in_flight=_in_flight(campaign, day),
            spans=list(_spans(hours, begin, end, changes, tz)) if _in_flight(campaign, day) else [],
            changes=[change for change in changes if begin < change.at < end],
        )
        for day, (begin, end) in zip(days, pairwise(begins), strict=False)
        if begin < end  # not a date that the timezone leaves out
    ]


def minute_of_day(at: datetime, tz: str) -> int:
    """How many minutes after midnight the clock in ``tz`` shows."""
    wall = local_time(at, tz)
    return wall.hour * 60 + wall.minute


def _in_flight(campaign: Campaign, day: date) -> bool:
    return (campaign.start_date is None or campaign.start_date <= day) and (
        campaign.end_date is None or day <= campaign.end_date
    )


def _spans(
    hours: Sequence[Stretch],
    begin: datetime,
    end: datetime,
    changes: Sequence[ClockChange],
    tz: str,
) -> Iterator[Span]:
    """What of ``hours`` lies in a day. Cut where the clock jumps, so that it runs on in each."""
    before = {change.at: change.before for change in changes}
    for opens, closes in hours:
        edges = [max(opens, begin), min(closes, end)]
        if edges[0] >= edges[1]:
            continue
        cuts = sorted(at for at in before if edges[0] < at < edges[1])
        for start, stop in pairwise([edges[0], *cuts, edges[1]]):
            wall = before.get(stop) or local_time(stop, tz)
            last = MINUTES if stop == end else wall.hour * 60 + wall.minute
            yield Span(minute_of_day(start, tz), last)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
