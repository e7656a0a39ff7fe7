"""Scheduling changes of budgets, and taking them back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from ads.models import Brand, Campaign, ScheduledChange
from ads.models.plans import PlannedField
from ads.rules.money import format_money
from ads.services import locks
from ads.services.actor import current_actor
from ads.services.bulk import ChangeBudgets
from ads.services.delivery import Trigger, enforce


class CannotCancel(ValueError):
    """The change cannot be taken back any more; the message says why."""


@dataclass(frozen=True, slots=True)
class ScheduleBudgets(ChangeBudgets):
    """Change budgets from a day on: like :class:`ChangeBudgets`, which its preview is.

    Amounts are worked out now, from the budgets as they are. A budget that another change begins on
    the same day is left.
    """

    starts_on: date = date.max
    note: str = ""

    def write(self, ids: Collection[int], now: datetime) -> int:  # noqa: ARG002
        return len(self._schedule(Campaign, ids))

    @transaction.atomic
    def write_brands(self, ids: Collection[int], now: datetime) -> tuple[int, ...]:  # noqa: ARG002
        return tuple(self._schedule(Brand, ids)) if self.of_brands else ()

    def _schedule(self, model: type[Brand] | type[Campaign], ids: Collection[int]) -> set[int]:
        """Write the changes of these rows; the ids of those that got one."""
        _, columns = self.columns(model)
        rows: QuerySet[Any] = model._default_manager.filter(pk__in=locks.among(ids)).order_by("pk")
        own = "pk" if model is Brand else "brand_id"
        done: set[int] = set()
        for field, change in self.by_field(model).items():
            changing = rows.filter(change.changes(field, own)).annotate(becomes=columns[field])
            # Not that of the brand, for campaigns: a NULL among them would exclude every one.
            whose = {"campaign": None} if model is Brand else {"campaign__isnull": False}
            taken = ScheduledChange.objects.filter(
                **whose, cancelled_at=None, field=field, starts_on=self.starts_on
            )
            key = "brand_id" if model is Brand else "campaign_id"
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


@transaction.atomic
def cancel(change: ScheduledChange, *, now: datetime) -> str:
    """Cancel a change that has not begun, or put back the budget that it changed; what was done.

    Raises:
        CannotCancel: it was cancelled before, or the budget has been changed again since.
    """
    owner = change.owner
    ids = [owner.pk]
    if isinstance(owner, Brand):
        ids = list(owner.campaigns.order_by("pk").values_list("pk", flat=True))
    if change.applied_at:
        locks.totals_of_brands(ids, now)
        locks.campaigns(ids)
    locks.brands([change.brand_id])
    change.refresh_from_db()
    label = PlannedField(change.field).label.lower()
    if change.cancelled_at:
        raise CannotCancel(f"{change}: {change.cancelled_by} has cancelled it already.")
    mine = ScheduledChange.objects.filter(pk=change.pk)
    mine.update(cancelled_at=now, cancelled_by=current_actor(), updated_at=now)
    if not change.applied_at:
        return f"Cancelled the {label} of {owner} from {change.starts_on}."
    rows: QuerySet[Any] = type(owner)._default_manager.filter(pk=owner.pk)
    still = rows.filter(**{change.field: change.after})
    if change.after is None:
        still = rows.filter(**{f"{change.field}__isnull": True})
    if not QuerySet.update(still, **{change.field: change.before, "updated_at": now}):
        raise CannotCancel(
            f"{change}: its {label} has been changed again since; nothing was put back. Change it "
            f"on the page of {owner}."
        )
    enforce(Campaign.objects.filter(pk__in=locks.among(ids)), now, Trigger.ACTION, lock_first=True)
    budget = "no limit"
    if change.before is not None:
        budget = format_money(change.before, change.brand.currency)
    return f"Put back the {label} of {owner}: {budget}."


def planned_for(owner: Brand | Campaign) -> list[ScheduledChange]:
    """What is planned of the budgets of ``owner``, the next first."""
    mine = Q(brand=owner.pk, campaign=None) if isinstance(owner, Brand) else Q(campaign=owner.pk)
    changes = ScheduledChange.objects.filter(mine, cancelled_at=None, applied_at=None)
    return list(changes.select_related("brand", "campaign").order_by("starts_on", F("pk")))
