"""Campaigns that recording a file would start: it takes back money that held them."""

from collections.abc import Collection
from datetime import datetime

from ads.models import DeliveryChange
from ads.services.actor import current_actor
from ads.services.delivery import Trigger, preview_switches
from ads.services.imports import tables
from ads.services.imports.questions.base import SHOWN, Question, named


def starting(now: datetime) -> set[int]:
    """Ids of the affected campaigns that start at the next check, whatever the file says."""
    switches = preview_switches(tables.affected(), now)
    return {each.campaign_id for each in switches if each.is_active}


def started(now: datetime) -> set[int]:
    """Ids of the campaigns that this transaction's enforcement at ``now`` has started."""
    changes = DeliveryChange.objects.filter(
        at=now, actor=current_actor(), trigger=Trigger.SPEND, is_active=True
    )
    return set(changes.values_list("campaign_id", flat=True))


def starts(ids: Collection[int], certain: Collection[int]) -> Question | None:
    """The question about these; None if there are none.

    Whether those that are not ``certain`` start depends on the answers to other questions.
    """
    depends = len(certain) < len(ids)
    if not ids:
        return None
    first = sorted(ids)[:SHOWN]
    names = named(first)
    campaigns = f"{len(ids):,} campaign{'' if len(ids) == 1 else 's'}"
    return Question(
        "starts",
        f"Recording {'could' if depends else 'would'} start {campaigns} that "
        f"{'is' if len(ids) == 1 else 'are'} paused: with less spend on record, nothing holds "
        f"{'it' if len(ids) == 1 else 'them'} any longer."
        + (" It depends on the other answers." if depends else ""),
        {"accept": "Start them"} if len(ids) > 1 else {"accept": "Start it"},
        sorted(ids),
        ("Campaign", "Brand"),
        0,
        [names[pk] for pk in first if pk in names],
        len(ids),
        depends=not certain,
    )
