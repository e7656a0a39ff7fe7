"""Values to suppose in place of what is stored: "if budgets were 10 % higher".

The rule (:mod:`ads.holds`) reads these instead of the columns; nothing is written.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.expressions import Combinable

from ads.models import Brand, Campaign
from ads.rules.dayparting import Schedule


@dataclass(frozen=True, slots=True)
class Supposing:
    """What to suppose; everything else is as stored."""

    #: By the path from a campaign ("brand__daily_budget"), a value or an expression over its
    #: columns (``F("daily_budget") * 2``).
    columns: Mapping[str, Any] = field(default_factory=dict)
    #: The campaigns that ``columns`` apply to; None: all.
    only: Q | None = None
    #: Budget holds, by code, whose spend so far no longer counts, as after a waiver.
    waived: Collection[str] = ()
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
        as_column = ExpressionWrapper if isinstance(value, Combinable) else Value
        supposed: Any = as_column(value, output_field=column)
        if self.only is None:
            return supposed
        return Case(When(self.only, then=supposed), default=F(path), output_field=column)

    def in_place_of(self, stored: Iterable[Schedule]) -> list[Schedule]:
        """The schedules as they are supposed to be."""
        supposed = {schedule.id: schedule for schedule in self.schedules}
        return [supposed.get(schedule.id, schedule) for schedule in stored]


#: Everything is as stored.
NOTHING: Final = Supposing()


def _alias(path: str) -> str:
    return f"supposed_{path.replace('__', '_of_')}"
