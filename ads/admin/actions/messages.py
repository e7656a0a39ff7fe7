"""Messages about what an action did, with links to the campaigns and an Undo button."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ads.admin.actions import preview_text
from ads.admin.elements import counted
from ads.models import Brand, Campaign
from ads.services.bulk import Done
from ads.services.history import Seen, audit

#: In the list's address: the action whose campaigns are shown.
PARAMETER = "changed_in"


class ChangedInFilter(admin.SimpleListFilter):
    """The campaigns that one action changed; only the messages link to it."""

    title = "one action"
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = self.value()
        return [(value, "What it changed")] if value else []

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Campaign]
    ) -> QuerySet[Campaign] | None:
        try:
            context = UUID(self.value() or "")
        except ValueError:
            return queryset.none()
        return queryset.filter(audit.changed_in(context))


def undo_button(request: HttpRequest, context: UUID, back: str, label: str = "Undo") -> SafeString:
    return format_html(
        '<form class="ads-said" method="post" action="{}">'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<input type="hidden" name="back" value="{}">'
        '<button type="submit" class="ads-undo">{}</button></form>',
        reverse("admin:ads_campaign_undo", args=[context]),
        get_token(request),
        back,
        label,
    )


def report_outcome(
    request: HttpRequest, what: str, done: Done, *, changed: int, left: str = "", undo: str = ""
) -> None:
    """Report ``what`` was done, what that did to the campaigns, and where it did not work.

    ``changed``: how many rows were; ``left`` says which were left as they are; ``undo``: the
    address that undoing leads back to, "" where it cannot be undone.
    """
    parts = [what, preview_text.done(done.outcome) if done.outcome.count else "", left]
    shown = ""
    if changed and done.outcome.count:
        shown = format_html(
            '<a class="ads-said" href="{}?{}={}">Show them</a>',
            reverse("admin:ads_campaign_changelist"),
            PARAMETER,
            done.context,
        )
    text = format_html(
        "{} {} {}",
        " ".join(part for part in parts if part),
        shown,
        undo_button(request, done.context, undo) if undo and changed else "",
    )
    messages.add_message(request, messages.SUCCESS if changed else messages.INFO, text)
    if done.locked:
        messages.warning(
            request,
            f"{counted(len(done.locked))} not changed, because somebody else is changing "
            f"them at this moment: {_names(done.locked)}. Try again.",
        )
    if done.failed:
        messages.error(
            request,
            f"The action failed on {counted(len(done.failed))}: {_names(done.failed)}. "
            "They were not changed; the server's log says why.",
        )


def report_edits(
    request: HttpRequest, seen: Seen, rows: QuerySet[Campaign] | QuerySet[Brand], context: UUID
) -> int:
    """Report how many of ``rows`` somebody else edited after ``seen``, so they were left alone.

    ``context``: of what was done to the others.
    """
    edited = rows.filter(seen.edited_since(rows.model, beside=context)).count()
    if edited:
        messages.warning(
            request,
            f"Not changed, because edited after the preview: "
            f"{counted(edited, str(rows.model._meta.verbose_name))}. "
            "Check them, then repeat the action where it is still needed.",
        )
    return edited


def _names(ids: tuple[int, ...]) -> str:
    rows = Campaign.objects.filter(pk__in=ids[:3]).order_by("pk")
    return ", ".join(row.name for row in rows) + (" …" if len(ids) > len(rows) else "")
