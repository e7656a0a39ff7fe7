"""What people do to many campaigns at once.

An action is told once: which campaigns it changes, and what it writes to them. The forecast
(:mod:`ads.services.delivery.preview`) supposes the very expressions that
:mod:`ads.services.bulk.batches` writes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from ads.holds import NOTHING, Hold, Supposing
from ads.models import Campaign, CampaignSchedule
from ads.models.campaign import Status
from ads.models.spend import Period
from ads.services import locks
from ads.services.bulk.budget_changes import BudgetChange
from ads.services.delivery import ACTIVATABLE, PAUSABLE, Trigger, still_counting
from ads.services.history import Seen

#: From which statuses each is reached.
FROM: Final = {
    Status.ACTIVE: ACTIVATABLE,
    Status.PAUSED: PAUSABLE,
    Status.COMPLETED: PAUSABLE,
    Status.ARCHIVED: tuple(Status),
}


class _Action:
    """What most of them share."""

    trigger = Trigger.EDIT

    def lock(self, ids: Collection[int], now: datetime) -> None:
        """None of its own."""

    def narrowed(self, ids: Collection[int]) -> Self:  # noqa: ARG002
        """It carries nothing for single campaigns."""
        return self


class WritesColumns(_Action):
    """An action that writes the columns that it supposes, and nothing else."""

    def supposing(self) -> Supposing:
        raise NotImplementedError

    def write(self, ids: Collection[int], now: datetime) -> int:  # noqa: ARG002
        rows = Campaign.objects.filter(pk__in=locks.among(ids))
        # Django's own update, which announces nothing: it is enforced by whoever calls this.
        return QuerySet.update(rows, **self.supposing().columns, updated_at=Now())


@dataclass(frozen=True, slots=True)
class SetStatus(WritesColumns):
    """Activate, pause, complete or archive."""

    trigger = Trigger.ACTION

    status: Status

    def supposing(self) -> Supposing:
        changed = [status for status in FROM[self.status] if status != self.status]
        return Supposing({"status": self.status}, only=Q(status__in=changed))


@dataclass(frozen=True, slots=True)
class ChangeBudgets(WritesColumns):
    """Set, raise or lower budgets; None leaves one as it is.

    ``seen``: what has been edited since is left alone. So what is sent twice raises once, and is
    not worked out from another budget than the one that was looked at.
    """

    daily: BudgetChange | None
    monthly: BudgetChange | None
    seen: Seen | None = None

    def supposing(self) -> Supposing:
        given = {"daily_budget": self.daily, "monthly_budget": self.monthly}
        only = Q(pk__in=())
        columns = {}
        for path, change in given.items():
            if change:
                columns[path] = change.expression(path)
                only |= change.changes(path)
        if self.seen:
            only &= ~self.seen.edited_since(Campaign)
        return Supposing(columns, only=only)


@dataclass(frozen=True, slots=True)
class AttachSchedule(_Action):
    """Let campaigns run in a schedule's hours, besides those that they have.

    ``enable`` switches dayparting on: otherwise the hours of most would make no difference.
    """

    schedule_id: int
    enable: bool = True

    def supposing(self) -> Supposing:
        has_it = Q(pk__in=_with_schedule(self.schedule_id))
        if not self.enable:
            return Supposing(attached=[self.schedule_id], only=~has_it)
        return Supposing(
            {"is_dayparting_enabled": True},
            only=~(has_it & Q(is_dayparting_enabled=True)),
            attached=[self.schedule_id],
        )

    def write(self, ids: Collection[int], now: datetime) -> int:  # noqa: ARG002
        attached = [CampaignSchedule(campaign_id=pk, schedule_id=self.schedule_id) for pk in ids]
        # Django's own, which announces nothing: it is enforced by whoever calls this.
        QuerySet.bulk_create(CampaignSchedule.objects.all(), attached, ignore_conflicts=True)
        if self.enable:
            off = Campaign.objects.filter(pk__in=locks.among(ids), is_dayparting_enabled=False)
            QuerySet.update(off, is_dayparting_enabled=True, updated_at=Now())
        return len(ids)


@dataclass(frozen=True, slots=True)
class DetachSchedule(_Action):
    """Take a schedule off campaigns; one that has no other then runs at any hour."""

    schedule_id: int

    def supposing(self) -> Supposing:
        return Supposing(
            detached=[self.schedule_id], only=Q(pk__in=_with_schedule(self.schedule_id))
        )

    def write(self, ids: Collection[int], now: datetime) -> int:  # noqa: ARG002
        attached = CampaignSchedule.objects.filter(
            campaign__in=locks.among(ids), schedule=self.schedule_id
        )
        # Not ``delete()``, which would announce each: it is enforced by whoever calls this.
        return attached._raw_delete(attached.db)  # noqa: SLF001


@dataclass(frozen=True, slots=True)
class ResetDailySpend(_Action):
    """Let campaigns run on today: what they have spent so far no longer counts."""

    trigger = Trigger.RESET

    def supposing(self) -> Supposing:
        return Supposing(waived=[Hold.DAILY_BUDGET])

    def lock(self, ids: Collection[int], now: datetime) -> None:
        locks.totals(still_counting(ids, Period.DAY, now))

    def write(self, ids: Collection[int], now: datetime) -> int:
        totals = still_counting(ids, Period.DAY, now)
        return totals.update(waived=F("amount"), updated_at=Now())


@dataclass(frozen=True, slots=True)
class Reconsider(_Action):
    """Change nothing of the campaigns themselves: what they depend on has been changed."""

    trigger: Trigger = Trigger.ACTION

    def supposing(self) -> Supposing:
        return NOTHING

    def write(self, ids: Collection[int], now: datetime) -> int:  # noqa: ARG002
        return 0


def _with_schedule(schedule_id: int) -> QuerySet[CampaignSchedule, Any]:
    return CampaignSchedule.objects.order_by().filter(schedule=schedule_id).values("campaign")
