"""What would start and stop if …, worked out beforehand; nothing is locked and nothing written.

The answer comes from the rule itself (:mod:`ads.holds`), which reads what is supposed. What is done
afterwards is decided anew, under locks: somebody may have changed something in between.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, QuerySet
from django.db.models.expressions import Case, Value, When

from ads.holds import Hold, Moment, Supposing, from_bits, schedules_as_rules, with_holds
from ads.models import Campaign, DaypartingSchedule
from ads.models.campaign import Status

#: Campaigns of each kind that are named.
NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """How many campaigns something becomes of, and the first of them by id (with their brands)."""

    count: int = 0
    first: tuple[Campaign, ...] = ()

    def __bool__(self) -> bool:
        return self.count > 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """What becomes of campaigns, or became of them; each is counted in one of the first five."""

    starts: Kind = field(default_factory=Kind)
    stops: Kind = field(default_factory=Kind)
    keeps_running: Kind = field(default_factory=Kind)
    stays_off: Kind = field(default_factory=Kind)
    #: Nothing decides on them: their brand's timezone cannot be read.
    undecided: int = 0
    #: Those that stop, and those that stay off, by the first of their holds; of a status, by which.
    stopped_by: Mapping[Hold | Status, int] = field(default_factory=dict)
    kept_off_by: Mapping[Hold | Status, int] = field(default_factory=dict)
    #: Those that the action leaves as they are, by status; they are among the others too.
    left_alone: Mapping[Status, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """All of them."""
        kinds = (self.starts, self.stops, self.keeps_running, self.stays_off)
        return sum(kind.count for kind in kinds) + self.undecided


class _First(ArrayAgg):
    """The first few of a group."""

    template = f"(%(function)s(%(distinct)s%(expressions)s %(order_by)s))[1:{NAMED}]"


@dataclass(frozen=True, slots=True)
class Group:
    """Campaigns of which the same becomes, for the same reason."""

    #: As they were before.
    was_active: bool
    status_before: str
    #: As they are, or would be.
    hold_bits: int
    status: str
    is_changed: bool
    #: How many, and the ids of the first of them.
    count: int
    first: Sequence[int]


def foretell(
    campaigns: QuerySet[Campaign],
    supposing: Supposing,
    now: datetime,
    *,
    brings: Hold | None = None,
) -> Forecast:
    """What would become of ``campaigns`` at ``now`` if what is supposed were so.

    ``brings``: see :func:`told`. At most seven queries.
    """
    only = supposing.only
    campaigns = campaigns.order_by()
    moment = Moment.at(now, campaigns, supposing)
    evaluated: QuerySet[Any] = with_holds(campaigns, moment, supposing)
    rows = (
        evaluated.annotate(
            then=F(supposing.name("status")),
            changed=Value(True)
            if only is None
            else Case(When(only, then=Value(True)), default=Value(False)),
        )
        .values_list("is_active", "status", "hold_bits", "then", "changed")
        .annotate(count=Count("pk"), first=_First("pk", order_by="pk"))
        .order_by()
    )
    undecided = 0
    if moment.unreadable:
        undecided = campaigns.filter(brand__timezone__in=moment.unreadable).count()
    return told([Group(*row) for row in rows], undecided, brings=brings)


def holds_of_one(campaign: Campaign, supposing: Supposing, now: datetime) -> list[Hold] | None:
    """The holds that one campaign would have; None: its brand's timezone cannot be read.

    Three queries at most.
    """
    mine = Campaign.objects.filter(pk=campaign.pk)
    schedules = []
    if campaign.is_dayparting_enabled:
        schedules = schedules_as_rules(DaypartingSchedule.objects.filter(campaigns=campaign))
    moment = Moment.of(now, [campaign.brand.timezone], schedules)
    rows: QuerySet[Any] = with_holds(mine, moment, supposing)
    for bits in rows.values_list("hold_bits", flat=True):
        return from_bits(bits)
    return None


def told(groups: Iterable[Group], undecided: int, *, brings: Hold | None = None) -> Forecast:
    """What becomes of groups of campaigns, together; one query for the names.

    ``brings``: the hold that the action is there to bring. What was off before is off for another
    reason, if there is one.
    """
    kinds: dict[tuple[bool, bool], list[Group]] = defaultdict(list)
    stopped_by: dict[Hold | Status, int] = defaultdict(int)
    kept_off_by: dict[Hold | Status, int] = defaultdict(int)
    left_alone: dict[Status, int] = defaultdict(int)
    for group in groups:
        kinds[group.was_active, group.hold_bits == 0].append(group)
        if group.hold_bits:
            counted = stopped_by if group.was_active else kept_off_by
            counted[_why(group, brings)] += group.count
        if not group.is_changed:
            left_alone[Status(group.status_before)] += group.count
    named = {pk for same in kinds.values() for pk in _first(same)}
    rows = Campaign.objects.select_related("brand").in_bulk(named)

    def kind(*key: bool) -> Kind:
        same = kinds[key[0], key[1]]
        first = tuple(rows[pk] for pk in _first(same) if pk in rows)
        return Kind(sum(group.count for group in same), first)

    return Forecast(
        starts=kind(False, True),
        stops=kind(True, False),
        keeps_running=kind(True, True),
        stays_off=kind(False, False),
        undecided=undecided,
        stopped_by=_in_order(stopped_by),
        kept_off_by=_in_order(kept_off_by),
        left_alone=dict(left_alone),
    )


def _first(groups: Iterable[Group]) -> list[int]:
    return sorted(pk for group in groups for pk in group.first)[:NAMED]


def _why(group: Group, brings: Hold | None) -> Hold | Status:
    holds = from_bits(group.hold_bits)
    others = [] if group.was_active else [hold for hold in holds if hold != brings]
    first = (others or holds)[0]
    return Status(group.status) if first == Hold.STATUS else first


def _in_order(counted: Mapping[Hold | Status, int]) -> dict[Hold | Status, int]:
    order: list[Hold | Status] = [*Status, *Hold]
    return {why: counted[why] for why in order if why in counted}
