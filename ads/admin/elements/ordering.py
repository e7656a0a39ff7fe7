"""The order of lists by amounts of money."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import F, OrderBy


def ordered_by(part: Any) -> str:
    """The column of a part of an order; "" for an expression."""
    if isinstance(part, str):
        return part.lstrip("-")
    expression: Any = part.expression if isinstance(part, OrderBy) else part
    return str(getattr(expression, "name", ""))


def missing_last(part: Any) -> Any:
    """A part of an order, with rows that have no value at the end."""
    if not isinstance(part, str):
        return part
    column = F(ordered_by(part))
    return column.desc(nulls_last=True) if part[0] == "-" else column.asc(nulls_last=True)


def within_currencies(ordering: Sequence[Any], money: Collection[str], path: str) -> list[Any]:
    """The order by one of the columns ``money``, within each currency; ``path``: to the brand."""
    for at, part in enumerate(ordering):
        if ordered_by(part) in money:
            return [*ordering[:at], f"{path}currency", *ordering[at:]]
    return list(ordering)
