"""Changing budgets by a percentage or an amount, and how the new budget is rounded."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db import models
from django.db.models import (
    Case,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Greatest, Round
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from ads.models import Brand
from ads.models.fields import MoneyField
from ads.rules.currencies import MINOR_UNITS
from ads.rules.money import LIMIT, InvalidAmount, parse_amount

#: A budget is raised to at most eleven times what it is: more is a slip.
MOST_PERCENT: Final = Decimal(1000)
PERCENT_PLACES: Final = 4


class How(models.TextChoices):
    RAISE_PERCENT = "raise_percent", "Raise by percent"
    LOWER_PERCENT = "lower_percent", "Lower by percent"
    RAISE_AMOUNT = "raise_amount", "Raise by an amount"
    LOWER_AMOUNT = "lower_amount", "Lower by an amount"
    SET = "set", "Set to an amount"
    NO_LIMIT = "no_limit", "Take the limit away"


#: These change an existing budget; a campaign without one stays without.
RELATIVE: Final = (How.RAISE_PERCENT, How.LOWER_PERCENT, How.RAISE_AMOUNT, How.LOWER_AMOUNT)
#: These take an amount, which belongs to one currency.
AMOUNTS: Final = (How.RAISE_AMOUNT, How.LOWER_AMOUNT, How.SET)
#: Where a campaign's budget is written, its currency is found by this: an UPDATE cannot join.
BRAND_ID: Final = "brand_id"
#: Decimal places of most currencies.
_USUAL: Final = 2
#: Those of the others, by code, as JSON.
_UNUSUAL: Final = json.dumps({code: its for code, its in MINOR_UNITS.items() if its != _USUAL})


@dataclass(frozen=True, slots=True)
class BudgetChange:
    """A change of the daily or monthly budget; ``by`` in percent or an amount, zero or more.

    Percentages are rounded to the currency's minor unit, half of it up; amounts are exact. A budget
    never falls below zero, at which nothing runs; one that would exceed the largest valid budget
    stays as it is. No limit stays no limit, unless a budget is set.

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

    def expression(self, path: str, currency: str) -> Any:
        """The new budget of the one at ``path``; ``currency``: see :func:`_places`."""
        if self.how == How.NO_LIMIT:
            return _money(None)
        if self.how == How.SET:
            return _money(self.by)
        return Case(
            When(self.changes(path, currency), then=self._worked_out(path, currency)),
            default=F(path),
            output_field=MoneyField(),
        )

    def changes(self, path: str, currency: str) -> Q:
        if self.how == How.SET:
            return Q(**{f"{path}__isnull": True}) | ~Q(**{path: self.by})
        there_is_one = Q(**{f"{path}__isnull": False})
        if self.how == How.NO_LIMIT:
            return there_is_one
        return there_is_one & Q(LessThan(self._worked_out(path, currency), _money(LIMIT)))

    def makes_too_large(self, path: str, currency: str) -> Q:
        """Which rows' budgets would exceed the largest valid budget, and so stay as they are."""
        if self.how not in RELATIVE:
            return Q(pk__in=())
        # PostgreSQL's GREATEST ignores NULL.
        there_is_one = Q(**{f"{path}__isnull": False})
        return there_is_one & Q(GreaterThanOrEqual(self._worked_out(path, currency), _money(LIMIT)))

    def _worked_out(self, path: str, currency: str) -> Any:
        """What an existing budget would become, however large."""
        if self.how == How.RAISE_PERCENT:
            return Round(_times(path, 1 + self.by / 100), precision=_places(currency))
        if self.how == How.LOWER_PERCENT:
            return Round(_times(path, 1 - self.by / 100), precision=_places(currency))
        by = self.by if self.how == How.RAISE_AMOUNT else -self.by
        return Greatest(F(path) + _money(by), _money(Decimal(0)), output_field=MoneyField())


def _money(amount: Decimal | None) -> Value:
    return Value(amount, output_field=MoneyField())


def _places(currency: str) -> Any:
    """The decimal places of the currency at this path, or of the brand at :data:`BRAND_ID`."""
    code: Any = F(currency)
    if currency == BRAND_ID:
        code = Subquery(Brand.objects.filter(pk=OuterRef(BRAND_ID)).values("currency"))
    # One look-up in place of a list of codes for each number of places: Django compiles it each of
    # the many times that a statement needs it.
    return Func(
        Value(_UNUSUAL),
        code,
        arg_joiner="::jsonb ->> ",
        template=f"coalesce((%(expressions)s)::int, {_USUAL})",
        output_field=models.IntegerField(),
    )


def _times(path: str, factor: Decimal) -> Any:
    return ExpressionWrapper(F(path) * _money(factor), output_field=MoneyField())
