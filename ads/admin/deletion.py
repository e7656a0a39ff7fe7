"""Deleting what spend refers to: refused, with the remedy, where one would confirm it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ads.models import AskedAccount, DeliveryChange, SimulatedSwitch, SpendTotal

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

#: Goes with its campaign or brand, though nobody may delete a row of it alone. (A sum of nothing:
#: where something was spent, the ledger keeps the campaign.)
HISTORY = (AskedAccount, DeliveryChange, SimulatedSwitch, SpendTotal)


class KeepsWhatHasSpend(_Admin):
    """Names what stands in the way of a deletion without reading a million rows of it."""

    def obstacles(self, objs: Iterable[Any]) -> list[str]:
        """One sentence, with the remedy, for each object that must stay."""
        raise NotImplementedError

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        obstacles = self.obstacles(objs)
        if obstacles:
            return [], {}, set(), obstacles
        to_delete, counts, needed, protected = super().get_deleted_objects(objs, request)
        history = {model._meta.verbose_name for model in HISTORY}
        return to_delete, counts, set(needed) - history, protected

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError:
            self.message_user(request, SPENT_MEANWHILE, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().changelist_view(request, extra_context)
        except ProtectedError:
            self.message_user(request, SPENT_MEANWHILE, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


SPENT_MEANWHILE = "Nothing was deleted: something that refers to it has arrived in the meantime."
