"""Carrying an action out in batches, with a commit each, enforced on the spot.

Nobody waits long for a lock, and what is done stays done. A campaign that fails, or that somebody
else keeps locked, never stops the others. What a batch changes is decided under its locks, whatever
a preview said before.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import pghistory
import structlog
from django.db import OperationalError, transaction
from django.db.models import QuerySet

from ads.failures import counted
from ads.holds import Moment, with_holds
from ads.models import Campaign
from ads.services import lock_waits, locks
from ads.services.bulk.actions import Action
from ads.services.delivery import NAMED, Group, Outcome, enforce, outcome_of
from ads.services.isolation import isolate

logger = structlog.stdlib.get_logger(__name__)

#: Campaigns that are changed in one transaction.
BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Done:
    outcome: Outcome
    #: How many campaigns it changed; the others were left as they are.
    changed: int
    #: Ids of campaigns on which it failed; the reason is in the log.
    failed: tuple[int, ...]
    #: Ids of campaigns that somebody else kept locked, and which were left as they are.
    locked: tuple[int, ...]
    #: The audit's name for everything that was changed with it.
    context: UUID
    #: Ids of the brands it changed.
    brands: tuple[int, ...] = ()


class _Was(NamedTuple):
    is_active: bool
    status: str


class _Batch(NamedTuple):
    groups: list[Group]
    undecided: int
    changed: int
    locked: list[int]


def carry_out(
    action: Action, ids: Iterable[int], now: datetime, *, brand_ids: Collection[int] = ()
) -> Done:
    """Do it to the campaigns with these ids, and to these brands with all their campaigns.

    The brands are changed first and campaigns follow: enforcement would bring about the rest if
    this were cut short. Rows that have been deleted are passed over.
    """
    with pghistory.context() as context:
        before: Mapping[int, _Was] | None = None
        brands: tuple[int, ...] = ()
        if brand_ids:
            theirs = Campaign.objects.filter(brand__in=locks.among(brand_ids))
            before = _as_they_are({*ids, *theirs.values_list("pk", flat=True)})
            brands = action.write_brands(brand_ids, now)
        batches, failed = isolate(
            sorted(ids if before is None else before),
            lambda batch: _try(action, batch, now, before),
            size=BATCH,
            what="Campaign",
        )
    locked = tuple(pk for batch in batches for pk in batch.locked)
    if locked:
        logger.warning(
            "Campaigns are locked by another session, so they were left as they are",
            **counted(locked),
        )
    return Done(
        outcome=outcome_of(
            [group for batch in batches for group in batch.groups],
            sum(batch.undecided for batch in batches),
            brings=action.brings,
        ),
        changed=sum(batch.changed for batch in batches),
        failed=tuple(failed),
        locked=locked,
        context=context.id,
        brands=brands,
    )


def _as_they_are(ids: Iterable[int]) -> dict[int, _Was]:
    rows = Campaign.objects.filter(pk__in=locks.among(ids)).order_by()
    return {
        pk: _Was(is_active, status)
        for pk, is_active, status in rows.values_list("pk", "is_active", "status")
    }


def _try(
    action: Action, ids: Sequence[int], now: datetime, before: Mapping[int, _Was] | None
) -> _Batch:
    for skip_locked in (False, True):
        try:
            return _do(action, ids, now, before, skip_locked=skip_locked)
        except OperationalError as error:
            if not lock_waits.is_in_the_way(error):
                raise
    return _Batch([], 0, 0, list(ids))


@transaction.atomic
def _do(
    action: Action,
    ids: Sequence[int],
    now: datetime,
    before: Mapping[int, _Was] | None,
    *,
    skip_locked: bool,
) -> _Batch:
    """One batch. With ``skip_locked``, those that somebody else keeps locked are left out."""
    action = action.narrowed(ids)
    if not skip_locked:
        # An entry that has read what is about to change may be about to switch them.
        locks.totals_of_brands(ids, now)
    action.lock(ids, now)
    locked = locks.campaigns(ids, skip_locked=skip_locked)
    mine = Campaign.objects.filter(pk__in=locks.among(locked))
    was = _as_they_are(locked) if before is None else before
    changing = set(mine.filter(action.columns(Campaign)[0]).values_list("pk", flat=True))
    changed = action.write(changing, now)
    enforce(mine, now, action.trigger, lock_first=True)
    rows: QuerySet[Any] = with_holds(mine, Moment.at(now, mine)).order_by("pk")
    members: dict[tuple[bool, str, int, str, bool], list[int]] = defaultdict(list)
    for pk, bits, status in rows.values_list("pk", "hold_bits", "status"):
        earlier = was.get(pk, _Was(False, status))
        members[earlier.is_active, earlier.status, bits, status, pk in changing].append(pk)
    groups = [Group(*key, len(pks), pks[:NAMED]) for key, pks in members.items()]
    left_out: list[int] = []
    if skip_locked:
        existing = Campaign.objects.filter(pk__in=locks.among(set(ids).difference(locked)))
        left_out = list(existing.order_by("pk").values_list("pk", flat=True))
    undecided = len(locked) - sum(group.count for group in groups)
    return _Batch(groups, undecided, changed, left_out)
