"""What the pages of API keys and webhook endpoints share: the form, and secrets shown once."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.contrib import admin
from django.forms import Form, Media
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from ads.admin.base import ConfigurationAdmin, ShowsAudit
from ads.admin.elements import ConfigurationForm
from ads.models import ApiKey, WebhookEndpoint
from ads.services.senders import InvalidSender
from ads.services.senders import rights as senders

S = TypeVar("S", ApiKey, WebhookEndpoint)


class SenderForm(ConfigurationForm):
    def clean(self) -> dict[str, Any] | None:
        data = super().clean()
        if not self.errors:
            try:
                self.check()
            except InvalidSender as error:
                text = f"{error.reason[:1].upper()}{error.reason[1:]}"
                self.add_error(error.field if error.field in self.fields else None, text)
        return data

    def check(self) -> None:
        """Refuse invalid entries.

        Raises:
            InvalidSender: with the field.
        """
        data = self.cleaned_data
        rights = senders.rights(
            data["source"], brands=data["brands"], every_brand=data["every_brand"]
        )
        edited = self.instance if self.instance.pk else None
        senders.check(self._meta.model, data["name"], rights, sender=edited)


class SenderAdmin(ShowsAudit, ConfigurationAdmin[S]):
    """Senders: never deleted, because a source stays theirs."""

    autocomplete_fields = ["brands"]
    search_fields = ["name", "source"]
    search_help_text = "Name or source"

    def has_delete_permission(self, request: HttpRequest, obj: S | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("brands")

    def make(self, data: dict[str, Any]) -> tuple[S, str]:
        """Make the sender that the form describes; and its secret, which is shown once."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: S, form: Any, change: bool) -> None:
        if not change:
            made, text = self.make(form.cleaned_data)
            obj.__dict__.update(made.__dict__)
            obj.shown_once = text  # type: ignore[attr-defined]
            return
        # Only what was edited: its last use, secret or revocation may be newer than the page.
        columns = {field.name for field in self.model._meta.concrete_fields}
        edited: set[str] = columns.intersection(form.changed_data)
        if edited:
            obj.save(update_fields=[*sorted(edited), "updated_at"])

    @admin.display(description="brands")
    def for_brands(self, sender: S) -> str:
        return senders.brands_of(sender)

    def show_once(
        self, request: HttpRequest, sender: S, *, title: str, shown: Sequence[tuple[str, str, str]]
    ) -> HttpResponse:
        """A page with secrets that cannot be read again; ``shown``: label, text and what to do.

        Not after a redirect, which would have to keep them somewhere.
        """
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": title,
            "shown": shown,
            "back": self.address_of(sender),
            "media": Media(js=["ads/copy.js"]),
        }
        response = TemplateResponse(request, "ads/admin/shown_once.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    def confirm(
        self,
        request: HttpRequest,
        *,
        title: str,
        text: str,
        yes: str,
        back: str,
        rows: Sequence[S] = (),
        form: Form | None = None,
        hidden: Sequence[tuple[str, object]] = (),
    ) -> HttpResponse:
        """A page that asks for confirmation, and posts ``confirmed``."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": title,
            "text": text,
            "yes": yes,
            "back": back,
            "rows": rows,
            "form": form,
            "hidden": [("confirmed", "yes"), *hidden],
        }
        return TemplateResponse(request, "ads/admin/confirm.html", context)

    def address_of(self, sender: S) -> str:
        return reverse(f"admin:ads_{self.model._meta.model_name}_change", args=[sender.pk])
