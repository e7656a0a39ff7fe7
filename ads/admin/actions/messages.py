"""What was done to many campaigns, as messages with the way to those and back."""

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
from ads.admin.actions.preview_text import counted
from ads.models import Brand, Campaign
from ads.services.bulk import Done
from ads.services.history import Seen, audit

#: Of the list's address: the action whose campaigns are shown.
PARAMETER = "changed_in"


class ChangedInFilter(admin.SimpleListFilter):
    """Those that one action changed; offered only by the messages that tell of it."""

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


def show(context: UUID) -> SafeString:
    """The link to the campaigns that an action changed."""
    campaigns = reverse("admin:ads_campaign_changelist")
    return format_html(
        '<a class="ads-said" href="{}?{}={}">Show them</a>', campaigns, PARAMETER, context
    )


def undo_button(request: HttpRequest, context: UUID, back: str, label: str = "Undo") -> SafeString:
    """The button that takes a pause back."""
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


def tell(
    request: HttpRequest, what: str, done: Done, *, changed: int, left: str = "", undo: str = ""
) -> None:
    """Say what was done: ``what`` in a sentence, what became of them, and what did not work.

    ``changed``: how many rows were; ``left`` says which were left as they are; ``undo`` is the
    address that undoing leads back to.
    """
    parts = [what, preview_text.outcome(done.outcome) if done.outcome.count else "", left]
    told = format_html(
        "{} {} {}",
        " ".join(part for part in parts if part),
        show(done.context) if changed and done.outcome.count else "",
        undo_button(request, done.context, undo) if undo and changed else "",
    )
    messages.add_message(request, messages.SUCCESS if changed else messages.INFO, told)
    tell_of_trouble(request, done)


def edited_meanwhile(
    request: HttpRequest, seen: Seen, rows: QuerySet[Campaign] | QuerySet[Brand], context: UUID
) -> int:
    """Say how many of ``rows`` somebody else edited after ``seen``, so that they were left alone.

    ``context``: of what was done to the others.
    """
    later = rows.filter(seen.edited_since(rows.model, beside=context)).count()
    if later:
        kind = str(rows.model._meta.verbose_name)
        messages.warning(
            request,
            f"Not changed, because edited after this was worked out: {counted(later, kind)}. "
            "Look at what is there now, then do it again where it is still wanted.",
        )
    return later


def tell_of_trouble(request: HttpRequest, done: Done) -> None:
    """Say on which campaigns it did not work, if there are such."""
    if done.locked:
        messages.warning(
            request,
            f"{counted(len(done.locked))} left as they were, because somebody else is changing "
            f"them at this moment: {_names(done.locked)}. Try again.",
        )
    if done.failed:
        messages.error(
            request,
            f"It failed on {counted(len(done.failed))}: {_names(done.failed)}. "
            "The server's log says why; nothing of them was changed.",
        )


def _names(ids: tuple[int, ...]) -> str:
    rows = Campaign.objects.filter(pk__in=ids[:3]).order_by("pk")
    return ", ".join(row.name for row in rows) + (" …" if len(ids) > len(rows) else "")
