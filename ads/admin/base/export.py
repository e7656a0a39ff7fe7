"""The button "Export CSV": all pages of what a list shows."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, PAGE_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action

from ads.admin.elements import AdminMixin
from ads.services.exports import Export, Stream


def file_of(export: Export) -> HttpResponseBase:
    """The export as a file, which from a browser is opened in a spreadsheet."""
    return StreamingHttpResponse(
        Stream(export, bom=True),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": (
                f'attachment; filename="{export.name}-{timezone.now():%Y-%m-%d}.csv"'
            ),
            "Cache-Control": "no-store",
        },
    )


class ExportsCsv(AdminMixin[Any]):
    actions_list = ["export_csv"]
    #: Ends of the addresses at which all rows that match are taken away.
    of_matching: tuple[str, ...] = ("/export/",)

    def export_of(self, rows: QuerySet[Any]) -> Export:
        raise NotImplementedError

    @action(description="Export CSV", url_path="export", permissions=["view"], icon="download")
    def export_csv(self, request: HttpRequest) -> HttpResponseBase:
        return self.export_matching(request, self.export_of)

    def export_matching(
        self, request: HttpRequest, export_of: Callable[[QuerySet[Any]], Export]
    ) -> HttpResponseBase:
        meta = self.model._meta
        whole = request.GET.copy()
        for only_a_page in (PAGE_VAR, ALL_VAR):
            whole.pop(only_a_page, None)
        request.GET = whole  # type: ignore[assignment]
        try:
            rows = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            changelist = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
            return HttpResponseRedirect(f"{changelist}?{ERROR_FLAG}=1")
        return file_of(export_of(rows))

    @admin.action(description="Export as CSV", permissions=["view"])
    def export_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
        return file_of(self.export_of(queryset))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        filters = request.GET.urlencode()
        context: dict[str, Any] = getattr(response, "context_data", None) or {}
        for offered in context.get("actions_list", []):
            if filters and offered["path"].endswith(self.of_matching):
                offered["path"] += f"?{filters}"
        return response
