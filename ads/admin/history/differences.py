"""Where what ad platforms say of accounts differs from their campaigns or from the ledger."""

from django.contrib import admin

from ads.admin.base import ReadOnlyAdmin
from ads.admin.elements import column
from ads.models import AccountDifference
from ads.rules.currencies import DEFAULT
from ads.rules.money import format_money


@admin.register(AccountDifference)
class AccountDifferenceAdmin(ReadOnlyAdmin[AccountDifference]):
    about = (
        "Each night, every account's own total is compared with the sum of its campaigns and with "
        "what was recorded here, waiting spend included. Listed are days and months that differ."
    )
    list_display = ["start", "span", "account", "by_platform", "by_campaigns", "by_ledger",
                    "found_at", "resolved_at"]  # fmt: skip
    list_select_related = ["account"]
    list_filter = ["span", ("resolved_at", admin.EmptyFieldListFilter)]
    search_fields = ["account__name", "account__remote_id"]
    search_help_text = "Account"
    ordering = ["-start", "id"]

    by_platform = column("platform's total", lambda row: _money(row, "platform_amount"))
    by_campaigns = column("its campaigns", lambda row: _money(row, "campaigns_amount"))
    by_ledger = column("recorded here", lambda row: _money(row, "ledger_amount"))


def _money(row: AccountDifference, field: str) -> str:
    return format_money(getattr(row, field), row.account.currency or DEFAULT)
