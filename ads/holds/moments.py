"""An instant's local dates and open schedules, computed once, for SQL to use as constants."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, TypeVar

import structlog
from django.db.models import Case, DateTimeField, Min, Q, QuerySet, Value, When

from ads.failures import Failures, counted
from ads.freshness import has_stale
from ads.holds import budget_sums
from ads.holds.allowed import has_ended
from ads.holds.budget_sums import GroupFigures
from ads.holds.given import one_of
from ads.holds.supposing import NOTHING, Supposing
from ads.models import (
    Brand,
    BudgetGroup,
    Campaign,
    CampaignSchedule,
    DaypartingSchedule,
    DaypartingWindow,
)
from ads.models.spend import Period
from ads.rules import calendar, dayparting

logger = structlog.stdlib.get_logger(__name__)

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Clock:
    """What the clock says at an instant: local dates, and which schedules are open."""

    now: datetime
    #: The brands' timezones by local date: at most three dates.
    dates: dict[date, list[str]]
    #: Ids of the schedules in force now, by rank (see :func:`ads.rules.dayparting.rank`).
    ranks: dict[int, list[int]]
    #: Invalid timezones of brands.
    unreadable: tuple[str, ...] = ()
    #: The fewest minutes that spend may be old of a brand that stops then; None: none stops.
    strictest: int | None = None

    @classmethod
    def at(
        cls, now: datetime, campaigns: QuerySet[Campaign], supposing: Supposing = NOTHING
    ) -> "Clock":
        """``now`` for ``campaigns``, from their brands and schedules; four queries at most."""
        brands = Brand.objects.all()
        schedules = DaypartingSchedule.objects.all()
        stored: list[dayparting.Schedule] = []
        if is_everything(campaigns):
            stored = schedules_as_rules(schedules)
        else:
            brands = brands.filter(one_of("campaigns__pk", campaigns))
            # Listed: as a subquery, those of ten thousand campaigns took PostgreSQL a second.
            attached = set(attached_to(campaigns).values_list("schedule", flat=True).distinct())
            if wanted := attached.union(supposing.attached):
                stored = schedules_as_rules(schedules.filter(pk__in=wanted))
        strict = Min("stale_after_minutes", filter=Q(stops_when_stale=True))
        allowed = dict(brands.order_by().values_list("timezone").annotate(least=strict))
        strictest = min((least for least in allowed.values() if least is not None), default=None)
        return cls.of(now, allowed, supposing.in_place_of(stored), strictest)

    @classmethod
    def of(
        cls,
        now: datetime,
        timezones: Iterable[str],
        schedules: Iterable[dayparting.Schedule],
        strictest: int | None = None,
    ) -> "Clock":
        """The same from timezones and schedules that have been read already; no query."""
        grouped = calendar.group_by_local_date(timezones, now)
        if grouped.invalid:
            logger.error(
                "Brands in unknown timezones are left alone",
                timezones=counted(grouped.invalid),
            )
        ranks: dict[int, list[int]] = defaultdict(list)
        with _unreadable() as failures:
            for schedule in schedules:
                rank = _rank(schedule, now, failures)
                if rank is not None:
                    ranks[rank].append(schedule.id)
        return cls(now, grouped.by_date, dict(ranks), tuple(grouped.invalid), strictest)


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant for all campaigns."""

    #: Path from a campaign to the values in :attr:`dates`.
    key: ClassVar[str] = "brand__timezone"

    now: datetime
    #: These three are the :class:`Clock`'s.
    dates: dict[date, list[str]]
    ranks: dict[int, list[int]]
    unreadable: tuple[str, ...] = ()
    #: SQL for ``now``; None: no allowance has ended by then that the clock has yet to take out.
    allowances_end: Value | None = None
    #: False: no source of the campaigns' spend is older than a brand allows that stops then.
    stale: bool = True
    #: The figures of budget groups, by id: of those that hold, or of all if they were asked for.
    groups: Mapping[int, GroupFigures] = field(default_factory=dict, repr=False)
    #: Ids of the groups with a budget that is used up.
    held_groups: Sequence[int] = ()
    #: False: no campaign has a total budget.
    totals: bool = True
    #: Ids of those that have used it up, or with margins may have; None: not worked out beforehand.
    reached_totals: Sequence[int] | None = None
    #: False: no brand that stops early is near a limit.
    margins: bool = True

    @classmethod
    def at(
        cls,
        now: datetime,
        campaigns: QuerySet[Campaign],
        supposing: Supposing = NOTHING,
        *,
        clock: Clock | None = None,
        group_figures: bool = False,
    ) -> "Moment":
        """``now`` for ``campaigns``, from their brands, schedules and budget groups; seven queries
        at most, four for groups, and for all campaigns four for total and group budgets.

        ``clock``: of these or of more campaigns, if it is known. ``group_figures``: with
        :attr:`groups` that hold nothing, too, which the rule does not read.
        An invalid timezone (written past every check) is logged. Campaigns of such a brand are not
        decided on; such a schedule counts as in force and closed, so that no money is spent on it.
        """
        clock = clock or Clock.at(now, campaigns, supposing)
        asked = None if is_everything(campaigns) else campaigns
        is_all = asked is None and supposing is NOTHING
        has_groups, has_totals, has_margins = budget_sums.there_are()
        return cls.of(
            clock,
            allowances_end=has_ended(now),
            stale=clock.strictest is not None and has_stale(asked, clock.strictest, now),
            groups=_groups(
                campaigns, clock, supposing, margins=has_margins, keeps_all=group_figures
            )
            if has_groups
            else {},
            totals=has_totals or "total_budget" in supposing.columns,
            reached_totals=budget_sums.reached_totals(margins=has_margins)
            if has_totals and is_all
            else None,
            margins=has_margins,
        )

    @classmethod
    def of(
        cls,
        clock: Clock,
        *,
        allowances_end: bool = True,
        stale: bool = True,
        groups: Mapping[int, GroupFigures] | None = None,
        totals: bool = True,
        reached_totals: Sequence[int] | None = None,
        margins: bool = True,
    ) -> "Moment":
        """The same from what has been read already; no query.

        ``allowances_end`` False: :func:`has_ended` says that none has to be looked at, which spares
        the many a lookup for each. ``stale`` False: likewise, :func:`has_stale`. ``groups``: the
        figures of the campaigns' budget groups. ``totals`` False: none has a total budget.
        ``reached_totals``: the ids of those that it can hold, if they are known. ``margins`` False:
        none of their brands stops early.
        """
        groups = groups or {}
        return cls(
            clock.now,
            clock.dates,
            clock.ranks,
            clock.unreadable,
            Value(clock.now, output_field=DateTimeField()) if allowances_end else None,
            stale,
            groups,
            [pk for pk, figures in groups.items() if figures.used_up],
            totals,
            reached_totals,
            margins,
        )

    def period_starts(self, period: Period) -> dict[date, list[str]]:
        """The timezones by the start of the period that they are in."""
        return _period_starts(self.dates, period)


@dataclass(frozen=True, slots=True)
class Moments:
    """The same for campaigns that each have an instant of their own."""

    key: ClassVar[str] = "pk"
    reached_totals: ClassVar[None] = None

    #: Ids of the campaigns by the local date of their brands.
    dates: dict[date, list[int]]
    #: Ids of those outside their hours.
    closed: list[int]
    #: SQL for the instant of a campaign; None where no allowance ends before its period.
    allowances_end: Case | None = None
    #: Ids of those whose budget group has used up a budget.
    held_by_groups: Sequence[int] = ()
    totals: bool = True
    margins: bool = True

    @classmethod
    def of(
        cls,
        instants: Mapping[int, datetime],
        timezones: Mapping[int, str],
        schedules: Mapping[int, Sequence[dayparting.Schedule]],
        *,
        allowances_end: bool = False,
        held_by_groups: Sequence[int] = (),
        totals: bool = True,
        margins: bool = True,
    ) -> "Moments":
        """Instants, brands' timezones and attached schedules by the campaigns' ids.

        ``allowances_end``: does any allowance of theirs end before its period? ``held_by_groups``:
        the ids of those whose group has used up a budget by then. ``totals``: has any a total
        budget? ``margins``: does any brand of theirs stop early?
        Leaves out campaigns of brands with an invalid timezone.
        """
        dates: dict[date, list[int]] = defaultdict(list)
        closed = []
        with _unreadable() as failures:
            for pk, at in instants.items():
                with suppress(calendar.UnknownTimezone):
                    dates[calendar.local_date(at, timezones[pk])].append(pk)
                attached = schedules.get(pk, ())
                ranks = [
                    rank
                    for schedule in attached
                    if (rank := _rank(schedule, at, failures)) is not None
                ]
                if attached and max(ranks, default=0) & 1 == 0:
                    closed.append(pk)
        return cls(
            dict(dates),
            closed,
            _instant(instants) if allowances_end else None,
            held_by_groups,
            totals,
            margins,
        )

    def period_starts(self, period: Period) -> dict[date, list[int]]:
        """The campaigns by the start of the period that they are in."""
        return _period_starts(self.dates, period)


def _groups(
    campaigns: QuerySet[Campaign],
    clock: Clock,
    supposing: Supposing,
    *,
    margins: bool,
    keeps_all: bool,
) -> dict[int, GroupFigures]:
    """The groups of ``campaigns``, and those that they are supposed to be in.

    Of all, or of those that hold.
    """
    groups = BudgetGroup.objects.all()
    if not is_everything(campaigns):
        joined = groups.filter(one_of("campaigns__pk", campaigns)).order_by()
        ids = {*joined.values_list("pk", flat=True), *supposing.into_groups}
        groups = groups.filter(pk__in=ids)
    elif supposing is NOTHING and not keeps_all:
        ids = budget_sums.reached_groups(clock.dates, margins=margins)
        groups = groups.filter(pk__in=ids)
    keys = budget_sums.today(groups, clock.now)
    figures = budget_sums.of_groups(keys, supposing, margins=margins)
    return {pk: each for (pk, _), each in figures.items() if keeps_all or each.used_up}


def _instant(instants: Mapping[int, datetime]) -> Case:
    campaigns: dict[datetime, list[int]] = defaultdict(list)
    for pk, at in instants.items():
        campaigns[at].append(pk)
    return Case(
        *(When(pk__in=ids, then=Value(at)) for at, ids in campaigns.items()),
        output_field=DateTimeField(),
    )


def _period_starts(dates: dict[date, list[K]], period: Period) -> dict[date, list[K]]:
    starts: dict[date, list[K]] = defaultdict(list)
    for day, those in dates.items():
        starts[calendar.period_start(period, day)] += those
    # The SQL needs some date.
    return dict(starts) or {date(2000, 1, 1): []}


def _unreadable() -> Failures:
    return Failures(logger, "Schedules in unknown timezones count as closed")


def _rank(schedule: dayparting.Schedule, now: datetime, failures: Failures) -> int | None:
    try:
        return dayparting.rank(schedule, now)
    except calendar.UnknownTimezone as error:
        failures.add(schedule.id, error)
        return schedule.priority * 2


def schedules_as_rules(schedules: QuerySet[DaypartingSchedule]) -> list[dayparting.Schedule]:
    """Schedules with their windows, for the rules; two queries."""
    # Plain tuples: instances of a few thousand windows take longer than the rules.
    return _with_windows(list(schedules.order_by().values_list(*_READ)))


def as_rules(schedules: Iterable[DaypartingSchedule]) -> list[dayparting.Schedule]:
    """The same of schedules that have been read already; one query."""
    return _with_windows(
        [tuple(getattr(schedule, name) for name in _READ) for schedule in schedules]
    )


#: Columns of a schedule that the rules read.
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
    """The attachments of schedules to campaigns."""
    attached = CampaignSchedule.objects.order_by()
    if is_everything(campaigns):
        return attached
    return attached.filter(one_of("campaign__pk", campaigns))


def is_everything(campaigns: QuerySet[Campaign]) -> bool:
    """Is it every campaign? Then there is no need to join them."""
    return not campaigns.query.where and not campaigns.query.is_sliced
