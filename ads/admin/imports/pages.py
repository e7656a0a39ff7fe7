"""The pages of one import: uploading, looking, confirming.

Who may see or do what, and by which method, is settled before they are called
(:mod:`ads.admin.imports.admin`). Each makes one service call.
"""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.forms import Media, Script
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

from ads.admin.imports import text
from ads.admin.imports.forms import ConfirmForm, ReadForm, UploadForm
from ads.admin.imports.upload_limit import SizeGuard
from ads.models import SpendImport, UnknownReference
from ads.models.imports import ImportStatus
from ads.services.imports import ImportRefused, Plan, Sniffed, uploads, without_options

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[SpendImport]
else:
    _Admin = object

NEEDS_MAPPING = ImportStatus.UNMAPPED

#: Earlier uploads of the same file that are named.
NAMED = 5


class ImportPages(_Admin):
    """What the pages show and do."""

    def upload_page(self, request: HttpRequest, size: SizeGuard) -> HttpResponse:
        """Take a file in."""
        form = UploadForm(
            request.POST if request.method == "POST" else None, request.FILES or None, plan=Plan()
        )
        if request.method == "POST":
            if size.is_too_large:  # then it was read past, and is missing
                too_large = uploads.too_large(settings.IMPORT_MAX_BYTES)
                form.fields["file"].error_messages["required"] = too_large
            if form.is_valid():
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
                    return _to(taken, "read" if taken.status == NEEDS_MAPPING else "change")
        context = {
            **self._frame(request, "Import spend"),
            "form": form,
            "options": [field for field in form if field.name != "file"],
            "media": self._media() + form.media,
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
            "unknown_link": self._unknown_link(request),
            "may_act": self.has_add_permission(request),
            **text.possible(one),
        }
        return TemplateResponse(request, "ads/admin/import.html", context)

    def progress_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it is, as JSON: what the bar shows."""
        told = SpendImport.objects.defer("plan", "preview", "outcome")
        return JsonResponse(_progress(get_object_or_404(told, pk=pk)))

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

    def read_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How it is read: the detected, the remembered, the mapped by hand."""
        one = get_object_or_404(SpendImport, pk=pk)
        plan = Plan.from_json(one.plan)
        form, seen, problem = _read_form(request, one, plan)
        is_sent = request.method == "POST" and "look" not in request.POST
        if is_sent and not problem and form.is_valid():
            try:
                uploads.read_anew(one, form.plan, remember=form.cleaned_data["remember"])
            except ImportRefused as error:
                problem = without_options(str(error))
            except uploads.OutOfTurn as error:
                self.message_user(request, str(error), messages.WARNING)
                return _to(one, "change")
            else:
                return _to(one, "change")
        context = {
            **self._frame(request, "How it is read"),
            "original": one,
            "form": form,
            "problem": problem,
            "media": self._media() + form.media,
            **text.first_rows(seen),
        }
        return TemplateResponse(request, "ads/admin/import_read.html", context)

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
            "media": self._media(),
        }

    def _unknown_link(self, request: HttpRequest) -> str:
        """Where unknown references are matched; nothing for those who may not see them."""
        pages = self.admin_site._registry.get(UnknownReference)
        if pages is None or not pages.has_view_permission(request):
            return ""
        return reverse("admin:ads_unknownreference_changelist")

    def _media(self) -> Media:
        js: list[Any] = [Script("ads/imports.js", defer=True)]
        return self.media + Media(css={"all": ["ads/imports.css"]}, js=js)


def _read_form(
    request: HttpRequest, one: SpendImport, plan: Plan
) -> tuple[ReadForm, Sniffed | None, str]:
    """The form; how the file looks, read as the form says; and why it cannot be looked at."""
    data = request.POST if request.method == "POST" else None
    seen: Sniffed | None = None
    try:
        seen = uploads.look(one, plan)
        plan = uploads.proposed(seen, plan)
        form = ReadForm(data, plan=plan, look=seen)
        if form.is_valid():
            seen = uploads.look(one, form.plan)
            form = ReadForm(data, plan=plan, look=seen)
    except (ImportRefused, uploads.OutOfTurn) as error:
        return ReadForm(data, plan=plan, look=seen), seen, without_options(str(error))
    return form, seen, ""


def _progress(one: SpendImport) -> dict[str, Any]:
    return text.progress(one, is_behind=uploads.is_behind_another(one))


def _to(one: SpendImport, page: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(f"admin:ads_spendimport_{page}", args=[one.pk]))
