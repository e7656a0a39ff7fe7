"""Why a campaign was switched, in words, as it was recorded then."""

from decimal import Decimal
from typing import Final

from ads.holds import BUDGET_HOLDS, Hold
from ads.models import DeliveryChange
from ads.services.actor import SYSTEM
from ads.services.delivery import Trigger
from ads.services.explain.explanation import budget_sentence

_BUDGETS: Final = {budget.hold: budget for budget in BUDGET_HOLDS}

_OFF: Final = {
    Hold.STATUS: "Its status was changed",
    Hold.BRAND_INACTIVE: "Its brand is switched off",
    Hold.FLIGHT: "Outside its flight",
    Hold.DAYPARTING: "Outside its hours",
}

_ON: Final = {
    Trigger.SPEND: "Spend came in that leaves room in its budget",
    Trigger.CORRECTION: "A correction left room in its budget",
    Trigger.EDIT: "Edited",
    Trigger.ACTION: "Activated",
    Trigger.RESET: "Its day or month was reset",
    Trigger.UPDATE_SPEND: "The platforms reported less than before",
    Trigger.CHECK_CAMPAIGN_BUDGETS: "Nothing holds it any more",
    Trigger.ENFORCE_DAYPARTING: "Its hours began",
    Trigger.RESET_DAILY_BUDGETS: "A new day began",
    Trigger.RESET_MONTHLY_BUDGETS: "A new month began",
}

#: What sets changes off without anybody wanting just this one.
_NOBODY: Final = ("task: ", "platform: ")


def why(change: DeliveryChange, *, with_figures: bool = True) -> str:
    """Why it was switched: "Daily budget used up: $75.40 of $75.00", "Activated by olivia".

    The figures are those that it was decided on; without them it is said of many alike.
    """
    if not change.is_active:
        return "; ".join(_off(code, change, with_figures=with_figures) for code in change.holds)
    said = _ON.get(Trigger(change.trigger)) if change.trigger in Trigger.values else change.trigger
    return f"{said}{_by(change)}"


def _off(code: str, change: DeliveryChange, *, with_figures: bool) -> str:
    if code not in Hold.values:
        return code
    hold = Hold(code)
    budget = _BUDGETS.get(hold)
    if budget and not with_figures:
        return f"{hold.label} used up"
    if budget:
        spent: Decimal = getattr(change, budget.spend)
        limit: Decimal | None = getattr(change, budget.spend.replace("_spend", "_budget"))
        return budget_sentence(hold, spent, limit or Decimal(0))
    by_somebody = hold in (Hold.STATUS, Hold.BRAND_INACTIVE)
    return f"{_OFF[hold]}{_by(change) if by_somebody else ''}"


def _by(change: DeliveryChange) -> str:
    """ " by olivia", where somebody wanted it."""
    actor = change.actor
    return "" if actor == SYSTEM or actor.startswith(_NOBODY) else f" by {actor}"
