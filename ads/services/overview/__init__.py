"""The overview at one instant: which campaigns run, which do not and why, and the money.

One call for the whole page, so that shared figures are read once; parts not requested cost nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from ads.models import Restore
from ads.services import backups, freshness, pacing, restored, visible
from ads.services.backups import BackupStatus
from ads.services.connections import Trouble, troubles
from ads.services.freshness import Source
from ads.services.operations import health
from ads.services.overview.changes import Latest, latest
from ads.services.overview.delivery import Delivery, delivery
from ads.services.overview.first_steps import FirstSteps, first_steps
from ads.services.overview.near import Near
from ads.services.overview.spend import Money, PeriodSpend, money
from ads.services.overview.waiting import Waiting, waiting
from ads.services.pacing import Outlook


class Part(Enum):
    DELIVERY = auto()
    MONEY = auto()
    PACING = auto()
    CHANGES = auto()
    CONNECTIONS = auto()
    HEALTH = auto()
    FIRST_STEPS = auto()
    WAITING = auto()


@dataclass(frozen=True, slots=True)
class Overview:
    """The overview at ``now``; None: not requested, or for the first steps: all done."""

    now: datetime
    delivery: Delivery | None
    money: Money | None
    changes: list[Latest] | None
    tasks: list[health.TaskHealth] | None
    first_steps: FirstSteps | None
    #: None also before the first paces are worked out.
    pacing: Outlook | None = None
    #: None also if nothing waits.
    waiting: Waiting | None = None
    backups: BackupStatus | None = None
    #: The sources of all spend that is shown, the oldest first.
    sources: Sequence[Source] = ()
    #: What ad platforms fail to report; a sentence each.
    platform_problems: Sequence[str] = ()
    #: The restore that nobody has resumed from.
    restored: Restore | None = None
    #: What is wrong with connections; [] also if it was not requested.
    connections: Sequence[Trouble] = ()


def at(now: datetime, parts: Collection[Part], *, currency: str = "") -> Overview:
    """Compute ``parts`` at ``now``, in a fixed number of queries.

    ``currency``: that of the compared brands, as :func:`money` takes it.
    """
    spent = money(now, currency) if Part.MONEY in parts else None
    return Overview(
        now=now,
        delivery=delivery(now) if Part.DELIVERY in parts else None,
        money=spent,
        changes=latest() if Part.CHANGES in parts else None,
        tasks=health.check(now) if Part.HEALTH in parts else None,
        first_steps=None
        if Part.FIRST_STEPS not in parts or (spent and any(each.amount for each in spent.month))
        else first_steps(),
        pacing=pacing.outlook(now) if Part.PACING in parts else None,
        waiting=waiting() if Part.WAITING in parts else None,
        sources=freshness.of_all() if Part.MONEY in parts else (),
        # It names accounts, which may be of other brands.
        platform_problems=freshness.problems(now)
        if Part.HEALTH in parts and visible.brand_ids() is None
        else (),
        backups=backups.status(now) if Part.HEALTH in parts else None,
        restored=restored.held() if Part.HEALTH in parts else None,
        connections=troubles(now) if Part.CONNECTIONS in parts else (),
    )
