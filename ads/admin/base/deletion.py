"""Deleting rows with spend is refused where one would confirm it, with an alternative."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ads.admin.actions import AT_MOST, BACK, IDS
from ads.admin.elements import AdminMixin
from ads.models import DeliveryChange, Note, SimulatedSwitch, SpendTotal

#: Deleted with their campaign or brand, though nobody may delete one of these rows alone.
HISTORY = (DeliveryChange, Note, SimulatedSwitch, SpendTotal)

#: Of the rows that must stay, so many are named.
NAMED: Final = 100


@dataclass(frozen=True, slots=True)
class Instead:
    """An action that is offered in place of a deletion."""

    label: str
    #: What it does, in a sentence.
    says: str
    #: The name of the address of the action, and the action's code.
    address: str
    code: str


class KeepsWhatHasSpend(AdminMixin[Any]):
    """Says what prevents a deletion, without reading a million rows of spend."""

    delete_confirmation_template = "ads/admin/delete_one.html"
    delete_selected_confirmation_template = "ads/admin/delete_several.html"

    def instead(self, request: HttpRequest) -> Instead | None:
        """What this user may do instead; None: nothing."""
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
        """A page that refuses a deletion, with the button of the alternative."""
        context: dict[str, Any] = getattr(response, "context_data", None) or {}
        if context.get("protected"):
            page = f"admin:{self.opts.app_label}_{self.opts.model_name}"
            if object_id:
                ids, back = [object_id], reverse(f"{page}_change", args=[object_id])
            else:
                # One more than the most: the action then says that they are too many.
                rows = context["queryset"].order_by("pk")[: AT_MOST + 1]
                ids, back = rows.values_list("pk", flat=True), reverse(f"{page}_changelist")
            context["back"] = back
            if instead := self.instead(request):
                context["instead"] = instead
                context["instead_address"] = reverse(instead.address, args=[instead.code])
                context["instead_sends"] = [(IDS, ",".join(map(str, ids))), (BACK, back)]
        return response


SPENT_MEANWHILE = "Nothing was deleted: spend has arrived in the meantime."
