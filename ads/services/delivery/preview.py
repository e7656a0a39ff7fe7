"""The preview of a change: which campaigns would start and stop. It locks and writes nothing.

The answer comes from the rule itself (:mod:`ads.holds`), which reads the changed values. Carrying
the change out decides again, under locks: somebody may have changed something in between.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, Final, Literal

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, QuerySet
from django.db.models.expressions import Case, Value, When

from ads.holds import Hold, Moment, Supposing, from_bits, with_holds
from ads.models import Campaign
from ads.models.campaigns import Status
from ads.services import locks, restored

#: Why campaigns stay off: their first hold, their status if that holds them, or nothing but that
#: the database was restored and nobody has resumed.
Reason = Hold | Status | Literal["restored"]

#: Campaigns of each kind that are named.
NAMED: Final = 5
#: So many are decided on at a time. For more, PostgreSQL reads the month's sums of every campaign,
#: which it takes for fewer than they are, rather than look up those of each.
AT_A_TIME: Final = 5_000


@dataclass(frozen=True, slots=True)
class Kind:
    """How many campaigns there are of one kind, and the first by id, with their brands."""

    count: int = 0
    first: tuple[Campaign, ...] = ()

    def __bool__(self) -> bool:
        return self.count > 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change does to campaigns, previewed or done; the first five count each one once."""

    starts: Kind = field(default_factory=Kind)
    stops: Kind = field(default_factory=Kind)
    keeps_running: Kind = field(default_factory=Kind)
    stays_off: Kind = field(default_factory=Kind)
    #: Their brand's timezone is invalid, so nothing decides on them.
    undecided: int = 0
    #: Those that stop, and those that stay off.
    stopped_by: Mapping[Reason, int] = field(default_factory=dict)
    kept_off_by: Mapping[Reason, int] = field(default_factory=dict)
    #: Those that the action does not change, by status; they are counted above too.
    left_alone: Mapping[Status, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        kinds = (self.starts, self.stops, self.keeps_running, self.stays_off)
        return sum(kind.count for kind in kinds) + self.undecided


class _First(ArrayAgg):
    template = f"(%(function)s(%(distinct)s%(expressions)s %(order_by)s))[1:{NAMED}]"


@dataclass(frozen=True, slots=True)
class Group:
    """Campaigns to which the same happens, for the same reason."""

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


def preview_campaigns(
    campaigns: QuerySet[Campaign],
    supposing: Supposing,
    now: datetime,
    *,
    brings: Hold | None = None,
) -> Outcome:
    """Preview what a change would do to ``campaigns`` at ``now``.

    ``brings``: see :func:`outcome_of`. At most ten queries, and one more for each
    further :data:`AT_A_TIME` campaigns.
    """
    campaigns = campaigns.order_by()
    moment = Moment.at(now, campaigns, supposing)
    undecided = 0
    if moment.unreadable:
        undecided = campaigns.filter(brand__timezone__in=moment.unreadable).count()
    ids = list(campaigns.order_by("pk").values_list("pk", flat=True))
    groups = chain.from_iterable(
        _groups(Campaign.objects.filter(pk__in=locks.among(some)), moment, supposing)
        for some in (ids[at : at + AT_A_TIME] for at in range(0, len(ids), AT_A_TIME))
    )
    return outcome_of(groups, undecided, brings=brings)


def _groups(campaigns: QuerySet[Campaign], moment: Moment, supposing: Supposing) -> Iterator[Group]:
    only = supposing.only
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
    return (Group(*row) for row in rows)


def outcome_of(groups: Iterable[Group], undecided: int, *, brings: Hold | None = None) -> Outcome:
    """Add up groups of campaigns; one query for the names, and one whether they may start.

    ``brings``: the hold that the action brings. What was off before is off for another reason, if
    there is one.
    """
    kinds: dict[tuple[bool, bool], list[Group]] = defaultdict(list)
    stopped_by: dict[Reason, int] = defaultdict(int)
    kept_off_by: dict[Reason, int] = defaultdict(int)
    left_alone: dict[Status, int] = defaultdict(int)
    for group in groups:
        kinds[group.was_active, group.hold_bits == 0].append(group)
        if group.hold_bits:
            counted = stopped_by if group.was_active else kept_off_by
            counted[_why(group, brings)] += group.count
        if not group.is_changed:
            left_alone[Status(group.status_before)] += group.count
    if restored.is_held() and (startable := kinds.pop((False, True), [])):
        kept_off_by["restored"] = sum(group.count for group in startable)
        kinds[False, False] += startable
    named = {pk for same in kinds.values() for pk in _first(same)}
    rows = Campaign.objects.select_related("brand").in_bulk(named)

    def kind(*key: bool) -> Kind:
        same = kinds[key[0], key[1]]
        first = tuple(rows[pk] for pk in _first(same) if pk in rows)
        return Kind(sum(group.count for group in same), first)

    return Outcome(
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


def _in_order(counted: Mapping[Reason, int]) -> dict[Reason, int]:
    order: list[Reason] = [*Status, *Hold, "restored"]
    return {why: counted[why] for why in order if why in counted}
