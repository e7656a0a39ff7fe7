"""Meta's accounts and campaigns in the interface's shapes, and its budgets as amounts.

An ad account is in use with account_status 1, and 201; 8 and 9 still deliver. A campaign has the
status that people set and the one in effect, which follows after a while. It has a budget of its
own, a daily or a lifetime one, or its ad sets have.
"""

import re
from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

from ads.platforms.interface import Account, RemoteCampaign
from ads.platforms.meta_ads.errors import unreadable
from ads.rules.platform_ids import spelled

ACCOUNT_FIELDS: Final = "account_id,name,currency,timezone_name,account_status,business{id}"
CAMPAIGN_FIELDS: Final = (
    "id,name,status,effective_status,daily_budget,lifetime_budget,issues_info{error_summary}"
)
STATUS_FIELDS: Final = "id,status,effective_status,issues_info{error_summary}"

#: From Meta's reference of the ad account (2026).
_ACCOUNT_STATUS: Final = {
    1: "",
    2: "disabled",
    3: "unsettled",
    7: "pending risk review",
    8: "pending settlement",
    9: "in grace period",
    100: "pending closure",
    101: "closed",
    201: "",
    202: "closed",
}

_DIGITS: Final = re.compile(r"[0-9]{1,18}")

#: Switched off: of any other status, also one that is not known here, a campaign may deliver.
OFF: Final = {"PAUSED", "ARCHIVED", "DELETED"}
REMOVED: Final = {"ARCHIVED", "DELETED"}
#: In effect, nothing is delivered. WITH_ISSUES: nothing can be, whatever the switch says.
_NOT_SERVING: Final = OFF | {"WITH_ISSUES"}

#: Currencies whose budgets are whole amounts; of all others Meta counts hundredths, which is not
#: always ISO's minor unit. From its page on currency codes (2026).
_WHOLE: Final = {"CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "VND"}


def account(row: Mapping[str, Any]) -> Account:
    account_id = row.get("account_id")
    if not isinstance(account_id, str) or not account_id:
        raise unreadable("an ad account without an ID")
    timezone = row.get("timezone_name")
    status = row.get("account_status")
    business = row.get("business")
    return Account(
        id=spelled(account_id, account=True),
        name=str(row.get("name") or account_id),
        timezone=timezone if isinstance(timezone, str) else "",
        currency=str(row.get("currency") or ""),
        parent=str(business.get("id") or "") if isinstance(business, Mapping) else "",
        state=_ACCOUNT_STATUS.get(status, f"status {status}") if isinstance(status, int) else "",
    )


def campaign(row: Mapping[str, Any], currency: str) -> RemoteCampaign:
    campaign_id, status = row.get("id"), row.get("status")
    if not isinstance(campaign_id, str) or not isinstance(status, str):
        raise unreadable("a campaign without an ID or a status")
    return RemoteCampaign(
        id=spelled(campaign_id),
        name=str(row.get("name") or campaign_id),
        is_on=status not in OFF,
        is_serving=_is_serving(row),
        status=shown(row),
        daily_budget=budget(row.get("daily_budget"), currency),
        is_removed=status in REMOVED,
    )


def shown(row: Mapping[str, Any]) -> str:
    """Both statuses in Meta's words: "ACTIVE, WITH_ISSUES (Payment failed)"."""
    status, effective = str(row.get("status")), str(row.get("effective_status"))
    text = status if effective in {status, "None"} else f"{status}, {effective}"
    issues = row.get("issues_info")
    summaries = [
        str(issue.get("error_summary"))
        for issue in (issues if isinstance(issues, list) else [])
        if isinstance(issue, Mapping) and issue.get("error_summary")
    ]
    return f"{text} ({'; '.join(summaries)})" if summaries else text


def is_so(row: Mapping[str, Any], *, is_on: bool) -> bool:
    """Whether the switch is set and in effect.

    Off: nothing is delivered any more. On: not shown as paused any more; what else may keep it from
    delivering is no matter of the switch.
    """
    status, effective = str(row.get("status")), str(row.get("effective_status"))
    if is_on:
        return status == "ACTIVE" and effective in {"ACTIVE", "IN_PROCESS", "WITH_ISSUES"}
    return status in OFF and effective in _NOT_SERVING


def _is_serving(row: Mapping[str, Any]) -> bool | None:
    effective = str(row.get("effective_status"))
    if effective == "ACTIVE":
        return True
    return False if effective in _NOT_SERVING else None


def budget(minor: object, currency: str) -> Decimal | None:
    """A budget, which Meta writes as a whole number in text; None: there is none."""
    if not has_budget(minor):
        return None
    if not isinstance(minor, str | int) or not _DIGITS.fullmatch(str(minor)):
        raise unreadable("a budget that is not an amount")
    return Decimal(int(minor)).scaleb(-_places(currency))


def has_budget(minor: object) -> bool:
    """Whether this is one: Meta leaves it out, or writes "0", where there is none."""
    return str(minor or "0") != "0"


def in_minor_units(amount: Decimal, currency: str) -> int:
    """A budget as Meta writes it; what is less than its smallest unit is left out."""
    return int(amount.scaleb(_places(currency)).to_integral_value(ROUND_DOWN))


def _places(currency: str) -> int:
    return 0 if currency in _WHOLE else 2
