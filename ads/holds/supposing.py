"""Values to suppose in place of what is stored: "if budgets were 10 % higher".

The rule (:mod:`ads.holds`) reads these instead of the columns; nothing is written.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest

from ads.models import Brand, Campaign
from ads.models.fields import MoneyField
from ads.rules.dayparting import Schedule


@dataclass(frozen=True, slots=True)
class Supposing:
    """What to suppose; everything else is as stored."""

    #: By the path from a campaign ("brand__daily_budget"), a value or an expression over its
    #: columns (``F("daily_budget") * 2``).
    columns: Mapping[str, Any] = field(default_factory=dict)
    #: The campaigns that ``columns`` and ``allowed`` apply to; None: all.
    only: Q | None = None
    #: By the code of a budget's hold, what is allowed beyond it besides what is: an amount or an
    #: expression, below zero for what is taken back; None: as much as has been spent in all.
    allowed: Mapping[str, Any] = field(default_factory=dict)
    #: Ids of schedules that each campaign has besides its own, and of those that none has.
    attached: Collection[int] = ()
    detached: Collection[int] = ()
    #: Read in place of the stored schedules with the same ids.
    schedules: Collection[Schedule] = ()

    def name(self, path: str) -> str:
        """What the rule reads for ``path``: the column, or the alias of what is supposed."""
        return _alias(path) if path in self.columns else path

    def aliases(self) -> dict[str, Any]:
        """The expressions by the names that :meth:`name` gives them."""
        return {_alias(path): self._read(path, value) for path, value in self.columns.items()}

    def _read(self, path: str, value: Any) -> Any:
        of_brand, _, name = path.rpartition("__")
        column: Any = (Brand if of_brand else Campaign)._meta.get_field(name)
        column = getattr(column, "target_field", column)  # of a relation, its key
        as_column = ExpressionWrapper if isinstance(value, Combinable) else Value
        supposed: Any = as_column(value, output_field=column)
        if self.only is None:
            return supposed
        return Case(When(self.only, then=supposed), default=F(path), output_field=column)

    @property
    def into_groups(self) -> Collection[int]:
        group = self.columns.get("budget_group")
        return () if group is None else (group,)

    def allowance(self, hold: str, spend: Any, allowed: Any) -> Any:
        """What is supposed to be allowed, given the expressions of what is spent and allowed."""
        if hold not in self.allowed:
            return allowed
        more = self.allowed[hold]
        supposed = Greatest(allowed, spend) if more is None else allowed + more
        if self.only is None:
            return supposed
        return Case(When(self.only, then=supposed), default=allowed, output_field=MoneyField())

    def in_place_of(self, stored: Iterable[Schedule]) -> list[Schedule]:
        supposed = {schedule.id: schedule for schedule in self.schedules}
        return [supposed.get(schedule.id, schedule) for schedule in stored]


#: Everything is as stored.
NOTHING: Final = Supposing()


def _alias(path: str) -> str:
    return f"supposed_{path.replace('__', '_of_')}"
