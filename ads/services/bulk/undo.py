"""Undoing a pause: bringing back exactly what one action paused, as far as it is still so.

The audit knows what that was: everything that is changed in one request, or by one command, is
recorded in one context. What somebody has activated, paused again or archived since is left alone.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When

from ads.holds import Supposing
from ads.models import Brand, Campaign
from ads.models.campaign import Status
from ads.services import locks
from ads.services.bulk.actions import WritesColumns
from ads.services.bulk.batches import Done, carry_out
from ads.services.bulk.brand_actions import BrandsDone, Switch, carry_out_on
from ads.services.delivery import TO_RUN, Trigger
from ads.services.history import audit


@dataclass(frozen=True, slots=True)
class Pause:
    """How one row was paused: the event that is on record, and what it was before."""

    event: int
    was: Any


@dataclass(frozen=True, slots=True)
class Paused:
    """What one action paused: campaigns, and brands that it switched off, by id."""

    campaigns: Mapping[int, Pause]
    brands: Mapping[int, Pause]

    def __bool__(self) -> bool:
        return bool(self.campaigns or self.brands)


@dataclass(frozen=True, slots=True)
class Left:
    """A campaign or brand that is no longer paused by that action, and who changed it last."""

    row: Campaign | Brand
    changed_by: str


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of what had been paused; None: it had paused none."""

    campaigns: Done | None
    brands: BrandsDone | None
    #: What is not brought back, as far as it still exists.
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class BringBack(WritesColumns):
    """Give campaigns back the status that they had before they were paused like this."""

    trigger = Trigger.ACTION

    paused: Mapping[int, Pause]

    def narrowed(self, ids: Collection[int]) -> "BringBack":
        return BringBack({pk: self.paused[pk] for pk in ids})

    def supposing(self) -> Supposing:
        by_status: dict[str, list[int]] = defaultdict(list)
        for pk, pause in self.paused.items():
            by_status[pause.was].append(pk)
        back = (
            When(pk__in=locks.among(ids), then=Value(status)) for status, ids in by_status.items()
        )
        return Supposing(
            {"status": Case(*back, default=F("status"))},
            only=Q(pk__in=locks.among(_still_paused(self.paused))),
        )


def paused_by(context: UUID) -> Paused:
    """What the action that is recorded in ``context`` paused."""
    return Paused(_pauses(_paused(context, Campaign)), _pauses(_paused(context, Brand)))


def how_many(context: UUID, kind: type[Brand | Campaign], *, at_most: int) -> int:
    """How many brands or campaigns the action in ``context`` paused, counted up to ``at_most``.

    One query. Some may have gone on since: :func:`undo` says which.
    """
    return _paused(context, kind)[:at_most].count()


def undo(context: UUID, now: datetime) -> Undone:
    """Bring back what the action in ``context`` paused and what is still paused by it.

    Whatever else holds it holds it still.
    """
    paused = paused_by(context)
    campaigns: Done | None = None
    brands: BrandsDone | None = None
    left: list[Left] = []
    if paused.brands:
        still_off = _still_off(paused.brands)
        left += _left(Brand.objects, _of_brands(), set(paused.brands).difference(still_off))
        brands = carry_out_on(Switch(on=True), still_off, now)
    if paused.campaigns:
        action = BringBack(paused.campaigns)
        still_paused = _still_paused(paused.campaigns)
        gone_on = set(paused.campaigns).difference(still_paused)
        left += _left(Campaign.objects.select_related("brand"), _of_campaigns(), gone_on)
        # Decided once more under the locks.
        campaigns = carry_out(action, still_paused, now)
    return Undone(campaigns, brands, tuple(left))


def _of_campaigns() -> QuerySet[Any]:
    return audit.event_model("CampaignEvent")._default_manager.order_by()


def _of_brands() -> QuerySet[Any]:
    return audit.event_model("BrandEvent")._default_manager.order_by()


def _paused(context: UUID, kind: type[Brand | Campaign]) -> QuerySet[Any]:
    """The events by which brands or campaigns were paused, with what each ``was`` before.

    Others of the context may tell of another change to what had been paused already.
    """
    if kind is Brand:
        return _changed(_of_brands(), context, is_active=False).filter(was=True)
    return _changed(_of_campaigns(), context, status=Status.PAUSED).filter(was__in=TO_RUN)


def _changed(events: QuerySet[Any], context: UUID, **to: Any) -> QuerySet[Any]:
    """The events of what became like this in ``context``, with what it ``was`` before."""
    (field,) = to
    earlier = events.model._default_manager.filter(
        pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id")
    )
    was = Subquery(earlier.order_by("-pgh_id").values(field)[:1])
    found = events.filter(pgh_context=context, pgh_label="update", **to)
    changed: QuerySet[Any] = found.annotate(was=was)
    return changed


def _pauses(paused: QuerySet[Any]) -> dict[int, Pause]:
    """How each was paused, by its id; the last time, if an action did it twice."""
    rows = paused.order_by("pgh_obj_id", "pgh_id").values_list("pgh_obj_id", "pgh_id", "was")
    return {pk: Pause(event, before) for pk, event, before in rows}


def _still_paused(paused: Mapping[int, Pause]) -> list[int]:
    """Ids of the campaigns that have been paused ever since; two queries.

    Put together here: of tables in which thousands of rows have just been changed PostgreSQL has no
    figures yet. It would expect to find one that is paused, and compare each with all the others.
    """
    if not paused:
        return []
    rows = Campaign.objects.filter(pk__in=locks.among(paused)).order_by("pk")
    now_paused = [pk for pk, status in rows.values_list("pk", "status") if status == Status.PAUSED]
    first = min(pause.event for pause in paused.values())
    later = _of_campaigns().filter(pgh_obj_id__in=locks.among(paused), pgh_id__gt=first)
    other = later.exclude(status=Status.PAUSED).values_list("pgh_obj_id", "pgh_id")
    since = {pk for pk, event in other if event > paused[pk].event}
    return [pk for pk in now_paused if pk not in since]


def _still_off(paused: Mapping[int, Pause]) -> list[int]:
    """Those of the brands that have been off ever since."""
    on = _of_brands().filter(pgh_obj_id__in=list(paused), is_active=True)
    since = {pk for pk, event in on.values_list("pgh_obj_id", "pgh_id") if event > paused[pk].event}
    off = Brand.objects.filter(pk__in=set(paused) - since, is_active=False)
    return list(off.order_by("pk").values_list("pk", flat=True))


def _left(rows: Any, events: QuerySet[Any], ids: Collection[int]) -> list[Left]:
    """Rows as they are, each with who made the last of its changes."""
    last = events.filter(pgh_obj_id__in=ids).order_by("pgh_obj_id", "-pgh_id")
    by = {
        event.pgh_obj_id: audit.actor(event)
        for event in last.distinct("pgh_obj_id").select_related("pgh_context")
    }
    found = rows.in_bulk(list(ids))
    return [Left(found[pk], by.get(pk, audit.NOBODY)) for pk in sorted(found)]
