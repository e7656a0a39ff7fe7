"""The list of daily caps on ad platforms."""

from typing import Any

from django.contrib import admin

from ads.admin.base import ReadOnlyAdmin
from ads.admin.elements import ChoiceFilter, RowFilter, column
from ads.admin.receipts.text import budget_there, cap_badge
from ads.models import BudgetCap
from ads.models.platforms import OrderState
from ads.rules.calendar import format_instant


class StateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"
    CHOICES = list(OrderState.choices)


@admin.register(BudgetCap)
class BudgetCapAdmin(ReadOnlyAdmin[BudgetCap]):
    about = (
        "Daily budgets that were changed on ad platforms to what may be spent that day, for brands "
        "with daily caps on ad platforms. The original budget is restored when the cap ends."
    )
    list_display = ["campaign", "place", "cap", "amount_there", "original_there", "answer"]
    fields = [
        *("campaign", "place", "account", "cap", "amount_there", "original_there"),
        *("written", "attempts", "told", "settled", "code", "answer"),
    ]
    list_select_related = ["campaign__brand", "place__account"]
    list_filter = [StateFilter, ("campaign", RowFilter)]
    search_fields = ["place__remote_id", "campaign__name"]
    search_help_text = "ID on the platform or campaign"
    ordering = ["-id"]

    account = column("account", lambda cap: str(cap.place.account))
    cap = column("cap", cap_badge)
    amount_there = column("capped at", lambda cap: budget_there(cap, cap.amount))
    original_there = column("original budget", lambda cap: budget_there(cap, cap.original))

    @admin.display(description="decided")
    def written(self, cap: BudgetCap) -> str | None:
        return self._at(cap, cap.written_at)

    @admin.display(description="told")
    def told(self, cap: BudgetCap) -> str | None:
        return self._at(cap, cap.told_at)

    @admin.display(description="settled")
    def settled(self, cap: BudgetCap) -> str | None:
        return self._at(cap, cap.settled_at)

    def _at(self, cap: BudgetCap, at: Any) -> str | None:
        zone = cap.campaign.brand.timezone if cap.campaign else "UTC"
        return format_instant(at, zone, seconds=True) if at else None
