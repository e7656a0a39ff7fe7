"""Changing budgets by a percentage or an amount, and how the new budget is rounded."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Greatest, Round
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from ads.models.fields import MoneyField
from ads.rules.money import LIMIT, InvalidAmount, parse_amount

#: A budget is raised to at most eleven times what it is: more is a slip.
MOST_PERCENT: Final = Decimal(1000)
PERCENT_PLACES: Final = 4


class How(models.TextChoices):
    """What is done to a budget."""

    RAISE_PERCENT = "raise_percent", "Raise by percent"
    LOWER_PERCENT = "lower_percent", "Lower by percent"
    RAISE_AMOUNT = "raise_amount", "Raise by an amount"
    LOWER_AMOUNT = "lower_amount", "Lower by an amount"
    SET = "set", "Set to an amount"
    NO_LIMIT = "no_limit", "Take the limit away"


#: These change an existing budget; a campaign without one stays without.
RELATIVE: Final = (How.RAISE_PERCENT, How.LOWER_PERCENT, How.RAISE_AMOUNT, How.LOWER_AMOUNT)


@dataclass(frozen=True, slots=True)
class BudgetChange:
    """A change of the daily or monthly budget; ``by`` in percent or US dollars, zero or more.

    Percentages are rounded to the cent, half a cent up; amounts are exact. A budget never falls
    below zero, at which nothing runs; one that would exceed the largest valid budget stays as it
    is. No limit stays no limit, unless a budget is set.

    Raises:
        InvalidAmount: ``by`` is negative, or not a valid percentage or amount.
    """

    how: How
    by: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        parse_amount(self.by, field="by")
        if self.how not in {How.RAISE_PERCENT, How.LOWER_PERCENT}:
            return
        most = MOST_PERCENT if self.how == How.RAISE_PERCENT else Decimal(100)
        if self.by > most:
            raise InvalidAmount("by", self.by, f"use {most} percent or less.")
        if self.by != round(self.by, PERCENT_PLACES):
            reason = f"use a percentage with {PERCENT_PLACES} decimal places or fewer."
            raise InvalidAmount("by", self.by, reason)

    def expression(self, path: str) -> Any:
        """The new budget, for the one at ``path`` ("daily_budget")."""
        if self.how == How.NO_LIMIT:
            return _usd(None)
        if self.how == How.SET:
            return _usd(self.by)
        return Case(
            When(self.changes(path), then=self._worked_out(path)),
            default=F(path),
            output_field=MoneyField(),
        )

    def changes(self, path: str) -> Q:
        """Which rows' budgets it changes."""
        if self.how == How.SET:
            return Q(**{f"{path}__isnull": True}) | ~Q(**{path: self.by})
        there_is_one = Q(**{f"{path}__isnull": False})
        if self.how == How.NO_LIMIT:
            return there_is_one
        return there_is_one & Q(LessThan(self._worked_out(path), _usd(LIMIT)))

    def makes_too_large(self, path: str) -> Q:
        """Which rows' budgets would exceed the largest valid budget, and so stay as they are."""
        if self.how not in RELATIVE:
            return Q(pk__in=())
        # PostgreSQL's GREATEST ignores NULL.
        there_is_one = Q(**{f"{path}__isnull": False})
        return there_is_one & Q(GreaterThanOrEqual(self._worked_out(path), _usd(LIMIT)))

    def _worked_out(self, path: str) -> Any:
        """What an existing budget would become, however large."""
        if self.how == How.RAISE_PERCENT:
            return Round(_times(path, 1 + self.by / 100), precision=2)
        if self.how == How.LOWER_PERCENT:
            return Round(_times(path, 1 - self.by / 100), precision=2)
        by = self.by if self.how == How.RAISE_AMOUNT else -self.by
        return Greatest(F(path) + _usd(by), _usd(Decimal(0)), output_field=MoneyField())


def _usd(amount: Decimal | None) -> Value:
    return Value(amount, output_field=MoneyField())


def _times(path: str, factor: Decimal) -> Any:
    return ExpressionWrapper(F(path) * _usd(factor), output_field=MoneyField())
