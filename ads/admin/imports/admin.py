"""Imports: the list of uploaded files, and the address of each of their pages."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import BigIntegerField, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from ads.admin.base import ReadOnlyAdmin
from ads.admin.elements import NOTHING, InstantFilter
from ads.admin.imports import upload_limit
from ads.admin.imports.pages import ImportPages
from ads.admin.imports.text import COLOURS, usd
from ads.models import SpendImport

Page = Callable[..., HttpResponseBase]
May = Callable[[HttpRequest], bool]


@admin.register(SpendImport)
class SpendImportAdmin(ImportPages, ReadOnlyAdmin[SpendImport]):
    """Files of spend that were uploaded, the newest first.

    They are looked at by who may view imports, and acted upon by who may add them.
    """

    about = (
        "Files with spend that were uploaded. Each is checked and shown first; nothing is "
        "recorded before somebody confirms it."
    )
    list_display = ["file_name", "at", "uploaded_by", "badge", "rows", "sum"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("created_at", InstantFilter),
    ]
    search_fields = ["file_name", "=uploaded_by", "=confirmed_by", "=sha256"]
    search_help_text = "File, who, or SHA-256"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ads.add_spendimport")

    def has_view_permission(self, request: HttpRequest, obj: SpendImport | None = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_add_permission(request)

    def get_urls(self) -> list[URLPattern]:
        see, act = self.has_view_permission, self.has_add_permission
        return [
            self._upload_url(),
            self._url("<int:pk>/change/", self.show_page, may=see, name="change"),
            self._url("<int:pk>/progress/", self.progress_page, may=see, name="progress"),
            self._url("<int:pk>/refused/", self.refused_page, may=see, name="refused"),
            self._url("<int:pk>/read/", self.read_page, may=act, name="read"),
            self._url("<int:pk>/confirm/", self.confirm_page, may=act, name="confirm", only="POST"),
            self._url("<int:pk>/cancel/", self.cancel_page, may=act, name="cancel", only="POST"),
            *super().get_urls(),
        ]

    def _url(
        self, route: str, page: Page, *, may: May, name: str, only: str | None = None
    ) -> URLPattern:
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            if not may(request):
                raise PermissionDenied
            if only and request.method != only:
                return HttpResponseNotAllowed([only])
            return page(request, **kwargs)

        return path(route, self.admin_site.admin_view(guarded), name=f"ads_spendimport_{name}")

    def _upload_url(self) -> URLPattern:
        def guarded(request: HttpRequest) -> HttpResponse:
            if not self.has_add_permission(request):
                raise PermissionDenied
            # Looking for the token of the form reads all of the request, so this comes before.
            guard = upload_limit.guard(request)
            return csrf_protect(lambda it: self.upload_page(it, guard))(request)

        return path(
            "add/", self.admin_site.admin_view(csrf_exempt(guarded)), name="ads_spendimport_add"
        )

    @admin.display(description="status")
    def badge(self, upload: SpendImport) -> SafeString:
        return format_html(
            '<span class="ads-badge ads-{}">{}</span>',
            COLOURS.get(upload.status, "plain"),  # type: ignore[call-overload]
            upload.get_status_display(),
        )

    @admin.display(description="good rows")
    def rows(self, upload: Any) -> str:
        return NOTHING if upload.good_rows is None else f"{upload.good_rows:,}"

    @admin.display(description="recorded")
    def sum(self, upload: Any) -> str:
        return usd(upload.difference) if upload.difference else NOTHING

    @admin.display(description="uploaded (UTC)")
    def at(self, upload: SpendImport) -> datetime:
        return upload.created_at

    def get_queryset(self, request: HttpRequest) -> QuerySet[SpendImport]:
        # Without what each would do and did, which is a thousand times what the list shows of it.
        return (
            super()
            .get_queryset(request)
            .defer("plan", "preview", "outcome")
            .annotate(
                good_rows=Coalesce(_good_rows("outcome"), _good_rows("preview")),
                difference=KT("outcome__difference"),
            )
        )


def _good_rows(told: str) -> CombinedExpression:
    """Those that wait included (:func:`ads.admin.imports.text.good_rows`)."""
    rows, waiting = (
        Cast(KT(f"{told}__{key}"), BigIntegerField()) for key in ("rows", "waiting_rows")
    )
    return rows + Coalesce(waiting, 0)
