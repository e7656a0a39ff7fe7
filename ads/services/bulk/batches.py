"""Doing something to many campaigns: in batches, with a commit each, enforced on the spot.

Nobody waits long for a lock then, and what was done stays done. One campaign that fails never stops
the others, nor does one that somebody else keeps locked. What a batch is about to change is decided
under its locks, whatever a forecast said before.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

import pghistory
from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet

from ads.holds import Hold, Moment, Supposing, with_holds
from ads.models import Campaign
from ads.services import locks
from ads.services.delivery import NAMED, Forecast, Group, Trigger, enforce, told
from ads.services.isolation import isolate

logger = logging.getLogger(__name__)

#: Campaigns that are changed in one transaction.
BATCH: Final = 1_000


class Action(Protocol):
    """Something that can be done to any number of campaigns: see :mod:`.actions`."""

    @property
    def trigger(self) -> Trigger:
        """What the delivery changes name as their cause."""
        ...

    def supposing(self) -> Supposing:
        """What is so once it is done, and of which campaigns."""
        ...

    def lock(self, ids: Collection[int], now: datetime) -> None:
        """Take the locks that come before those of campaigns: see :mod:`ads.services.locks`."""
        ...

    def write(self, ids: Collection[int], now: datetime) -> int:
        """Do it to these campaigns, which are those that it changes, and tell how many it did.

        Inside a transaction in which they are locked, and the sums of their brands.
        """
        ...

    def narrowed(self, ids: Collection[int]) -> "Action":
        """The same, knowing that it is about no others: what it carries for them is left out."""
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """What became of the campaigns of one action."""

    outcome: Forecast
    #: How many campaigns it changed; the others were left as they are.
    changed: int
    #: Ids of campaigns on which it failed; the reason is in the log.
    failed: tuple[int, ...]
    #: Ids of campaigns that somebody else kept locked, and which were left as they are.
    locked: tuple[int, ...]
    #: The audit's name for everything that was changed with it.
    context: UUID


class Was(NamedTuple):
    """A campaign as it was before."""

    is_active: bool
    status: str


class _Batch(NamedTuple):
    """What became of one batch."""

    groups: list[Group]
    undecided: int
    changed: int
    locked: list[int]


def carry_out(
    action: Action,
    ids: Sequence[int],
    now: datetime,
    *,
    before: Mapping[int, Was] | None = None,
    brings: Hold | None = None,
) -> Done:
    """Do it to the campaigns with these ids; those that have been deleted are passed over.

    ``before`` says how they were, for who has changed something beforehand that switches them, and
    ``brings`` the hold that this was to bring.
    """
    with pghistory.context() as context:
        batches, failed = isolate(
            sorted(ids),
            lambda batch: _try(action, batch, now, before),
            size=BATCH,
            what="Campaign",
        )
    return Done(
        outcome=told(
            [group for batch in batches for group in batch.groups],
            sum(batch.undecided for batch in batches),
            brings=brings,
        ),
        changed=sum(batch.changed for batch in batches),
        failed=tuple(failed),
        locked=tuple(pk for batch in batches for pk in batch.locked),
        context=context.id,
    )


def as_they_are(ids: Iterable[int]) -> dict[int, Was]:
    """How campaigns are now."""
    rows = Campaign.objects.filter(pk__in=locks.among(ids)).order_by()
    return {
        pk: Was(is_active, status)
        for pk, is_active, status in rows.values_list("pk", "is_active", "status")
    }


def _try(
    action: Action, ids: Sequence[int], now: datetime, before: Mapping[int, Was] | None
) -> _Batch:
    try:
        return _do(action, ids, now, before)
    except OperationalError as error:
        if not locks.is_in_the_way(error):
            raise
        logger.warning("A lock was not granted in %s; going on without.", locks.PATIENCE)
    try:
        return _do(action, ids, now, before, skip_locked=True)
    except OperationalError as error:
        if not locks.is_in_the_way(error):
            raise
        return _Batch([], 0, 0, list(ids))


@transaction.atomic
def _do(
    action: Action,
    ids: Sequence[int],
    now: datetime,
    before: Mapping[int, Was] | None,
    *,
    skip_locked: bool = False,
) -> _Batch:
    """One batch. With ``skip_locked``, those that somebody else keeps locked are left out."""
    action = action.narrowed(ids)
    with locks.patience():
        if not skip_locked:
            # An entry that has read what is about to change may be about to switch them.
            locks.totals_of_brands(ids, now)
        action.lock(ids, now)
        locked = locks.campaigns(ids, skip_locked=skip_locked)
    mine = Campaign.objects.filter(pk__in=locks.among(locked))
    was = as_they_are(locked) if before is None else before
    changing = set(mine.filter(action.supposing().only or Q()).values_list("pk", flat=True))
    changed = action.write(changing, now)
    enforce(mine, now, action.trigger, lock_first=True)
    rows: QuerySet[Any] = with_holds(mine, Moment.at(now, mine)).order_by("pk")
    members: dict[tuple[bool, str, int, str, bool], list[int]] = defaultdict(list)
    for pk, bits, status in rows.values_list("pk", "hold_bits", "status"):
        earlier = was.get(pk, Was(False, status))
        members[earlier.is_active, earlier.status, bits, status, pk in changing].append(pk)
    groups = [Group(*key, len(pks), pks[:NAMED]) for key, pks in members.items()]
    left_out: list[int] = []
    if skip_locked:
        existing = Campaign.objects.filter(pk__in=locks.among(set(ids).difference(locked)))
        left_out = list(existing.order_by("pk").values_list("pk", flat=True))
    undecided = len(locked) - sum(group.count for group in groups)
    return _Batch(groups, undecided, changed, left_out)
