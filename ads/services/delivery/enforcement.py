"""The one place that switches campaigns: makes ``is_active`` agree with the holds.

Safe with several writers at READ COMMITTED:

1. *Find* the campaigns that disagree (no lock).
2. *Lock* just those rows, in primary-key order.
3. *Decide again* in a new statement, which sees everything committed before the locks were granted.
4. *Switch* those that still disagree and write their delivery changes, in the same transaction.

After a restore nothing is started until an operator resumes (:mod:`ads.services.restored`).

Without the third, a sweep that began before a spend was committed would resume a campaign over its
budget. Running it twice changes nothing the second time; skipped runs leave no trace in the end.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from django.db import OperationalError, connection, models, transaction
from django.db.models import F, QuerySet

from ads import holds
from ads.failures import counted
from ads.holds import (
    GROUP_BUDGET,
    LIMITS,
    ON_ITS_WAY,
    AnyBudget,
    Hold,
    Moment,
    compiled,
    evaluate,
    from_bits,
    is_everything,
)
from ads.models import Campaign
from ads.services import lock_waits, locks, margins, messages, orders, restored
from ads.services.actor import current_actor
from ads.services.delivery import switch_log
from ads.services.delivery.decision import Decision, Named
from ads.services.isolation import isolate
from ads.services.locks import among
from ads.services.orders import Switched

logger = structlog.stdlib.get_logger(__name__)

#: Campaigns in one transaction: few enough that nobody waits long for a lock.
BATCH = 2000

#: For PostgreSQL's planner in step 1.
SWEEP_SETTINGS = {
    "work_mem": "256MB",  # joins a million rows in memory
    # It expects half of the campaigns to disagree, and so avoids parallel workers; few do.
    "parallel_tuple_cost": "0",
}


class Trigger(models.TextChoices):
    """What triggered an enforcement."""

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
    """What one enforcement did."""

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
    disagreeing, undecided = _disagreeing(campaigns, now)
    return _in_batches(disagreeing, now, trigger) + Enforced(failed=undecided)


def check(campaigns: QuerySet[Campaign], now: datetime) -> Enforced:
    """The periodic check: :func:`enforce`, once margins are worked out for brands that stop early.

    Those of all brands: they are shared within one, and few brands have any.
    """
    margins.refresh_all(now)
    return enforce(campaigns, now, Trigger.CHECK_CAMPAIGN_BUDGETS)


def after_edit(campaign_ids: Collection[int], now: datetime, trigger: str) -> Enforced:
    """Enforce campaigns after an edit was committed.

    Locks first, and waits for spend in flight, which may have read the old budgets.
    """
    return _in_batches(sorted(campaign_ids), now, trigger, await_spend=True)


def preview_switches(
    campaigns: QuerySet[Campaign] | Sequence[int], now: datetime
) -> Iterator[Decision]:
    """What :func:`enforce` would switch of campaigns or ids; locks and changes nothing."""
    rows: Iterable[tuple[Any, ...]]
    if isinstance(campaigns, QuerySet):
        moment = Moment.at(now, campaigns)
        rows = _to_switch(campaigns, moment).iterator()
    else:
        moment = Moment.at(now, Campaign.objects.filter(pk__in=among(campaigns)))
        rows = compiled.rows(_to_switch, moment, campaigns)
    for pk, bits, name, brand_id, brand, currency, group, *columns in rows:
        its = moment.groups.get(group)
        leading = its.leading if its else None
        figures, on_its_way = columns[: len(_FIGURES)], columns[len(_FIGURES) :]
        held = from_bits(bits)
        by_field = dict(zip(_FIGURES, figures, strict=True)) | {
            GROUP_BUDGET.spend: leading.spent if leading else Decimal(0),
            GROUP_BUDGET.limit_then: leading.budget if leading else None,
        }
        early = dict(zip(LIMITS, on_its_way, strict=True)) if on_its_way else {}
        if leading:
            early[GROUP_BUDGET] = leading.on_its_way
        yield Decision(
            pk,
            not bits,
            held,
            by_field,
            Named(name, brand_id, brand, currency),
            leading.period if leading else "",
            _on_its_way(held, by_field, early),
        )


def _on_its_way(
    held: Sequence[Hold],
    figures: Mapping[str, Decimal | None],
    early: Mapping[AnyBudget, Decimal],
) -> Decimal | None:
    """What is still spent of the first budget that stops a campaign early; None: none does."""
    for budget, amount in early.items():
        spent, limit = figures[budget.spend], figures[budget.limit_then]
        if budget.hold in held and spent is not None and limit is not None and spent < limit:
            return amount
    return None


def _to_switch(campaigns: QuerySet[Campaign], moment: Moment) -> QuerySet[Campaign, Any]:
    return (
        evaluate(campaigns, moment)
        .order_by("pk")
        .exclude(is_active=F("may_deliver"))
        .values_list(
            "pk", "hold_bits", "name", "brand", "brand__name", "brand__currency", "budget_group",
            *_FIGURES.values(), *(ON_ITS_WAY.values() if moment.margins else ()),
        )
    )  # fmt: skip


#: Fields of DeliveryChange, and their names on an evaluated campaign.
_FIGURES = {budget.spend: budget.spend for budget in LIMITS} | {
    budget.limit_then: budget.limit for budget in LIMITS
}


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


def _disagreeing(campaigns: QuerySet[Campaign], now: datetime) -> tuple[list[int], tuple[int, ...]]:
    """Step 1: ids in primary-key order, and those of campaigns that cannot be decided."""
    with _planned():
        moment = Moment.at(now, campaigns)
        # Not ``iterator()``: PostgreSQL runs cursors without parallel workers.
        if is_everything(campaigns):
            disagreeing = compiled.rows(_differing, moment)
        else:
            disagreeing = list(_differing(campaigns, moment))
        ids = sorted(pk for (pk,) in disagreeing)
        undecided: list[int] = []
        if moment.unreadable:
            lost = campaigns.filter(brand__timezone__in=moment.unreadable).order_by("pk")
            undecided = list(lost.values_list("pk", flat=True))
        return ids, tuple(undecided)


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
    if await_spend:
        locks.totals_of_brands(ids, now)
    locked = locks.campaigns(ids, skip_locked=skip_locked)
    decisions = list(preview_switches(locked, now))
    if any(decision.is_active for decision in decisions) and restored.is_held():
        decisions = [decision for decision in decisions if not decision.is_active]
    for is_active in (True, False):
        switched = [d.campaign_id for d in decisions if d.is_active is is_active]
        if switched:
            Campaign.objects.filter(pk__in=among(switched)).update(is_active=is_active)
    if decisions:
        orders.write(_record(decisions, now, trigger), now)
        switch_log.after_commit(decisions, trigger)
        messages.check_alerts_soon()
    started = sum(decision.is_active for decision in decisions)
    return Enforced(
        started=started,
        stopped=len(decisions) - started,
        failed=_left_out(ids, locked) if skip_locked else (),
    )


def _left_out(ids: Sequence[int], locked: Sequence[int]) -> tuple[int, ...]:
    """Existing campaigns that were skipped; the next check decides on them."""
    missing = set(ids).difference(locked)
    existing = Campaign.objects.filter(pk__in=among(missing)).order_by("pk")
    return tuple(existing.values_list("pk", flat=True))


def _record(decisions: Sequence[Decision], now: datetime, trigger: str) -> list[Switched]:
    """One delivery change for each decision; ``bulk_create`` would take half of the time.

    Recorded after every change that it can see: see :mod:`ads.services.history.feed`.
    """
    names = [*_FIGURES, GROUP_BUDGET.spend, GROUP_BUDGET.limit_then]
    figures = ", ".join([*names, "on_its_way"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO ads_deliverychange (campaign_id, is_active, holds, group_period,
                                            {figures}, at, trigger, actor, recorded_at)
            SELECT campaign_id, is_active, holds::text[], group_period, {figures}, %s, %s, %s,
                   greatest(clock_timestamp(), transaction_timestamp(),
                            (SELECT max(recorded_at) FROM ads_deliverychange)
                            + interval '1 microsecond')
              FROM unnest(%s::bigint[], %s::boolean[], %s::text[], %s::text[]
                          {", %s::numeric[]" * (len(names) + 1)})
                   AS decision (campaign_id, is_active, holds, group_period, {figures})
            RETURNING id, campaign_id, is_active
            """,  # noqa: S608  (nothing in it comes from outside)
            [
                now,
                trigger,
                current_actor(),
                [decision.campaign_id for decision in decisions],
                [decision.is_active for decision in decisions],
                [f"{{{','.join(decision.holds)}}}" for decision in decisions],
                [decision.group_period for decision in decisions],
                *([decision.figures[name] for decision in decisions] for name in names),
                [decision.on_its_way for decision in decisions],
            ],
        )
        return [Switched(*row) for row in cursor.fetchall()]
