"""The pages of one import: uploading, looking, confirming.

Who may see or do what, and by which method, is settled before they are called
(:mod:`ads.admin.imports`). Each makes one service call.
"""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from ads.admin import import_text as text
from ads.admin.import_forms import ConfirmForm, UploadForm
from ads.models import SpendImport
from ads.services import uploads
from ads.services.imports import Plan

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[SpendImport]
else:
    _Admin = object

#: Earlier uploads of the same file that are named.
NAMED = 5


class ImportPages(_Admin):
    """What the pages show and do."""

    def upload_page(self, request: HttpRequest, is_too_large: bool) -> HttpResponse:
        """Take a file in."""
        form = UploadForm(
            request.POST if request.method == "POST" else None, request.FILES or None, plan=Plan()
        )
        if request.method == "POST":
            if is_too_large:
                form.add_error("file", uploads.too_large(settings.IMPORT_MAX_BYTES))
            elif form.is_valid():
                file = form.cleaned_data["file"]
                try:
                    taken = uploads.receive(
                        file.chunks(),
                        name=file.name,
                        plan=form.plan,
                        limit=settings.IMPORT_MAX_BYTES,
                        now=timezone.now(),
                    )
                except uploads.UploadRefused as error:
                    form.add_error("file", str(error))
                else:
                    return _to(taken, "change")
        context = {
            **self._frame(request, "Import spend"),
            "form": form,
            "options": [field for field in form if field.name != "file"],
            "media": self.media + form.media,
            "most": settings.IMPORT_MAX_BYTES,
            "most_shown": text.size(settings.IMPORT_MAX_BYTES),
        }
        return TemplateResponse(request, "ads/admin/import_upload.html", context)

    def show_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """An import: how far it is, what it would do or did, and what may be done to it."""
        one = get_object_or_404(SpendImport, pk=pk)
        context = {
            **self._frame(request, one.file_name),
            "original": one,
            "colour": text.COLOURS.get(one.status, "plain"),  # type: ignore[call-overload]
            "progress": _progress(one),
            "facts": text.facts(one),
            **text.same_files(uploads.earlier(one), NAMED),
            **text.told(one),
            "has_refused_file": uploads.has_refused(one),
            "may_act": self.has_add_permission(request),
            **text.possible(one),
        }
        return TemplateResponse(request, "ads/admin/import.html", context)

    def progress_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it is, as JSON: what the bar shows."""
        return JsonResponse(_progress(get_object_or_404(SpendImport, pk=pk)))

    def refused_page(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The refused rows as CSV, with the reasons."""
        one = get_object_or_404(SpendImport, pk=pk)
        if not uploads.has_refused(one):
            raise Http404
        name = f"refused rows of {one.file_name}"
        headers = {
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name)
            or "",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingHttpResponse(
            uploads.refused(one), content_type="text/csv; charset=utf-8", headers=headers
        )

    def confirm_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have it recorded, as its preview says."""
        one = get_object_or_404(SpendImport, pk=pk)
        seen = ConfirmForm(request.POST)
        if not seen.is_valid():
            raise BadRequest("The form is not the page's.")
        try:
            uploads.confirm(one, now=timezone.now(), **seen.cleaned_data)
        except uploads.OutOfTurn as error:
            self.message_user(request, str(error), messages.WARNING)
        return _to(one, "change")

    def cancel_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give it up."""
        one = get_object_or_404(SpendImport, pk=pk)
        try:
            uploads.cancel(one, now=timezone.now())
        except uploads.OutOfTurn as error:
            self.message_user(request, str(error), messages.WARNING)
        return _to(one, "change")

    def _frame(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "media": self.media,
        }


def _progress(one: SpendImport) -> dict[str, Any]:
    return text.progress(one, is_behind=uploads.is_behind_another(one))


def _to(one: SpendImport, page: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(f"admin:ads_spendimport_{page}", args=[one.pk]))
