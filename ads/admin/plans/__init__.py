"""Budgets ahead of time: plans by month, scheduled changes, and the calendar of what changes."""

from ads.admin.plans import changes
from ads.admin.plans.links import plan_links
from ads.admin.plans.page import PlansBudgets
