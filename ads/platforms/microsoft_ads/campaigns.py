"""Accounts and campaigns in the interface's shapes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from ads.platforms.interface import Account, RemoteCampaign
from ads.platforms.microsoft_ads.errors import unreadable
from ads.platforms.microsoft_ads.timezones import IANA

#: All types there are (msads 13.0.30, September 2026): without them only search campaigns are
#: answered, and a name that Microsoft does not know fails the whole request.
ALL_TYPES: Final = (
    "Search, Shopping, DynamicSearchAds, Audience, Hotel, PerformanceMax, App, ObjectiveBased"
)
ON: Final = "Active"
OFF: Final = "Paused"

#: By the platform's status: whether it is switched on, and whether it is delivering.
_STATUSES: Final[Mapping[str, tuple[bool | None, bool]]] = {
    ON: (True, True),
    OFF: (False, False),
    "BudgetPaused": (True, False),
    "BudgetAndManualPaused": (False, False),
    "Suspended": (None, False),
    "Deleted": (False, False),
}
_DAILY: Final = {"DailyBudgetStandard", "DailyBudgetAccelerated"}


def account(said: object) -> Account:
    if not isinstance(said, Mapping):
        raise unreadable("an account of an unknown form")
    status = text(said, "AccountLifeCycleStatus")
    zone = text(said, "TimeZone")
    problems = [] if status == "Active" else [status]
    if zone not in IANA:
        problems.append(f"timezone {zone or 'missing'} is not known")
    return Account(
        number(said, "Id"),
        text(said, "Name"),
        IANA.get(zone, ""),
        text(said, "CurrencyCode"),
        number(said, "ParentCustomerId"),
        "; ".join(problems),
    )


def campaign(said: object) -> RemoteCampaign:
    if not isinstance(said, Mapping):
        raise unreadable("a campaign of an unknown form")
    status = text(said, "Status")
    is_on, is_serving = _STATUSES.get(status, (None, None))
    budget = said.get("DailyBudget")
    is_daily = text(said, "BudgetType") in _DAILY and budget is not None
    return RemoteCampaign(
        number(said, "Id"),
        text(said, "Name"),
        is_on,
        is_serving,
        status,
        daily_budget=_amount(budget) if is_daily else None,
        is_budget_shared=str(said.get("BudgetId") or "0") != "0",
        is_removed=status == "Deleted",
    )


def number(said: Mapping[str, Any], name: str) -> str:
    """An ID, which is a number or the text of one."""
    value = said.get(name)
    found = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (found.isascii() and found.isdigit()):
        raise unreadable(f"a {name} that is not a number")
    return found


def text(said: Mapping[str, Any], name: str) -> str:
    """A text, "" for null."""
    value = said.get(name)
    if value is not None and not isinstance(value, str):
        raise unreadable(f"a {name} that is not text")
    return value or ""


def _amount(value: object) -> Decimal:
    """A number of the answer, which is read without floats."""
    if not isinstance(value, Decimal | int) or isinstance(value, bool):
        raise unreadable("a DailyBudget that is not a number")
    return Decimal(value)
