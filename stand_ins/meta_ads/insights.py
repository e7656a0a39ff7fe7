"""Insights: rows of spend by campaign or account, day or hour."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from stand_ins.meta_ads.errors import Refusal, invalid
from stand_ins.meta_ads.nodes import effective_status
from stand_ins.world import Campaign, World

HOURS = "hourly_stats_aggregated_by_advertiser_time_zone"
_MONTHS = 37
_FIELDS = {
    "account_id",
    "account_name",
    "account_currency",
    "campaign_id",
    "campaign_name",
    "spend",
    "impressions",
}
_LEVELS = {"account", "campaign"}

Row = Mapping[str, Any]


@dataclass(slots=True)
class Report:
    """A report that takes a while: its rows are those of the instant at which it was ordered."""

    rows: Sequence[Row]
    ready_at: float
    has_failed: bool = False


def rows(world: World, account: str, params: Mapping[str, str]) -> list[Row]:
    """All rows of a query about an account, in Meta's form."""
    level = params.get("level", "account")
    if level not in _LEVELS:
        raise invalid(f"Param level must be one of {{{', '.join(sorted(_LEVELS))}}}")
    names = [name for name in params.get("fields", "spend,impressions").split(",") if name]
    for name in names:
        if name not in _FIELDS:
            raise invalid(f"{name} is not valid for fields param.")
    since, until = _range(params, world.now())
    if params.get("time_increment") != "1":
        raise invalid("Param time_increment: this stand-in adds up no days.")
    by_hour = params.get("breakdowns")
    if by_hour not in {None, HOURS}:
        raise invalid(f"Param breakdowns[0] must be one of {{{HOURS}}}")
    campaigns = _filtered(world, world.campaigns_of(account), params, level)
    by_id = {campaign.id: campaign for campaign in campaigns}
    sums: dict[tuple[str, date, int | None], Decimal] = defaultdict(Decimal)
    for row in world.reported(campaigns, since, until, by_hour=by_hour is not None):
        owner = row.campaign if level == "campaign" else account
        sums[owner, row.date, row.hour] += row.amount
    found: list[Row] = []
    for (owner, day, hour), amount in sums.items():
        values = {
            "account_id": account,
            "account_name": world.accounts[account].name,
            "account_currency": world.accounts[account].currency,
            "spend": f"{amount:f}",
            "impressions": "100",
        }
        if level == "campaign":
            values |= {"campaign_id": owner, "campaign_name": by_id[owner].name}
        shown = {name: values[name] for name in names if name in values}
        shown |= {"date_start": day.isoformat(), "date_stop": day.isoformat()}
        if hour is not None:
            shown[HOURS] = f"{hour:02}:00:00 - {hour:02}:59:59"
        found.append(shown)
    return found


def _filtered(
    world: World, campaigns: Sequence[Campaign], params: Mapping[str, str], level: str
) -> Sequence[Campaign]:
    """Those of a filter by status. Without one, deleted ones are in an account's total only."""
    if "filtering" not in params:
        return [
            campaign
            for campaign in campaigns
            if level == "account" or effective_status(world, campaign) != "DELETED"
        ]
    try:
        (condition,) = json.loads(params["filtering"])
        wanted = set(condition["value"])
        known = (condition["field"], condition["operator"]) == ("campaign.effective_status", "IN")
    except (ValueError, TypeError, KeyError):
        raise invalid("Param filtering must be an array of objects.") from None
    if not known:
        raise invalid("Filtering field is not supported by this stand-in")
    return [campaign for campaign in campaigns if effective_status(world, campaign) in wanted]


def _range(params: Mapping[str, str], now: datetime) -> tuple[date, date]:
    try:
        asked = json.loads(params["time_range"])
        since, until = (date.fromisoformat(asked[name]) for name in ("since", "until"))
    except (ValueError, TypeError, KeyError):
        raise invalid("Param time_range must be an object with since and until.") from None
    if since > until:
        raise invalid("Param time_range: since must be before until.")
    months = (now.year - since.year) * 12 + now.month - since.month
    if months > _MONTHS:
        raise Refusal(
            3018,
            "(#3018) The start date of the time range cannot be beyond 37 months from the"
            " current date",
        )
    return since, until
