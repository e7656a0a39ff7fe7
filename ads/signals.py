"""Configuration saved anywhere is enforced when its transaction commits.

The handlers hold no rules: they only collect the campaigns that a change may concern, and enforce
them once per transaction. A new reference has its waiting spend recorded. A login begins a session,
and a logout is put on record.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import connection, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver
from django.utils import timezone

from ads.client_address import client_address
from ads.models import (
    Brand,
    BudgetGroup,
    Campaign,
    CampaignReference,
    CampaignSchedule,
    DaypartingSchedule,
    DaypartingWindow,
    SeasonalityAdjustment,
)
from ads.models.access import SignInKind
from ads.models.base import configuration_changed
from ads.services import messages, pacing
from ads.services.delivery import Trigger, after_edit
from ads.services.operations import require_clock
from ads.services.people import sessions, sign_ins
from ads.services.references import registry

#: For each model, what a changed row concerns, and the column that names it.
CONFIGURATION: dict[Any, tuple[str, str]] = {
    Brand: ("brands", "pk"),
    BudgetGroup: ("groups", "pk"),
    Campaign: ("campaigns", "pk"),
    CampaignSchedule: ("campaigns", "campaign_id"),
    DaypartingSchedule: ("schedules", "pk"),
    DaypartingWindow: ("schedules", "schedule_id"),
}


@dataclass(slots=True)
class EnforceOnCommit:
    """The campaigns that the changes of one transaction may concern."""

    campaigns: set[int] = field(default_factory=set)
    brands: set[int] = field(default_factory=set)
    groups: set[int] = field(default_factory=set)
    schedules: set[int] = field(default_factory=set)

    def add(self, other: "EnforceOnCommit") -> None:
        self.campaigns |= other.campaigns
        self.brands |= other.brands
        self.groups |= other.groups
        self.schedules |= other.schedules

    def enforce(self) -> None:
        concerned = set(self.campaigns)
        if self.campaigns:  # one that comes into a group brings its spend along
            groups = Campaign.objects.filter(pk__in=self.campaigns).exclude(budget_group=None)
            self.groups.update(groups.values_list("budget_group", flat=True))
        if self.brands:
            of_brands = Campaign.objects.filter(brand__in=self.brands)
            concerned.update(of_brands.values_list("pk", flat=True))
        if self.groups:
            members = Campaign.objects.filter(budget_group__in=self.groups)
            concerned.update(members.values_list("pk", flat=True))
        if self.schedules:
            attached = CampaignSchedule.objects.filter(schedule__in=self.schedules)
            concerned.update(attached.values_list("campaign_id", flat=True))
        require_clock()
        now = timezone.now()
        after_edit(concerned, now, Trigger.EDIT)
        pacing.after_edit(concerned, self.brands, now)
        messages.check_alerts_soon()


def _enforce_on_commit(concerned: EnforceOnCommit) -> None:
    savepoints = set(connection.savepoint_ids)
    for waiting_savepoints, work, *_ in connection.run_on_commit:
        waiting = getattr(work, "__self__", None)
        # A rollback to a savepoint drops what was registered since, so only work registered under
        # the same savepoints is joined.
        if isinstance(waiting, EnforceOnCommit) and waiting_savepoints == savepoints:
            waiting.add(concerned)
            return
    # Robust: the change itself is committed; a failure is logged, and the next sweep enforces what
    # this could not. (A method, because Django logs its name on failure.)
    transaction.on_commit(concerned.enforce, robust=True)


def _rows_changed(model: type, rows: Iterable[Any]) -> None:
    concerned, column = CONFIGURATION[model]
    ids = {getattr(row, column) for row in rows}
    _enforce_on_commit(EnforceOnCommit(**{concerned: ids}))


@receiver(post_save)
def saved(sender: type, instance: Any, update_fields: Any = None, **_: Any) -> None:
    if sender not in CONFIGURATION:
        return
    engine_owned: frozenset[str] = getattr(sender, "engine_owned", frozenset())
    if update_fields and set(update_fields) <= engine_owned - {"is_active"}:
        return
    _rows_changed(sender, [instance])
    if groups := instance.__dict__.pop("left_groups", None):
        _enforce_on_commit(EnforceOnCommit(groups=groups))


@receiver(pre_save, sender=Campaign)
def leaves_a_group(instance: Any, update_fields: Any = None, **_: Any) -> None:
    """A campaign that leaves its budget group takes its spend along."""
    names = {"budget_group", "budget_group_id"}
    if instance.pk and (not update_fields or not names.isdisjoint(update_fields)):
        before = Campaign.objects.filter(pk=instance.pk).exclude(budget_group=None)
        left = before.exclude(budget_group=instance.budget_group_id)
        # Django sends this before the transaction of the save: remembered until it is saved.
        instance.left_groups = set(left.values_list("budget_group", flat=True))


@receiver(post_save, sender=CampaignReference)
def reference_saved(instance: CampaignReference, **_: Any) -> None:
    """Spend that was waiting for this reference is recorded for its campaign."""
    pk = instance.pk

    def record() -> None:
        require_clock()
        registry.record_waiting(timezone.now(), references=[pk], at_most=registry.AT_ONCE)

    # Robust, as above: the periodic task records what this could not.
    transaction.on_commit(record, robust=True)


@receiver(post_delete)
def deleted(sender: type, instance: Any, **_: Any) -> None:
    """A window was deleted (its schedule remains), or a schedule was detached."""
    if sender in (DaypartingWindow, CampaignSchedule):
        _rows_changed(sender, [instance])


@receiver(pre_delete, sender=DaypartingSchedule)
def schedule_deleted(instance: Any, **_: Any) -> None:
    """Its campaigns are unknown afterwards."""
    _rows_changed(CampaignSchedule, CampaignSchedule.objects.filter(schedule=instance))


@receiver([post_save, post_delete], sender=SeasonalityAdjustment)
def events_changed(instance: SeasonalityAdjustment, **_: Any) -> None:
    """The paces of its brand follow; those of all brands with the next refresh."""
    if (brand := instance.brand_id) is not None:
        transaction.on_commit(lambda: pacing.after_event(brand, timezone.now()), robust=True)


@receiver(m2m_changed, sender=CampaignSchedule)
def attached(
    action: str, instance: Any, pk_set: set[int] | None, *, reverse: bool, **_: Any
) -> None:
    """Schedules were attached with ``add`` (detaching deletes rows, see above)."""
    if action == "post_add" and pk_set:
        campaigns = pk_set if reverse else {instance.pk}
        _enforce_on_commit(EnforceOnCommit(campaigns=set(campaigns)))


@receiver(configuration_changed)
def written_in_bulk(sender: Any, pks: set[int], unnumbered: Collection[Any], **_: Any) -> None:
    """Rows were written by ``update``, ``bulk_update`` or ``bulk_create``."""
    if sender not in CONFIGURATION:
        return
    if pks:
        concerned, column = CONFIGURATION[sender]
        if column != "pk":
            rows = sender._default_manager.filter(pk__in=pks)
            pks = set(rows.values_list(column, flat=True))
        _enforce_on_commit(EnforceOnCommit(**{concerned: pks}))
    if unnumbered and sender is Campaign:
        _enforce_on_commit(EnforceOnCommit(brands={row.brand_id for row in unnumbered}))
    elif unnumbered and sender is CampaignSchedule:
        _rows_changed(sender, unnumbered)


@receiver(user_logged_in)
def _begin_session(request: Any, user: Any, **_: Any) -> None:
    sessions.begin(request.session, user)


@receiver(user_logged_out)
def _note_logout(request: Any, user: Any, **_: Any) -> None:
    if user is not None:
        address = client_address(request)
        sign_ins.note(SignInKind.SIGNED_OUT, user.get_username(), address, timezone.now())
