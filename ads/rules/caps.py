"""What a campaign's daily budget on its ad platform is to be: a belt beside Budget Manager's stops.

A platform takes a daily budget for an average. On one day it may spend a multiple of it, by its own
documentation: Google and Microsoft twice, Meta 1.75 times (:attr:`Platform.overspend`). Google goes
by the highest budget of the day, so a budget that is lowered as money is spent lowers nothing: the
cap follows the limit of the whole day, and not what is left of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from ads.rules.currencies import MINOR_UNITS

#: Platforms round budgets down, some to whole amounts.
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of a period that contains today: the budget with what is allowed beyond it.

    ``spent`` in the period, of which ``today`` was spent today; today's own limit has both the
    same.
    """

    limit: Decimal
    spent: Decimal
    today: Decimal


def day_limit(limits: Iterable[Limit]) -> Decimal | None:
    """What may be spent today in all, however much of it has been: the least of the limits.

    Of a month counts what its earlier days have left. None: there is no limit; never below zero.
    """
    left = [each.limit - (each.spent - each.today) for each in limits]
    return max(min(left), Decimal(0)) if left else None


def cap(
    limit: Decimal, currency: str, *, is_strict: bool, overspend: Decimal, places: int = 1
) -> Decimal:
    """The daily budget that lets a platform spend the day's limit.

    Not strict: the limit itself. On average the platform spends it, and on one day at most
    ``overspend`` times as much, however late its reports are and whether or not anybody stops it.
    Strict: so much less that no day comes to more than the limit; on most days less of it is spent.
    Where ``places`` platform IDs of one campaign share the limit, each then gets its part.

    Rounded down to the currency's smallest unit; 0: there is nothing that a budget could be.
    """
    amount = limit / (overspend * places) if is_strict else limit
    return amount.quantize(_ONE.scaleb(-MINOR_UNITS.get(currency, 2)), ROUND_DOWN)


def budget_there(own: Decimal, cap: Decimal | None) -> Decimal:
    """What the budget there is to be: the cap, but never more than people have set there."""
    return own if cap is None else min(own, cap)


def is_ours(seen: Decimal, told: Iterable[Decimal]) -> bool:
    """Whether a budget seen there is one of those that we told.

    Some platforms round it down to a whole one. Anything else beside it people have set.
    """
    return any(seen in (each, each.to_integral_value(ROUND_DOWN)) for each in told)
