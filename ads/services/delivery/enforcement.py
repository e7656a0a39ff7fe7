"""The one place that switches campaigns: makes ``is_active`` agree with the holds.

Safe with several writers at READ COMMITTED:

1. *Find* the campaigns that disagree (no lock).
2. *Lock* just those rows, in primary-key order.
3. *Decide again* in a new statement, which sees everything committed before the locks were granted.
4. *Switch* those that still disagree and write their delivery changes, in the same statement.

After a restore nothing is started until an operator resumes (:mod:`ads.services.restored`).

Without the third, a sweep that began before a spend was committed would resume a campaign over its
budget. Running it twice changes nothing the second time; skipped runs leave no trace in the end.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import OperationalError, connection, models, transaction
from django.db.models import F, QuerySet

from ads import holds
from ads.failures import counted
from ads.holds import Moment, as_array, compiled, evaluate, is_everything
from ads.models import Campaign
from ads.services import lock_waits, locks, margins, messages, orders, restored
from ads.services.delivery import decision, switch_log, unchanged
from ads.services.delivery.decision import Decision, preview_switches
from ads.services.isolation import isolate
from ads.services.locks import among

logger = structlog.stdlib.get_logger(__name__)

#: Campaigns in one transaction: few enough that nobody waits long for a lock.
BATCH = 5000

#: For its planner in steps 2 to 4, of a batch that is not small: what is read of thousands of
#: campaigns, in order of their ids, is on few pages. It expects each to be on a page of its own,
#: on a disk, and would rather read the sums of all campaigns.
BATCH_SETTING = "SET LOCAL random_page_cost = 1.1"
SMALL = 100

#: For PostgreSQL's planner in step 1.
SWEEP_SETTINGS = {
    "work_mem": "256MB",  # joins a million rows in memory
    # It expects half of the campaigns to disagree, and so avoids parallel workers; few do.
    "parallel_tuple_cost": "0",
}


class Trigger(models.TextChoices):
    SPEND = "spend", "Spend"
    CORRECTION = "correction", "Correction"
    EDIT = "edit", "Edit"
    ACTION = "action", "Action"
    RESET = "reset", "Manual reset"
    UPDATE_SPEND = "update_spend", "Spend update"
    CHECK_CAMPAIGN_BUDGETS = "check_campaign_budgets", "Budget check"
    ENFORCE_DAYPARTING = "enforce_dayparting", "Dayparting check"
    RESET_DAILY_BUDGETS = "reset_daily_budgets", "New day"
    RESET_MONTHLY_BUDGETS = "reset_monthly_budgets", "New month"
    ALLOWANCE_ENDED = "allowance_ended", "Allowance ended"
    PLANNED_BUDGET = "planned_budget", "Planned budget"


@dataclass(frozen=True, slots=True)
class Enforced:
    started: int = 0
    stopped: int = 0
    #: Ids of campaigns that it failed for; the log says why.
    failed: tuple[int, ...] = ()

    @property
    def switched(self) -> int:
        return self.started + self.stopped

    def __add__(self, other: "Enforced") -> "Enforced":
        return Enforced(
            self.started + other.started, self.stopped + other.stopped, self.failed + other.failed
        )


def enforce(
    campaigns: QuerySet[Campaign], now: datetime, trigger: str, *, lock_first: bool = False
) -> Enforced:
    """Make ``is_active`` of ``campaigns`` agree with their holds at ``now``.

    ``lock_first`` skips step 1 and locks all of them. Needed after a change that the decision
    depends on: a sweep that decided before it may be about to commit a switch. See
    :func:`after_edit` too.

    Campaigns that fail, are locked by another session, or have a brand with an invalid timezone
    are logged and reported in the result; the others go on.
    """
    if lock_first:
        ids = list(campaigns.order_by("pk").values_list("pk", flat=True))
        return _in_batches(ids, now, trigger)
    with _planned():
        disagreeing, undecided = _disagreeing(campaigns, Moment.at(now, campaigns))
    return _in_batches(disagreeing, now, trigger) + Enforced(failed=undecided)


def check(now: datetime, *, everything: bool = False) -> Enforced:
    """The periodic check: :func:`enforce`, without campaigns for which nothing has changed.

    Margins are worked out before, for brands that stop early; those of all brands: they are shared
    within one, and few brands have any. ``everything``: whatever has changed.
    """
    margins.refresh_all(now)
    with _planned():
        look = unchanged.look(now, everything=everything)
        campaigns = Campaign.objects.all()
        if look.campaign_ids is not None:
            campaigns = campaigns.filter(pk__any_of=as_array(look.campaign_ids))
        moment = Moment.at(now, campaigns, clock=look.clock)
        disagreeing, undecided = _disagreeing(campaigns, moment, look.campaign_ids)
    enforced = _in_batches(disagreeing, now, Trigger.CHECK_CAMPAIGN_BUDGETS)
    unchanged.remember(look, moment, again=[*disagreeing, *undecided])
    return enforced + Enforced(failed=undecided)


def after_edit(campaign_ids: Collection[int], now: datetime, trigger: str) -> Enforced:
    """Enforce campaigns after an edit was committed.

    Locks first, and waits for spend in flight, which may have read the old budgets.
    """
    return _in_batches(sorted(campaign_ids), now, trigger, await_spend=True)


def over_budget(now: datetime) -> list[Decision]:
    """Campaigns that deliver although a budget is used up, in primary-key order; locks nothing."""
    with _planned():
        moment = Moment.at(now, Campaign.objects.all())
        found = holds.over_budget(Campaign.objects.filter(is_active=True), moment).order_by()
        ids = list(found.values_list("pk", flat=True))
    return list(preview_switches(ids, now)) if ids else []


@contextmanager
def _planned() -> Iterator[None]:
    """A transaction with :data:`SWEEP_SETTINGS`."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            for setting, value in SWEEP_SETTINGS.items():
                cursor.execute(f"SET LOCAL {setting} = %s", [value])
        yield


def _disagreeing(
    campaigns: QuerySet[Campaign], moment: Moment, ids: Sequence[int] | None = None
) -> tuple[list[int], tuple[int, ...]]:
    """Step 1: ids in primary-key order, and those of campaigns that cannot be decided.

    ``ids``: theirs, if they are known.
    """
    # Not ``iterator()``: PostgreSQL runs cursors without parallel workers.
    if ids is not None or is_everything(campaigns):
        disagreeing = compiled.rows(_differing, moment, ids)
    else:
        disagreeing = list(_differing(campaigns, moment))
    undecided: list[int] = []
    if moment.unreadable:
        lost = campaigns.filter(brand__timezone__in=moment.unreadable).order_by("pk")
        undecided = list(lost.values_list("pk", flat=True))
    return sorted(pk for (pk,) in disagreeing), tuple(undecided)


def _differing(campaigns: QuerySet[Campaign], moment: Moment) -> QuerySet[Campaign, Any]:
    differing = evaluate(campaigns, moment).exclude(is_active=F("may_deliver"))
    return differing.order_by().values_list("pk")


def _in_batches(
    ids: Sequence[int], now: datetime, trigger: str, *, await_spend: bool = False
) -> Enforced:
    locked: list[int] = []
    switched, failed = isolate(
        ids,
        lambda batch: _switch(batch, now, trigger, locked, await_spend=await_spend),
        size=BATCH,
        what="Campaign",
    )
    if locked:
        logger.error(
            "Campaigns are locked by another session, so they were not decided on",
            **counted(locked),
        )
    return sum(switched, start=Enforced(failed=tuple(failed)))


def _switch(
    ids: Sequence[int], now: datetime, trigger: str, locked: list[int], *, await_spend: bool
) -> Enforced:
    """Steps 2 to 4 for one batch, without campaigns that another session keeps ``locked``."""
    try:
        return _lock_and_switch(ids, now, trigger, await_spend=await_spend)
    except OperationalError as error:
        if not lock_waits.is_in_the_way(error):
            raise
        enforced = _lock_and_switch(ids, now, trigger, await_spend=False, skip_locked=True)
        locked += enforced.failed
        return enforced


@transaction.atomic
def _lock_and_switch(
    ids: Sequence[int],
    now: datetime,
    trigger: str,
    *,
    await_spend: bool,
    skip_locked: bool = False,
) -> Enforced:
    if len(ids) > SMALL:
        with connection.cursor() as cursor:
            cursor.execute(BATCH_SETTING)
    if await_spend:
        locks.totals_of_brands(ids, now)
    locked = locks.campaigns(ids, skip_locked=skip_locked)
    switched = decision.switch(locked, now, trigger, may_start=not restored.is_held())
    if switched:
        orders.write(switched, now)
        switch_log.after_commit(switched, trigger)
        messages.check_alerts_soon()
    started = sum(each.is_active for each in switched)
    return Enforced(
        started=started,
        stopped=len(switched) - started,
        failed=_left_out(ids, locked) if skip_locked else (),
    )


def _left_out(ids: Sequence[int], locked: Sequence[int]) -> tuple[int, ...]:
    """Existing campaigns that were skipped; the next check decides on them."""
    missing = set(ids).difference(locked)
    existing = Campaign.objects.filter(pk__in=among(missing)).order_by("pk")
    return tuple(existing.values_list("pk", flat=True))
