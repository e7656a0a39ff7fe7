"""Applying what was planned, once its day has begun in the brand's timezone.

Every clock task does this before it decides. Twice, late or by two at once it does no harm: what is
due is looked at again under the locks, in the order of the dates, and what was missed is caught up
with. Budgets are written and enforced in one transaction of one brand.

A budget that a person has changed since is left.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet

from ads.failures import counted
from ads.models import Brand, Campaign, ScheduledChange
from ads.rules.calendar import UnknownTimezone, local_date, month_start
from ads.services import lock_waits, locks
from ads.services.actor import current_actor
from ads.services.delivery import Enforced, Trigger, enforce
from ads.services.isolation import isolate
from ads.services.planned import LATE_DAYS, carrying, course

logger = structlog.stdlib.get_logger(__name__)

#: After so many seconds a task goes on to its own work; the next one applies the rest.
SECONDS: Final = 20

#: Owners whose budgets are written in one transaction: nobody waits long for the brand's sums.
BATCH: Final = 200

#: The campaign whose budget changes; None: the brand's own.
Owner = int | None


@dataclass(frozen=True, slots=True)
class Applied:
    enforced: Enforced = field(default_factory=Enforced)
    #: Ids of the brands on which it failed, or that somebody keeps locked; the log says why.
    failed: tuple[int, ...] = ()


def apply_due(now: datetime) -> Applied:
    """Apply the changes that are due at ``now``, as far as :data:`SECONDS` allow.

    One or two small queries where nothing is due. A brand that fails, or that somebody keeps
    locked, is left for the next time, and so is everything while somebody else applies.
    """
    run = _Run(now, _due_owners(now), time.monotonic() + SECONDS)
    results, failed = isolate(
        sorted(run.owners), run.apply, size=1, what="Planned budgets of brand"
    )
    if run.locked:
        logger.error(
            "Brands are locked by another session, so their planned budgets are applied later",
            **counted(run.locked),
        )
    return Applied(sum(results, start=Enforced()), (*failed, *run.locked))


@dataclass(slots=True)
class _Run:
    now: datetime
    owners: Mapping[int, Sequence[Owner]]
    until: float
    #: Its time is up, or somebody else is at it.
    is_over: bool = False
    locked: list[int] = field(default_factory=list)

    def apply(self, brand_ids: Sequence[int]) -> Enforced:
        (brand,) = brand_ids
        owners, done = self.owners[brand], Enforced()
        for begin in range(0, len(owners), BATCH):
            if self.is_over:
                break
            try:
                enforced = _apply(brand, owners[begin : begin + BATCH], self.now)
            except OperationalError as error:
                if not lock_waits.is_in_the_way(error):
                    raise
                self.locked.append(brand)
                break
            self.is_over = enforced is None or time.monotonic() > self.until
            done += enforced or Enforced()
        return done


@transaction.atomic
def _apply(brand: int, owners: Collection[Owner], now: datetime) -> Enforced | None:
    """Apply what is due of these owners, and enforce it; None: somebody else is applying."""
    if not locks.is_alone(locks.Only.APPLYING_PLANS):
        return None
    those = Campaign.objects.filter(brand=brand)
    if None not in owners:
        those = those.filter(pk__in=locks.among(pk for pk in owners if pk))
    ids = list(those.order_by("pk").values_list("pk", flat=True))
    locks.budgets(ids, [brand], now)
    if not write_due(_of(brand, owners), now):
        return Enforced()
    return enforce(those, now, Trigger.PLANNED_BUDGET, lock_first=True)


def _of(brand: int, owners: Collection[Owner]) -> Q:
    own = Q(campaign__in=locks.among(pk for pk in owners if pk))
    return Q(brand=brand) & (own | Q(campaign=None) if None in owners else own)


def _due_owners(now: datetime) -> dict[int, list[Owner]]:
    """Whose budgets are to be written, by brand; the brand's own first."""
    found: dict[int, set[Owner]] = defaultdict(set)
    for rows in _candidates(now):
        few = rows.select_related("brand").only(
            "brand__timezone", "campaign_id", "starts_on", "applied_at"
        )
        for change in few:
            if _is_due(change, now):
                found[change.brand_id].add(change.campaign_id)
    return {brand: sorted(owners, key=lambda pk: pk or 0) for brand, owners in found.items()}


def _candidates(now: datetime) -> tuple[QuerySet[ScheduledChange], QuerySet[ScheduledChange]]:
    """Changes that may have begun, and months of plans that may have to be worked out again."""
    newest = (now + timedelta(hours=14)).date()  # the date where clocks are furthest ahead
    oldest = (now - timedelta(hours=12)).date()
    changes = ScheduledChange.objects.filter(cancelled_at=None)
    begin = changes.filter(applied_at=None, starts_on__lte=newest)
    again = changes.filter(applied_at__isnull=False, spent_before__isnull=False)
    moved = Q(starts_on__lt=month_start(newest))
    late = [month_start(day) for day in {oldest, newest} if day.day <= LATE_DAYS]
    if late:
        again = again.alias(spent_by_now=carrying.spent_before())
        moved |= Q(starts_on__in=late) & ~Q(spent_before=F("spent_by_now"))
    return begin, again.filter(moved)


def _is_due(change: ScheduledChange, now: datetime) -> bool:
    try:
        today = local_date(now, change.brand.timezone)
    except UnknownTimezone:  # nothing decides on its campaigns
        return False
    if change.applied_at is None:
        return change.starts_on <= today
    is_late = 0 <= (today - change.starts_on).days < LATE_DAYS
    return is_late or carrying.is_over(change.starts_on, today)


def write_due(of: Q, now: datetime) -> int:
    """Write the budgets of the owners ``of`` that are due; how many changes that concerned.

    :func:`locks.budgets` has locked the owners; whoever calls enforces. At most seven queries.
    """
    changes: list[Any] = []
    for rows in _candidates(now):
        found = course.with_figures(rows.filter(of))
        changes += [change for change in found if _is_due(change, now)]
    budgets: dict[tuple[type[Brand | Campaign], str], dict[int, Decimal | None]] = defaultdict(dict)
    for _, change, budget in course.steps(changes, now):
        budgets[type(change.owner), change.field][change.owner.pk] = budget
    for (model, name), amounts in budgets.items():
        write_budgets(model, name, amounts, now)
    if changes:
        _write_changes(changes)
    return len(changes)


def campaigns_of(*owners: Brand | Campaign) -> QuerySet[Campaign]:
    """The campaigns that budgets of ``owners`` concern, by primary key."""
    brands = [owner.pk for owner in owners if isinstance(owner, Brand)]
    own = [owner.pk for owner in owners if isinstance(owner, Campaign)]
    return Campaign.objects.filter(Q(brand__in=brands) | Q(pk__in=own)).order_by("pk")


def stands(change: ScheduledChange, now: datetime) -> bool:
    """Is the budget of its owner, as that was read, still the one that ``change`` made of it?

    Or what is left of that after its month: see :func:`carrying.budget_without`. Not if a later
    change has made the same of it; one query.
    """
    mine = ScheduledChange.objects.filter(pk=change.pk)
    budget = getattr(change.owner, change.field)
    is_its = budget == change.after or (budget == change.amount and carrying.is_past(change, now))
    return is_its and not mine.filter(course.is_followed()).exists()


def take_back(change: ScheduledChange, now: datetime) -> bool:
    """Cancel ``change`` and put back the budget that it has changed; whoever calls enforces.

    It was read after :func:`locks.budgets` had locked its owner. False: somebody has changed the
    budget since, which stands.
    """
    mine = ScheduledChange.objects.filter(pk=change.pk)
    mine.update(cancelled_at=now, cancelled_by=current_actor(), updated_at=now)
    if change.applied_at is None:
        return True
    owner = change.owner
    if not stands(change, now):
        return False
    budget = carrying.budget_without(change, now)
    write_budgets(type(owner), change.field, {owner.pk: budget}, now)
    return True


def write_budgets(
    model: type[Brand | Campaign], name: str, amounts: Mapping[int, Decimal | None], now: datetime
) -> None:
    """Write the budget ``name`` of these rows, by primary key, without announcing it."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {table} AS owner SET {name} = new.amount, updated_at = %s
              FROM unnest(%s::bigint[], %s::numeric[]) AS new (id, amount)
             WHERE owner.id = new.id AND owner.{name} IS DISTINCT FROM new.amount
            """,  # noqa: S608  (nothing in it comes from outside)
            [now, list(amounts), list(amounts.values())],
        )


def _write_changes(changes: Sequence[ScheduledChange]) -> None:
    with connection.cursor() as cursor:
        columns = [[getattr(change, name) for change in changes] for name in _WRITTEN]
        cursor.execute(_WRITE_CHANGES, [[change.pk for change in changes], *columns])


_WRITTEN: Final = ("before", "after", "budget_before", "spent_before", "says", "applied_at")

# When a transaction began does not say who came first: one may have waited for the other. So what
# is on record of the owner is noted under its locks, with what the audit calls "applied".
_WRITE_CHANGES: Final = """
    UPDATE ads_scheduledchange AS change
       SET before = new.before, after = new.after, budget_before = new.budget_before,
           spent_before = new.spent_before, says = new.says, applied_at = new.applied_at,
           follows = CASE WHEN (change.after, change.says) IS NOT DISTINCT FROM
                               (new.after, new.says) THEN change.follows
                          WHEN change.campaign_id IS NULL
                          THEN (SELECT max(pgh_id) FROM ads_brandevent
                                 WHERE pgh_obj_id = change.brand_id)
                          ELSE (SELECT max(pgh_id) FROM ads_campaignevent
                                 WHERE pgh_obj_id = change.campaign_id) END
      FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[],
                  %s::text[], %s::timestamptz[])
           AS new (id, before, after, budget_before, spent_before, says, applied_at)
     WHERE change.id = new.id
"""
