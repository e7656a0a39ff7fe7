"""Lists of campaigns, page by page, each with its holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Prefetch, QuerySet

from ads.holds import Hold, Moment, evaluate, from_bits, held_by
from ads.models import Campaign, CampaignReference, DaypartingSchedule
from ads.services.explanation import sentence

#: How many campaigns are looked at for a hold: first so many, then ever more of the rest. A hold
#: that many have is found in the first of them; for one that nobody has, all are looked at in a few
#: queries, as a sweep does.
FIRST_STRETCH: Final = 1_000
GROWTH: Final = 8


@dataclass(frozen=True, slots=True)
class Listed:
    """A campaign with its ``references``, schedules and brand at hand, and why it is held.

    ``holds``: code and sentence of each; None: nothing decides on it, for its brand's timezone
    cannot be read.
    """

    campaign: Campaign
    holds: list[tuple[Hold, str]] | None


@dataclass(frozen=True, slots=True)
class Page:
    """Campaigns in the order of their ids, and whether there are more after them."""

    campaigns: list[Listed]
    has_more: bool


def page(
    campaigns: QuerySet[Campaign], now: datetime, *, after: int, limit: int, hold: Hold | None
) -> Page:
    """The first ``limit`` of ``campaigns`` with an id above ``after``.

    ``hold``: only those that have it at ``now``, whether or not they have been stopped already.
    A fixed number of queries without; with it, one that grows with the logarithm of how many
    campaigns had to be looked at.
    """
    following = campaigns.filter(pk__gt=after).order_by("pk")
    if hold is None:
        ids = list(following.values_list("pk", flat=True)[: limit + 1])
    else:
        ids = _held(campaigns, now, after, limit + 1, hold)
    return Page(described(ids[:limit], now), has_more=len(ids) > limit)


def described(ids: Sequence[int], now: datetime) -> list[Listed]:
    """These campaigns, in the order of their ids; a fixed number of queries."""
    rows = (
        Campaign.objects.filter(pk__in=ids)
        .select_related("brand")
        .prefetch_related(
            Prefetch("references", CampaignReference.objects.order_by("pk")),
            Prefetch("dayparting_schedules", DaypartingSchedule.objects.order_by("pk")),
        )
        .order_by("pk")
    )
    moment = Moment.at(now, Campaign.objects.filter(pk__in=ids))
    evaluated: dict[int, Any] = {row.pk: row for row in evaluate(rows, moment)}
    if len(evaluated) < len(ids):
        missing = rows.filter(pk__in=set(ids) - evaluated.keys())
        undecided = {row.pk: Listed(row, None) for row in missing}
    else:
        undecided = {}
    return [
        Listed(row, [(hold, sentence(hold, row, now)) for hold in from_bits(row.hold_bits)])
        if (row := evaluated.get(pk)) is not None
        else undecided[pk]
        for pk in ids
        if pk in evaluated or pk in undecided  # not those deleted meanwhile
    ]


def _held(
    campaigns: QuerySet[Campaign], now: datetime, after: int, count: int, hold: Hold
) -> list[int]:
    """Ids of the first ``count`` campaigns after an id that have ``hold``."""
    found: list[int] = []
    for stretch in _stretches(campaigns, after):
        held = held_by(stretch, Moment.at(now, stretch), hold).order_by("pk")
        found += held.values_list("pk", flat=True)[: count - len(found)]
        if len(found) == count:
            break
    return found


def _stretches(campaigns: QuerySet[Campaign], after: int) -> Iterator[QuerySet[Campaign]]:
    """All of ``campaigns`` after an id, in stretches that grow."""
    size = FIRST_STRETCH
    while True:
        rest = campaigns.filter(pk__gt=after)
        last = list(rest.order_by("pk").values_list("pk", flat=True)[size - 1 : size])
        if not last:
            yield rest
            return
        yield rest.filter(pk__lte=last[0])
        after = last[0]
        size *= GROWTH
