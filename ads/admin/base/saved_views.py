"""Lists that are saved as views: shown above the list, opened, kept and given to others.

A view is opened by leading to the list's address with what the view keeps. That is compared with
the list first: what the list no longer has is left out, and named.
"""

import copy
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from django.contrib import messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR, IncorrectLookupParameters
from django.contrib.admin.views.main import (
    ALL_VAR,
    ERROR_FLAG,
    ORDER_VAR,
    PAGE_VAR,
    SEARCH_VAR,
)
from django.core.exceptions import FieldError, ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from ads.admin.base.columns import COLUMNS, VIEW, ChoosesColumns
from ads.admin.base.narrowing import without_effect
from ads.admin.elements import address
from ads.models import SavedView
from ads.services.team import Contents, saved_views

#: What the ORM and the database say to ``?id__in=x`` and ``?name__regex=(``.
NOT_A_CONDITION = (IncorrectLookupParameters, DataError, FieldError, ValueError, ValidationError)

#: In place of a view's id in the address: all rows, whatever is the default.
EVERYTHING: Final = "all"

#: Of an address, what is no part of a view.
_PASSING: Final = {
    ALL_VAR, ERROR_FLAG, IS_POPUP_VAR, ORDER_VAR, PAGE_VAR, TO_FIELD_VAR, COLUMNS,
    VIEW,
}  # fmt: skip


class SavesViews(ChoosesColumns):
    #: Parameters of the list's address that are no part of a view either.
    unsaved: tuple[str, ...] = ()

    @property
    def view_label(self) -> str:
        """What its views go by."""
        return str(self.model._meta.label_lower)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # From the list itself people come here to see all of it: "Show all", "Clear all filters".
        comes_from = urlsplit(request.headers.get("referer", "")).path
        is_plain = request.method == "GET" and not request.GET and comes_from != request.path
        if is_plain and self.has_view_permission(request):
            for view in self._views(request):
                if view.is_default:
                    return HttpResponseRedirect(self.address_of_view(request, view))
        response: Any = super().changelist_view(request, extra_context)
        shown = getattr(response, "context_data", None) or {}
        if (rows := shown.get("cl")) is not None and not rows.is_popup:
            shown["views"] = self._shown(request)
        return response  # type: ignore[no-any-return]

    def _views(self, request: HttpRequest) -> list[Any]:
        if "ads_views" not in request.__dict__:
            found = saved_views.of_list(request.user, self.view_label)
            request.__dict__["ads_views"] = list(found)
        views: list[Any] = request.__dict__["ads_views"]
        return views

    def _shown(self, request: HttpRequest) -> dict[str, Any]:
        """What ``ads/admin/saved_views.html`` shows."""
        views, chosen = self._views(request), request.GET.get(VIEW, "")
        current = next((one for one in views if str(one.pk) == chosen), None)
        here = self.contents_of(request)
        may_change = current is not None and saved_views.may_change(request.user, current)
        return {
            "label": self.view_label,
            "query": request.GET.urlencode(),
            "links": [(one, reverse("saved_view", args=[one.pk]), one is current) for one in views],
            "everything": f"{request.path}?{VIEW}={EVERYTHING}",
            "current": current,
            "may_change": may_change,
            "differs": current is not None and _plain(here) != _plain(current),
            "may_share": saved_views.may_share(request.user),
            "columns": self.column_choices(request),
            "chooses_columns": COLUMNS in request.GET,
        }

    def contents_of(self, request: HttpRequest) -> Contents:
        """The list at this address, as a view keeps it."""
        kept = request.GET.copy()
        for name in {*_PASSING, *self.unsaved} & kept.keys():
            del kept[name]
        choices = self.column_choices(request) if request.GET.get(COLUMNS) else ()
        chosen = [one.name for one in choices if one.is_shown]
        return Contents(kept.urlencode(), self.order_of(request), chosen)

    def asked_for(self, request: HttpRequest, query: QueryDict) -> HttpRequest:
        """The request as if it had been for this list with ``query``."""
        asked = copy.copy(request)
        asked.method, asked.GET, asked.POST = "GET", query, QueryDict()  # type: ignore[assignment]
        asked.path = reverse(address(self.model, "changelist"))
        return asked

    def address_of_view(self, request: HttpRequest, view: SavedView) -> str:
        """The list's address with what the view keeps; what cannot be is named in a message."""
        query, gone = self._readable(request, QueryDict(view.query))
        columns = self._kept_columns(request, view.columns)
        if columns:
            query[COLUMNS] = ",".join(columns)
        asked = self.asked_for(request, query)
        if places := self.as_places(asked, view.order):
            query[ORDER_VAR] = places
        shown = {self.column_names.get(name, name) for name in self.shown_columns(asked)}
        gone += [f"column {name}" for name in view.columns if name not in columns]
        gone += [
            f"order by {name}" for part in view.order if (name := part.lstrip("-")) not in shown
        ]
        if gone:
            messages.warning(
                request,
                f"The view “{view.name}” has parts that this list no longer has, so they were left "
                f"out: {'; '.join(gone)}. Save the view again to be rid of them.",
            )
        query[VIEW] = str(view.pk)
        return f"{asked.path}?{query.urlencode(safe=',')}"

    def _kept_columns(self, request: HttpRequest, columns: list[str]) -> list[str]:
        known = {one.name for one in self.column_choices(self.asked_for(request, QueryDict()))}
        return [name for name in columns if name in known]

    def _readable(self, request: HttpRequest, query: QueryDict) -> tuple[QueryDict, list[str]]:
        """What the list understands of ``query``, and what it does not: "state = Gone"."""
        good = query.copy()
        if not self._gone(request, good):
            return good, []
        gone = []
        for name, values in query.lists():
            alone = QueryDict(mutable=True)
            alone.setlist(name, values)
            if self._gone(request, alone):
                gone.append(f"{name} = {', '.join(values)}")
                del good[name]
        return good, gone

    def _gone(self, request: HttpRequest, query: QueryDict) -> bool:
        """Is something of ``query`` nothing that the list can be narrowed by?"""
        if SEARCH_VAR in query and not self.get_search_fields(request):
            return True
        asked = self.asked_for(request, query)
        try:
            return bool(without_effect(self._unread(asked)))
        except (*NOT_A_CONDITION, DisallowedModelAdminLookup):
            return True

    def _unread(self, asked: HttpRequest) -> Any:
        """The list with its filters, whose rows are not read."""
        changelist: Any = self.get_changelist(asked)
        columns = self.get_list_display(asked)
        return type("Unread", (changelist,), {"get_results": lambda *_: None})(
            asked,
            self.model,
            columns,
            self.get_list_display_links(asked, columns),
            self.get_list_filter(asked),
            self.date_hierarchy,
            self.get_search_fields(asked),
            self.get_list_select_related(asked),
            self.list_per_page,
            self.list_max_show_all,
            (),
            self,
            self.get_sortable_by(asked),
            self.search_help_text,
        )


def _plain(view: Any) -> tuple[list[tuple[str, str]], list[str], list[str]]:
    """What a view keeps, comparable: the order of parameters does not matter."""
    kept = sorted(parse_qsl(view.query, keep_blank_values=True))
    return [pair for pair in kept if pair[1]], list(view.order), list(view.columns)
