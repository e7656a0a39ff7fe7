"""Notes: written on the page of a brand or campaign, and all of them in a list."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from ads.admin.base import HISTORY, ReadOnlyAdmin
from ads.admin.elements import AdminMixin, InstantFilter, actor_name, column, link_to, unbroken
from ads.models import Brand, Campaign, Note
from ads.models.campaigns import LONGEST_NOTE
from ads.rules.calendar import format_instant
from ads.services.team import InvalidNote, notes


class TakesNotes(AdminMixin[Any]):
    """A page of a brand or campaign whose history takes notes."""

    def get_urls(self) -> list[Any]:
        view = require_POST(self.admin_site.admin_view(self.write_note))
        name = f"ads_{self.opts.model_name}_note"
        return [path("<int:object_id>/note/", view, name=name), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        row = context.get("original")
        if row is not None and request.user.has_perm("ads.add_note"):
            name = f"admin:ads_{self.opts.model_name}_note"
            context |= {"note_address": reverse(name, args=[row.pk]), "longest_note": LONGEST_NOTE}
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[return-value]

    def write_note(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = self.get_queryset(request).filter(pk=object_id).first()
        may = self.has_view_permission(request, row) and request.user.has_perm("ads.add_note")
        if row is None or not may:
            raise Http404
        try:
            notes.write(row, request.POST.get("text", ""), timezone.now())
        except InvalidNote as error:
            messages.error(request, str(error))
        page = reverse(f"admin:ads_{self.opts.model_name}_change", args=[object_id])
        return HttpResponseRedirect(f"{page}{HISTORY}")


@admin.register(Note)
class NoteAdmin(ReadOnlyAdmin[Note]):
    about = (
        "What people have noted about brands and campaigns, the newest first. Write a note in the "
        "history on their pages; it stays as it was written."
    )
    list_display = ["when", "about_what", "brand_of", "note", "by"]
    list_display_links = ["when"]
    list_select_related = ["brand", "campaign__brand"]
    list_filter = [("at", InstantFilter)]
    search_fields = ["text", "author", "brand__name", "campaign__name", "campaign__brand__name"]
    search_help_text = "Text, author, brand or campaign"
    fields = ["when", "about_what", "brand_of", "text", "by"]

    when = column("when", lambda note: unbroken(format_instant(note.at, _brand(note).timezone)))

    @admin.display(description="about")
    def about_what(self, note: Note) -> SafeString:
        about: Campaign | Brand | None = note.campaign or note.brand
        assert about  # noqa: S101  (the database sees to it)
        return link_to(about)

    brand_of = column("brand", lambda note: str(_brand(note).name))
    note = column("note", lambda note: format_html('<span class="ads-note">{}</span>', note.text))
    by = column("by", lambda note: actor_name(note.author))


def _brand(note: Any) -> Any:
    campaign: Campaign | None = note.campaign
    return campaign.brand if campaign else note.brand
