"""Recorded batches, and the page on which one is undone: the preview first, and a reason."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from ads.admin.base import ReadOnlyAdmin
from ads.admin.elements import (
    NOTHING,
    InstantFilter,
    actor_name,
    column,
    counted,
    is_number,
    link_to,
)
from ads.models import SpendBatch
from ads.models.spend import shown
from ads.rules.calendar import format_instant
from ads.rules.money import format_money, format_sums
from ads.services import batches, visible
from ads.services.batches import CannotUndo, UndoPreview
from ads.services.errors import InvalidSpend


def may_undo(request: HttpRequest, batch: SpendBatch) -> bool:
    """May this user undo the batch? Who corrects spend, any; who imported it, that one."""
    user: Any = request.user
    if user.has_perm("ads.correct_spend"):
        return True
    upload = batch.spend_import
    return (
        upload is not None
        and user.has_perm("ads.add_spendimport")
        and user.get_username() in (upload.uploaded_by, upload.confirmed_by)
    )


def undo_link(request: HttpRequest, batch: SpendBatch) -> str:
    """The address of the page on which it is undone; "" if it is, or this user may not."""
    if not batch.counts or hasattr(batch, "undone_by") or not may_undo(request, batch):
        return ""
    return reverse("admin:ads_spendbatch_undo", args=[batch.pk])


class UndoForm(forms.Form):
    reason = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        max_length=batches.LONGEST_REASON,
        help_text="Recorded for good, with your name.",
        error_messages={"required": "Say why."},
    )


@admin.register(SpendBatch)
class SpendBatchAdmin(ReadOnlyAdmin[SpendBatch]):
    about = (
        "Spend that was recorded together: by an import, a match, a request of the API or a "
        "webhook. A batch can be undone as a whole; the ledger then gets corrections."
    )
    list_display = ["number", "kind", "of", "source", "count", "amount", "by", "at", "state"]
    list_select_related = ["undone_by", "spend_import"]
    list_filter = [("kind", ChoicesDropdownFilter), ("recorded_at", InstantFilter)]
    search_fields = ["=id", "title", "=source", "=recorded_by"]
    search_help_text = "Number, file, key or platform ID, source, or user"
    fields = [
        "number", "kind", "of", "of_campaign", "source", "count", "amount", "by", "at", "state",
        "undid", "reason", "entries",
    ]  # fmt: skip
    actions_detail = ["undo"]

    class Media:
        css = {"all": ["ads/spend.css"]}

    number = column("batch", lambda batch: f"{batch.pk}")
    of = column("of", lambda batch: batch.title or NOTHING)

    @admin.display(description="campaign")
    def of_campaign(self, batch: SpendBatch) -> SafeString | str:
        if batch.campaign is None:
            return NOTHING
        known_as = f" ({shown(batch.known_as)})" if batch.known_as else ""
        return format_html("{}{}", link_to(batch.campaign), known_as)

    count = column("rows", lambda batch: f"{batch.rows:,}")
    amount = column("recorded", lambda batch: format_sums(batch.sums))
    by = column("recorded by", lambda batch: actor_name(batch.recorded_by) or NOTHING)
    at = column("recorded at", lambda batch: format_instant(batch.recorded_at))

    @admin.display(description="state")
    def state(self, batch: SpendBatch) -> SafeString | str:
        undone = getattr(batch, "undone_by", None)
        if undone is None:
            return "Counts"
        link = format_html(
            '<a class="ads-link" href="{}">batch {}</a>', _address(undone), undone.pk
        )
        what = "Undone and brought back" if batch.counts else "Undone"
        return format_html("{} by {} ({})", what, actor_name(undone.recorded_by), link)

    @admin.display(description="undoes")
    def undid(self, batch: SpendBatch) -> SafeString | str:
        if batch.undoes is None:
            return NOTHING
        link = '<a class="ads-link" href="{}">Batch {}</a>'
        return format_html(link, _address(batch.undoes), batch.undoes.pk)

    @admin.display(description="entries")
    def entries(self, batch: SpendBatch) -> SafeString:
        address = f"{reverse('admin:ads_spend_changelist')}?batch={batch.pk}"
        return format_html('<a class="ads-link" href="{}">Show</a>', address)

    def has_undo_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        batch = _batch(object_id)
        return batch is not None and may_undo(request, batch)

    @action(description="Undo", url_path="undo", permissions=["undo"], variant=ActionVariant.DANGER)
    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what undoing it would do; do it, with a reason, as it was shown."""
        batch = _batch(object_id)
        if batch is None:
            raise Http404
        if not may_undo(request, batch):
            raise PermissionDenied
        now = timezone.now()
        form = UndoForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                done = batches.undo(
                    batch,
                    reason=form.cleaned_data["reason"],
                    now=now,
                    seen=request.POST.get("seen", ""),
                )
            except InvalidSpend as error:
                form.add_error("reason", error.reason)
            except CannotUndo as error:
                form.add_error(None, str(error))
            else:
                self.message_user(
                    request,
                    f"Batch {batch.pk} was undone: {format_sums(done.batch.sums)}. "
                    f"{counted(done.enforced.started)} started, {done.enforced.stopped:,} paused.",
                    messages.SUCCESS,
                )
                return HttpResponseRedirect(_address(done.batch))
        preview = batches.preview(batch, now=now)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Undo batch {batch.pk}",
            "original": batch,
            "form": form,
            "media": form.media + forms.Media(css={"all": ["ads/spend.css"]}),
            "facts": _facts(preview),
            "preview": preview,
            "changes": [
                (campaign, format_money(by, campaign.brand.currency))
                for campaign, by in preview.changes
            ],
            "more": preview.would_start + preview.would_stop - len(preview.switches),
            "back": _address(batch),
        }
        return TemplateResponse(request, "ads/admin/undo_batch.html", context)


def _batch(object_id: Any) -> SpendBatch | None:
    if not is_number(str(object_id)):
        return None
    found = visible.rows(SpendBatch.objects.select_related("spend_import", "undoes"))
    return found.filter(pk=int(object_id)).first()


def _address(batch: SpendBatch) -> str:
    return reverse("admin:ads_spendbatch_change", args=[batch.pk])


def _facts(preview: UndoPreview) -> list[tuple[str, str]]:
    batch, figures = preview.batch, preview.figures
    facts = [
        ("Batch", f"{batch.pk}: {batch.get_kind_display()} {batch.title}".strip()),
        ("Recorded", f"{format_instant(batch.recorded_at)} by {actor_name(batch.recorded_by)}"),
        ("Entries in the ledger", f"{figures.rows:,}"),
        ("Campaigns", f"{figures.campaigns:,}"),
        ("The ledger changes by", format_sums(figures.change)),
    ]
    if figures.first and figures.last:
        is_one = figures.first == figures.last
        days = f"{figures.first}" if is_one else f"{figures.first} to {figures.last}"
        facts.append(("Days", days))
    if figures.replaced:
        facts.append(
            (
                "Replaced totals that come back",
                f"{figures.replaced:,} ({format_sums(figures.taken_back)})",
            )
        )
    if figures.waiting:
        facts.append(("Waiting rows taken back", f"{figures.waiting:,}"))
    return facts
