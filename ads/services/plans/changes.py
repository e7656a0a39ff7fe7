"""Scheduling changes of budgets, and taking them back."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q, QuerySet

from ads.models import Brand, Campaign, ScheduledChange
from ads.models.budgets import PlannedField
from ads.rules.calendar import group_by_local_date
from ads.rules.money import format_money
from ads.services import locks
from ads.services.actor import current_actor
from ads.services.bulk import RELATIVE, BudgetChange, ChangeBudgets, Model
from ads.services.delivery import Trigger, enforce
from ads.services.explain import switches
from ads.services.plans import applying

#: Campaigns that a preview names, and changes of those that were cancelled together.
NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class ScheduleBudgets(ChangeBudgets):
    """Change budgets from a day on: like :class:`ChangeBudgets`, which its preview is.

    Amounts are worked out now, from the budgets as they are. A budget that another change begins on
    the same day is left. One that is planned to change before is set to what it is now, too: so a
    budget is raised for some days.
    """

    starts_on: date = date.max
    note: str = ""

    def concerns(self, model: Model, name: str, change: BudgetChange) -> Q:
        only = ChangeBudgets.concerns(self, model, name, change)
        if change.how in RELATIVE:
            return only
        planned, key = _in_force(model, name)
        before = planned.filter(applied_at=None, starts_on__lt=self.starts_on)
        return only | Q(pk__in=before.values(key))

    def write(self, ids: Collection[int], now: datetime) -> int:  # noqa: ARG002
        return len(self._schedule(Campaign, ids))

    @transaction.atomic
    def write_brands(self, ids: Collection[int], now: datetime) -> tuple[int, ...]:  # noqa: ARG002
        return tuple(self._schedule(Brand, locks.brands(ids))) if self.of_brands else ()

    def _schedule(self, model: type[Brand] | type[Campaign], ids: Collection[int]) -> set[int]:
        """Write the changes of these rows; the ids of those that got one."""
        only, columns = self.columns(model)
        rows: QuerySet[Any] = model._default_manager.filter(only, pk__in=locks.among(ids))
        own = "pk" if model is Brand else "brand_id"
        done: set[int] = set()
        for field, change in self.by_field(model).items():
            changing = rows.filter(self.concerns(model, field, change)).order_by("pk")
            changing = changing.annotate(becomes=columns[field])
            planned, key = _in_force(model, field)
            taken = planned.filter(starts_on=self.starts_on)
            changing = changing.exclude(pk__in=taken.values(key))
            found = list(changing.values_list("pk", own, "becomes"))
            done |= {pk for pk, *_ in found}
            ScheduledChange.objects.bulk_create(
                ScheduledChange(
                    brand_id=brand_id,
                    campaign_id=None if model is Brand else pk,
                    field=field,
                    starts_on=self.starts_on,
                    amount=becomes,
                    note=self.note,
                    created_by=current_actor(),
                )
                for pk, brand_id, becomes in found
            )
        return done


def _in_force(model: Model, field: str) -> tuple[QuerySet[ScheduledChange], str]:
    """What is, or was, planned of a budget of these, but for what was cancelled; by which column.

    For campaigns, not that of brands: a NULL among them would exclude every one.
    """
    whose = {"campaign": None} if model is Brand else {"campaign__isnull": False}
    planned = ScheduledChange.objects.filter(**whose, cancelled_at=None, field=field).order_by()
    return planned, "brand_id" if model is Brand else "campaign_id"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What came of cancelling: a sentence for each change that was, and for each that was not."""

    done: list[str]
    left: list[str]
    #: In a preview: which campaigns will start, and which stop.
    switched: list[str]


def cancel(
    changes: Iterable[ScheduledChange], *, now: datetime, is_preview: bool = False
) -> Cancelled:
    """Cancel changes that have not begun, and put back the budgets of those that have.

    The last one first, and those of a brand together: none of its campaigns starts or stops for
    what is a budget only in between. One that was cancelled before, or whose budget has been
    changed again since, is left as it is. A preview does it too, and takes it back.
    """
    by_brand: dict[int, list[ScheduledChange]] = defaultdict(list)
    for change in sorted(changes, key=_order, reverse=True):
        by_brand[change.brand_id].append(change)
    found = [_cancel(brand, those, now, is_preview=is_preview) for brand, those in by_brand.items()]
    return Cancelled(
        [says for each in found for says in each.done],
        [says for each in found for says in each.left],
        [says for each in found for says in each.switched],
    )


def _order(change: ScheduledChange) -> tuple[bool, datetime | None, date, int]:
    """In which changes were applied, which is not always that of their days: a month of a plan may
    be planned when it has begun.
    """
    return change.applied_at is None, change.applied_at, change.starts_on, change.pk


@transaction.atomic
def _cancel(
    brand: int, changes: Sequence[ScheduledChange], now: datetime, *, is_preview: bool
) -> Cancelled:
    cancels, puts_back = ("Cancels", "Puts back") if is_preview else ("Cancelled", "Put back")
    those = applying.campaigns_of(*(change.owner for change in changes))
    locks.budgets(those.values_list("pk", flat=True), [brand], now)
    cancelled, put_back, left = [], [], []
    for pk in [change.pk for change in changes]:
        change = ScheduledChange.objects.select_related("brand", "campaign").get(pk=pk)
        owner, label = change.owner, PlannedField(change.field).label.lower()
        if change.cancelled_at:
            left.append(f"{change}: {change.cancelled_by} has cancelled it already.")
        elif change.applied_at and not applying.stands(change, now):
            left.append(
                f"{change}: its {label} has been changed again since, and stays. Change it on the "
                f"page of {owner}."
            )
        else:
            applying.take_back(change, now)
            if change.applied_at:
                put_back.append(change)
            else:
                cancelled.append(f"{cancels} the {label} of {owner} from {change.starts_on}.")
    if put_back:
        enforce(those, now, Trigger.ACTION, lock_first=True)
    # Of several that followed each other, only what they came to.
    budgets = dict.fromkeys(f"{puts_back} {_budget_now(change)}" for change in put_back)
    switched: list[str] = []
    if is_preview:
        switched = _switched(now)
        transaction.set_rollback(True)
    return Cancelled([*cancelled, *budgets], left, switched)


def _switched(now: datetime) -> list[str]:
    """ "Spring, Summer and 3 more will stop."."""
    made = switches.made(now, [Trigger.ACTION], limit=NAMED)
    said = []
    for starts, count in ((True, made.started), (False, made.stopped)):
        names = [each.campaign.name for each in made.shown if each.is_active == starts]
        more = f"{count - len(names):,} more" if count > len(names) else ""
        if count:
            who = " and ".join(filter(None, (", ".join(names), more)))
            said.append(f"{who} will {'start' if starts else 'stop'}.")
    return said


def _budget_now(change: ScheduledChange) -> str:
    owner, label = change.owner, PlannedField(change.field).label.lower()
    amount, budget = getattr(owner.fresh(), change.field), "no limit"
    if amount is not None:
        budget = format_money(amount, change.brand.currency)
    return f"the {label} of {owner}: {budget}."


def has_begun(day: date, brands: QuerySet[Brand], now: datetime) -> bool:
    """Has ``day`` begun for one of ``brands`` at ``now``, in its timezone?"""
    zones = brands.order_by().values_list("timezone", flat=True).distinct()
    return any(today >= day for today in group_by_local_date(zones, now).by_date)


def planned_for(owner: Brand | Campaign) -> list[ScheduledChange]:
    """What is planned of the budgets of ``owner``, the next first."""
    mine = Q(brand=owner.pk, campaign=None) if isinstance(owner, Brand) else Q(campaign=owner.pk)
    changes = ScheduledChange.objects.filter(mine, cancelled_at=None, applied_at=None)
    return list(changes.select_related("brand", "campaign").order_by("starts_on", F("pk")))
