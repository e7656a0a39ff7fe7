"""The button "Undo" of a pause."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from ads.admin.actions import preview_text
from ads.admin.actions.messages import PARAMETER, show, tell_of_trouble, undo_button
from ads.admin.actions.pages import way_back
from ads.admin.actions.preview_text import counted
from ads.models import Campaign
from ads.services.bulk import undo
from ads.services.history import audit

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Campaign]
else:
    _Admin = object

#: Of what is not brought back, so many are named.
NAMED = 3


class Undoes(_Admin):
    """For whoever may pause."""

    list_before_template = "ads/admin/campaigns_before.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        action = _asked_for(request)
        more: dict[str, Any] = {}
        if action:
            may_undo = self.has_switch_permission(request)  # type: ignore[attr-defined]
            more = {
                "changed_in": action,
                "undo": undo_button(request, action.pk, request.get_full_path())
                if may_undo and undo.paused_by(action.pk)
                else "",
            }
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def get_urls(self) -> list[Any]:
        view = require_POST(self.admin_site.admin_view(self.undo))
        return [path("undo/<uuid:context>/", view, name="ads_campaign_undo"), *super().get_urls()]

    def undo(self, request: HttpRequest, context: UUID) -> HttpResponse:
        """Bring back what one action paused."""
        if not self.has_switch_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        back = way_back(request, reverse("admin:ads_campaign_changelist"))
        undone = undo.undo(context, timezone.now())
        for level, text in told(undone):
            messages.add_message(request, level, text)
        for done in (undone.campaigns, undone.brands and undone.brands.campaigns):
            if done:
                tell_of_trouble(request, done)
        return HttpResponseRedirect(back)


def _asked_for(request: HttpRequest) -> Any:
    """What the audit knows of the action whose campaigns the list is to show; None: of none."""
    try:
        context = UUID(request.GET.get(PARAMETER, ""))
    except ValueError:
        return None
    return audit.context(context)


def told(undone: undo.Undone) -> list[tuple[int, str]]:
    """What was brought back and what was not."""
    found: list[tuple[int, str]] = []
    if undone.campaigns and undone.campaigns.changed:
        done = undone.campaigns
        text = f"Undone: {counted(done.changed)} as before. {preview_text.outcome(done.outcome)}"
        found.append((messages.SUCCESS, format_html("{} {}", text, show(done.context))))
    if undone.brands and undone.brands.changed:
        of_brands = undone.brands
        text = f"Undone: {counted(len(of_brands.changed), 'brand')} resumed."
        text += f" {preview_text.outcome(of_brands.campaigns.outcome)}"
        found.append(
            (messages.SUCCESS, format_html("{} {}", text, show(of_brands.campaigns.context)))
        )
    if undone.left:
        names = ", ".join(f"{one.row} ({_now(one)})" for one in undone.left[:NAMED])
        more = " …" if len(undone.left) > NAMED else ""
        text = f"{len(undone.left):,} not brought back, because changed again since: {names}{more}"
        found.append((messages.WARNING, text))
    if not found:
        found.append((messages.INFO, "There is nothing to undo: none of it is paused any more."))
    return found


def _now(left: undo.Left) -> str:
    """How it is by now, and by whom: "Active, by olivia"."""
    row = left.row
    if isinstance(row, Campaign):
        return f"{row.get_status_display()}, by {left.changed_by}"
    return f"{'on' if row.is_active else 'off'}, by {left.changed_by}"
