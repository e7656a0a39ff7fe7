"""What people do to many campaigns, or to whole brands, at once.

An action says which columns it changes, and of which campaigns. The preview
(:mod:`ads.services.delivery.preview`) reads the same expressions that
:mod:`ads.services.bulk.batches` writes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from ads.holds import Hold, Supposing
from ads.models import Brand, BudgetGroup, Campaign, CampaignSchedule
from ads.models.base import configuration_changed
from ads.models.campaigns import Status
from ads.services import locks
from ads.services.bulk.budget_changes import BRAND_ID, BudgetChange
from ads.services.delivery import ACTIVATABLE, PAUSABLE, Trigger
from ads.services.history import Seen

#: From which statuses each is reached.
FROM: Final = {
    Status.ACTIVE: ACTIVATABLE,
    Status.PAUSED: PAUSABLE,
    Status.COMPLETED: PAUSABLE,
    Status.ARCHIVED: tuple(Status),
}
Model = type[Brand] | type[Campaign]
#: Which rows, and the new values by column.
Columns = tuple[Q, dict[str, Any]]

#: No row of the model.
NOTHING: Final[Columns] = (Q(pk__in=()), {})


class Action:
    """A change to any number of campaigns, to brands, or to both."""

    #: What the delivery changes name as their cause.
    trigger = Trigger.EDIT
    #: The hold that the action brings, which is no reason why a campaign was off before.
    brings: Hold | None = None

    def columns(self, model: Model, path: str = "") -> Columns:
        """Which rows of ``model`` it changes, and what to; ``path``: from a campaign to them."""
        raise NotImplementedError

    def besides(self) -> dict[str, Any]:
        """What it changes that is no column of theirs, as :class:`Supposing` takes it."""
        return {}

    def changes(self) -> Supposing:
        """What the preview reads in place of what is stored."""
        only, columns = self.columns(Campaign)
        _, of_brands = self.columns(Brand, "brand__")
        if of_brands:
            return Supposing({**columns, **of_brands})
        return Supposing(columns, only=only or None, **self.besides())

    def lock(self, ids: Collection[int], now: datetime) -> None:
        """Take the locks that come before those of campaigns: see :mod:`ads.services.locks`."""

    def write(self, ids: Collection[int], now: datetime) -> int:  # noqa: ARG002
        """Change these campaigns, which are locked with their brands' sums; how many it changed."""
        _, columns = self.columns(Campaign)
        return _update(Campaign, ids, columns) if columns else 0

    @transaction.atomic
    def write_brands(self, ids: Collection[int], now: datetime) -> tuple[int, ...]:  # noqa: ARG002
        """Change those of these brands that are not so yet; their ids."""
        locked = locks.brands(ids)
        only, columns = self.columns(Brand)
        changing = Brand.objects.filter(only, pk__in=locks.among(locked)).order_by("pk")
        changed = tuple(changing.values_list("pk", flat=True))
        if columns:
            _update(Brand, changed, columns)
        return changed

    def narrowed(self, ids: Collection[int]) -> Self:  # noqa: ARG002
        """The same action without what it carries for other campaigns."""
        return self


@dataclass(frozen=True, slots=True)
class SetStatus(Action):
    trigger = Trigger.ACTION

    status: Status

    def columns(self, model: Model, path: str = "") -> Columns:  # noqa: ARG002
        if model is Brand:
            return NOTHING
        changed = [status for status in FROM[self.status] if status != self.status]
        return Q(status__in=changed), {"status": self.status}


@dataclass(frozen=True, slots=True)
class SwitchBrands(Action):
    """Pause (``on`` False) or resume brands.

    Their campaigns keep their status, so a brand that is resumed runs what would have run on: what
    a user paused stays paused.
    """

    trigger = Trigger.ACTION

    on: bool

    @property
    def brings(self) -> Hold | None:  # type: ignore[override]
        return None if self.on else Hold.BRAND_INACTIVE

    def columns(self, model: Model, path: str = "") -> Columns:
        if model is Campaign:
            return NOTHING
        return Q(is_active=not self.on), {f"{path}is_active": self.on}


@dataclass(frozen=True, slots=True)
class ChangeBudgets(Action):
    """Set, raise or lower budgets of campaigns, of brands or of both; None leaves one as it is.

    ``seen``: what was edited after it is left alone. So a form that is sent twice raises once, and
    no budget is worked out from another one than the user saw.
    """

    daily: BudgetChange | None
    monthly: BudgetChange | None
    seen: Seen | None = None
    of_brands: bool = False
    of_campaigns: bool = True
    #: Campaigns alone have one.
    total: BudgetChange | None = None

    def columns(self, model: Model, path: str = "") -> Columns:
        only, columns = NOTHING
        currency = f"{path}{currency_of(model)}"
        for name, change in self.by_field(model).items():
            only |= self.concerns(model, name, change)
            columns = {**columns, f"{path}{name}": change.expression(f"{path}{name}", currency)}
        return only & ~self.seen.edited_since(model) if self.seen else only, columns

    def concerns(self, model: Model, name: str, change: BudgetChange) -> Q:
        """The rows of which ``change`` changes the budget ``name``."""
        return change.changes(name, currency_of(model))

    def write(self, ids: Collection[int], now: datetime) -> int:  # noqa: ARG002
        changes = self.by_field(Campaign)
        columns = {name: change.expression(name, BRAND_ID) for name, change in changes.items()}
        return _update(Campaign, ids, columns) if columns else 0

    def by_field(self, model: Model) -> dict[str, BudgetChange]:
        if not (self.of_brands if model is Brand else self.of_campaigns):
            return {}
        given = {"daily_budget": self.daily, "monthly_budget": self.monthly}
        if model is Campaign:
            given["total_budget"] = self.total
        return {name: change for name, change in given.items() if change}


@dataclass(frozen=True, slots=True)
class JoinGroup(Action):
    """Put campaigns of a group's brand into the group; without one, take them out of theirs.

    ``ids``: the campaigns, as others of their groups are not to be supposed to join.
    """

    group: BudgetGroup | None
    ids: Sequence[int]

    def columns(self, model: Model, path: str = "") -> Columns:  # noqa: ARG002
        if model is Brand:
            return NOTHING
        those = Q(pk__in=locks.among(self.ids))
        if self.group is None:
            return those & Q(budget_group__isnull=False), {"budget_group": None}
        elsewhere = Q(budget_group__isnull=True) | ~Q(budget_group=self.group.pk)
        return those & Q(brand=self.group.brand_id) & elsewhere, {"budget_group": self.group.pk}

    def write(self, ids: Collection[int], now: datetime) -> int:
        rows = Campaign.objects.filter(pk__in=locks.among(ids)).exclude(budget_group=None)
        groups = set(rows.values_list("budget_group", flat=True))
        changed = Action.write(self, ids, now)
        # What the others have left has changed too: enforced when this is committed.
        groups |= {self.group.pk} if self.group else set()
        configuration_changed.send(sender=BudgetGroup, pks=groups, unnumbered=[])
        return changed


@dataclass(frozen=True, slots=True)
class AttachSchedule(Action):
    """Let campaigns run in a schedule's hours, besides those that they have.

    ``enable`` switches dayparting on: otherwise the hours of most would make no difference.
    """

    schedule_id: int
    enable: bool = True

    def columns(self, model: Model, path: str = "") -> Columns:  # noqa: ARG002
        if model is Brand:
            return NOTHING
        has_it = Q(pk__in=_with_schedule(self.schedule_id))
        if not self.enable:
            return ~has_it, {}
        return ~(has_it & Q(is_dayparting_enabled=True)), {"is_dayparting_enabled": True}

    def besides(self) -> dict[str, Any]:
        return {"attached": [self.schedule_id]}

    def write(self, ids: Collection[int], now: datetime) -> int:  # noqa: ARG002
        attached = [CampaignSchedule(campaign_id=pk, schedule_id=self.schedule_id) for pk in ids]
        # Django's own, which announces nothing: the caller enforces.
        QuerySet.bulk_create(CampaignSchedule.objects.all(), attached, ignore_conflicts=True)
        if self.enable:
            off = Campaign.objects.filter(pk__in=locks.among(ids), is_dayparting_enabled=False)
            QuerySet.update(off, is_dayparting_enabled=True, updated_at=Now())
        return len(ids)


@dataclass(frozen=True, slots=True)
class DetachSchedule(Action):
    """Take a schedule off campaigns; one that has no other then runs at any hour."""

    schedule_id: int

    def columns(self, model: Model, path: str = "") -> Columns:  # noqa: ARG002
        if model is Brand:
            return NOTHING
        return Q(pk__in=_with_schedule(self.schedule_id)), {}

    def besides(self) -> dict[str, Any]:
        return {"detached": [self.schedule_id]}

    def write(self, ids: Collection[int], now: datetime) -> int:  # noqa: ARG002
        attached = CampaignSchedule.objects.filter(
            campaign__in=locks.among(ids), schedule=self.schedule_id
        )
        # Not ``delete()``, which would announce each: the caller enforces.
        return attached._raw_delete(attached.db)  # noqa: SLF001


def currency_of(model: Model) -> str:
    return "currency" if model is Brand else "brand__currency"


def _update(model: Model, ids: Collection[int], columns: dict[str, Any]) -> int:
    """Write to these rows without announcing it: the caller enforces."""
    rows: QuerySet[Any] = model._default_manager.filter(pk__in=locks.among(ids))
    return QuerySet.update(rows, **columns, updated_at=Now())


def _with_schedule(schedule_id: int) -> QuerySet[CampaignSchedule, Any]:
    return CampaignSchedule.objects.order_by().filter(schedule=schedule_id).values("campaign")
