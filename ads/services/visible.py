"""What a person may see: every brand, or only what belongs to the brands they are limited to.

Somebody who is limited must not learn that other brands exist, so everything they are shown, and
everything that they change, is selected through :func:`rows`: what is of other brands is then like
what does not exist. What is shared, such as the periodic tasks or a file of several brands, is not
theirs either.

Whose request it is goes without saying, as who acts does (:mod:`ads.services.actor`). Enforcement
and the ledger never ask: what a limited person does has the same effects as anybody's.
"""

import functools
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.apps import apps
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from ads import models as ours

M = TypeVar("M", bound=Model)

Brands = frozenset[int]

_brand_ids: ContextVar[Brands | None] = ContextVar("brand_ids", default=None)


def brand_ids() -> Brands | None:
    """The brands of whoever asks, by id; None: every brand."""
    return _brand_ids.get()


def only_brands() -> list[int] | None:
    """The same as rows keep it: ascending."""
    ids = brand_ids()
    return None if ids is None else sorted(ids)


@contextmanager
def limited(ids: Collection[int] | None) -> Iterator[None]:
    """Inside, somebody asks who is limited to these brands; None: to none."""
    token = _brand_ids.set(None if ids is None else frozenset(ids))
    try:
        yield
    finally:
        _brand_ids.reset(token)


def brands_of(user: Any) -> Brands | None:
    """The brands that a person is limited to; None: to none. Superusers never are.

    Asked once for each user that is loaded; one query, and another for those who are limited.
    """
    if not user.is_authenticated or user.is_superuser:
        return None
    if not hasattr(user, "brand_ids"):
        person = ours.Person.objects.filter(user=user.pk, every_brand=False).first()
        ids = person and frozenset(person.brands.order_by().values_list("pk", flat=True))
        user.brand_ids = ids  # kept with the user
    found: Brands | None = user.brand_ids
    return found


def rows(queryset: QuerySet[M]) -> QuerySet[M]:
    """Those that whoever asks may see."""
    return rows_of(queryset, brand_ids())


def rows_of(queryset: QuerySet[M], ids: Collection[int] | None) -> QuerySet[M]:
    """Those that somebody may see who is limited to these brands; None: to none."""
    if ids is None:
        return queryset
    condition = _conditions().get(queryset.model)
    return queryset.none() if condition is None else queryset.filter(condition(frozenset(ids)))


def is_theirs_alone(schedule: ours.DaypartingSchedule) -> bool:
    """May whoever asks change the schedule? Not if campaigns of other brands have it too."""
    ids = brand_ids()
    if ids is None:
        return True
    return not ours.CampaignSchedule.objects.filter(schedule=schedule).exclude(
        campaign__brand__in=ids
    ).exists()  # fmt: skip


def is_known(model: type[Model]) -> bool:
    """Is there anything of this model that is of one brand, and so a limited person's?"""
    return model in _conditions()


def _path(path: str) -> Callable[[Brands], Q]:
    return lambda ids: Q(**{f"{path}__in": ids})


def _made_by_limited(path: str = "only_brands") -> Callable[[Brands], Q]:
    # Contained, and not empty as where all of its brands have been deleted.
    return lambda ids: Q(**{f"{path}__contained_by": sorted(ids), f"{path}__overlap": sorted(ids)})


def _schedules(ids: Brands) -> Q:
    """Those that a campaign of theirs has, and those that somebody with the same brands made."""
    attached = ours.CampaignSchedule.objects.filter(campaign__brand__in=ids).order_by()
    return Q(pk__in=attached.values("schedule")) | _made_by_limited()(ids)


def _labels(ids: Brands) -> Q:
    """Those on something of theirs."""
    on_brands = ours.BrandLabel.objects.filter(brand__in=ids).order_by()
    on_campaigns = ours.CampaignLabel.objects.filter(campaign__brand__in=ids).order_by()
    return Q(pk__in=on_brands.values("label")) | Q(pk__in=on_campaigns.values("label"))


def _label_events(ids: Brands) -> Q:
    own = ours.Label.objects.filter(_labels(ids)).order_by()
    return Q(pgh_obj_id__in=own.values("pk"))


def _of_schedules(column: str) -> Callable[[Brands], Q]:
    def condition(ids: Brands) -> Q:
        own = ours.DaypartingSchedule.objects.filter(_schedules(ids)).order_by()
        return Q(**{f"{column}__in": own.values("pk")})

    return condition


def _batches(ids: Brands) -> Q:
    """Those with nothing of other brands, and nothing that waits for any brand.

    Nor those with archived entries, of which no brand is known.
    """
    own = Q(campaign__brand__in=ids)
    recorded = ours.Spend.objects.filter(batch=OuterRef("pk")).order_by()
    waits = ours.WaitingSpend.objects.filter(batch=OuterRef("pk")).order_by()
    limited = _made_by_limited("unknown__only_brands")(ids)
    theirs, others = Q(Exists(waits.filter(limited))), Q(Exists(waits.exclude(limited)))
    theirs |= Q(Exists(recorded.filter(own))) | _made_by_limited("spend_import__only_brands")(ids)
    others |= Q(Exists(recorded.exclude(own))) | Q(archived_entries__gt=0)
    return theirs & ~others


@functools.cache
def _conditions() -> Mapping[type[Model], Callable[[Brands], Q]]:
    """By the model, the condition on its rows. One without has nothing for limited people."""

    def events(name: str) -> type[Model]:
        return apps.get_model("ads", name)

    of_campaign = _path("campaign__brand")
    return {
        ours.Alert: _path("brand"),
        ours.Allowance: _path("brand"),
        ours.ArchivedSpend: of_campaign,
        ours.Brand: _path("pk"),
        ours.BudgetPace: _path("brand"),
        ours.BudgetGroup: _path("brand"),
        ours.BudgetPlan: _path("brand"),
        ours.Campaign: _path("brand"),
        ours.CampaignSchedule: of_campaign,
        ours.CampaignReference: of_campaign,
        ours.DaypartingSchedule: _schedules,
        ours.DaypartingWindow: _of_schedules("schedule"),
        ours.DeliveryChange: of_campaign,
        ours.SeasonalityAdjustment: _path("brand"),
        ours.Label: _labels,
        ours.Note: lambda ids: Q(brand__in=ids) | Q(campaign__brand__in=ids),
        ours.SwitchOrder: of_campaign,
        ours.BudgetCap: of_campaign,
        ours.SpendMargin: of_campaign,
        ours.ReportLink: _path("brand"),
        ours.ScheduledChange: _path("brand"),
        ours.Spend: of_campaign,
        ours.SpendTotal: _path("brand"),
        ours.ReportedTotal: of_campaign,
        ours.SpendBatch: _batches,
        ours.SpendImport: _made_by_limited(),
        ours.UnknownReference: _made_by_limited(),
        ours.WaitingSpend: _made_by_limited("unknown__only_brands"),
        events("BrandEvent"): _path("pgh_obj_id"),
        events("BudgetGroupEvent"): _path("brand"),
        events("BudgetPlanEvent"): _path("brand"),
        events("ScheduledChangeEvent"): _path("brand"),
        events("CampaignEvent"): _path("brand"),
        events("CampaignScheduleEvent"): of_campaign,
        events("BrandLabelEvent"): _path("brand"),
        events("CampaignLabelEvent"): of_campaign,
        events("LabelEvent"): _label_events,
        events("CampaignReferenceEvent"): of_campaign,
        events("DaypartingScheduleEvent"): _of_schedules("pgh_obj_id"),
        events("DaypartingWindowEvent"): _of_schedules("schedule"),
        events("AllowanceEvent"): _path("brand"),
        events("SeasonalityAdjustmentEvent"): _path("brand"),
        events("ReportLinkEvent"): _path("brand"),
        events("SpendTotalEvent"): _path("brand"),
    }
