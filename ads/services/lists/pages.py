"""Lists of campaigns, page by page, each with its holds."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db.models import Model, Prefetch, QuerySet

from ads.holds import Clock, Hold, Moment, from_bits, has_ended, held_by, with_holds
from ads.models import Brand, Campaign, CampaignReference, DaypartingSchedule
from ads.models.campaigns import STATES, State
from ads.services import freshness, visible
from ads.services.explain import limits, sentence
from ads.services.pacing import Pace, paced, stored_of

M = TypeVar("M", bound=Model)

#: How many campaigns are searched for a hold at a time: first so many, then ever more. A common
#: hold is found among the first; for one that no campaign has, a few queries search all of them.
FIRST_STRETCH: Final = 1_000
GROWTH: Final = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which campaigns are listed; None is any.

    ``brand`` is an id. One reference of the campaign has to match all three parts.
    """

    brand: int | None = None
    name: str | None = None
    label: str | None = None
    account_manager: str | None = None
    state: State | None = None
    hold: Hold | None = None
    platform: str | None = None
    account: str | None = None
    reference: str | None = None
    pace: str | None = None
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A campaign with its references, schedules and brand loaded, its holds and its pace.

    ``holds``: code and sentence of each; None: its brand's timezone is invalid.
    """

    campaign: Campaign
    holds: list[tuple[Hold, str]] | None
    pace: Pace | None


@dataclass(frozen=True, slots=True)
class Page:
    """Campaigns by id, and whether there are more after ``last_id``."""

    campaigns: list[Listed]
    last_id: int
    has_more: bool


def brands(
    seen: QuerySet[Brand],
    *,
    after: int,
    limit: int,
    label: str | None = None,
    account_manager: str | None = None,
) -> tuple[list[Brand], bool]:
    """The first ``limit`` of these brands with an id above ``after``; are there more?

    ``label``, ``account_manager``: of this name; None: any.
    """
    matching = _of_team(seen, label, account_manager, path="")
    rows = list(with_team(matching).filter(pk__gt=after).order_by("pk")[: limit + 1])
    return rows[:limit], len(rows) > limit


def page(
    campaigns: QuerySet[Campaign],
    wanted: Wanted,
    now: datetime,
    *,
    after: int,
    limit: int,
    brand_ids: Collection[int] | None = None,
) -> Page:
    """The first ``limit`` of the wanted ``campaigns`` with an id above ``after``.

    ``brand_ids``: see :func:`ads.services.explain.limits.with_allowances`.

    A wanted hold is evaluated at ``now``, whether or not it has stopped the campaign already. The
    number of queries is fixed without a hold, and logarithmic in the number of campaigns with one.
    """
    matching = _matching(campaigns, wanted, now)
    if wanted.hold is None:
        following = matching.filter(pk__gt=after).order_by("pk")
        ids = list(following.values_list("pk", flat=True)[: limit + 1])
    else:
        ids = _held(matching, wanted.hold, now, after=after, count=limit + 1)
    shown = ids[:limit]
    last_id = shown[-1] if shown else after
    return Page(_described(shown, now, brand_ids), last_id, has_more=len(ids) > limit)


def with_team(brands: QuerySet[Brand]) -> QuerySet[Brand]:
    return brands.select_related("account_manager").prefetch_related("labels")


def _of_team(
    rows: QuerySet[M], label: str | None, account_manager: str | None, *, path: str
) -> QuerySet[M]:
    """Those with this label and this account manager; ``path``: to the brand."""
    if label is not None:
        rows = rows.filter(labels__name__iexact=label)
    if account_manager is not None:
        rows = rows.filter(**{f"{path}account_manager__username": account_manager})
    return rows


def one(campaign: Campaign, now: datetime, brand_ids: Collection[int] | None = None) -> Listed:
    """One campaign, as in a list.

    Raises:
        Campaign.DoesNotExist: it has been deleted.
    """
    if listed := _described([campaign.pk], now, brand_ids):
        return listed[0]
    raise Campaign.DoesNotExist


def _matching(campaigns: QuerySet[Campaign], wanted: Wanted, now: datetime) -> QuerySet[Campaign]:
    """All conditions but the hold."""
    if wanted.brand is not None:
        campaigns = campaigns.filter(brand=wanted.brand)
    if wanted.name is not None:
        campaigns = campaigns.filter(name=wanted.name)
    campaigns = _of_team(campaigns, wanted.label, wanted.account_manager, path="brand__")
    if wanted.state is not None:
        campaigns = campaigns.filter(STATES[wanted.state.label])
    if wanted.priority is not None:
        campaigns = campaigns.filter(priority=wanted.priority)
    parts = {"platform": wanted.platform, "account": wanted.account, "reference": wanted.reference}
    if wanted.pace is not None:
        campaigns = paced(campaigns, wanted.pace, now)
    given = {part: value for part, value in parts.items() if value is not None}
    if given:
        references = CampaignReference.objects.filter(**given).order_by()
        campaigns = campaigns.filter(pk__in=references.values("campaign"))
    return campaigns


def _described(
    ids: Sequence[int], now: datetime, brand_ids: Collection[int] | None
) -> list[Listed]:
    """These campaigns, in the order of their ids; a fixed number of queries."""
    rows = (
        Campaign.objects.filter(pk__in=ids)
        .select_related("brand", "budget_group")
        .prefetch_related(
            Prefetch("references", CampaignReference.objects.order_by("pk")),
            Prefetch("dayparting_schedules", DaypartingSchedule.objects.order_by("pk")),
            "labels",
        )
        .order_by("pk")
    )
    moment = Moment.at(now, Campaign.objects.filter(pk__in=ids))
    evaluated: dict[int, Any] = {row.pk: row for row in with_holds(rows, moment)}
    limits.with_allowances(list(evaluated.values()), now, brand_ids)
    limits.with_groups(evaluated.values(), moment.groups)
    freshness.with_sources(evaluated.values(), of_all=True)
    paces = stored_of(evaluated.values(), now)
    listed = {
        pk: Listed(
            row,
            [(hold, sentence(hold, row, now)) for hold in from_bits(row.hold_bits)],
            paces.get(pk),
        )
        for pk, row in evaluated.items()
    }
    if missing := set(ids) - listed.keys():
        listed |= {row.pk: Listed(row, None, None) for row in rows.filter(pk__in=missing)}
    return [listed[pk] for pk in ids if pk in listed]  # without those deleted meanwhile


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
    """For finding a hold among all campaigns; with what else it depends on only where it does."""
    if hold in (Hold.DAYPARTING, Hold.GROUP_BUDGET):
        return Moment.at(now, visible.rows(Campaign.objects.all()))
    timezones = visible.rows(Brand.objects.order_by()).values_list("timezone", flat=True).distinct()
    clock = Clock.of(now, timezones, [])
    return Moment.of(clock, allowances_end=has_ended(now), stale=hold == Hold.STALE_SPEND)


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
