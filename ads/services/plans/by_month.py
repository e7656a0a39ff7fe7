"""A plan by month: an owner's monthly budgets for the months to come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from ads.holds import Supposing
from ads.models import Brand, BudgetPlan, Campaign, ScheduledChange
from ads.models.plans import Carry, PlannedField
from ads.rules.calendar import local_date, month_start, next_month
from ads.services import locks
from ads.services.actor import current_actor
from ads.services.delivery import Outcome, preview_campaigns
from ads.services.history import audit
from ads.services.plans import applying
from ads.services.plans.applying import Carried

#: Months that a plan is edited for, the present one included.
MONTHS: Final = 12

_MONTHLY: Final = PlannedField.MONTHLY.value

#: The planned budget of each month; None: nothing is planned for it.
Amounts = Mapping[date, Decimal | None]


class InvalidPlan(ValueError):
    """A plan that cannot be used; carries ``month``, and the message names the remedy."""

    def __init__(self, month: date, reason: str) -> None:
        super().__init__(f"{month:%B %Y}: {reason}")
        self.month = month


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a plan: what is planned for it, and what was applied once it had begun."""

    month: date
    amount: Decimal | None
    says: str = ""


@dataclass(frozen=True, slots=True)
class MonthChange:
    """A month whose planned budget would change; None: nothing planned."""

    month: date
    old: Decimal | None
    new: Decimal | None


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What saving a plan would do."""

    changes: list[MonthChange]
    carries: tuple[str, str]
    #: Of the present month: the budget at once and why, and which campaigns that switches.
    budget: Decimal | None = None
    says: str = ""
    outcome: Outcome = field(default_factory=Outcome)

    def __bool__(self) -> bool:
        return bool(self.changes) or self.carries[0] != self.carries[1]


def plan_of(owner: Brand | Campaign) -> BudgetPlan | None:
    """The plan of ``owner``, if there is one."""
    return BudgetPlan.objects.filter(**_key(owner)).first()


def months(owner: Brand | Campaign, now: datetime) -> list[Month]:
    """The months that are planned from the present one on, planned or not; two queries.

    Raises:
        UnknownTimezone: the brand's timezone is invalid.
    """
    rows = {row.starts_on: row for row in _rows(owner)}
    month, found = _present(owner, now), []
    for _ in range(MONTHS):
        row = rows.get(month)
        found.append(Month(month, row.amount if row else None, row.says if row else ""))
        month = next_month(month)
    return found


def preview(owner: Brand | Campaign, amounts: Amounts, carries: str, now: datetime) -> PlanPreview:
    """What :func:`save` would do at ``now``; nothing is locked and nothing written.

    Raises:
        InvalidPlan: a month has passed, or another change of the budget begins on its first day.
        UnknownTimezone: the brand's timezone is invalid.
    """
    changes = _changes(owner, amounts, now)
    plan, present = plan_of(owner), _present(owner, now)
    before = plan.carries if plan else Carry.NOTHING.value
    amount = amounts.get(present)
    concerns = any(change.month == present for change in changes) or before != carries
    if amount is None or not concerns:
        return PlanPreview(changes, (before, carries))
    row = ScheduledChange(
        **_key(owner), field=_MONTHLY, starts_on=present, amount=amount,
        plan=BudgetPlan(**_key(owner), carries=carries),
    )  # fmt: skip
    row.brand = _brand(owner)
    stored = {one.starts_on: one for one in _rows(owner)}.get(present)
    base = stored.before if stored and applying.was_planned_ahead(stored) else None
    carried = Carried.of(carries, base, applying.spent_before(row))
    budget = max(amount + carried.amount, Decimal(0))
    path = f"{'brand__' if isinstance(owner, Brand) else ''}{_MONTHLY}"
    return PlanPreview(
        changes,
        (before, carries),
        budget,
        applying.plan_sentence(row, carried, budget),
        preview_campaigns(_campaigns(owner), Supposing({path: budget}), now),
    )


@transaction.atomic
def save(owner: Brand | Campaign, amounts: Amounts, carries: str, now: datetime) -> PlanPreview:
    """Plan these months; the present one takes effect at once. What was changed.

    Raises:
        InvalidPlan: see :func:`preview`; nothing was changed.
        UnknownTimezone: the brand's timezone is invalid.
        OperationalError: somebody else keeps the brand locked.
    """
    brand = _brand(owner)
    ids = list(_campaigns(owner).order_by("pk").values_list("pk", flat=True))
    locks.totals_of_brands(ids, now)
    locks.campaigns(ids)
    locks.brands([brand.pk])
    seen = preview(owner, amounts, carries, now)
    plan, _ = BudgetPlan.objects.get_or_create(**_key(owner))
    present = _present(owner, now)
    rows = {row.starts_on: row for row in _rows(owner)}
    if plan.carries != carries:
        BudgetPlan.objects.filter(pk=plan.pk).update(carries=carries, updated_at=now)
        if present in rows:
            _update(rows[present], applied_at=None, updated_at=now)
    for change in seen.changes:
        row = rows.get(change.month)
        if row is None:
            ScheduledChange.objects.create(
                **_key(owner), field=_MONTHLY, starts_on=change.month, amount=change.new,
                plan=plan, created_by=current_actor(),
            )  # fmt: skip
        elif change.new is None:
            _update(row, cancelled_at=now, cancelled_by=current_actor(), updated_at=now)
        else:
            _update(row, amount=change.new, applied_at=None, updated_at=now)
    applying.apply_to(brand.pk, now)
    return seen


def before_last_edit(owner: Brand | Campaign, now: datetime) -> tuple[Amounts, str] | None:
    """The plan as it was before its last edit by a person, to be saved again; None: no edit."""
    plan = plan_of(owner)
    if plan is None:
        return None
    events: Any = audit.event_model("ScheduledChangeEvent")._default_manager.order_by("pgh_id")
    mine = list(events.filter(plan=plan.pk, pgh_label__in=["planned", "changed"]))
    of_plan: Any = audit.event_model("BudgetPlanEvent")._default_manager.order_by("pgh_id")
    edits = list(of_plan.filter(pgh_obj_id=plan.pk))
    last = max(
        [*mine, *edits], key=lambda event: (event.pgh_created_at, event.pgh_id), default=None
    )
    if last is None:
        return None
    before: dict[date, Decimal | None] = {}
    for event in mine:
        if event.pgh_context_id != last.pgh_context_id:
            before[event.starts_on] = None if event.cancelled_at else event.amount
    carries = [one.carries for one in edits if one.pgh_context_id != last.pgh_context_id]
    amounts = {month.month: before.get(month.month) for month in months(owner, now)}
    return amounts, carries[-1] if carries else Carry.NOTHING.value


def _changes(owner: Brand | Campaign, amounts: Amounts, now: datetime) -> list[MonthChange]:
    present = _present(owner, now)
    rows = {row.starts_on: row for row in _rows(owner)}
    changes = [
        MonthChange(month, rows[month].amount if month in rows else None, amount)
        for month, amount in sorted(amounts.items())
        if amount != (rows[month].amount if month in rows else None)
    ]
    taken = {
        other.starts_on: other
        for other in ScheduledChange.objects.filter(
            **_key(owner), field=_MONTHLY, plan=None, cancelled_at=None,
            starts_on__in=[change.month for change in changes],
        )
    }  # fmt: skip
    for change in changes:
        month = change.month
        if month < present:
            raise InvalidPlan(month, f"it has passed. Plan from {present:%B %Y} on.")
        if month.day != 1:
            raise InvalidPlan(month, "a month of a plan begins on the 1st.")
        if month in taken:
            raise InvalidPlan(
                month,
                f"another change of its monthly budget begins on {month} (planned by "
                f"{taken[month].created_by}). Cancel that one, or leave this month empty.",
            )
    return changes


def _rows(owner: Brand | Campaign) -> QuerySet[ScheduledChange]:
    return ScheduledChange.objects.filter(**_key(owner), plan__isnull=False, cancelled_at=None)


def _update(row: ScheduledChange, **values: Any) -> None:
    ScheduledChange.objects.filter(pk=row.pk).update(**values)


def _key(owner: Brand | Campaign) -> dict[str, Any]:
    if isinstance(owner, Brand):
        return {"brand_id": owner.pk, "campaign_id": None}
    return {"brand_id": owner.brand_id, "campaign_id": owner.pk}


def _brand(owner: Brand | Campaign) -> Brand:
    return owner if isinstance(owner, Brand) else owner.brand


def _present(owner: Brand | Campaign, now: datetime) -> date:
    return month_start(local_date(now, _brand(owner).timezone))


def _campaigns(owner: Brand | Campaign) -> QuerySet[Campaign]:
    return Campaign.objects.filter(
        **({"brand": owner.pk} if isinstance(owner, Brand) else {"pk": owner.pk})
    )
