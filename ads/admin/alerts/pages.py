"""What the pages of rules and channels share."""

from typing import Any, TypeVar

from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from ads.admin.base import ConfigurationAdmin, ShowsAudit
from ads.models import AlertRule, Channel

R = TypeVar("R", AlertRule, Channel)


class AlertConfigurationAdmin(ShowsAudit, ConfigurationAdmin[R]):
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
