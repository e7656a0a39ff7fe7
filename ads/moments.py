"""What Python works out about an instant, once, for SQL to use as constants.

Which local date a timezone has, and which schedules have a window open, is awkward in SQL.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, TypeVar

from django.db.models import QuerySet

from ads.models import Brand, Campaign, CampaignSchedule, DaypartingSchedule, DaypartingWindow
from ads.models.spend import Period
from ads.rules import calendar, dayparting
from ads.supposing import NOTHING, Supposing

logger = logging.getLogger(__name__)

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Moment:
    """What Python works out about one instant, once, for SQL to use as constants."""

    #: Path from a campaign to what :attr:`dates` has.
    key: ClassVar[str] = "brand__timezone"

    now: datetime
    #: The timezones of the brands by the local date they have now: at most three dates.
    dates: dict[date, list[str]]
    #: Ids of the schedules in force now, by rank (see :func:`ads.rules.dayparting.rank`).
    ranks: dict[int, list[int]]
    #: Timezones of brands that nobody can read.
    unreadable: tuple[str, ...] = ()

    @classmethod
    def at(
        cls, now: datetime, campaigns: QuerySet[Campaign], supposing: Supposing = NOTHING
    ) -> "Moment":
        """Work out ``now`` for ``campaigns``, from their brands and schedules as they stand.

        Or as they are supposed to be. Four queries at most.

        A timezone that cannot be read (written past every check) is logged; campaigns of such a
        brand have no local date, so nothing decides on them, and such a schedule counts as in force
        and closed: money is never spent on hours that nobody can read.
        """
        brands = Brand.objects.all()
        schedules = DaypartingSchedule.objects.all()
        if not is_everything(campaigns):
            brands = brands.filter(campaigns__in=_ids(campaigns))
            # Listed rather than nested: looked for in a subquery, those of some ten thousand
            # campaigns took PostgreSQL a second.
            attached = set(attached_to(campaigns).values_list("schedule", flat=True).distinct())
            schedules = schedules.filter(pk__in=attached.union(supposing.attached))
        timezones = brands.order_by().values_list("timezone", flat=True).distinct()
        return cls.of(now, timezones, supposing.in_place_of(schedules_as_rules(schedules)))

    @classmethod
    def of(
        cls, now: datetime, timezones: Iterable[str], schedules: Iterable[dayparting.Schedule]
    ) -> "Moment":
        """The same from the brands' timezones and the schedules, for who has read them already."""
        grouped = calendar.group_by_local_date(timezones, now)
        if grouped.invalid:
            logger.error("Brands in unknown timezones are left alone: %s", grouped.invalid)
        ranks: dict[int, list[int]] = defaultdict(list)
        for schedule in schedules:
            rank = _rank(schedule, now)
            if rank is not None:
                ranks[rank].append(schedule.id)
        return cls(now, grouped.by_date, dict(ranks), tuple(grouped.invalid))

    def period_starts(self, period: Period) -> dict[date, list[str]]:
        """The starts of the periods that the brands are in, and the timezones that are in them."""
        return _period_starts(self.dates, period)


@dataclass(frozen=True, slots=True)
class Moments:
    """The same for campaigns of which each stands at an instant of its own."""

    key: ClassVar[str] = "pk"

    #: Ids of the campaigns by the local date that their brands have at their instants.
    dates: dict[date, list[int]]
    #: Ids of those whose deciding schedules have no window open then.
    closed: list[int]

    @classmethod
    def of(
        cls,
        instants: Mapping[int, datetime],
        timezones: Mapping[int, str],
        schedules: Mapping[int, Sequence[dayparting.Schedule]],
    ) -> "Moments":
        """By the campaigns' ids: the instants, their brands' timezones, the attached schedules.

        Campaigns of brands whose timezone nobody can read are left out.
        """
        dates: dict[date, list[int]] = defaultdict(list)
        closed = []
        for pk, at in instants.items():
            with suppress(calendar.UnknownTimezone):
                dates[calendar.local_date(at, timezones[pk])].append(pk)
            attached = schedules.get(pk, ())
            ranks = [rank for schedule in attached if (rank := _rank(schedule, at)) is not None]
            if attached and max(ranks, default=0) & 1 == 0:
                closed.append(pk)
        return cls(dict(dates), closed)

    def period_starts(self, period: Period) -> dict[date, list[int]]:
        """The starts of the periods that the campaigns are in, and the campaigns in them."""
        return _period_starts(self.dates, period)


def _period_starts(dates: dict[date, list[K]], period: Period) -> dict[date, list[K]]:
    starts: dict[date, list[K]] = defaultdict(list)
    for day, those in dates.items():
        starts[calendar.period_start(period, day)] += those
    # Without any no date matters, but the SQL needs one.
    return dict(starts) or {date(2000, 1, 1): []}


def _rank(schedule: dayparting.Schedule, now: datetime) -> int | None:
    try:
        return dayparting.rank(schedule, now)
    except calendar.UnknownTimezone:
        logger.exception("Schedule %s counts as closed.", schedule.id)
        return schedule.priority * 2


def schedules_as_rules(schedules: QuerySet[DaypartingSchedule]) -> list[dayparting.Schedule]:
    """Schedules with their windows, as the rules know them; two queries."""
    # Plain tuples: model instances of a few thousand windows would take longer than the rules do.
    return _with_windows(list(schedules.order_by().values_list(*_READ)))


def as_rules(schedules: Iterable[DaypartingSchedule]) -> list[dayparting.Schedule]:
    """The same of schedules that have been read already; one query, of their windows."""
    return _with_windows(
        [tuple(getattr(schedule, name) for name in _READ) for schedule in schedules]
    )


#: What the rules read of a schedule itself.
_READ = ("pk", "timezone", "priority", "is_active", "valid_from", "valid_until")


def _with_windows(rows: list[tuple[Any, ...]]) -> list[dayparting.Schedule]:
    windows: dict[int, list[dayparting.Window]] = defaultdict(list)
    for schedule_id, day_of_week, start_time, end_time in (
        DaypartingWindow.objects.filter(schedule__in=[pk for pk, *_ in rows])
        .order_by()
        .values_list("schedule_id", "day_of_week", "start_time", "end_time")
    ):
        windows[schedule_id].append(dayparting.Window(day_of_week, start_time, end_time))
    return [
        dayparting.Schedule(
            id=pk,
            timezone=timezone,
            priority=priority,
            is_active=is_active,
            valid_from=valid_from,
            valid_until=valid_until,
            windows=tuple(windows[pk]),
        )
        for pk, timezone, priority, is_active, valid_from, valid_until in rows
    ]


def attached_to(campaigns: QuerySet[Campaign]) -> QuerySet[CampaignSchedule]:
    """The schedules of campaigns, by what attaches them."""
    attached = CampaignSchedule.objects.order_by()
    if is_everything(campaigns):
        return attached
    return attached.filter(campaign__in=_ids(campaigns))


def is_everything(campaigns: QuerySet[Campaign]) -> bool:
    """Is it every campaign? Then narrowing schedules down to theirs is a join for nothing."""
    return not campaigns.query.where and not campaigns.query.is_sliced


def _ids(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    return rows.order_by().values("pk")
