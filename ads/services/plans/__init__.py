"""Budgets ahead of time: dated changes, plans by month, and what changes when."""

from ads.services.planned import LATE_DAYS
from ads.services.plans import agenda, by_month
from ads.services.plans.applying import Applied, apply_due
from ads.services.plans.by_month import InvalidPlan, Month, PlanPreview
from ads.services.plans.changes import (
    NAMED,
    Cancelled,
    ScheduleBudgets,
    cancel,
    has_begun,
    planned_for,
)
