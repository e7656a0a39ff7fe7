"""Accounts and campaigns: what is asked and changed."""

from collections.abc import Container, Iterable, Mapping
from decimal import Decimal
from typing import Any

from stand_ins.faults import Fault
from stand_ins.microsoft_ads.errors import Refusal, invalid
from stand_ins.stage import Stage
from stand_ins.world import Account, Campaign, World

USER = "555000111"
TYPES = (
    "Search", "Shopping", "DynamicSearchAds", "Audience", "Hotel", "PerformanceMax", "App",
    "ObjectiveBased",
)  # fmt: skip
MOST_CAMPAIGNS = 100
MOST_ACCOUNTS = 1000
UNKNOWN = "NobodyHasDocumentedThis"

#: By IANA's names: as accounts have them, and as the headers of reports do.
ZONES: Mapping[str, tuple[str, str]] = {
    "America/Los_Angeles": (
        "PacificTimeUSCanadaTijuana",
        "(GMT-08:00) Pacific Time (US & Canada); Tijuana",
    ),
    "America/New_York": ("EasternTimeUSCanada", "(GMT-05:00) Eastern Time (US & Canada)"),
    "Europe/Berlin": (
        "AmsterdamBerlinBernRomeStockholmVienna",
        "(GMT+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
    ),
    "Europe/London": (
        "GreenwichMeanTimeDublinEdinburghLisbonLondon",
        "(GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London",
    ),
    "Asia/Kolkata": (
        "ChennaiKolkataMumbaiNewDelhi",
        "(GMT+05:30) Chennai, Kolkata, Mumbai, New Delhi",
    ),
    "Pacific/Honolulu": ("Hawaii", "(GMT-10:00) Hawaii"),
    "Asia/Tokyo": ("OsakaSapporoTokyo", "(GMT+09:00) Osaka, Sapporo, Tokyo"),
    "Asia/Novosibirsk": ("AlmatyNovosibirsk", "(GMT+06:00) Almaty, Novosibirsk"),
}


def check(content: Any, needed: Iterable[str], others: Iterable[str] = ()) -> Mapping[str, Any]:
    """A body with these fields and none that nobody knows."""
    if not isinstance(content, Mapping):
        raise invalid("The request message is null.")
    known = {*needed, *others}
    if missing := set(needed) - content.keys():
        raise invalid(f"Missing: {', '.join(sorted(missing))}.")
    if unknown := content.keys() - known:
        raise invalid(f"Could not find member {', '.join(sorted(unknown))}.")
    return content


def user(content: Any) -> Any:
    """GetUser: the one who is signed in."""
    check(content, (), ["UserId"])
    roles = [{"RoleId": 41, "CustomerId": USER, "AccountIds": None, "LinkedAccountIds": None}]
    return {"User": {"Id": USER, "UserName": "ops@example.com"}, "CustomerRoles": roles}


def search(stage: Stage, content: Any, fault: Fault | None) -> Any:
    """SearchAccounts: a page of the user's accounts."""
    check(content, ["Predicates", "PageInfo"], ["Ordering", "ReturnAdditionalFields"])
    if content["Predicates"] != [{"Field": "UserId", "Operator": "Equals", "Value": USER}]:
        raise invalid("Exactly one predicate: UserId Equals the user.", 10110, "InvalidPredicate")
    index, size = (content["PageInfo"][name] for name in ("Index", "Size"))
    if not 0 < size <= MOST_ACCOUNTS:
        raise invalid("The page size is not valid.", 10114, "InvalidPageSize")
    size = min(size, stage.world.settings.page_size or size)
    every = sorted(stage.world.accounts.values(), key=lambda account: account.id)
    found = [_account(account) for account in every[index * size : (index + 1) * size]]
    if fault and fault.kind == "unknown_enum" and found:
        found[0] |= {"AccountLifeCycleStatus": UNKNOWN, "TimeZone": UNKNOWN}
    return {"Accounts": found}


def _account(account: Account) -> dict[str, Any]:
    return {
        "Id": account.id,
        "Number": f"F{account.id}",
        "Name": account.name,
        "ParentCustomerId": account.parent or USER,
        "CurrencyCode": account.currency,
        "TimeZone": ZONES[account.timezone][0],
        "AccountLifeCycleStatus": account.state.capitalize() or "Active",
    }


def query_by_account(world: World, account: Account, content: Any, fault: Fault | None) -> Any:
    """GetCampaignsByAccountId: those of these types that are not deleted."""
    check(content, ["AccountId"], ["CampaignType", "ReturnAdditionalFields"])
    types = _types(content)
    found = [
        _campaign(world, each)
        for each in world.campaigns_of(account.id)
        if not each.is_removed and _type(each) in types
    ]
    if fault and fault.kind == "unknown_enum" and found:
        found[0]["Status"] = UNKNOWN
    return {"Campaigns": found}


def query_by_ids(world: World, account: Account, content: Any, fault: Fault | None) -> Any:
    """GetCampaignsByIds: in the order of the IDs; null for those that it does not find."""
    check(content, ["AccountId", "CampaignIds"], ["CampaignType", "ReturnAdditionalFields"])
    types = _types(content)
    ids = content["CampaignIds"]
    _check_number(ids)
    found: list[Any] = []
    errors: list[Any] = []
    for index, campaign_id in enumerate(ids):
        try:
            found.append(_campaign(world, _own(world, account, campaign_id, types)))
            errors.append(None)
        except Refusal as refusal:
            found.append(None)
            errors.append(refusal.partial(index))
    if fault and fault.kind == "unknown_enum" and found and found[0]:
        found[0]["Status"] = UNKNOWN
    return {"Campaigns": found, "PartialErrors": errors}


def update(world: World, account: Account, content: Any, fault: Fault | None) -> Any:
    """UpdateCampaigns: each by itself; errors for those that are refused."""
    check(content, ["AccountId", "Campaigns"])
    changes = content["Campaigns"]
    _check_number(changes)
    errors = []
    for index, change in enumerate(changes):
        check(change, ["Id"], ["Status", "DailyBudget"])
        try:
            _refuse_some(fault, change["Id"], changes[0]["Id"])
            _change(world, _own(world, account, change["Id"]), change)
        except Refusal as refusal:
            errors.append(refusal.partial(index))
    return {"PartialErrors": errors}


def _refuse_some(fault: Fault | None, campaign_id: str, first: str) -> None:
    if fault and fault.kind == "partial" and campaign_id in (fault.ids or [first]):
        message = "The campaign status is not valid for the requested operation."
        name = "CampaignServiceInvalidCampaignStatus"
        raise Refusal(int(fault.code or 1120), name, message)


def _change(world: World, campaign: Campaign, change: Mapping[str, Any]) -> None:
    if "DailyBudget" in change:
        amount = change["DailyBudget"]
        if not isinstance(amount, float | int) or isinstance(amount, bool) or amount <= 0:
            raise invalid("The budget is not valid.", 1117, "CampaignServiceInvalidBudget")
        if campaign.shared_budget:
            message = "You cannot update shared budget through Campaign Entity."
            raise Refusal(1159, "CampaignServiceCannotUpdateSharedBudget", message)
        campaign.daily_budget = Decimal(str(amount))
        world.settle(campaign)
    if "Status" in change:
        if change["Status"] not in {"Active", "Paused"}:
            raise invalid("The status is not valid.", 1120, "CampaignServiceInvalidCampaignStatus")
        world.switch(campaign, change["Status"] == "Active")


def _own(
    world: World, account: Account, campaign_id: object, types: Container[str] = TYPES
) -> Campaign:
    campaign = world.campaigns.get(str(campaign_id))
    if campaign is None or campaign.account != account.id or campaign.is_removed:
        message = "The campaign identifier is not valid."
        raise Refusal(1100, "CampaignServiceInvalidCampaignId", message)
    if _type(campaign) not in types:
        raise Refusal(516, "EntityIdFilterMismatch", "It is not of these types.")
    return campaign


def _campaign(world: World, campaign: Campaign) -> dict[str, Any]:
    own = campaign.daily_budget
    shared = world.shared_budgets.get(campaign.shared_budget)
    budget = shared if shared is not None else own
    return {
        "Id": campaign.id,
        "Name": campaign.name,
        "Status": (campaign.issue or "Active") if campaign.is_on else "Paused",
        "CampaignType": _type(campaign),
        # Without a daily budget it has one for its whole life.
        "BudgetType": "LifetimeBudgetStandard" if budget is None else "DailyBudgetStandard",
        "DailyBudget": 100_000.0 if budget is None else float(budget),
        "BudgetId": campaign.shared_budget or None,
        "TimeZone": None,
    }


def _type(campaign: Campaign) -> str:
    return next((each for each in TYPES if each in campaign.name), "Search")


def _types(content: Mapping[str, Any]) -> set[str]:
    types = {each.strip() for each in (content.get("CampaignType") or "Search").split(",")}
    if unknown := types - set(TYPES):
        raise invalid(f"Error converting value {unknown} to type CampaignType.")
    return types


def _check_number(items: Any) -> None:
    if not isinstance(items, list) or not 0 < len(items) <= MOST_CAMPAIGNS:
        message = "The list of campaigns is empty or exceeds the limit."
        raise invalid(message, 1032, "CampaignServiceCampaignsArrayExceedsLimit")
