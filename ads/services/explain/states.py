"""A campaign's state as screens name it: by its leading hold, where it has one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ads.holds import ALL_BUDGETS, Hold
from ads.models import Campaign
from ads.models.campaigns import State, Status
from ads.rules.calendar import local_date
from ads.services.explain.limits import is_early

#: Of a campaign, and of a brand all of whose campaigns are in it.
STOPPED_EARLY: Final = "Stopped early"

_LEADING: Final = {
    Hold.STALE_SPEND: "Spend too old",
    Hold.DAYPARTING: "Outside hours",
    **{budget.hold: "Budget used up" for budget in ALL_BUDGETS},
}


def shown_state(row: Campaign, holds: Sequence[Hold] | None, now: datetime) -> str:
    """The state of a campaign with these holds: "Active", "Outside hours" …

    ``holds`` is None where its brand's timezone is invalid; else ``row`` is evaluated. No query, if
    it has its brand at hand.
    """
    state = row.state_code
    if state == State.PAUSED_BY_USER and row.status == Status.ACTIVE:
        return f"{state.label} (brand)"
    if state != State.PAUSED_BY_SYSTEM:
        return state.label
    if holds is None:
        return "Invalid timezone"
    return _of_hold(holds[0], row, now) if holds else "Starting"


def _of_hold(leading: Hold, row: Campaign, now: datetime) -> str:
    if leading == Hold.FLIGHT:
        today = local_date(now, row.brand.timezone)
        return "Before its flight" if row.start_date and row.start_date > today else "Flight ended"
    if is_early(leading, row):
        return STOPPED_EARLY
    return _LEADING.get(leading, State.PAUSED_BY_SYSTEM.label)
