"""The rows that answer a query, from the world."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from google.ads.googleads.v26.enums.types.campaign_primary_status_reason import (
    CampaignPrimaryStatusReasonEnum,
)
from google.ads.googleads.v26.services.types.google_ads_service import GoogleAdsRow

from stand_ins.google_ads.failures import Refusal
from stand_ins.google_ads.gaql import Query, Row, kind_of
from stand_ins.world import Account, Campaign, World

_MILLION = 1_000_000
#: Of a status that no version has documented.
UNKNOWN_VALUE = 999
_STATUSES = ("campaign.status", "campaign.primary_status", "campaign.serving_status")


@dataclass(frozen=True, slots=True)
class Customer:
    """Who is asked: an account of the world, or the manager above accounts."""

    id: str
    account: Account | None = None


def find_customer(world: World, customer_id: str, login: str) -> Customer:
    """The customer of this ID, for a login through the manager ``login`` (or through itself).

    Raises:
        Refusal: it does not exist, is closed, or cannot be reached by this login.
    """
    if not customer_id.isdigit():
        raise Refusal("request_error.INVALID_CUSTOMER_ID", "Invalid customer ID.")
    account = world.accounts.get(customer_id)
    if account is None and customer_id not in managers(world):
        raise _denied()
    above = account.parent if account else ""
    if (login or customer_id) != (above or customer_id):
        raise _denied()
    if account and account.state.upper() in {"CANCELED", "CLOSED"}:
        raise Refusal(
            "authorization_error.CUSTOMER_NOT_ENABLED",
            "The customer account can't be accessed because it is not yet enabled or has been "
            "deactivated.",
        )
    return Customer(customer_id, account)


def managers(world: World) -> list[str]:
    return sorted({account.parent for account in world.accounts.values() if account.parent})


def _denied() -> Refusal:
    return Refusal(
        "authorization_error.USER_PERMISSION_DENIED",
        "User doesn't have permission to access customer. Note: If you're accessing a client "
        "customer, the manager's customer id must be set in the 'login-customer-id' header.",
    )


def answer(world: World, customer: Customer, query: Query) -> list[Row]:
    """The rows of an answer.

    Raises:
        Refusal: the query cannot be asked of this customer.
    """
    if query.has_metrics and customer.account is None:
        raise Refusal(
            "query_error.REQUESTED_METRICS_FOR_MANAGER",
            "Metrics cannot be requested for a manager account.",
        )
    rows: Sequence[Row]
    if query.resource == "customer_client":
        rows = list(_clients(world, customer))
    elif customer.account is None:
        rows = [_customer(customer)] if query.resource == "customer" else []
    elif query.has_metrics:
        rows = _costs(world, customer.account, query)
    elif query.resource == "customer":
        rows = [_customer(customer)]
    else:
        rows = [_campaign(world, campaign) for campaign in world.campaigns_of(customer.id)]
    rows = [row for row in rows if all(each.holds(row) for each in query.conditions)]
    for name, descends in reversed(query.order):
        rows.sort(key=lambda row: row[name], reverse=descends)
    return rows[: query.limit]


def message(row: Row, query: Query, *, has_unknown: bool = False) -> Any:
    found = GoogleAdsRow.pb(GoogleAdsRow())
    for name in query.fields:
        value = row.get(name)
        *parts, last = name.split(".")
        holder = found
        for part in parts:
            holder = getattr(holder, part)
            holder.SetInParent()
        if value is None:
            continue
        if has_unknown and name in _STATUSES:
            value = UNKNOWN_VALUE
        values = kind_of(name).enum_type and kind_of(name).enum_type.values_by_name
        if isinstance(value, list):
            getattr(holder, last).extend(values[each].number for each in value)
        else:
            setattr(
                holder, last, values[value].number if isinstance(value, str) and values else value
            )
    if query.resource == "campaign":
        found.campaign.resource_name = row["campaign.resource_name"]
    return found


def _clients(world: World, customer: Customer) -> Iterator[Row]:
    if customer.account is not None:  # customer clients exist for managers alone
        return
    yield {
        "customer_client.id": int(customer.id),
        "customer_client.descriptive_name": "Manager",
        "customer_client.manager": True,
        "customer_client.level": 0,
        "customer_client.time_zone": "UTC",
        "customer_client.currency_code": "USD",
        "customer_client.status": "ENABLED",
    }
    for account in sorted(world.accounts.values(), key=lambda each: each.id):
        if account.parent == customer.id:
            yield _client(account, level=1)


def _client(account: Account, *, level: int) -> Row:
    state = account.state.upper()
    return {
        "customer_client.id": int(account.id),
        "customer_client.descriptive_name": account.name,
        "customer_client.manager": False,
        "customer_client.level": level,
        "customer_client.time_zone": account.timezone,
        "customer_client.currency_code": account.currency,
        "customer_client.status": state
        if state in {"CANCELED", "SUSPENDED", "CLOSED"}
        else "ENABLED",
    }


def _customer(customer: Customer) -> Row:
    account = customer.account or Account(customer.id, "Manager")
    return {
        "customer.id": int(account.id),
        "customer.descriptive_name": account.name,
        "customer.manager": customer.account is None,
        "customer.time_zone": account.timezone,
        "customer.currency_code": account.currency,
        "customer.status": account.state.upper() or "ENABLED",
    }


def _campaign(world: World, campaign: Campaign) -> Row:
    primary, reasons = _primary(world, campaign)
    is_serving = world.is_serving(campaign)
    row: dict[str, Any] = {
        "campaign.resource_name": f"customers/{campaign.account}/campaigns/{campaign.id}",
        "campaign.id": int(campaign.id),
        "campaign.name": campaign.name,
        "campaign.status": _status(campaign),
        "campaign.serving_status": "SERVING" if is_serving else "NONE",
        "campaign.primary_status": primary,
        "campaign.primary_status_reasons": reasons,
        "campaign.advertising_channel_type": "VIDEO" if campaign.issue == "VIDEO" else "SEARCH",
        "campaign.missing_eu_political_advertising_declaration": campaign.issue == "UNDECLARED",
    }
    budget_id = campaign.shared_budget or campaign.id
    row["campaign.campaign_budget"] = f"customers/{campaign.account}/campaignBudgets/{budget_id}"
    row["campaign_budget.id"] = int(budget_id)
    row["campaign_budget.explicitly_shared"] = bool(campaign.shared_budget)
    budget = budget_of(world, campaign)
    row["campaign_budget.period"] = "CUSTOM_PERIOD" if budget is None else "DAILY"
    if budget is not None:
        row["campaign_budget.amount_micros"] = int(budget * _MILLION)
    return row


def budget_of(world: World, campaign: Campaign) -> Decimal | None:
    """The amount of its daily budget; None: its budget is for its whole time."""
    if campaign.shared_budget:
        return world.shared_budgets[campaign.shared_budget]
    return campaign.daily_budget


def _status(campaign: Campaign) -> str:
    if campaign.is_removed:
        return "REMOVED"
    return "ENABLED" if campaign.is_on else "PAUSED"


def _primary(world: World, campaign: Campaign) -> tuple[str, list[str]]:
    """The primary status, which follows a switch after a while, and its reasons."""
    if campaign.is_removed:
        return "REMOVED", ["CAMPAIGN_REMOVED"]
    if not world.is_serving(campaign):
        return ("PAUSED", ["CAMPAIGN_PAUSED"])
    if campaign.issue in CampaignPrimaryStatusReasonEnum.CampaignPrimaryStatusReason.__members__:
        return "LIMITED", [campaign.issue]
    return "ELIGIBLE", []


def _costs(world: World, account: Account, query: Query) -> list[Row]:
    """Costs, added up by the segments; with segments, rows of zero are left out as Google does."""
    since, until = query.dates() or (world.began.date(), world.now().date())
    campaigns = world.campaigns_of(account.id)
    by_campaign = query.resource == "campaign"
    sums: dict[tuple[Any, ...], Decimal] = {}
    if not query.segments:
        sums = {(each.id if by_campaign else "", None, None): Decimal(0) for each in campaigns}
    by_date, by_hour = (f"segments.{name}" in query.segments for name in ("date", "hour"))
    for cost in world.reported(campaigns, since, until, by_hour=by_hour):
        key = (
            cost.campaign if by_campaign else "",
            cost.date.isoformat() if by_date else None,
            cost.hour if by_hour else None,
        )
        sums[key] = sums.get(key, Decimal(0)) + cost.amount
    known = {each.id: _campaign(world, each) for each in campaigns} if by_campaign else {}
    about = _customer(Customer(account.id, account))
    rows: list[Row] = []
    for (campaign, day, hour), amount in sums.items():
        row = {**about, **known.get(campaign, {}), "metrics.cost_micros": int(amount * _MILLION)}
        # Conditions on dates have been met already.
        row["segments.date"] = day or since.isoformat()
        row["segments.hour"] = hour
        rows.append(row)
    return rows
