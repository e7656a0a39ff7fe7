"""Deleting what spend refers to: refused, with the remedy, where one would confirm it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ads.admin.actions import AT_MOST, BACK, IDS
from ads.models import AskedAccount, DeliveryChange, SimulatedSwitch, SpendTotal

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

#: Goes with its campaign or brand, though nobody may delete a row of it alone. (A sum of nothing:
#: where something was spent, the ledger keeps the campaign.)
HISTORY = (AskedAccount, DeliveryChange, SimulatedSwitch, SpendTotal)

#: Rows that must stay, so many of which are named.
NAMED: Final = 100


@dataclass(frozen=True, slots=True)
class Instead:
    """What is offered in place of a deletion: an action of the list that asks first."""

    label: str
    #: What it does, in a sentence.
    says: str
    #: The name of the address that the action's page is posted from, and the action's code.
    address: str
    code: str


class KeepsWhatHasSpend(_Admin):
    """Names what stands in the way of a deletion without reading a million rows of it."""

    delete_confirmation_template = "ads/admin/delete_one.html"
    delete_selected_confirmation_template = "ads/admin/delete_several.html"

    def instead(self, request: HttpRequest) -> Instead | None:
        """What whoever asks may do instead; None: nothing."""
        raise NotImplementedError

    def obstacles(self, objs: Iterable[Any]) -> list[str]:
        """One sentence, with the remedy, for each object that must stay."""
        raise NotImplementedError

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        obstacles = self.obstacles(objs)
        if obstacles:
            more = len(obstacles) - NAMED
            named = obstacles[:NAMED] + ([f"… and {more:,} more."] if more > 0 else [])
            return [], {}, set(), named
        to_delete, counts, needed, protected = super().get_deleted_objects(objs, request)
        history = {model._meta.verbose_name for model in HISTORY}
        return to_delete, counts, set(needed) - history, protected

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            response = super().delete_view(request, object_id, extra_context)
            return self._offering_instead(request, response, object_id)
        except ProtectedError:
            self.message_user(request, SPENT_MEANWHILE, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            response = super().changelist_view(request, extra_context)
            return self._offering_instead(request, response)
        except ProtectedError:
            self.message_user(request, SPENT_MEANWHILE, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def _offering_instead(
        self, request: HttpRequest, response: HttpResponse, object_id: str | None = None
    ) -> HttpResponse:
        """A page that refuses a deletion, with the button of what can be done instead.

        To the one row, or to all that the page of several is about.
        """
        context: dict[str, Any] = getattr(response, "context_data", None) or {}
        if context.get("protected"):
            page = f"admin:{self.opts.app_label}_{self.opts.model_name}"
            if object_id:
                ids, back = [object_id], reverse(f"{page}_change", args=[object_id])
            else:
                # One more than can be: then it is said that they are too many.
                rows = context["queryset"].order_by("pk")[: AT_MOST + 1]
                ids, back = rows.values_list("pk", flat=True), reverse(f"{page}_changelist")
            context["back"] = back
            if instead := self.instead(request):
                context["instead"] = instead
                context["instead_address"] = reverse(instead.address, args=[instead.code])
                context["instead_sends"] = [(IDS, ",".join(map(str, ids))), (BACK, back)]
        return response


SPENT_MEANWHILE = "Nothing was deleted: something that refers to it has arrived in the meantime."
