"""Lists of campaigns, page by page, each with its holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Prefetch, QuerySet

from ads.holds import Hold, Moment, from_bits, held_by, with_holds
from ads.models import Brand, Campaign, CampaignReference, DaypartingSchedule
from ads.models.campaign import STATES, State
from ads.services.explain import sentence

#: How many campaigns are looked at for a hold: first so many, then ever more of the rest. A hold
#: that many have is found in the first of them; for one that nobody has, all are looked at in a few
#: queries, as a sweep does.
FIRST_STRETCH: Final = 1_000
GROWTH: Final = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which campaigns a list is of; what is None does not matter.

    ``brand`` is an id. The three parts of a reference have to be those of one reference of the
    campaign.
    """

    brand: int | None = None
    name: str | None = None
    state: State | None = None
    hold: Hold | None = None
    platform: str | None = None
    account: str | None = None
    reference: str | None = None


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
    """Campaigns in the order of their ids, and whether there are more after ``last_id``."""

    campaigns: list[Listed]
    last_id: int
    has_more: bool


def brands(seen: QuerySet[Brand], *, after: int, limit: int) -> tuple[list[Brand], bool]:
    """The first ``limit`` of these brands with an id above ``after``; are there more?"""
    rows = list(seen.filter(pk__gt=after).order_by("pk")[: limit + 1])
    return rows[:limit], len(rows) > limit


def page(
    campaigns: QuerySet[Campaign], wanted: Wanted, now: datetime, *, after: int, limit: int
) -> Page:
    """The first ``limit`` of those ``campaigns`` that are wanted, with an id above ``after``.

    A hold is wanted as of ``now``, whether or not it has stopped the campaign already. A fixed
    number of queries without one; with it, one that grows with the logarithm of how many campaigns
    have to be looked at.
    """
    matching = _matching(campaigns, wanted)
    if wanted.hold is None:
        following = matching.filter(pk__gt=after).order_by("pk")
        ids = list(following.values_list("pk", flat=True)[: limit + 1])
    else:
        ids = _held(matching, wanted.hold, now, after=after, count=limit + 1)
    shown = ids[:limit]
    last_id = shown[-1] if shown else after
    return Page(_described(shown, now), last_id, has_more=len(ids) > limit)


def one(campaign: Campaign, now: datetime) -> Listed:
    """One campaign as a list would have it.

    Raises:
        Campaign.DoesNotExist: it has been deleted.
    """
    for listed in _described([campaign.pk], now):
        return listed
    raise Campaign.DoesNotExist


def _matching(campaigns: QuerySet[Campaign], wanted: Wanted) -> QuerySet[Campaign]:
    """Without looking at holds."""
    if wanted.brand is not None:
        campaigns = campaigns.filter(brand=wanted.brand)
    if wanted.name is not None:
        campaigns = campaigns.filter(name=wanted.name)
    if wanted.state is not None:
        campaigns = campaigns.filter(STATES[wanted.state.label])
    parts = {"platform": wanted.platform, "account": wanted.account, "reference": wanted.reference}
    given = {part: value for part, value in parts.items() if value is not None}
    if given:
        references = CampaignReference.objects.filter(**given).order_by()
        campaigns = campaigns.filter(pk__in=references.values("campaign"))
    return campaigns


def _described(ids: Sequence[int], now: datetime) -> list[Listed]:
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
    evaluated: dict[int, Any] = {row.pk: row for row in with_holds(rows, moment)}
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
    campaigns: QuerySet[Campaign], hold: Hold, now: datetime, *, after: int, count: int
) -> list[int]:
    """Ids of the first ``count`` campaigns after an id that have ``hold``."""
    moment = moment_for(hold, now)
    found: list[int] = []
    for stretch in _stretches(campaigns, after):
        held = held_by(stretch, moment, hold).order_by("pk")
        found += held.values_list("pk", flat=True)[: count - len(found)]
        if len(found) == count:
            break
    return found


def moment_for(hold: Hold | None, now: datetime) -> Moment:
    """For looking for a hold among all campaigns: with the schedules only if it rests on them."""
    if hold == Hold.DAYPARTING:
        return Moment.at(now, Campaign.objects.all())
    timezones = Brand.objects.order_by().values_list("timezone", flat=True).distinct()
    return Moment.of(now, timezones, [])


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
