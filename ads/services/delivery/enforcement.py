"""The one place that switches campaigns: work out the holds, and make ``is_active`` agree.

Two writers at once, at READ COMMITTED:

1. *Find* the campaigns that disagree (no lock).
2. *Lock* just those rows, in primary-key order.
3. *Decide again* in a new statement, which sees everything committed before the locks were granted.
4. *Switch* those that still disagree and write their delivery changes, in the same transaction.

Without the third, a sweep that began before a spend was committed would bring a campaign back over
its budget. Run twice at one instant it changes nothing the second time; skipped any number of times
and then run once, the end state is as if it had never been skipped.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import OperationalError, connection, models, transaction
from django.db.models import F, QuerySet

from ads.holds import BUDGET_HOLDS, Hold, Moment, evaluate, from_bits
from ads.models import Campaign
from ads.services import locks
from ads.services.actor import current_actor
from ads.services.isolation import isolate
from ads.services.locks import among

logger = logging.getLogger(__name__)

#: Campaigns locked and switched in one transaction: large enough that the queries are shared by
#: many, small enough that nobody waits long for a lock.
BATCH = 2000

#: For PostgreSQL's planner, while it looks for campaigns that disagree.
SWEEP_SETTINGS = {
    # Sets of a million rows are joined, which it does in memory if it may.
    "work_mem": "256MB",
    # It expects half of the campaigns to disagree and shuns parallel workers, who would have to
    # hand them all over; but few disagree, or none.
    "parallel_tuple_cost": "0",
}


class Trigger(models.TextChoices):
    """What made the system look."""

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


@dataclass(frozen=True, slots=True)
class Enforced:
    """What one enforcement did."""

    started: int = 0
    stopped: int = 0
    #: Ids of campaigns on which it failed; the reason is in the log.
    failed: tuple[int, ...] = ()

    @property
    def switched(self) -> int:
        return self.started + self.stopped

    def __add__(self, other: "Enforced") -> "Enforced":
        return Enforced(
            self.started + other.started, self.stopped + other.stopped, self.failed + other.failed
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """A campaign whose ``is_active`` disagrees with its holds, and what it should be."""

    campaign_id: int
    is_active: bool
    holds: list[Hold]
    #: Effective spend and budget of the four periods (US dollars; a budget of None is no limit),
    #: under the names of the fields of DeliveryChange.
    figures: dict[str, Decimal | None]


def enforce(
    campaigns: QuerySet[Campaign], now: datetime, trigger: str, *, lock_first: bool = False
) -> Enforced:
    """Make ``is_active`` of ``campaigns`` agree with their holds at ``now``.

    ``lock_first`` leaves out the first step, so that campaigns which agree are locked too. Whoever
    has just changed something the decision rests on needs that: a sweep that decided before the
    change may be about to commit a switch that nobody can see yet. See :func:`after_edit` too.

    One campaign that fails never stops the others: it is logged, reported in the result, and the
    rest go on. Neither does one that another session keeps locked, or whose brand is in a timezone
    that nobody can read.
    """
    if lock_first:
        return _in_batches(_all(campaigns), now, trigger)
    disagreeing, undecided = _disagreeing(campaigns, now)
    return _in_batches(disagreeing, now, trigger) + Enforced(failed=undecided)


def after_edit(campaign_ids: Collection[int], now: datetime, trigger: str) -> Enforced:
    """Enforce campaigns after configuration they depend on was committed.

    Besides locking first, it waits for spend in flight, which may have read the budgets as they
    were before.
    """
    return _in_batches(sorted(campaign_ids), now, trigger, await_spend=True)


def preview_switches(campaigns: QuerySet[Campaign], now: datetime) -> Iterator[Decision]:
    """What :func:`enforce` would switch; nothing is locked or changed."""
    evaluated = evaluate(campaigns, Moment.at(now, campaigns))
    rows = evaluated.order_by("pk").exclude(is_active=F("may_deliver"))
    for pk, bits, *figures in rows.values_list("pk", "hold_bits", *_FIGURES.values()).iterator():
        yield Decision(pk, not bits, from_bits(bits), dict(zip(_FIGURES, figures, strict=True)))


#: Fields of DeliveryChange, and where an evaluated campaign has them.
_FIGURES = {budget.spend: budget.spend for budget in BUDGET_HOLDS} | {
    budget.budget.replace("__", "_"): budget.budget for budget in BUDGET_HOLDS
}


def _all(campaigns: QuerySet[Campaign]) -> list[int]:
    return list(campaigns.order_by("pk").values_list("pk", flat=True))


def _disagreeing(campaigns: QuerySet[Campaign], now: datetime) -> tuple[list[int], tuple[int, ...]]:
    """Step 1. Ids in primary-key order; and of those on which nobody can decide."""
    with transaction.atomic(), connection.cursor() as cursor:
        for setting, value in SWEEP_SETTINGS.items():
            cursor.execute(f"SET LOCAL {setting} = %s", [value])
        moment = Moment.at(now, campaigns)
        disagreeing = evaluate(campaigns, moment).order_by().exclude(is_active=F("may_deliver"))
        # Not through ``iterator()``: PostgreSQL runs a cursor without parallel workers, and expects
        # that only the first of its rows are wanted.
        ids = sorted(disagreeing.values_list("pk", flat=True))
        undecided: list[int] = []
        if moment.unreadable:
            lost = campaigns.filter(brand__timezone__in=moment.unreadable).order_by("pk")
            undecided = list(lost.values_list("pk", flat=True))
        return ids, tuple(undecided)


def _in_batches(
    ids: Sequence[int], now: datetime, trigger: str, *, await_spend: bool = False
) -> Enforced:
    switched, failed = isolate(
        ids,
        lambda batch: _switch(batch, now, trigger, await_spend=await_spend),
        size=BATCH,
        what="Campaign",
    )
    return sum(switched, start=Enforced(failed=tuple(failed)))


def _switch(ids: Sequence[int], now: datetime, trigger: str, *, await_spend: bool) -> Enforced:
    """Steps 2 to 4 for one batch; without those that somebody else keeps locked."""
    try:
        return _lock_and_switch(ids, now, trigger, await_spend=await_spend)
    except OperationalError as error:
        if not locks.is_in_the_way(error):
            raise
        logger.warning("A lock was not granted in %s; going on without.", locks.PATIENCE)
        return _lock_and_switch(ids, now, trigger, await_spend=False, skip_locked=True)


@transaction.atomic
def _lock_and_switch(
    ids: Sequence[int],
    now: datetime,
    trigger: str,
    *,
    await_spend: bool,
    skip_locked: bool = False,
) -> Enforced:
    with locks.patience():
        if await_spend:
            locks.totals_of_brands(ids, now)
        locked = locks.campaigns(ids, skip_locked=skip_locked)
    decisions = list(preview_switches(Campaign.objects.filter(pk__in=among(locked)), now))
    for is_active in (True, False):
        switched = [d.campaign_id for d in decisions if d.is_active is is_active]
        if switched:
            Campaign.objects.filter(pk__in=among(switched)).update(is_active=is_active)
    if decisions:
        _write_down(decisions, now, trigger)
    started = sum(decision.is_active for decision in decisions)
    return Enforced(
        started=started,
        stopped=len(decisions) - started,
        failed=_left_out(ids, locked) if skip_locked else (),
    )


def _left_out(ids: Sequence[int], locked: Sequence[int]) -> tuple[int, ...]:
    """Campaigns that exist and were skipped; the next check decides on them."""
    missing = set(ids).difference(locked)
    existing = Campaign.objects.filter(pk__in=among(missing)).order_by("pk")
    left_out = tuple(existing.values_list("pk", flat=True))
    for pk in left_out:
        logger.error("Campaign %s is locked by another session, so it was not decided on.", pk)
    return left_out


def _write_down(decisions: Sequence[Decision], now: datetime, trigger: str) -> None:
    """One delivery change for each decision.

    By hand: of a batch's time a ``bulk_create`` takes half, for what are a few arrays. Each is
    recorded after the last that it can see, even if the clock was set back: see
    :mod:`ads.services.history.feed`.
    """
    figures = ", ".join(_FIGURES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO ads_deliverychange (campaign_id, is_active, holds, {figures},
                                            at, trigger, actor, recorded_at)
            SELECT campaign_id, is_active, holds::text[], {figures}, %s, %s, %s,
                   greatest(clock_timestamp(), transaction_timestamp(),
                            (SELECT max(recorded_at) FROM ads_deliverychange)
                            + interval '1 microsecond')
              FROM unnest(%s::bigint[], %s::boolean[], %s::text[]
                          {", %s::numeric[]" * len(_FIGURES)})
                   AS decision (campaign_id, is_active, holds, {figures})
            """,  # noqa: S608  (nothing in it comes from outside)
            [
                now,
                trigger,
                current_actor(),
                [decision.campaign_id for decision in decisions],
                [decision.is_active for decision in decisions],
                [f"{{{','.join(decision.holds)}}}" for decision in decisions],
                *([decision.figures[name] for decision in decisions] for name in _FIGURES),
            ],
        )
