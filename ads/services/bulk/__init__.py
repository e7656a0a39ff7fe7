"""Actions on one, many or all of a brand's campaigns, and their undo."""

from ads.services.bulk import actions, budget_edits, one_campaign, undo, waivers
from ads.services.bulk.actions import (
    AttachSchedule,
    ChangeBudgets,
    DetachSchedule,
    ResetDailySpend,
    SetStatus,
)
from ads.services.bulk.batches import Action, Done, carry_out
from ads.services.bulk.brand_actions import (
    NOTHING,
    BrandAction,
    ChangeBrandBudgets,
    RunOnToday,
    Switch,
    carry_out_on,
)
from ads.services.bulk.budget_changes import RELATIVE, BudgetChange, How, Sums, sums
from ads.services.bulk.budget_edits import ChangedMeanwhile, Edit
from ads.services.bulk.waivers import Waived

__all__ = [
    "NOTHING",
    "RELATIVE",
    "Action",
    "AttachSchedule",
    "BrandAction",
    "BudgetChange",
    "ChangeBrandBudgets",
    "ChangeBudgets",
    "ChangedMeanwhile",
    "DetachSchedule",
    "Done",
    "Edit",
    "How",
    "ResetDailySpend",
    "RunOnToday",
    "SetStatus",
    "Sums",
    "Switch",
    "Waived",
    "actions",
    "budget_edits",
    "carry_out",
    "carry_out_on",
    "one_campaign",
    "sums",
    "undo",
    "waivers",
]
