"""Campaigns that other budgets stop, too."""

from typing import Any

from ads.tests.factories import BrandFactory, BudgetGroupFactory


def with_others(budgets: dict[str, int]) -> dict[str, Any]:
    """Its own of ``budgets``, a brand with ``brand__…``, a group with ``group__…``."""
    by: dict[str, dict[str, Any]] = {"": {}, "brand": {}, "group": {}}
    for path, amount in budgets.items():
        owner, _, name = path.rpartition("__")
        by[owner][name] = amount
    brand = BrandFactory.create(**by["brand"])
    group = BudgetGroupFactory.create(brand=brand, **by["group"]) if by["group"] else None
    return {"brand": brand, "budget_group": group, **by[""]}
