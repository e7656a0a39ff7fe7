"""A line in the log for each campaign that was switched, once that is committed."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

import structlog
from django.db import transaction

from ads.holds import BUDGET_HOLDS, Hold
from ads.rules.money import plain
from ads.services.actor import current_actor
from budget_manager.logs import Each

logger = structlog.stdlib.get_logger(__name__)


class Named(NamedTuple):
    """The names of a campaign and its brand, and the brand's currency."""

    campaign: str
    brand_id: int
    brand: str
    currency: str


def after_commit(switches: Sequence[dict[str, Any]], trigger: str) -> None:
    """Log these switches (see :func:`line`) once they are committed; never if they are not."""
    context = {"trigger": str(trigger), "actor": current_actor()}
    transaction.on_commit(partial(_log, switches, context), robust=True)


def line(
    campaign_id: int,
    named: Named,
    holds: Sequence[Hold],
    figures: Mapping[str, Decimal | None],
) -> dict[str, Any]:
    """What the log says of one campaign: whose it is, its holds, its limits and their spend."""
    return {
        "event": "Campaign stopped" if holds else "Campaign started",
        "campaign_id": campaign_id,
        **named._asdict(),
        "is_active": not holds,
        "holds": [hold.value for hold in holds],
        "figures": {
            budget.hold.value: {"spend": plain(spend), "limit": plain(limit)}
            for budget in BUDGET_HOLDS
            if (limit := figures[budget.budget.replace("__", "_")]) is not None
            and (spend := figures[budget.spend]) is not None
        },
    }


def _log(switches: Sequence[dict[str, Any]], context: Mapping[str, str]) -> None:
    logger.info("Campaigns switched", each=Each(switches), **context)
