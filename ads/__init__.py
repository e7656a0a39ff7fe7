"""Budgets and hours of advertising campaigns, enforced."""
