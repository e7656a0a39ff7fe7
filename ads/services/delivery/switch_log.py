"""A line in the log for each campaign that was switched, once that is committed."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

import structlog
from django.db import transaction

from ads.holds import ALL_BUDGETS
from ads.rules.money import plain
from ads.services.actor import current_actor
from ads.services.delivery.decision import Decision
from budget_manager.logs import Each

logger = structlog.stdlib.get_logger(__name__)

#: Of each budget: its hold, and the figures of its spend and limit.
_BUDGETS = [(budget.hold.value, budget.spend, budget.limit_then) for budget in ALL_BUDGETS]


def after_commit(decisions: Sequence[Decision], trigger: str) -> None:
    """Log these switches once they are committed; never if they are not."""
    if not logging.getLogger(__name__).isEnabledFor(logging.INFO):
        return
    log = partial(
        logger.info,
        "Campaigns switched",
        each=Each(map(_line, decisions)),
        trigger=str(trigger),
        actor=current_actor(),
    )
    transaction.on_commit(log, robust=True)


def _line(decision: Decision) -> dict[str, Any]:
    """What is said of one campaign: the budgets that stop it or, if it starts, all it has."""
    holds = [hold.value for hold in decision.holds]
    figures = {}
    for hold, spend, limit in _BUDGETS:
        spent, at_most = decision.figures[spend], decision.figures[limit]
        if (hold in holds or not holds) and spent is not None and at_most is not None:
            figures[hold] = {"spend": plain(spent), "limit": plain(at_most)}
    named = decision.named
    return {
        "event": "Campaign started" if decision.is_active else "Campaign stopped",
        "campaign_id": decision.campaign_id,
        "campaign": named.campaign,
        "brand_id": named.brand_id,
        "brand": named.brand,
        "is_active": decision.is_active,
        "holds": holds,
        "figures": figures,
        "currency": named.currency,
    }
