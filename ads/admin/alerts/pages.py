"""What the pages of rules and channels share."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from ads.admin.base import ConfigurationAdmin
from ads.admin.elements import dated
from ads.models import AlertRule, Channel
from ads.services.history import audit

R = TypeVar("R", AlertRule, Channel)


class AlertConfigurationAdmin(ConfigurationAdmin[R]):
    """Rules and channels, with their change history."""

    change_form_after_template = "ads/admin/audit.html"
    history_anchor = "#audit"
    #: The event models that are the audit: name, and the column with the row's key.
    events: Sequence[tuple[str, str]]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        if row := context.get("original"):
            edits = audit.recent(
                *(
                    audit.event_model(name)._default_manager.filter(**{column: row.pk})
                    for name, column in self.events
                )
            )
            context["audit"] = dated(edits)
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[return-value]

    def found(self, request: HttpRequest, object_id: str) -> R:
        """The row of a page beside the form."""
        row: R | None = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    def page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        media = Media(css={"all": ["ads/actions.css"]}, js=["ads/copy.js"])
        shared = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "media": self.media + media,
        }
        return TemplateResponse(request, template, {**shared, **context})

    def address_of(self, row: R) -> str:
        return reverse(f"admin:ads_{self.model._meta.model_name}_change", args=[row.pk])
