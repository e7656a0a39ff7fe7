"""What goes with budgets: plans, amounts allowed on top, and pacing."""

from ads.models.budgets.allowance import COUNTED, Allowance
from ads.models.budgets.pacing import BudgetPace, ProjectionRange, SeasonalityAdjustment
from ads.models.budgets.plans import BudgetPlan, Carry, PlannedField, ScheduledChange
