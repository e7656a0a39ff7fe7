"""Alerts: listed, and acknowledged."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Field, Path, Query, Router, Schema

from ads.api.frame import ApiKey, ApiRequest, Id, Kind, Problem, check_known, documented, reads
from ads.api.reading import Named, NextCursor, paging
from ads.models import Alert, Brand, Campaign
from ads.models.access import Scope
from ads.models.alerts import AlertKind
from ads.services import alerts, visible
from ads.services.actor import current_actor
from ads.services.senders import visibility

router = Router(tags=["alerts"], auth=ApiKey(Scope.READ))
acting = Router(tags=["alerts"], auth=ApiKey(Scope.CAMPAIGNS_ACT))


class AlertState(StrEnum):
    """Whether an alert is over."""

    OPEN = "open"
    OVER = "over"


class AlertAnswer(Schema):
    """An alert, in words and in figures."""

    id: Annotated[int, Field(examples=[815])]
    kind: AlertKind
    rule: Annotated[str, Field(description="The name of the rule.")]
    brand: Named | None
    campaign: Named | None
    period: Annotated[str, Field(description="It is raised once in this period.")]
    title: str
    text: Annotated[str, Field(description="What happened, with the figures.")]
    next: Annotated[str, Field(description="What is expected next; empty if nothing is known.")]
    figures: Annotated[dict[str, Any], Field(description="As they were; amounts as text.")]
    at: datetime
    resolved_at: Annotated[datetime | None, Field(description="Since when it is over.")]
    acknowledged_at: datetime | None
    acknowledged_by: Annotated[
        str,
        Field(description="Empty: nobody. Without names for keys limited to brands."),
    ]

    @classmethod
    def of(cls, alert: Alert, brand_ids: Collection[int] | None) -> "AlertAnswer":
        if brand_ids is not None and "reason" in alert.figures:
            alert.figures |= _without_names(alert.figures, brand_ids)
        said = alerts.texts.of(alert)
        by = alert.acknowledged_by
        names = ("kind", "period", "figures", "at", "resolved_at", "acknowledged_at")
        return cls(
            id=alert.pk,
            rule=alert.rule.name,
            brand=_named(alert.brand),
            campaign=_named(alert.campaign),
            title=said.title,
            text=said.text,
            next=said.next,
            acknowledged_by=by and visibility.actor(by, brand_ids),
            **{name: getattr(alert, name) for name in names},
        )


class AlertPage(Schema):
    """Alerts ordered by id, the oldest first."""

    items: list[AlertAnswer]
    next_cursor: NextCursor


class Asked(paging.Page):
    """Filters of the list."""

    state: Annotated[AlertState | None, Field(description="Left out: all.")] = None
    brand: Annotated[Id | None, Field(description="The id of a brand.")] = None


@reads(router, "/alerts", AlertPage, "List alerts")
def list_alerts(request: ApiRequest, response: HttpResponse, page: Query[Asked]) -> AlertPage:
    """The alerts of the brands that the key may see; with every brand, those of no brand too."""
    check_known(request, Asked)
    rows = _seen(request).filter(pk__gt=page.after)
    if page.state is not None:
        rows = rows.filter(resolved_at__isnull=page.state == AlertState.OPEN)
    if page.brand is not None:
        rows = rows.filter(brand=page.brand)
    found = list(rows.order_by("pk")[: page.limit + 1])
    next_cursor = paging.cursor_after(found[page.limit - 1].pk) if len(found) > page.limit else None
    paging.link(request, response, next_cursor)
    items = [AlertAnswer.of(alert, request.auth.brand_ids) for alert in found[: page.limit]]
    return AlertPage(items=items, next_cursor=next_cursor)


@acting.post(
    "/alerts/{alert_id}/acknowledge",
    response=AlertAnswer,
    summary="Acknowledge an alert",
    openapi_extra={"responses": documented(Kind.NOT_FOUND, Kind.INVALID)},
)
def acknowledge_alert(request: ApiRequest, alert_id: Path[Id]) -> AlertAnswer:
    """Note that the holder of the key has seen an alert; repeating the request changes nothing."""
    check_known(request, ())
    found = list(_seen(request).filter(pk=alert_id))
    if not found:
        raise Problem(Kind.NOT_FOUND, f"There is no alert {alert_id}.")
    alerts.bell.acknowledge(found, by=current_actor(), now=request.now)
    return AlertAnswer.of(_seen(request).get(pk=alert_id), request.auth.brand_ids)


def _without_names(figures: Mapping[str, Any], brand_ids: Collection[int]) -> dict[str, str]:
    """Why it was switched, and what kind of actor did it; the reason ends with its name, if any."""
    if "by" not in figures:  # of before; a name may have the word too
        return {"reason": figures["reason"].partition(" by ")[0]}
    by = figures["by"]
    return {
        "reason": figures["reason"].removesuffix(f" by {by}"),
        "by": by and visibility.actor(by, brand_ids),
    }


def _named(row: Brand | Campaign | None) -> Named | None:
    return None if row is None else Named(id=row.pk, name=row.name)


def _seen(request: ApiRequest) -> Any:
    rows = visible.rows_of(Alert.objects.all(), request.auth.brand_ids)
    return rows.select_related("rule", "brand", "campaign")
