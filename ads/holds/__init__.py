"""Why a campaign may not deliver, and what that is decided from, in SQL."""

from ads.holds import budget_sums, compiled
from ads.holds.allowed import WAIVED_AT, has_ended, waived_at
from ads.holds.budget_sums import (
    GROUP_BUDGETS,
    IS_LONG,
    TOTAL,
    GroupBudget,
    GroupFigures,
    is_long,
    later_sums,
)
from ads.holds.definition import (
    ALL_BUDGETS,
    BITS,
    BUDGET_HOLDS,
    BUDGET_OF,
    GROUP_BUDGET,
    LIMIT_OF,
    LIMITS,
    LOCAL_DATE,
    ON_ITS_WAY,
    TOTAL_BUDGET,
    AnyBudget,
    BudgetHold,
    Hold,
    ended,
    evaluate,
    from_bits,
    held_by,
    not_begun,
    over_budget,
    with_dates,
    with_holds,
    with_spend,
)
from ads.holds.given import EACH, as_array, one_of
from ads.holds.moments import Clock, Moment, Moments, as_rules, is_everything, schedules_as_rules
from ads.holds.supposing import NOTHING, Supposing
