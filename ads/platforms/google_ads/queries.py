"""What is asked of Google Ads, and how its rows are read.

No query excludes a status: what was removed has costs, and is found by those who look for it. Rows
in which every number is zero are left out by Google where segments are asked for.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ads.platforms.google_ads.errors import word, words
from ads.platforms.interface import Account, Cost, RemoteCampaign

MILLION: Final = 1_000_000
ENABLED: Final = "ENABLED"
PAUSED: Final = "PAUSED"
REMOVED: Final = "REMOVED"

_ACCOUNT: Final = ["id", "descriptive_name", "time_zone", "currency_code", "status", "manager"]
_HOURS: Final = 24
_UNSAID: Final = {"UNKNOWN", "UNSPECIFIED"}
#: Primary statuses with which ads are shown; LIMITED is "less than could be".
_SERVING: Final = {"ELIGIBLE", "LEARNING", "LIMITED"}
_NOT_SERVING: Final = {
    "ENDED", "MISCONFIGURED", "NOT_ELIGIBLE", "PAUSED", "PENDING", "REMOVED",
}  # fmt: skip


def accounts(resource: str) -> str:
    """The accounts under a manager (``customer_client``), or the account itself (``customer``)."""
    return f"SELECT {', '.join(f'{resource}.{name}' for name in _ACCOUNT)} FROM {resource}"


CAMPAIGNS: Final = (
    "SELECT campaign.id, campaign.name, campaign.status, campaign.serving_status, "
    "campaign.primary_status, campaign.primary_status_reasons, campaign.advertising_channel_type, "
    "campaign.missing_eu_political_advertising_declaration, campaign_budget.amount_micros, "
    "campaign_budget.explicitly_shared, campaign_budget.period FROM campaign"
)


def statuses(campaigns: Iterable[str]) -> str:
    ids = ", ".join(campaigns)
    return f"SELECT campaign.id, campaign.status FROM campaign WHERE campaign.id IN ({ids})"


def budget(campaign: str) -> str:
    return (
        "SELECT campaign.id, campaign.status, campaign.campaign_budget, "
        "campaign_budget.amount_micros, campaign_budget.explicitly_shared, campaign_budget.period "
        f"FROM campaign WHERE campaign.id = {campaign}"
    )


def costs(since: date, until: date, *, by_hour: bool) -> str:
    """What each campaign cost, by day or by hour of the account's timezone."""
    hour = ", segments.hour" if by_hour else ""
    return (
        f"SELECT campaign.id, campaign.name, segments.date{hour}, metrics.cost_micros "
        f"FROM campaign WHERE segments.date BETWEEN '{since}' AND '{until}'"
    )


def totals(since: date, until: date) -> str:
    return (
        "SELECT segments.date, metrics.cost_micros "
        f"FROM customer WHERE segments.date BETWEEN '{since}' AND '{until}'"
    )


def amount(micros: int) -> Decimal:
    """An amount of so many millionths."""
    return Decimal(micros) / MILLION


def account(row: Any, resource: str, manager: str) -> Account | None:
    """The account of a row; None: it is a manager, which has no campaigns."""
    found = getattr(row, resource)
    if found.manager:
        return None
    account_id, status = _id(found.id), word(found, "status")
    return Account(
        account_id,
        found.descriptive_name,
        found.time_zone,
        found.currency_code,
        parent="" if manager == account_id else manager,
        state="" if status == ENABLED else status.lower(),
    )


def remote_campaign(row: Any) -> RemoteCampaign:
    campaign, its_budget = row.campaign, row.campaign_budget
    status, primary = word(campaign, "status"), word(campaign, "primary_status")
    serving_status = word(campaign, "serving_status")
    is_serving: bool | None = primary in _SERVING
    if primary not in _SERVING | _NOT_SERVING:
        is_serving = None if serving_status in _UNSAID else serving_status == "SERVING"
    is_daily = word(its_budget, "period") == "DAILY" and its_budget.HasField("amount_micros")
    return RemoteCampaign(
        _id(campaign.id),
        campaign.name,
        is_on=status == ENABLED,
        is_serving=is_serving,
        status=_shown(status, primary, words(campaign, "primary_status_reasons"))
        + _for_people(campaign),
        daily_budget=amount(its_budget.amount_micros) if is_daily else None,
        is_budget_shared=its_budget.explicitly_shared,
        is_removed=status == REMOVED,
    )


def _shown(status: str, primary: str, reasons: list[str]) -> str:
    """The switch, and what comes of it: "ENABLED, limited: budget constrained"."""
    if primary in {status, *_UNSAID}:
        return status
    because = f": {', '.join(map(_lowered, reasons))}" if reasons else ""
    return f"{status}, {_lowered(primary)}{because}"


def _for_people(campaign: Any) -> str:
    """What keeps programs from switching it, which people should know before it has to stop."""
    if word(campaign, "advertising_channel_type") == "VIDEO":
        return "; Video: only people can switch it"
    if campaign.missing_eu_political_advertising_declaration:
        return "; not declared whether it has EU political ads"
    return ""


def _lowered(name: str) -> str:
    return name.lower().replace("_", " ")


def cost(row: Any, *, by_hour: bool) -> Cost:
    if by_hour and not 0 <= row.segments.hour < _HOURS:
        raise ValueError(f"an hour {row.segments.hour}")
    return Cost(
        _id(row.campaign.id),
        date.fromisoformat(row.segments.date),
        amount(row.metrics.cost_micros),
        hour=row.segments.hour if by_hour else None,
        name=row.campaign.name,
    )


def total(row: Any) -> tuple[date, Decimal]:
    return date.fromisoformat(row.segments.date), amount(row.metrics.cost_micros)


def _id(number: int) -> str:
    if number <= 0:
        raise ValueError("a row without an ID")
    return str(number)
