"""The list of alerts, and acknowledging them."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ads.admin.base import ReadOnlyAdmin
from ads.admin.elements import (
    NOTHING,
    ChoiceFilter,
    InstantFilter,
    RowFilter,
    badge,
    column,
    counted,
    two_lines,
    unbroken,
)
from ads.models import Alert
from ads.models.alerts import AlertKind
from ads.rules.calendar import format_instant
from ads.services.alerts import bell, texts


class StateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"
    CHOICES = [
        ("waiting", "Open, not acknowledged"),
        ("open", "Open"),
        ("over", "Over"),
    ]

    def pick(self, request: HttpRequest, rows: Any, chosen: str) -> Any:
        conditions = {
            "waiting": Q(resolved_at=None, acknowledged_at=None),
            "open": Q(resolved_at=None),
            "over": Q(resolved_at__isnull=False),
        }
        return rows.filter(conditions[chosen])


class KindFilter(ChoiceFilter):
    title = "about"
    parameter_name = "kind"
    CHOICES = list(AlertKind.choices)


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin[Alert]):
    about = (
        "What the alert rules have found, the newest first. A rule raises one alert for "
        "each subject and period, and the alert ends when its cause does."
    )
    list_display = ["since", "what", "state", "acknowledged"]
    fields = [
        *("since", "what_happened", "figures_text", "following", "where", "rule"),
        *("state", "over", "acknowledged", "told"),
    ]
    list_select_related = ["rule", "brand", "campaign"]
    list_filter = [
        StateFilter,
        KindFilter,
        ("brand", RowFilter),
        ("campaign", RowFilter),
        ("at", InstantFilter),
    ]
    search_fields = ["brand__name", "campaign__name"]
    search_help_text = "Brand or campaign"
    ordering = ["-id"]
    actions = ["acknowledge"]
    change_form_outer_before_template = "ads/admin/alert_acknowledge.html"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        alert: Any = context.get("original")
        if alert is not None:
            alert.heading = texts.of(alert).title
            is_new = alert.acknowledged_at is None
            context["may_acknowledge"] = is_new and self.has_acknowledge_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[return-value]

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ads.change_alert")

    @admin.action(description="Acknowledge", permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        """Note who has seen the selected alerts; the bell no longer counts them."""
        now = timezone.now()
        seen = bell.acknowledge(queryset, by=request.user.get_username(), now=now)
        left = queryset.count() - seen
        if seen:
            self.message_user(request, f"Acknowledged {counted(seen, 'alert')}.", messages.SUCCESS)
        if left:
            self.message_user(
                request,
                f"Left out {counted(left, 'alert')}: acknowledged before.",
                messages.WARNING,
            )

    @admin.display(description="since", ordering="at")
    def since(self, alert: Alert) -> SafeString:
        return unbroken(self._at(alert, alert.at))

    @admin.display(description="what")
    def what(self, alert: Alert) -> SafeString:
        said = texts.of(alert)
        return format_html(
            '<span class="ads-alert">{}<br><span class="ads-quiet">{}</span></span>',
            said.title,
            said.text,
        )

    what_happened = column("what happened", lambda alert: texts.of(alert).title)
    figures_text = column("figures", lambda alert: texts.of(alert).text)
    following = column("expected next", lambda alert: texts.of(alert).next or NOTHING)

    @admin.display(description="where")
    def where(self, alert: Alert) -> SafeString:
        name = texts.whose(alert) or "The page about it"
        return format_html('<a class="ads-link" href="{}">{}</a>', texts.of(alert).path, name)

    @admin.display(description="state")
    def state(self, alert: Alert) -> SafeString:
        return badge("Over") if alert.resolved_at else badge("Open", "warning")

    @admin.display(description="over since")
    def over(self, alert: Alert) -> str | None:
        return self._at(alert, alert.resolved_at) if alert.resolved_at else None

    @admin.display(description="acknowledged")
    def acknowledged(self, alert: Alert) -> SafeString | str | None:
        if alert.acknowledged_at is None:
            return None
        return two_lines(f"by {alert.acknowledged_by}", self._at(alert, alert.acknowledged_at))

    @admin.display(description="told")
    def told(self, alert: Alert) -> str:
        deliveries = alert.deliveries.select_related("channel", "message").order_by("pk")
        return (
            "; ".join(
                f"{one.channel}: {one.message.get_state_display().lower()}"
                if one.message
                else f"{one.channel}: from {format_instant(one.due_at, one.channel.timezone)} on"
                for one in deliveries
            )
            or "No channel: the bell alone."
        )

    def _at(self, alert: Alert, at: Any) -> str:
        return format_instant(at, alert.brand.timezone if alert.brand else "UTC")
