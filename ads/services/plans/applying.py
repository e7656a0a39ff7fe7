"""Applying what was planned, once its day has begun in the brand's timezone.

Every clock task does this before it decides. Twice, late or by two at once it does no harm: what is
due is looked at again under the locks, in the order of the dates, and what was missed is caught up
with. Budgets are written and enforced in one transaction.

What a month of a plan takes over is worked out when it begins, and again while spend of the month
before still comes in: for :data:`LATE_DAYS` days. A budget that a person has changed since is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

import structlog
from django.db import OperationalError, transaction
from django.db.models import Case, F, Model, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from ads.failures import counted
from ads.models import Campaign, ScheduledChange, SpendTotal
from ads.models.fields import MoneyField
from ads.models.plans import Carry
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone, local_date, month_start
from ads.rules.money import LIMIT, format_money
from ads.services import lock_waits, locks
from ads.services.delivery import Enforced, Trigger, enforce
from ads.services.isolation import isolate

logger = structlog.stdlib.get_logger(__name__)

#: So many days of a month, late spend of the month before still changes what is carried over.
LATE_DAYS: Final = 10

ZERO: Final = Decimal(0)
_DAY: Final = timedelta(days=1)


def apply_due(now: datetime) -> Enforced:
    """Apply the changes that are due at ``now``, each brand in a transaction of its own.

    One or two small queries where nothing is due. A brand that fails, or that somebody keeps
    locked, is left for the next time.
    """
    brands = sorted({change.brand_id for change in due(now)})
    if not brands:
        return Enforced()
    results, _ = isolate(brands, partial(_apply, now=now), size=1, what="Planned budgets of brand")
    return sum((result for result in results if result), start=Enforced())


def due(now: datetime, brand: int | None = None) -> list[ScheduledChange]:
    """The changes to apply at ``now``, in the order in which they take effect."""
    changes = ScheduledChange.objects.filter(cancelled_at=None).select_related("brand", "campaign")
    if brand is not None:
        changes = changes.filter(brand=brand)
    newest = (now + timedelta(hours=14)).date()  # the date where clocks are furthest ahead
    found = list(changes.filter(applied_at=None, starts_on__lte=newest))
    found += _with_late_spend(changes, now)
    return sorted(
        (change for change in found if _has_begun(change, now)),
        key=lambda change: (change.starts_on, change.pk),
    )


def _has_begun(change: ScheduledChange, now: datetime) -> bool:
    try:
        return change.starts_on <= local_date(now, change.brand.timezone)
    except UnknownTimezone:  # nothing decides on its campaigns
        return False


def _with_late_spend(changes: QuerySet[ScheduledChange], now: datetime) -> list[ScheduledChange]:
    """Months that have begun, whose month before has been spent more or less of since."""
    months = {month_start(day) for day in ((now + timedelta(hours=14)).date(), now.date())}
    applied: Any = changes.filter(starts_on__in=months, applied_at__isnull=False)
    applied = applied.filter(plan__isnull=False, spent_before__isnull=False)
    applied = applied.exclude(plan__carries=Carry.NOTHING)
    found = []
    for month in months:
        rows = applied.filter(starts_on=month).annotate(spent_now=_spent_in(month - _DAY))
        found += list(rows.exclude(spent_before=F("spent_now")))
    return [change for change in found if _is_late(change, now)]


def _is_late(change: ScheduledChange, now: datetime) -> bool:
    try:
        today = local_date(now, change.brand.timezone)
    except UnknownTimezone:
        return False
    return (today - change.starts_on).days < LATE_DAYS


def _spent_in(day: date) -> Any:
    """SQL for what the owner of a change has spent in the month of ``day``."""
    sums = SpendTotal.objects.filter(period=Period.MONTH, start=month_start(day)).order_by()
    own = sums.filter(campaign=OuterRef("campaign")).values("amount")
    brands = sums.filter(campaign=None, brand=OuterRef("brand")).values("amount")
    spent = Case(When(campaign=None, then=Subquery(brands)), default=Subquery(own))
    return Coalesce(spent, ZERO, output_field=MoneyField())


def _apply(brand_ids: Sequence[int], now: datetime) -> Enforced | None:
    try:
        return apply_to(brand_ids[0], now)
    except OperationalError as error:
        if not lock_waits.is_in_the_way(error):
            raise
        logger.warning(
            "Planned budgets are applied later: another session has locked the brand",
            **counted(list(brand_ids)),
        )
        return None


@transaction.atomic
def apply_to(brand: int, now: datetime) -> Enforced:
    """Apply what is due of a brand and its campaigns, and enforce it."""
    expected = due(now, brand)
    those = campaigns_of(brand, expected)
    ids = list(those.order_by("pk").values_list("pk", flat=True))
    locks.totals_of_brands(ids, now)
    locks.campaigns(ids)
    locks.brands([brand])
    written = [change for change in due(now, brand) if _is_among(change, expected)]
    for change in written:
        # Each reads what the one before it has written.
        _write(ScheduledChange.objects.select_related("brand", "campaign").get(pk=change.pk), now)
    return enforce(those, now, Trigger.PLANNED_BUDGET, lock_first=True) if written else Enforced()


def campaigns_of(brand: int, changes: Sequence[ScheduledChange]) -> QuerySet[Campaign]:
    """The campaigns that these changes concern."""
    of_brand = any(change.campaign_id is None for change in changes)
    own = Q(pk__in=locks.among(change.campaign_id for change in changes if change.campaign_id))
    return Campaign.objects.filter(brand=brand) if of_brand else Campaign.objects.filter(own)


def _is_among(change: ScheduledChange, others: Sequence[ScheduledChange]) -> bool:
    return any(change.pk == other.pk for other in others)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a month of a plan takes over from the month before it, whose budget was ``base``.

    Nothing where that is not known, or was no limit.
    """

    base: Decimal | None
    spent: Decimal
    amount: Decimal

    @classmethod
    def of(cls, carries: str, base: Decimal | None, spent: Decimal) -> "Carried":
        left = ZERO if base is None else base - spent
        if carries == Carry.NOTHING:
            left = ZERO
        elif carries == Carry.UNSPENT:
            left = max(left, ZERO)
        elif carries == Carry.OVERSPENT:
            left = min(left, ZERO)
        return cls(base, spent, left)


def _write(change: ScheduledChange, now: datetime) -> None:
    owner, field = change.owner, change.field
    stored: Decimal | None = getattr(owner.fresh(), field)
    is_again = change.applied_at is not None
    if is_again and stored != change.after:
        # A person has changed it since; their budget stands. What was spent is noted.
        _note(change, spent_before=spent_before(change))
        return
    before = change.before if is_again or change.after is not None else stored
    after, spent, says = change.amount, None, _says(change)
    if change.plan is not None and change.amount is not None:
        spent = spent_before(change)
        base = before if was_planned_ahead(change) else None
        carried = Carried.of(change.plan.carries, base, spent)
        after = min(max(change.amount + carried.amount, ZERO), LIMIT - 1)
        says = plan_sentence(change, carried, after)
    model: type[Model] = type(owner)
    rows: QuerySet[Any] = model._default_manager.filter(pk=owner.pk)
    if stored != after:
        # Django's own update, without signals: it is enforced right here.
        QuerySet.update(rows, **{field: after, "updated_at": now})
    _note(change, before=before, after=after, spent_before=spent, says=says, applied_at=now)


def _note(change: ScheduledChange, **values: Any) -> None:
    ScheduledChange.objects.filter(pk=change.pk).update(**values)


def spent_before(change: ScheduledChange) -> Decimal:
    """What its owner has spent in the month before it begins."""
    sums = SpendTotal.objects.filter(
        brand=change.brand_id, campaign=change.campaign_id, period=Period.MONTH,
        start=month_start(change.starts_on - _DAY),
    )  # fmt: skip
    return sums.values_list("amount", flat=True).first() or ZERO


def was_planned_ahead(change: ScheduledChange) -> bool:
    """Was it planned before it began? Else the budget of the month before it is not known."""
    return local_date(change.created_at, change.brand.timezone) < change.starts_on


def _says(change: ScheduledChange) -> str:
    """ "Planned from 2026-12-01 by olivia: Christmas"."""
    note = f": {change.note}" if change.note else ""
    return f"Planned from {change.starts_on} by {change.created_by}{note}"[:300]


def plan_sentence(change: ScheduledChange, carried: Carried, after: Decimal) -> str:
    """ "Plan for December 2026: $3,000.00 + $120.50 left over from November"."""
    currency = change.brand.currency
    month = f"{change.starts_on:%B %Y}"
    says = f"Plan for {month}: {format_money(change.amount or ZERO, currency)}"
    before = f"{change.starts_on - _DAY:%B}"
    if carried.amount > 0:
        says += f" + {format_money(carried.amount, currency)} left over from {before}"
    elif carried.amount < 0:
        says += f" − {format_money(-carried.amount, currency)} overspent in {before}"
        if change.amount is not None and change.amount + carried.amount < 0:
            says += f", so {format_money(after, currency)}"
    return says
