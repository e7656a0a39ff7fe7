"""The list of orders to switch campaigns on their platforms."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import action

from ads.admin.base import ReadOnlyAdmin
from ads.admin.elements import ChoiceFilter, RowFilter
from ads.admin.receipts.text import order_badge
from ads.models import SwitchOrder
from ads.models.platforms import OrderState
from ads.rules.calendar import format_instant
from ads.services import orders


class StateFilter(ChoiceFilter):
    """Orders by what became of them."""

    title = "state"
    parameter_name = "state"
    CHOICES = list(OrderState.choices)

    def pick(self, request: HttpRequest, rows: Any, chosen: str) -> Any:
        return rows.filter(state=chosen)


@admin.register(SwitchOrder)
class SwitchOrderAdmin(ReadOnlyAdmin[SwitchOrder]):
    """What the platforms were told, and what they answered."""

    about = (
        "What the ad platforms were told to run and to stop, the newest first. A decision is told "
        "at once, again until the platform has confirmed it, and once an hour if it was refused."
    )
    list_display = ["when", "campaign", "account", "remote_id", "order", "answer"]
    fields = [
        *("when", "campaign", "account", "remote_id", "order", "attempts"),
        *("told", "settled", "code", "answer"),
    ]
    list_select_related = ["campaign__brand", "account"]
    list_filter = [StateFilter, ("campaign", RowFilter)]
    search_fields = ["remote_id", "campaign__name"]
    search_help_text = "ID on the platform or campaign"
    ordering = ["-id"]
    actions_detail = ["tell_again"]

    @admin.display(description="when")
    def when(self, order: SwitchOrder) -> str:
        return format_instant(order.written_at, order.campaign.brand.timezone, seconds=True)

    @admin.display(description="told")
    def told(self, order: SwitchOrder) -> str | None:
        return self._at(order, order.told_at)

    @admin.display(description="settled")
    def settled(self, order: SwitchOrder) -> str | None:
        return self._at(order, order.settled_at)

    @admin.display(description="order")
    def order(self, order: SwitchOrder) -> SafeString:
        return order_badge(order)

    def _at(self, order: SwitchOrder, at: Any) -> str | None:
        return format_instant(at, order.campaign.brand.timezone, seconds=True) if at else None

    def has_tell_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("ads.change_campaign") and (
            object_id is None
            or self.get_queryset(request).filter(pk=object_id, state=OrderState.REFUSED).exists()
        )

    @action(  # type: ignore[untyped-decorator]
        description="Tell again",
        url_path="tell-again",
        permissions=["tell"],
        icon="refresh",
        attrs={"title": "For when what the platform refused it for has been mended."},
    )
    def tell_again(self, request: HttpRequest, object_id: int) -> HttpResponseRedirect:
        """Tell the platform a refused order once more."""
        order = self.get_queryset(request).filter(pk=object_id).first()
        if order and orders.tell_again(order, timezone.now()):
            self.message_user(request, "The platform is being told again.", messages.SUCCESS)
        else:
            self.message_user(
                request,
                "Nothing was told: the order is not refused any more, or a later one followed it.",
                messages.WARNING,
            )
        return HttpResponseRedirect(reverse("admin:ads_switchorder_change", args=[object_id]))
