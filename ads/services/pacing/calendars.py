"""What each day can bring: the hours in which owners may run, and known events.

Awkward in SQL, that comes in as arrays of running sums, by which the weight of a span of days is a
difference: ``every`` of all days, ``mon`` to ``sun`` of one weekday's, ``running`` the number of
days with any. They begin with 0 for the calendar's first day, ``begins``.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet

from ads.holds import schedules_as_rules
from ads.models import DaypartingSchedule, SeasonalityAdjustment
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone, day_begins, local_date, next_period, period_start
from ads.rules.dayparting import DAYS, Schedule
from ads.rules.pacing import PROFILE_DAYS, UNIT, Basis, Calendar
from ads.rules.stretches import Stretch, open_stretches

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)

#: Bits of ``basis``.
BITS: Final = {basis: 1 << place for place, basis in enumerate(Basis)}

WEEKDAYS: Final = tuple(day[:3].lower() for day in DAYS)
SUMS: Final = ("every", *WEEKDAYS, "running")


class Key(NamedTuple):
    """What owners with the same calendar have in common.

    ``schedules``: ids, ascending; empty: at all hours. ``brand``: one with events of its own; 0:
    none.
    """

    timezone: str
    schedules: tuple[int, ...] = ()
    brand: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """A period, ``first`` to ``last``, and from when on its calendar begins."""

    begins: date
    first: date
    last: date

    @classmethod
    def of(cls, period: Period, today: date) -> "Span":
        """The period that ``today`` belongs to, and four weeks."""
        first = period_start(period, today)
        last = next_period(period, first) - _DAY
        return cls(min(first, today - PROFILE_DAYS * _DAY), first, last)


@dataclass(frozen=True, slots=True)
class Events:
    rows: Sequence[tuple[int | None, date, date, Decimal]]

    @classmethod
    def around(cls, now: datetime, span: Span | None = None) -> "Events":
        """Those of any calendar at ``now``, or of ``span``; one query."""
        day = now.date()
        first = span.begins if span else day - (PROFILE_DAYS + 5) * _DAY
        last = span.last if span else day + 33 * _DAY
        found: QuerySet[SeasonalityAdjustment] = SeasonalityAdjustment.objects.filter(
            end_date__gte=first, start_date__lte=last
        )
        columns = ("brand_id", "start_date", "end_date", "factor")
        return cls(list(found.order_by("pk").values_list(*columns)))

    @property
    def brands(self) -> list[int]:
        """Ids of the brands with events of their own."""
        return sorted({brand for brand, *_ in self.rows if brand is not None})

    def units(self, day: date, brand: int) -> int:
        """What a second of this day weighs."""
        if not self.rows:
            return UNIT
        factor = Decimal(1)
        for owner, first, last, times in self.rows:
            if first <= day <= last and owner in (None, brand):
                factor *= times
        return int((factor * UNIT).to_integral_value(ROUND_HALF_UP))


def calendar_of(
    key: Key, schedules: Sequence[Schedule], period: Period, events: Events, now: datetime
) -> Calendar:
    """One calendar, from the schedules of its key; no query.

    Raises:
        UnknownTimezone: the timezone is invalid.
    """
    span = Span.of(period, local_date(now, key.timezone))
    return calendar_in(key, tuple(schedules), span, events, now)


def calendars(
    keys: Collection[Key], period: Period, events: Events, now: datetime
) -> dict[Key, Calendar]:
    """The calendar of each key, without those with an invalid timezone; two queries at most."""
    wanted = {pk for key in keys for pk in key.schedules}
    read = DaypartingSchedule.objects.filter(pk__in=wanted)
    rules = {one.id: one for one in schedules_as_rules(read)} if wanted else {}
    found = {}
    for key in keys:
        with suppress(UnknownTimezone):
            attached = [rules[pk] for pk in key.schedules if pk in rules]
            found[key] = calendar_of(key, attached, period, events, now)
    return found


def calendar_in(
    key: Key, schedules: tuple[Schedule, ...], span: Span, events: Events, now: datetime
) -> Calendar:
    """One calendar of a span in which today is; no query.

    Raises:
        UnknownTimezone: the timezone is invalid.
    """
    today = local_date(now, key.timezone)
    count = (span.last - span.begins).days + 1
    days = [span.begins + n * _DAY for n in range(count)]
    edges = _edges(span.begins, count, key.timezone)
    seconds = _seconds_by_day(schedules, span.begins, count, key.timezone)
    units = [events.units(day, key.brand) for day in days]
    at = (today - span.begins).days
    passed: Sequence[Stretch] = [(edges[at], now)]
    if schedules:
        passed = _open(schedules, span.begins - _DAY, span.last + 2 * _DAY)
    basis = {Basis.HOURS} if schedules else set()
    if any(units[n] != UNIT for n, day in enumerate(days) if span.first <= day <= span.last):
        basis.add(Basis.EVENTS)
    return Calendar(
        today=today,
        elapsed=_seconds(passed, edges[at], max(now, edges[at])) * units[at],
        weights={day: seconds[n] * units[n] for n, day in enumerate(days)},
        basis=frozenset(basis),
    )


@lru_cache(maxsize=1024)
def _edges(first: date, count: int, tz: str) -> list[datetime]:
    """When so many days begin, and when the last of them ends."""
    return [day_begins(first + n * _DAY, tz) for n in range(count + 1)]


@lru_cache(maxsize=8192)
def _seconds_by_day(schedules: tuple[Schedule, ...], first: date, count: int, tz: str) -> list[int]:
    """In how many seconds of each day it may run; the same for the whole day."""
    edges = _edges(first, count, tz)
    if not schedules:
        return [(end - begin) // _SECOND for begin, end in pairwise(edges)]
    stretches = _open(schedules, first - _DAY, first + (count + 1) * _DAY)
    return [_seconds(stretches, *edge) for edge in pairwise(edges)]


@lru_cache(maxsize=4096)
def _open(schedules: tuple[Schedule, ...], first: date, last: date) -> list[Stretch]:
    """The open hours from one day to another in UTC. An invalid timezone counts as closed."""
    midnight = time(0, tzinfo=UTC)
    try:
        return open_stretches(
            schedules, datetime.combine(first, midnight), datetime.combine(last, midnight)
        )
    except UnknownTimezone:
        return []


def _seconds(stretches: Sequence[Stretch], begin: datetime, end: datetime) -> int:
    within = ((max(begin, first), min(end, last)) for first, last in stretches)
    return sum(((last - first) // _SECOND for first, last in within if first < last), 0)


def zip_columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def calendar_rows(calendars: Mapping[Key, Calendar], period: Period) -> Iterator[tuple[Any, ...]]:
    for key, one in calendars.items():
        span = Span.of(period, one.today)
        yield (
            key.timezone, as_array(key.schedules), key.brand, one.today, span.begins, span.first,
            span.last, one.elapsed, sum(BITS[basis] for basis in one.basis),
            _running_sum(one, lambda _, weight: weight),
            *(_running_sum(one, lambda day, weight, n=n: weight * (day.weekday() == n))  # type: ignore[misc]
              for n in range(7)),
            _running_sum(one, lambda _, weight: int(weight > 0)),
        )  # fmt: skip


def _running_sum(calendar: Calendar, of: Callable[[Any, int], int]) -> str:
    return as_array(accumulate((of(*day) for day in calendar.weights.items()), initial=0))


def as_array(values: Iterable[object]) -> str:
    return "{" + ",".join("NULL" if one is None else str(one) for one in values) + "}"


def by_weekday(part: str, join: str = ", ") -> str:
    """SQL: a part for each weekday, from its name ``day`` and number ``n``."""
    return join.join(part.format(day=day, n=n) for n, day in enumerate(WEEKDAYS))


def sum_of(array: str, first: str, last: str) -> str:
    """SQL: the weight of the days from ``first`` to ``last``."""
    return (
        f"(calendar.{array}[{last} - calendar.begins + 2]"
        f" - calendar.{array}[{first} - calendar.begins + 1])"
    )


def weight(first: str, last: str) -> str:
    """SQL: the same by the weekdays' shares; 0 if there are no such days."""
    every = by_weekday("a.{day} * " + sum_of("{day}", first, last), " + ")
    return f"CASE WHEN {first} > {last} THEN 0 ELSE {every} END"
