"""The pages of budgets ahead of time."""
