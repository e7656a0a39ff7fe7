"""The pages on which what waits under unknown references is discarded."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.enums import ActionVariant

from ads.admin.references.matching_forms import DiscardForm
from ads.admin.references.matching_text import rows
from ads.models import UnknownReference
from ads.rules.money import format_usd
from ads.services.references import unmatched

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[UnknownReference]
else:
    _Admin = object

#: References that are matched by name, or discarded, at a time.
AT_ONCE = 500
LIST = "admin:ads_unknownreference_changelist"


class DiscardsReferences(_Admin):
    """Discarding needs the right to change unknown references."""

    def has_discard_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return request.user.has_perm("ads.change_unknownreference")

    @action(  # type: ignore[untyped-decorator]
        description="Discard",
        url_path="discard",
        permissions=["view", "discard"],
        variant=ActionVariant.DANGER,
    )
    def discard(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, then discard what waits."""
        unknown = self._unknown(request, object_id)
        back = reverse("admin:ads_unknownreference_change", args=[unknown.pk])
        return self._discard(request, [unknown], back) or HttpResponseRedirect(reverse(LIST))

    @admin.action(description="Discard", permissions=["discard"])
    def discard_selected(
        self, request: HttpRequest, queryset: QuerySet[UnknownReference]
    ) -> HttpResponse | None:
        """The same for several."""
        chosen = self._chosen(request, queryset)
        return self._discard(request, chosen, reverse(LIST)) if chosen else None

    def _discard(
        self, request: HttpRequest, unknown: list[UnknownReference], back: str
    ) -> HttpResponse | None:
        form = DiscardForm(request.POST if "because" in request.POST else None)
        if form.is_valid():
            because = form.cleaned_data["because"]
            discarded = unmatched.discard_each(unknown, because=because, now=timezone.now())
            self.message_user(request, f"{rows(discarded)} discarded.", messages.SUCCESS)
            return None
        waits = unmatched.waits([one.pk for one in unknown])
        total = sum(waits[one.pk].rows for one in unknown)
        amount = sum((waits[one.pk].amount for one in unknown), start=Decimal(0))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": "Discard",
            "text": f"{rows(total)} ({format_usd(amount)} in all) will never be recorded; what "
            "comes in under the same reference later waits again.",
            "rows": unknown,
            "form": form,
            "yes": "Discard",
            "back": back,
            "hidden": [
                ("action", "discard_selected"),
                *((ACTION_CHECKBOX_NAME, one.pk) for one in unknown),
            ],
        }
        return TemplateResponse(request, "ads/admin/confirm.html", context)

    def _chosen(
        self, request: HttpRequest, queryset: QuerySet[UnknownReference]
    ) -> list[UnknownReference]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        chosen = list(queryset.order_by("pk")[: AT_ONCE + 1])
        if len(chosen) > AT_ONCE:
            text = f"Nothing was done: choose at most {AT_ONCE} references at a time."
            self.message_user(request, text, messages.ERROR)
            return []
        return chosen

    def _unknown(self, request: HttpRequest, object_id: str | int) -> UnknownReference:
        unknown = self.get_object(request, str(object_id))
        if unknown is None:
            raise Http404
        return unknown
