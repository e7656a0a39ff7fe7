"""What channels were told: the mailbox of installations without a mail server, too."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, linebreaks, urlize
from django.utils.safestring import SafeString, mark_safe

from ads.admin.base import ReadOnlyAdmin
from ads.admin.elements import ChoiceFilter, RowFilter, badge
from ads.models import AlertMessage
from ads.models.alerts import MessageState
from ads.rules.calendar import format_instant

_COLOURS = {
    MessageState.PENDING: "warning",
    MessageState.SENT: "success",
    MessageState.KEPT: "info",
    MessageState.GIVEN_UP: "alarm",
}


class StateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"
    CHOICES = list(MessageState.choices)


@admin.register(AlertMessage)
class AlertMessageAdmin(ReadOnlyAdmin[AlertMessage]):
    list_title = "Messages of alerts"
    about = (
        "What channels were told, the newest first. Without a mail server, mails are kept here "
        "instead of being sent; open one to read it."
    )
    list_display = ["made", "channel", "subject", "state_of", "problem"]
    fields = ["made", "channel", "subject", "body", "count", "state_of", "attempts", "sent", "next",
              "problem"]  # fmt: skip
    list_select_related = ["channel"]
    list_filter = [StateFilter, ("channel", RowFilter)]
    search_fields = ["subject"]
    search_help_text = "Subject"
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        is_list = request.resolver_match and request.resolver_match.url_name == (
            "ads_alertmessage_changelist"
        )
        return rows.defer("text", "html") if is_list else rows

    @admin.display(description="when", ordering="id")
    def made(self, message: AlertMessage) -> str:
        return self._at(message, message.created_at)

    @admin.display(description="text")
    def body(self, message: AlertMessage) -> SafeString:
        """As people read it; names in it are escaped by ``urlize``."""
        text = mark_safe(linebreaks(urlize(message.text, autoescape=True)))  # noqa: S308
        return format_html('<div class="ads-message">{}</div>', text)

    @admin.display(description="state")
    def state_of(self, message: AlertMessage) -> SafeString:
        return badge(message.get_state_display(), _COLOURS[MessageState(message.state)])

    @admin.display(description="sent")
    def sent(self, message: AlertMessage) -> str | None:
        return self._at(message, message.sent_at) if message.sent_at else None

    @admin.display(description="tried again")
    def next(self, message: AlertMessage) -> str | None:
        return self._at(message, message.next_at) if message.next_at else None

    def _at(self, message: AlertMessage, at: Any) -> str:
        return format_instant(at, message.channel.timezone, seconds=True)
