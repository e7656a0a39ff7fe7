"""Configuration saved anywhere is enforced when its transaction commits.

These handlers hold no rule: they say which campaigns a change may concern. All changes of one
transaction are enforced together, once. A reference that a campaign was given has what waited for
it recorded.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete
from django.dispatch import receiver
from django.utils import timezone

from ads.models import (
    Brand,
    Campaign,
    CampaignReference,
    CampaignSchedule,
    DaypartingSchedule,
    DaypartingWindow,
)
from ads.models.base import configuration_changed
from ads.services.delivery import Trigger, after_edit
from ads.services.references import registry

CONFIGURATION = (Brand, Campaign, CampaignSchedule, DaypartingSchedule, DaypartingWindow)


@dataclass(slots=True)
class EnforceOnCommit:
    """The campaigns that the changes of one transaction may concern."""

    campaigns: set[int] = field(default_factory=set)
    brands: set[int] = field(default_factory=set)
    schedules: set[int] = field(default_factory=set)

    def add(self, other: "EnforceOnCommit") -> None:
        self.campaigns |= other.campaigns
        self.brands |= other.brands
        self.schedules |= other.schedules

    def enforce(self) -> None:
        concerned = set(self.campaigns)
        # Written by bulk updates, these sets may be large; what is not in them is not asked for.
        if self.brands:
            of_brands = Campaign.objects.filter(brand__in=self.brands)
            concerned.update(of_brands.values_list("pk", flat=True))
        if self.schedules:
            attached = CampaignSchedule.objects.filter(schedule__in=self.schedules)
            concerned.update(attached.values_list("campaign_id", flat=True))
        after_edit(concerned, timezone.now(), Trigger.EDIT)


def _enforce_on_commit(concerned: EnforceOnCommit) -> None:
    savepoints = set(connection.savepoint_ids)
    for waiting_savepoints, work, *_ in connection.run_on_commit:
        waiting = getattr(work, "__self__", None)
        # A rollback to a savepoint drops what was registered since; joining one that was
        # registered under other savepoints would be dropped, or kept, with the wrong one.
        if isinstance(waiting, EnforceOnCommit) and waiting_savepoints == savepoints:
            waiting.add(concerned)
            return
    # Robust: the change itself is committed and stays; a failure is logged, and the next sweep
    # enforces what this could not. (A method, because Django logs the name of what failed, and an
    # object has none.)
    transaction.on_commit(concerned.enforce, robust=True)


def _concerned(model: type, pks: Collection[int]) -> EnforceOnCommit:
    if model is Brand:
        return EnforceOnCommit(brands=set(pks))
    if model is Campaign:
        return EnforceOnCommit(campaigns=set(pks))
    if model is DaypartingSchedule:
        return EnforceOnCommit(schedules=set(pks))
    if model is DaypartingWindow:
        windows = DaypartingWindow.objects.filter(pk__in=pks)
        return EnforceOnCommit(schedules=set(windows.values_list("schedule_id", flat=True)))
    attachments = CampaignSchedule.objects.filter(pk__in=pks)
    return EnforceOnCommit(campaigns=set(attachments.values_list("campaign_id", flat=True)))


@receiver(post_save)
def saved(sender: type, instance: Any, update_fields: Any = None, **_: Any) -> None:
    """One row was saved."""
    if sender not in CONFIGURATION:
        return
    engine_owned: frozenset[str] = getattr(sender, "engine_owned", frozenset())
    if update_fields and set(update_fields) <= engine_owned - {"is_active"}:
        return
    if sender is DaypartingWindow:
        _enforce_on_commit(EnforceOnCommit(schedules={instance.schedule_id}))
    elif sender is CampaignSchedule:
        _enforce_on_commit(EnforceOnCommit(campaigns={instance.campaign_id}))
    else:
        _enforce_on_commit(_concerned(sender, {instance.pk}))


@receiver(post_save, sender=CampaignReference)
def reference_saved(instance: CampaignReference, **_: Any) -> None:
    """A campaign is known by it from now on: what had come in under it has its campaign."""
    pk = instance.pk

    def record() -> None:
        registry.record_waiting(timezone.now(), references=[pk], at_most=registry.AT_ONCE)

    # Robust, as above: what this could not record, the periodic task does.
    transaction.on_commit(record, robust=True)


@receiver(post_delete)
def deleted(sender: type, instance: Any, **_: Any) -> None:
    """One row was deleted: a window (its schedule remains), or an attachment."""
    if sender is DaypartingWindow:
        _enforce_on_commit(EnforceOnCommit(schedules={instance.schedule_id}))
    elif sender is CampaignSchedule:
        _enforce_on_commit(EnforceOnCommit(campaigns={instance.campaign_id}))


@receiver(pre_delete, sender=DaypartingSchedule)
def schedule_goes(instance: DaypartingSchedule, **_: Any) -> None:
    """Afterwards nobody could tell which campaigns had it."""
    attached = CampaignSchedule.objects.filter(schedule=instance)
    _enforce_on_commit(
        EnforceOnCommit(campaigns=set(attached.values_list("campaign_id", flat=True)))
    )


@receiver(m2m_changed, sender=CampaignSchedule)
def attached(
    action: str, instance: Any, pk_set: set[int] | None, *, reverse: bool, **_: Any
) -> None:
    """Schedules were attached with ``add`` (taking them off deletes rows, see above)."""
    if action == "post_add" and pk_set:
        campaigns = pk_set if reverse else {instance.pk}
        _enforce_on_commit(EnforceOnCommit(campaigns=set(campaigns)))


@receiver(configuration_changed)
def written_in_bulk(sender: type, pks: set[int], unnumbered: Collection[Any], **_: Any) -> None:
    """Rows were written by ``update``, ``bulk_update`` or ``bulk_create``."""
    if sender not in CONFIGURATION:
        return
    if pks:
        _enforce_on_commit(_concerned(sender, pks))
    if unnumbered and sender is Campaign:
        _enforce_on_commit(EnforceOnCommit(brands={row.brand_id for row in unnumbered}))
    elif unnumbered and sender is CampaignSchedule:
        _enforce_on_commit(EnforceOnCommit(campaigns={row.campaign_id for row in unnumbered}))
