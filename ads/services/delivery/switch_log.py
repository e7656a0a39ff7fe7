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
from budget_manager.logs import Each, encoded

logger = structlog.stdlib.get_logger(__name__)

#: Each budget's hold and its bit, in the order of a switch's figures.
_BUDGETS: Final = [(budget.hold.value, BITS[budget.hold]) for budget in ALL_BUDGETS]
_EVERY: Final = sum(BITS.values())


def after_commit(switched: Sequence[Switch], trigger: str) -> None:
    """Log these switches once they are committed; never if they are not."""
    if not logging.getLogger(__name__).isEnabledFor(logging.INFO):
        return
    for event, is_active in (("Campaign started", True), ("Campaign stopped", False)):
        if those := [each for each in switched if each.is_active is is_active]:
            log = partial(
                logger.info,
                event,
                each=Each(those, fields, as_json),
                is_active=is_active,
                trigger=str(trigger),
                actor=current_actor(),
            )
            transaction.on_commit(log, robust=True)


def fields(switch: Switch) -> dict[str, Any]:
    """What is said of one campaign: the budgets that stop it or, if it starts, all it has."""
    return {
        "campaign_id": switch.campaign_id,
        "campaign": switch.campaign,
        "brand_id": switch.brand_id,
        "brand": switch.brand,
        "holds": [hold.value for hold in from_bits(switch.hold_bits)],
        "figures": {name: _amounts(*its) for name, *its in _figures(switch)},
        "currency": switch.currency,
    }


def as_json(switch: Switch) -> str:
    figures = ", ".join([_figure_as_json(*its) for its in _figures(switch)])
    return (
        f'{{"campaign_id": {switch.campaign_id}, "campaign": {encoded(switch.campaign)},'
        f' "brand_id": {switch.brand_id}, "brand": {encoded(switch.brand)},'
        f' "holds": {_holds_as_json(switch.hold_bits)}, "figures": {{{figures}}},'
        f' "currency": {encoded(switch.currency)}}}'
    )


def _figures(switch: Switch) -> list[tuple[str, str, str]]:
    """The budgets that are named, by their holds: what was spent, and the limit."""
    bits = switch.hold_bits or _EVERY
    return [
        (hold, spend, limit)
        for (hold, bit), spend, limit in zip(_BUDGETS, switch.spends, switch.limits, strict=True)
        if limit is not None and bits & bit
    ]


@functools.cache
def _holds_as_json(bits: int) -> str:
    return encoded([hold.value for hold in from_bits(bits)])


@functools.lru_cache(maxsize=10_000)
def _figure_as_json(hold: str, spend: str, limit: str) -> str:
    """Many campaigns have the same: those of their brand, at least."""
    return f"{encoded(hold)}: {encoded(_amounts(spend, limit))}"


def _amounts(spend: str, limit: str) -> dict[str, str]:
    return {"spend": plain(Decimal(spend)), "limit": plain(Decimal(limit))}
