"""The list of orders to switch campaigns on their platforms."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from ads.admin.base import ReadOnlyAdmin
from ads.admin.elements import ChoiceFilter, RowFilter, column, counted
from ads.admin.receipts.text import order_badge
from ads.models import SwitchOrder
from ads.models.platforms import OrderState
from ads.rules.calendar import format_instant
from ads.services import freshness, orders


class StateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"
    CHOICES = list(OrderState.choices)


@admin.register(SwitchOrder)
class SwitchOrderAdmin(ReadOnlyAdmin[SwitchOrder]):
    about = (
        "What the ad platforms were told to run or stop, the newest first. An order is sent at "
        "once and repeated until the platform confirms it; after a refusal, once an hour."
    )
    list_display = ["when", "campaign", "of_account", "remote_id", "order", "answer"]
    fields = [
        *("when", "campaign", "of_account", "remote_id", "order", "attempts"),
        *("told", "settled", "code", "answer"),
    ]
    list_select_related = ["campaign__brand", "account"]
    list_filter = [StateFilter, ("campaign", RowFilter)]
    search_fields = ["remote_id", "campaign__name"]
    search_help_text = "ID on the platform or campaign"
    ordering = ["-id"]
    actions = ["tell_again"]

    @admin.display(description="when")
    def when(self, order: SwitchOrder) -> str:
        return format_instant(order.written_at, order.campaign.brand.timezone, seconds=True)

    @admin.display(description="account", ordering="account")
    def of_account(self, order: SwitchOrder) -> str:
        return freshness.account_name(order.account)

    @admin.display(description="told")
    def told(self, order: SwitchOrder) -> str | None:
        return self._at(order, order.told_at)

    @admin.display(description="settled")
    def settled(self, order: SwitchOrder) -> str | None:
        return self._at(order, order.settled_at)

    order = column("order", order_badge)

    def _at(self, order: SwitchOrder, at: Any) -> str | None:
        return format_instant(at, order.campaign.brand.timezone, seconds=True) if at else None

    def has_tell_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ads.change_campaign")

    @admin.action(description="Tell again", permissions=["tell"])
    def tell_again(self, request: HttpRequest, queryset: QuerySet[SwitchOrder]) -> None:
        """Tell the platforms refused orders once more, because what was wrong has been mended."""
        now = timezone.now()
        told = sum(orders.tell_again(order, now) for order in queryset)
        left = queryset.count() - told
        if told:
            self.message_user(request, f"Telling {counted(told, 'order')} again.", messages.SUCCESS)
        if left:
            self.message_user(
                request,
                f"Left out {counted(left, 'order')}: not refused, decided otherwise since, for a "
                "platform ID that was taken away, or where nothing may be switched.",
                messages.WARNING,
            )
