"""Actions on one, many or all of a brand's campaigns, and their undo."""

from ads.services.bulk import budget_edits, undo
from ads.services.bulk.actions import (
    Action,
    AttachSchedule,
    ChangeBudgets,
    DetachSchedule,
    JoinGroup,
    Model,
    SetStatus,
    SwitchBrands,
)
from ads.services.bulk.batches import Done, carry_out
from ads.services.bulk.budget_changes import AMOUNTS, RELATIVE, BudgetChange, How
from ads.services.bulk.budget_edits import ChangedMeanwhile, Edit
from ads.services.bulk.budget_preview import (
    BudgetPreview,
    Overbooked,
    Pair,
    currencies,
    preview_budgets,
)
from ads.services.bulk.one_campaign import ActionRefused, set_status
from ads.services.bulk.priorities import PriorityPreview, SetPriority, preview_priority
from ads.services.bulk.run_on import (
    LetRunOn,
    LimitsPreview,
    RunOnPreview,
    TakeBack,
    preview_limits,
    preview_run_on,
    preview_take_back,
    standing_limit,
)
