"""A line in the log for each campaign that was switched, once that is committed."""

import functools
import logging
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final

import structlog
from django.db import transaction

from ads.holds import ALL_BUDGETS, BITS, from_bits
from ads.rules.money import plain
from ads.services.actor import current_actor
from ads.services.delivery.decision import Switch
from budget_manager.logs import Each

logger = structlog.stdlib.get_logger(__name__)

#: Each budget's hold and its bit, in the order of a switch's figures.
_BUDGETS: Final = [(budget.hold.value, BITS[budget.hold]) for budget in ALL_BUDGETS]


def after_commit(switched: Sequence[Switch], trigger: str) -> None:
    """Log these switches once they are committed; never if they are not."""
    if not logging.getLogger(__name__).isEnabledFor(logging.INFO):
        return
    for event, is_active in (("Campaign started", True), ("Campaign stopped", False)):
        if those := [each for each in switched if each.is_active is is_active]:
            log = partial(
                logger.info,
                event,
                each=Each(map(_line, those)),
                is_active=is_active,
                trigger=str(trigger),
                actor=current_actor(),
            )
            transaction.on_commit(log, robust=True)


def _line(switch: Switch) -> dict[str, Any]:
    """What is said of one campaign: the budgets that stop it or, if it starts, all it has."""
    bits, figures = switch.hold_bits, switch.figures
    return {
        "campaign_id": switch.campaign_id,
        "campaign": switch.campaign,
        "brand_id": switch.brand_id,
        "brand": switch.brand,
        "holds": _holds(bits),
        "figures": {
            hold: _figures(spend, limit)
            for (hold, bit), spend, limit in zip(_BUDGETS, figures[::2], figures[1::2], strict=True)
            if limit is not None and (not bits or bits & bit)
        },
        "currency": switch.currency,
    }


@functools.cache
def _holds(bits: int) -> list[str]:
    return [hold.value for hold in from_bits(bits)]


@functools.lru_cache(maxsize=10_000)
def _figures(spend: str, limit: str) -> dict[str, str]:
    """Many campaigns have the same."""
    return {"spend": plain(Decimal(spend)), "limit": plain(Decimal(limit))}
