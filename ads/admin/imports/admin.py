"""Imports: the list of uploaded files, and their pages: uploading, the preview, confirming."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import BigIntegerField, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.fields.json import KT, KeyTransform
from django.db.models.functions import Cast, Coalesce
from django.forms import Media, Script
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from ads.admin.base import ReadOnlyAdmin
from ads.admin.elements import NOTHING, InstantFilter, column
from ads.admin.imports import creation, text
from ads.admin.imports.forms import ConfirmForm, ReadForm, UploadForm
from ads.admin.imports.upload_limit import SizeGuard, guard
from ads.admin.spend import undo_link
from ads.models import SpendImport, UnknownReference
from ads.models.spend import BatchKind, ImportStatus
from ads.rules.calendar import format_instant
from ads.services import visible
from ads.services.imports import (
    ImportRefused,
    Plan,
    Sniffed,
    WhichSheet,
    uploads,
    without_options,
)

Page = Callable[..., HttpResponseBase]
May = Callable[[HttpRequest], bool]

#: Previews and outcomes are a thousand times larger than what the list shows of them.
JSON = ("plan", "preview", "outcome")


@admin.register(SpendImport)
class SpendImportAdmin(ReadOnlyAdmin[SpendImport]):
    """Uploaded files with spend, the newest first.

    With view permission: see imports. With add permission: also upload, confirm and cancel.
    Each page makes one service call.
    """

    about = (
        "Uploaded files with spend. Each is checked and previewed first; nothing is recorded "
        "before someone confirms it."
    )
    list_display = ["file_name", "at", "uploaded_by", "status_badge", "rows", "sum"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("created_at", InstantFilter),
    ]
    search_fields = ["file_name", "=uploaded_by", "=confirmed_by", "=sha256"]
    search_help_text = "File, user or SHA-256"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ads.add_spendimport")

    def has_view_permission(self, request: HttpRequest, obj: SpendImport | None = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_add_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SpendImport]:
        return (
            uploads.with_waiting(super().get_queryset(request))
            .defer(*JSON)
            .annotate(
                good_rows=Coalesce(_good_rows("outcome"), _good_rows("preview")),
                difference=KeyTransform("difference", "outcome"),
            )
        )

    status_badge = column("status", text.status_badge)

    @admin.display(description="good rows")
    def rows(self, upload: Any) -> str:
        return NOTHING if upload.good_rows is None else f"{upload.good_rows:,}"

    @admin.display(description="recorded")
    def sum(self, upload: Any) -> str:
        return text.money(upload.difference) if upload.difference else NOTHING

    at = column("uploaded", lambda upload: format_instant(upload.created_at))

    def get_urls(self) -> list[URLPattern]:
        see, act = self.has_view_permission, self.has_add_permission
        return [
            self._upload_url(),
            self._url("<int:pk>/change/", self.show_page, may=see, name="change"),
            self._url("<int:pk>/progress/", self.progress_page, may=see, name="progress"),
            self._url("<int:pk>/refused/", self.refused_page, may=see, name="refused"),
            self._url("<int:pk>/read/", self.read_page, may=act, name="read"),
            self._url("<int:pk>/confirm/", self.confirm_page, may=act, name="confirm", only="POST"),
            self._url("<int:pk>/create/", self.create_page, may=act, name="create", only="POST"),
            self._url("<int:pk>/cancel/", self.cancel_page, may=act, name="cancel", only="POST"),
            *super().get_urls(),
        ]

    def _url(
        self, route: str, page: Page, *, may: May, name: str, only: str | None = None
    ) -> URLPattern:
        every = uploads.with_waiting(SpendImport.objects.all())
        every = every.defer(*(JSON if name == "progress" else ()))

        def guarded(request: HttpRequest, pk: int) -> HttpResponseBase:
            if not may(request):
                raise PermissionDenied
            if only and request.method != only:
                return HttpResponseNotAllowed([only])
            return page(request, get_object_or_404(visible.rows(every), pk=pk))

        return path(route, self.admin_site.admin_view(guarded), name=f"ads_spendimport_{name}")

    def _upload_url(self) -> URLPattern:
        def guarded(request: HttpRequest) -> HttpResponse:
            if not self.has_add_permission(request):
                raise PermissionDenied
            # Before the CSRF check, which reads the whole request to find its token.
            size = guard(request)
            return csrf_protect(lambda it: self.upload_page(it, size))(request)

        return path(
            "add/", self.admin_site.admin_view(csrf_exempt(guarded)), name="ads_spendimport_add"
        )

    def upload_page(self, request: HttpRequest, size: SizeGuard) -> HttpResponse:
        form = UploadForm(
            request.POST if request.method == "POST" else None, request.FILES or None, plan=Plan()
        )
        if size.is_too_large:  # then the file was skipped
            too_large = uploads.too_large(settings.IMPORT_MAX_BYTES)
            form.fields["file"].error_messages["required"] = too_large
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                upload = uploads.receive(
                    file.chunks(),
                    name=file.name,
                    plan=form.plan,
                    limit=settings.IMPORT_MAX_BYTES,
                    now=timezone.now(),
                )
            except uploads.UploadRefused as error:
                form.add_error("file", str(error))
            else:
                return _to(upload, "read" if upload.status == ImportStatus.UNMAPPED else "change")
        context = {
            "title": "Import spend",
            "form": form,
            "options": [field for field in form if field.name != "file"],
            "media": self._media() + form.media,
            "most": settings.IMPORT_MAX_BYTES,
        }
        return self._page(request, "import_upload", context)

    def show_page(
        self, request: HttpRequest, one: SpendImport, form: creation.CreationForm | None = None
    ) -> HttpResponse:
        """An import: its progress, what it would do or did, and the actions it allows.

        ``form``: of creating campaigns, if it was sent and is not valid.
        """
        possible = text.possible(one)
        batch = one.batches.exclude(kind=BatchKind.UNDO).select_related("undone_by").first()
        creating = creation.shown(request, one, form)
        if creating["is_creating"] and not creating["may_create"]:
            possible["can_confirm"] = False
        context = {
            "title": one.file_name,
            "original": one,
            "status": text.status_badge(one),
            "progress": text.progress(one),
            "facts": text.facts(one),
            **text.same_files(uploads.earlier(one)),
            **text.outcome(one),
            "has_refused_file": uploads.has_refused(one),
            "unmatched_link": self._unmatched_link(request),
            "batch": batch,
            "undone": text.undone(batch),
            "undo_link": undo_link(request, batch) if batch else "",
            "may_act": self.has_add_permission(request),
            "can_answer": self.has_add_permission(request) and possible["can_confirm"],
            **possible,
            **creating,
        }
        if shown := creating["creation"]:
            context["media"] = self._media() + shown.media
        return self._page(request, "import", context)

    def progress_page(self, _request: HttpRequest, one: SpendImport) -> HttpResponse:
        return JsonResponse(text.progress(one))

    def refused_page(self, _request: HttpRequest, one: SpendImport) -> HttpResponseBase:
        if not uploads.has_refused(one):
            raise Http404
        name = f"refused rows of {PurePath(one.file_name).stem}.csv"
        headers = {
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name)
            or "",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingHttpResponse(
            uploads.refused(one), content_type="text/csv; charset=utf-8", headers=headers
        )

    def read_page(self, request: HttpRequest, one: SpendImport) -> HttpResponse:
        """How it is read: as detected, as remembered, or mapped by hand."""
        form, look, problem = _read_form(request, one, Plan.from_json(one.plan))
        is_sent = request.method == "POST" and "look" not in request.POST
        if is_sent and not problem and form.is_valid():
            try:
                uploads.read_anew(one, form.plan, remember=form.cleaned_data.get("remember", False))
            except ImportRefused as error:
                problem = without_options(str(error))
            except uploads.OutOfTurn as error:
                self.message_user(request, str(error), messages.WARNING)
                return _to(one, "change")
            else:
                return _to(one, "change")
        context = {
            "title": "How the file is read",
            "original": one,
            "form": form,
            "problem": problem,
            "media": self._media() + form.media,
            **text.first_rows(look),
        }
        return self._page(request, "import_read", context)

    def create_page(self, request: HttpRequest, one: SpendImport) -> HttpResponse:
        """Have it previewed with the campaigns that do not exist yet created, or without."""
        if not creation.may_create(request):
            raise PermissionDenied
        plan = creation.without(one)
        if "without" not in request.POST:
            form = creation.CreationForm(request, one, request.POST)
            if not form.is_valid():
                return self.show_page(request, one, form)
            plan = form.plan
        return self._step(request, one, uploads.read_anew, plan=plan, remember=False)

    def confirm_page(self, request: HttpRequest, one: SpendImport) -> HttpResponse:
        plan = Plan.from_json(one.plan)
        if plan.creates and not creation.may_create(request, plan):
            raise PermissionDenied
        seen = ConfirmForm(request.POST)
        if not seen.is_valid():
            raise BadRequest("The form is not the page's.")
        return self._step(request, one, uploads.confirm, now=timezone.now(), **seen.cleaned_data)

    def cancel_page(self, request: HttpRequest, one: SpendImport) -> HttpResponse:
        return self._step(request, one, uploads.cancel, now=timezone.now())

    def _step(
        self, request: HttpRequest, one: SpendImport, step: Callable[..., None], **values: Any
    ) -> HttpResponse:
        try:
            step(one, **values)
        except (uploads.OutOfTurn, ImportRefused) as error:
            self.message_user(request, str(error), messages.WARNING)
        return _to(one, "change")

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        frame = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self._media(),
        }
        return TemplateResponse(request, f"ads/admin/{template}.html", {**frame, **context})

    def _unmatched_link(self, request: HttpRequest) -> str:
        """The list of unmatched campaigns; empty without the permission to see it."""
        pages = self.admin_site._registry.get(UnknownReference)
        if pages is None or not pages.has_view_permission(request):
            return ""
        return reverse("admin:ads_unknownreference_changelist")

    def _media(self) -> Media:
        js: list[Any] = [Script("ads/imports.js", defer=True)]
        return self.media + Media(css={"all": ["ads/imports.css"]}, js=js)


def _good_rows(column: str) -> CombinedExpression:
    """As :func:`ads.services.imports.figures` counts them, in SQL."""
    rows, waiting = (
        Cast(KT(f"{column}__{key}"), BigIntegerField()) for key in ("rows", "waiting_rows")
    )
    return rows + Coalesce(waiting, 0)


def _read_form(
    request: HttpRequest, one: SpendImport, plan: Plan
) -> tuple[ReadForm, Sniffed | None, str]:
    """The form; how the file looks, read as the form says; and why it cannot be read like that."""
    data = request.POST if "campaign_by" in request.POST else None  # else only a sheet is chosen
    plan = replace(plan, sheet=request.POST.get("sheet") or plan.sheet)
    look: Sniffed | None = None
    try:
        look = uploads.look(one, plan)
        plan = uploads.proposed(look, plan)
        form = ReadForm(data, plan=plan, look=look)
        if form.is_valid():
            look = uploads.look(one, form.plan)
            form = ReadForm(data, plan=plan, look=look)
    except WhichSheet as error:
        plan = replace(plan, sheet=None)
        form = ReadForm(plan=plan, look=None, sheets=error.sheets)
        return form, None, without_options(str(error))
    except (ImportRefused, uploads.OutOfTurn) as error:
        return ReadForm(data, plan=plan, look=look), look, without_options(str(error))
    return form, look, ""


def _to(one: SpendImport, page: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(f"admin:ads_spendimport_{page}", args=[one.pk]))
