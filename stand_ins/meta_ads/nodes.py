"""Ad accounts and campaigns as objects with fields, pages of them, and changing them."""

import base64
import copy
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlencode

from stand_ins.meta_ads.errors import Refusal, invalid
from stand_ins.world import Account, Campaign, World

Row = Mapping[str, Any]
T = TypeVar("T")

#: Currencies without hundredths: Meta's own list, which is not ISO's.
WHOLE = {"CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "VND"}
LEAST_BUDGET = 100
MOST_BUDGET_CHANGES = 4
_DEFAULT_LIMIT = 25

_ACCOUNT_STATUS = {"": 1, "suspended": 2, "unsettled": 3, "closed": 101}
_STATUSES = {"ACTIVE", "PAUSED", "DELETED", "ARCHIVED"}
_ON = "ACTIVE"


def account_row(account: Account, is_unknown: bool) -> Row:
    """All fields of an ad account; ``is_unknown``: of a status that nobody has documented."""
    business = {"business": {"id": account.parent, "name": "Agency"}} if account.parent else {}
    return {
        "id": f"act_{account.id}",
        "account_id": account.id,
        "name": account.name,
        "currency": account.currency,
        "timezone_name": account.timezone,
        "account_status": 999 if is_unknown else _ACCOUNT_STATUS.get(account.state, 2),
        **business,
    }


def status(campaign: Campaign) -> str:
    """What people have set."""
    if campaign.is_removed:
        return "ARCHIVED" if campaign.issue == "ARCHIVED" else "DELETED"
    return _ON if campaign.is_on else "PAUSED"


def effective_status(world: World, campaign: Campaign) -> str:
    """What is in effect, which follows after a while."""
    if campaign.is_removed:
        return status(campaign)
    if campaign.issue or (campaign.is_on and world.accounts[campaign.account].state):
        return campaign.issue or "WITH_ISSUES"
    return _ON if world.is_serving(campaign) else "PAUSED"


def campaign_row(world: World, campaign: Campaign, is_unknown: bool) -> Row:
    """All fields of a campaign that are read; those without a value are left out."""
    currency = world.accounts[campaign.account].currency
    effective = "ON_A_JOURNEY" if is_unknown else effective_status(world, campaign)
    row: dict[str, Any] = {
        "id": campaign.id,
        "account_id": campaign.account,
        "name": campaign.name,
        "status": status(campaign),
        "configured_status": status(campaign),
        "effective_status": effective,
        "daily_budget": _minor(campaign.daily_budget, currency),
        "lifetime_budget": None,
        "issues_info": None,
    }
    if campaign.daily_budget is None and not campaign.parts_have_budgets:
        row["lifetime_budget"] = "100000"
    if effective == "WITH_ISSUES":
        row["issues_info"] = [{"level": "CAMPAIGN", "error_summary": "Payment failed"}]
    return {name: value for name, value in row.items() if value is not None}


#: What may be asked for, whether or not an object has it.
ACCOUNT_FIELDS = {
    "id",
    "account_id",
    "name",
    "currency",
    "timezone_name",
    "account_status",
    "business",
}
CAMPAIGN_FIELDS = {
    "id",
    "account_id",
    "name",
    "status",
    "configured_status",
    "effective_status",
    "daily_budget",
    "lifetime_budget",
    "issues_info",
}


def selected(row: Row, params: Mapping[str, str], known: set[str], node: str) -> Row:
    """The fields that were asked for; none: only the ID."""
    wanted = fields(params, known, node)
    # What follows a field in braces selects within it; the row has few fields, so all are given.
    return {name: value for name, value in row.items() if name in {*wanted, "id"}}


def fields(params: Mapping[str, str], known: set[str], node: str) -> Sequence[str]:
    """The names in ``fields``, which all have to be known."""
    names = [name for name in re.sub(r"{[^}]*}", "", params.get("fields", "")).split(",") if name]
    for name in names:
        if name not in known:
            raise invalid(f"Tried accessing nonexisting field ({name}) on node type ({node})")
    return names


def page(
    things: Sequence[T],
    show: Callable[[T], Row],
    params: Mapping[str, str],
    *,
    address: str,
    token: str,
    most: int,
    is_empty: bool,
) -> Row:
    """A page of what there is; ``is_empty``: without any of it, though more follows."""
    limit = _limit(params, most)
    start = _start(params)
    shown = [] if is_empty else [show(each) for each in things[start : start + limit]]
    end = start + len(shown)
    content: dict[str, Any] = {"data": shown}
    if shown or is_empty:
        content["paging"] = {"cursors": {"before": _cursor(start), "after": _cursor(end)}}
    if is_empty or end < len(things):
        # As Meta does: its own address of the following page has the token in it.
        query = {**params, "limit": str(limit), "after": _cursor(end), "access_token": token}
        content["paging"]["next"] = f"{address}?{urlencode(query)}"
    return content


def _limit(params: Mapping[str, str], most: int) -> int:
    text = params.get("limit", str(_DEFAULT_LIMIT))
    if not text.isdigit() or not int(text):
        raise invalid("Param limit must be a positive integer")
    return min(int(text), most or int(text))


def _start(params: Mapping[str, str]) -> int:
    if "after" not in params:
        return 0
    try:
        return int(base64.urlsafe_b64decode(params["after"]).decode())
    except ValueError:
        raise Refusal(2642, "(#2642) Invalid cursors values") from None


def _cursor(number: int) -> str:
    return base64.urlsafe_b64encode(str(number).encode()).decode()


def by_status(
    world: World, campaigns: Iterable[Campaign], params: Mapping[str, str]
) -> list[Campaign]:
    """Campaigns as the edge of an account shows them: archived only by a filter, deleted never."""
    wanted = params.get("effective_status")
    if wanted is None:
        return [campaign for campaign in campaigns if not campaign.is_removed]
    try:
        names = set(json.loads(wanted))
    except (ValueError, TypeError):
        raise invalid("Param effective_status must be an array.") from None
    return [
        campaign
        for campaign in campaigns
        if effective_status(world, campaign) in names - {"DELETED"}
    ]


def change(world: World, campaign: Campaign, form: Mapping[str, str]) -> None:
    if not world.settings.can_write:
        raise Refusal(200, "(#200) Requires ads_management permission to manage the object")
    options = form.get("execution_options", "[]")
    if options not in {"[]", '["validate_only"]'}:
        raise invalid("Param execution_options must be an array of options.")
    if options != "[]":
        world = copy.deepcopy(world)  # in which nothing that follows is seen
        campaign = world.campaigns[campaign.id]
    if "status" in form:
        _set_status(world, campaign, form["status"])
    elif "daily_budget" in form:
        _set_budget(world, campaign, form["daily_budget"])
    else:
        raise invalid("Nothing that can be changed here was given.")


def _set_status(world: World, campaign: Campaign, wanted: str) -> None:
    if wanted not in _STATUSES:
        raise invalid(
            f"Param status must be one of {{{', '.join(sorted(_STATUSES))}}} - got {wanted}"
        )
    if campaign.is_removed:
        raise Refusal(
            100,
            "Invalid parameter",
            user=("Campaign is archived", "You can't change the status of this campaign."),
        )
    if wanted in {"ACTIVE", "PAUSED"}:
        world.switch(campaign, wanted == _ON)
    else:
        campaign.is_removed, campaign.issue = True, wanted
        world.settle(campaign)


def _set_budget(world: World, campaign: Campaign, wanted: str) -> None:
    if not wanted.isdigit():
        raise invalid("Param daily_budget must be an integer")
    if campaign.daily_budget is None:
        raise Refusal(
            100,
            "Invalid parameter",
            user=("No campaign budget", "This campaign does not use a campaign budget."),
        )
    if int(wanted) < LEAST_BUDGET:
        raise Refusal(
            100,
            "Invalid parameter",
            subcode=1885272,
            user=("Budget is too low", "The minimum for your campaign is 1.00."),
        )
    an_hour_ago = world.now() - timedelta(hours=1)
    if sum(at > an_hour_ago for at in campaign.budget_changes) >= MOST_BUDGET_CHANGES:
        raise Refusal(
            613, "(#613) Calls to this api have exceeded the rate limit.", subcode=1487632
        )
    whole = world.accounts[campaign.account].currency in WHOLE
    world.set_budget(campaign, Decimal(wanted) if whole else Decimal(wanted).scaleb(-2))


def _minor(budget: Decimal | None, currency: str) -> str | None:
    if budget is None:
        return None
    return str(int(budget if currency in WHOLE else budget.scaleb(2)))
