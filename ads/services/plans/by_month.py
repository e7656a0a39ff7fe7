"""A plan by month: an owner's monthly budgets for the months to come."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q, QuerySet

from ads.holds import Supposing
from ads.models import Brand, BudgetPlan, Campaign, ScheduledChange
from ads.models.budgets import Carry, PlannedField
from ads.rules.calendar import local_date, month_start, next_month
from ads.rules.money import format_money
from ads.services import locks
from ads.services.actor import current_actor
from ads.services.delivery import Outcome, Trigger, enforce, preview_campaigns
from ads.services.history import audit
from ads.services.planned import carrying
from ads.services.plans import applying

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
    changes: list[MonthChange]
    carries: tuple[str, str]
    #: Of the present month, if its budget changes at once: to what (None: no limit) and why, ""
    #: if not, and which campaigns that switches.
    budget: Decimal | None = None
    says: str = ""
    outcome: Outcome = field(default_factory=Outcome)

    def __bool__(self) -> bool:
        return bool(self.changes) or self.carries[0] != self.carries[1]


def plan_of(owner: Brand | Campaign) -> BudgetPlan | None:
    return BudgetPlan.objects.filter(**_key(owner)).first()


def months(owner: Brand | Campaign, now: datetime) -> list[Month]:
    """The months that are planned from the present one on, planned or not; one query.

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


def gaps(owner: Brand | Campaign, amounts: Amounts) -> list[str]:
    """What months get that are left empty after a planned one, a sentence for each gap; one query.

    Nothing where another change of the budget begins by then.
    """
    planned = {month: amount for month, amount in amounts.items() if amount is not None}
    others = ScheduledChange.objects.filter(
        **_key(owner), field=_MONTHLY, plan=None, cancelled_at=None
    )
    days = others.values_list("starts_on", flat=True)
    followed = {month_start(day - timedelta(days=1)) for day in days}
    return [
        f"{carrying.after_last(month, amount, _brand(owner).currency)}."
        for month, amount in sorted(planned.items())
        if next_month(month) not in planned and month not in followed
    ]


def preview(owner: Brand | Campaign, amounts: Amounts, carries: str, now: datetime) -> PlanPreview:
    """What :func:`save` would do at ``now``; nothing is locked and nothing written.

    Raises:
        InvalidPlan: a month has passed, or another change of the budget begins on its first day.
        UnknownTimezone: the brand's timezone is invalid.
    """
    changes = _changes(owner, amounts, now)
    plan, present = plan_of(owner), _present(owner, now)
    before = plan.carries if plan else Carry.NOTHING.value
    seen = PlanPreview(changes, (before, carries))
    concerns = any(change.month == present for change in changes) or before != carries
    row = _row_of(owner, present)
    amount, stored = amounts.get(present), getattr(owner.fresh(), _MONTHLY)
    if not concerns:
        return seen
    if amount is not None:
        spent = row.spent_by_now if row else Decimal(0)
        row = row or ScheduledChange(field=_MONTHLY, starts_on=present, created_at=now)
        row.brand, row.amount, row.plan = _brand(owner), amount, BudgetPlan(carries=carries)
        carrying.begin(row, stored, spent)
        budget, says = row.after, row.says
    elif row and row.applied_at and row.cancelled_at is None and applying.stands(row, now):
        budget = carrying.budget_without(row, now)
        of = "no limit" if budget is None else format_money(budget, _brand(owner).currency)
        says = f"Nothing planned for {present:%B %Y}: {of}, as before"
    else:
        return seen
    path = f"{'brand__' if isinstance(owner, Brand) else ''}{_MONTHLY}"
    outcome = preview_campaigns(applying.campaigns_of(owner), Supposing({path: budget}), now)
    return replace(seen, budget=budget, says=says, outcome=outcome)


@transaction.atomic
def save(owner: Brand | Campaign, amounts: Amounts, carries: str, now: datetime) -> PlanPreview:
    """Plan these months; the present one takes effect at once. What was changed.

    Raises:
        InvalidPlan: see :func:`preview`; nothing was changed.
        UnknownTimezone: the brand's timezone is invalid.
        OperationalError: somebody else keeps the brand locked.
    """
    those = applying.campaigns_of(owner)
    locks.budgets(those.values_list("pk", flat=True), [_brand(owner).pk], now)
    seen = preview(owner, amounts, carries, now)
    plan, _ = BudgetPlan.objects.get_or_create(**_key(owner))
    present = _present(owner, now)
    rows = {row.starts_on: row for row in _rows(owner)} | {present: _row_of(owner, present)}
    for change in seen.changes:
        row = rows.get(change.month)
        if row is None:
            ScheduledChange.objects.create(
                **_key(owner), field=_MONTHLY, starts_on=change.month, amount=change.new,
                plan=plan, created_by=current_actor(),
            )  # fmt: skip
        elif change.new is None:
            applying.take_back(row, now)
        else:
            before = getattr(owner.fresh(), _MONTHLY) if row.cancelled_at else row.before
            ScheduledChange.objects.filter(pk=row.pk).update(
                amount=change.new, before=before, applied_at=None, cancelled_at=None,
                cancelled_by="", updated_at=now,
            )  # fmt: skip
    if plan.carries != carries:
        BudgetPlan.objects.filter(pk=plan.pk).update(carries=carries, updated_at=now)
        _rows(owner).filter(starts_on=present).update(applied_at=None, updated_at=now)
    applying.write_due(Q(**_key(owner)), now)
    enforce(those, now, Trigger.ACTION, lock_first=True)
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
    if not (mine or edits):
        return None
    # Of each the last by the order of the locks: a transaction that began earlier may have waited.
    last = max([*mine[-1:], *edits[-1:]], key=lambda event: event.pgh_created_at)
    if mine and any(event.pgh_context_id == last.pgh_context_id for event in mine):
        last = mine[-1]
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


def _row_of(owner: Brand | Campaign, month: date) -> Any:
    """The row of a month that has begun, with what was spent before it; None: there is none.

    Also one that was taken back after it had begun: planned again, it knows what it found then.
    """
    rows = ScheduledChange.objects.filter(**_key(owner), plan__isnull=False, starts_on=month)
    rows = rows.filter(Q(cancelled_at=None) | Q(applied_at__isnull=False))
    rows = rows.select_related("brand", "campaign")
    in_force_first = F("cancelled_at").desc(nulls_first=True)
    return rows.annotate(spent_by_now=carrying.spent_before()).order_by(in_force_first).first()


def _key(owner: Brand | Campaign) -> dict[str, Any]:
    if isinstance(owner, Brand):
        return {"brand_id": owner.pk, "campaign_id": None}
    return {"brand_id": owner.brand_id, "campaign_id": owner.pk}


def _brand(owner: Brand | Campaign) -> Brand:
    return owner if isinstance(owner, Brand) else owner.brand


def _present(owner: Brand | Campaign, now: datetime) -> date:
    return month_start(local_date(now, _brand(owner).timezone))
