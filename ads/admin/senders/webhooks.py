"""Webhook endpoints: made, given a new secret, switched off; and the webhooks they received."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from ads.admin.base import KEPT, ReadOnlyAdmin
from ads.admin.elements import InstantFilter, RowFilter, badge, column, the_row
from ads.admin.senders.base import SenderAdmin, SenderForm
from ads.models import WebhookDelivery, WebhookEndpoint
from ads.services.senders import webhook_endpoints

HOUR = timedelta(hours=1)

#: Deliveries shown on an endpoint's own page.
LAST_DELIVERIES = 10


class RotateForm(forms.Form):
    hours = forms.IntegerField(
        label="Accept the previous secret for (hours)",
        initial=webhook_endpoints.PREVIOUS_ACCEPTED // HOUR,
        min_value=0,
        max_value=webhook_endpoints.LONGEST_ACCEPTED // HOUR,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Time for the sender to switch. Enter 0 if the secret has leaked.",
    )


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(SenderAdmin[WebhookEndpoint]):
    about = (
        "Programs send spend to these addresses as signed webhooks. The signing secret is shown "
        "once, when the endpoint is made."
    )
    form = SenderForm
    events = {
        "WebhookEndpointEvent": "pgh_obj_id",
        "WebhookEndpointBrandEvent": "webhookendpoint_id",
    }
    list_display = ["name", "source", "for_brands", "last_received_at", "state"]
    fieldsets = [
        (None, {"fields": ["name", "source", "on_overlap", "is_active"]}),
        ("Brands", {"fields": ["every_brand", "brands"]}),
        (
            KEPT,
            {
                "fields": [
                    ("last_received_at", "previous_expires_at"),
                    ("created_at", "updated_at"),
                ]
            },
        ),
    ]
    readonly_fields = ["last_received_at", "previous_expires_at", "created_at", "updated_at"]
    change_form_outer_before_template = "ads/admin/webhook_setup.html"
    change_form_outer_after_template = "ads/admin/webhook_deliveries.html"
    actions_detail = ["rotate"]

    def has_rotate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_change_permission(request)

    def make(self, data: dict[str, Any]) -> tuple[WebhookEndpoint, str]:
        names = ("name", "source", "brands", "every_brand", "is_active", "on_overlap")
        return webhook_endpoints.create(**{name: data[name] for name in names})

    def response_add(
        self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        secret: str = obj.shown_once  # type: ignore[attr-defined]
        return self._show(request, obj, secret)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        if endpoint := context.get("original"):
            context["address"] = request.build_absolute_uri(webhook_endpoints.path(endpoint))
            context["deliveries"] = [
                {"delivery": delivery, "said": answered(delivery)}
                for delivery in endpoint.deliveries.all()[:LAST_DELIVERIES]
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    @action(description="New secret", url_path="rotate", permissions=["rotate"])
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make a new secret and show it, after asking how long to accept the previous one."""
        endpoint = the_row(self, request, object_id)
        form = RotateForm(request.POST if "confirmed" in request.POST else None)
        if not form.is_valid():
            return self.confirm(
                request,
                title=f"New secret for {endpoint.name}",
                text="The new secret is shown once. The present one is accepted for a while; an "
                "older one is refused from now on.",
                yes="Make a new secret",
                back=self.address_of(endpoint),
                form=form,
            )
        now = timezone.now()
        until = now + form.cleaned_data["hours"] * HOUR
        secret = webhook_endpoints.rotate(endpoint, previous_until=until, now=now)
        return self._show(request, endpoint, secret)

    def _show(self, request: HttpRequest, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
        address = request.build_absolute_uri(webhook_endpoints.path(endpoint))
        return self.show_once(
            request,
            endpoint,
            title=f"Secret of {endpoint.name}",
            shown=[
                ("Secret", secret, "The sender signs with it."),
                ("Address", address, "The sender posts to it. You can look it up later."),
            ],
        )

    @admin.display(description="state")
    def state(self, endpoint: WebhookEndpoint) -> SafeString:
        return badge("On", "success") if endpoint.is_active else badge("Off")


def answered(delivery: WebhookDelivery) -> str:
    """The answer to a webhook: "spend.entries: 1 waiting, 3 recorded"."""
    counts = {name: number for name, number in delivery.answer.items() if isinstance(number, int)}
    said = [f"{number:,} {name}" for name, number in counts.items() if number]
    return f"{delivery.answer.get('type', '')}: {', '.join(said) or 'nothing'}"


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin[WebhookDelivery]):
    about = (
        "Webhooks received in the last 30 days and the answers, the newest first. A repeated "
        "webhook gets the same answer and changes nothing."
    )
    list_display = ["received_at", "endpoint", "webhook_id", "said"]
    list_select_related = ["endpoint"]
    list_filter = [("endpoint", RowFilter), ("received_at", InstantFilter)]
    search_fields = ["=webhook_id"]
    search_help_text = "The webhook's whole id"

    said = column("answered", answered)
