"""Undoing a pause: bringing back exactly what one action paused, as far as it is still so.

The audit knows what that was: everything that is changed in one request, or by one command, is
recorded in one context. What somebody has activated, paused again or archived since is left alone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from ads.holds import Supposing
from ads.models import Brand, Campaign
from ads.models.campaign import Status
from ads.services import audit, locks
from ads.services.actions import WritesColumns
from ads.services.brand_actions import BrandsDone, Switch, carry_out_on
from ads.services.bulk import Done, carry_out
from ads.services.enforcement import Trigger


@dataclass(frozen=True, slots=True)
class Paused:
    """What one action paused: ids of campaigns, and of brands that it switched off."""

    campaigns: tuple[int, ...]
    brands: tuple[int, ...]

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
    """Give campaigns back the status that they had before the action in ``context`` paused them."""

    trigger = Trigger.ACTION

    context: UUID

    def supposing(self) -> Supposing:
        mine = _of_campaigns().filter(pgh_obj_id=OuterRef("pk"))
        pause = _of_campaigns().filter(
            pgh_obj_id=OuterRef(OuterRef("pk")), pgh_context=self.context, status=Status.PAUSED
        )
        event = Subquery(pause.order_by("-pgh_id").values("pgh_id")[:1])
        before = mine.filter(pgh_id__lt=event).order_by("-pgh_id")
        since = mine.filter(pgh_id__gt=event).exclude(status=Status.PAUSED)
        return Supposing(
            {"status": Subquery(before.values("status")[:1])},
            only=Q(status=Status.PAUSED) & ~Q(Exists(since)),
        )


def paused_by(context: UUID) -> Paused:
    """What the action that is recorded in ``context`` paused."""
    campaigns = _with_before(_of_campaigns().filter(status=Status.PAUSED), "status", context)
    brands = _with_before(_of_brands().filter(is_active=False), "is_active", context)
    return Paused(
        # An event may also tell of another change to what had been paused already. And what was
        # over and is brought back as paused, on its page, was not paused: undoing it would end it.
        tuple(sorted({pk for pk, was in campaigns if was in (Status.DRAFT, Status.ACTIVE)})),
        tuple(sorted({pk for pk, was in brands if was})),
    )


def undo(context: UUID, now: datetime) -> Undone:
    """Bring back what the action in ``context`` paused and what is still paused by it.

    Whatever else holds it holds it still.
    """
    paused = paused_by(context)
    campaigns: Done | None = None
    brands: BrandsDone | None = None
    left: list[Left] = []
    if paused.brands:
        still_off = _still_off(paused.brands, context)
        left += _left(Brand.objects, _of_brands(), set(paused.brands).difference(still_off))
        brands = carry_out_on(Switch(on=True), still_off, now)
    if paused.campaigns:
        action = BringBack(context)
        rows = Campaign.objects.filter(
            action.supposing().only, pk__in=locks.among(paused.campaigns)
        )
        still_paused = list(rows.order_by("pk").values_list("pk", flat=True))
        gone_on = set(paused.campaigns).difference(still_paused)
        left += _left(Campaign.objects.select_related("brand"), _of_campaigns(), gone_on)
        # Decided once more under the locks.
        campaigns = carry_out(action, still_paused, now)
    return Undone(campaigns, brands, tuple(left))


def _of_campaigns() -> QuerySet[Any]:
    return audit.event_model("CampaignEvent")._default_manager.order_by()


def _of_brands() -> QuerySet[Any]:
    return audit.event_model("BrandEvent")._default_manager.order_by()


def _with_before(events: QuerySet[Any], field: str, context: UUID) -> list[tuple[int, Any]]:
    """Ids of what changed in ``context``, with what ``field`` was before."""
    earlier = events.model._default_manager.filter(
        pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id")
    )
    was = Subquery(earlier.order_by("-pgh_id").values(field)[:1])
    of_context = events.filter(pgh_context=context, pgh_label="update")
    return list(of_context.annotate(was=was).values_list("pgh_obj_id", "was"))


def _still_off(brand_ids: Collection[int], context: UUID) -> list[int]:
    """Those of the brands that have been off ever since."""
    off = _of_brands().filter(pgh_obj_id=OuterRef(OuterRef("pk")), pgh_context=context)
    event = Subquery(off.filter(is_active=False).order_by("-pgh_id").values("pgh_id")[:1])
    since = _of_brands().filter(pgh_obj_id=OuterRef("pk"), pgh_id__gt=event, is_active=True)
    brands = Brand.objects.filter(~Q(Exists(since)), pk__in=brand_ids, is_active=False)
    return list(brands.order_by("pk").values_list("pk", flat=True))


def _left(rows: Any, events: QuerySet[Any], ids: Collection[int]) -> list[Left]:
    """Rows as they are, each with who made the last of its changes."""
    last = events.filter(pgh_obj_id__in=ids).order_by("pgh_obj_id", "-pgh_id")
    by = {
        event.pgh_obj_id: audit.actor(event)
        for event in last.distinct("pgh_obj_id").select_related("pgh_context")
    }
    found = rows.in_bulk(list(ids))
    return [Left(found[pk], by.get(pk, audit.NOBODY)) for pk in sorted(found)]
