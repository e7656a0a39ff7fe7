"""What a month of a plan comes to: what is planned for it, and what it takes over.

What a month takes over belongs to that month alone. It is worked out when the month begins, and
again while spend of the month before still comes in: for :data:`LATE_DAYS` days. A month for which
nothing is planned keeps what was planned for the last one, and takes nothing over.
"""

from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Case, DateField, Func, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce

from ads.models import ScheduledChange, SpendTotal
from ads.models.budgets import Carry
from ads.models.fields import MoneyField
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone, local_date, month_start, next_month
from ads.rules.money import LIMIT, format_money

#: So many days of a month, late spend of the month before still changes what is carried over.
LATE_DAYS: Final = 10

ZERO: Final = Decimal(0)
_DAY: Final = timedelta(days=1)


def is_over(starts_on: date, today: date) -> bool:
    """Has the month that begins on ``starts_on`` ended by ``today``?"""
    return starts_on < month_start(today)


def month_after(first: Any, number: int = 1) -> Func:
    """SQL for the first of the month, so many months after that which begins on ``first``."""
    template = f"(%(expressions)s + interval '{number} month')::date"
    return Func(first, template=template, output_field=DateField())


def spent_before() -> Any:
    """SQL for what the owner of a month of a plan has spent in the month before it."""
    month = month_after(OuterRef("starts_on"), -1)
    sums = SpendTotal.objects.filter(period=Period.MONTH, start=month).order_by()
    own = sums.filter(campaign=OuterRef("campaign")).values("amount")
    brands = sums.filter(campaign=None, brand=OuterRef("brand")).values("amount")
    return Case(
        When(plan=None, then=Value(None)),
        When(campaign=None, then=Coalesce(Subquery(brands), ZERO)),
        default=Coalesce(Subquery(own), ZERO),
        output_field=MoneyField(),
    )


def begin(change: ScheduledChange, stored: Decimal | None, spent: Decimal) -> None:
    """Work out in ``change`` what it makes of the budget, which is ``stored`` now; saves nothing.

    ``spent``: what its owner has spent in the month before, for a month of a plan. Worked out
    again, it carries over from the budget that it found the first time; if a person has changed
    the budget since, that is the one to put back.
    """
    if not change.says:
        change.before = change.budget_before = stored
    elif stored != change.after:
        change.before = stored
    change.after, change.spent_before, change.says = change.amount, None, _says(change)
    if change.plan is None or change.amount is None:
        return
    carried, base = ZERO, change.budget_before
    if change.plan.carries != Carry.NOTHING and base is not None and _is_ahead(change):
        carried = _carried(change.plan.carries, base - spent)
        change.spent_before = spent
    change.after = min(max(change.amount + carried, ZERO), LIMIT - 1)
    change.says = _plan_sentence(change, carried)


def end(change: ScheduledChange) -> None:
    """Take out, in ``change``, what its month took over; saves nothing."""
    change.after = change.amount
    change.says = (
        f"{_planned(change)}; what was carried over ended with the month, and nothing is planned "
        f"for {next_month(change.starts_on):%B %Y}"
    )


def after_last(month: date, amount: Decimal, currency: str) -> str:
    """What is left empty after ``month``, of which ``amount`` was planned, in a sentence."""
    return (
        f"From {next_month(month):%B %Y} nothing is planned: {format_money(amount, currency)} as "
        f"in {month:%B}, nothing carried over"
    )


def budget_without(change: ScheduledChange, now: datetime) -> Decimal | None:
    """The budget that its owner gets when ``change``, which was applied, is taken back.

    The one that it changed, without what a month that is over by now had taken over; one query.
    """
    former: ScheduledChange | None = (
        ScheduledChange.objects.filter(
            brand=change.brand_id, campaign=change.campaign_id, field=change.field,
            starts_on__lt=change.starts_on, cancelled_at=None, applied_at__isnull=False,
        )
        .select_related("brand")
        .order_by("-starts_on")
        .first()
    )  # fmt: skip
    budget: Decimal | None = change.before
    if former and former.after == budget and is_past(former, now):
        budget = former.amount
    return budget


def is_past(change: ScheduledChange, now: datetime) -> bool:
    """Is it a month of a plan that has ended by ``now``?"""
    with suppress(UnknownTimezone):
        today = local_date(now, change.brand.timezone)
        return change.plan_id is not None and is_over(change.starts_on, today)
    return False


def _is_ahead(change: ScheduledChange) -> bool:
    """Was it planned before it began? Else the budget of the month before it is not known."""
    return local_date(change.created_at, change.brand.timezone) < change.starts_on


def _carried(carries: str, left: Decimal) -> Decimal:
    if carries == Carry.UNSPENT:
        return max(left, ZERO)
    return min(left, ZERO) if carries == Carry.OVERSPENT else left


def _says(change: ScheduledChange) -> str:
    """ "Planned from 2026-12-01 by olivia: Christmas"."""
    note = f": {change.note}" if change.note else ""
    return f"Planned from {change.starts_on} by {change.created_by}{note}"[:300]


def _planned(change: ScheduledChange) -> str:
    return (
        f"Plan for {change.starts_on:%B %Y}: "
        f"{format_money(change.amount or ZERO, change.brand.currency)}"
    )


def _plan_sentence(change: ScheduledChange, carried: Decimal) -> str:
    """ "Plan for December 2026: $3,000.00 + $120.50 left over from November"."""
    says, currency = _planned(change), change.brand.currency
    before = f"{change.starts_on - _DAY:%B}"
    if carried > 0:
        return f"{says} + {format_money(carried, currency)} left over from {before}"
    if carried < 0:
        says += f" − {format_money(-carried, currency)} overspent in {before}"
        if change.amount is not None and change.amount + carried < 0:
            says += f", so {format_money(ZERO, currency)}"
    return says
