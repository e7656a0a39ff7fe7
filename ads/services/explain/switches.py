"""Which campaigns an enforcement switches, or has switched, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from ads.holds import Moment, evaluate, from_bits
from ads.models import Campaign, DeliveryChange
from ads.services.actor import current_actor
from ads.services.delivery import preview_switches
from ads.services.explain.explanation import sentence


@dataclass(frozen=True, slots=True)
class Switch:
    """A campaign that starts or stops, with a sentence for each hold."""

    campaign: Campaign
    is_active: bool
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Switches:
    """How many start and stop, and the first of them."""

    started: int
    stopped: int
    shown: list[Switch]

    @property
    def count(self) -> int:
        return self.started + self.stopped


def preview(campaigns: QuerySet[Campaign], now: datetime, *, limit: int) -> Switches:
    """What enforcing ``campaigns`` at ``now`` would switch."""
    decided = ((d.campaign_id, d.is_active) for d in preview_switches(campaigns, now))
    return _described(decided, now, limit)


def made(now: datetime, triggers: Iterable[str], *, limit: int) -> Switches:
    """What enforcements at ``now`` by the current actor have switched."""
    changes = DeliveryChange.objects.filter(at=now, trigger__in=triggers, actor=current_actor())
    rows = changes.order_by("id").values_list("campaign_id", "is_active")
    return _described(rows.iterator(), now, limit)


def _described(decided: Iterable[tuple[int, bool]], now: datetime, limit: int) -> Switches:
    decided = iter(decided)
    first = list(islice(decided, limit))
    started = sum(is_active for _, is_active in first)
    stopped = len(first) - started
    for _, is_active in decided:
        started += is_active
        stopped += not is_active
    explained = _explained([pk for pk, _ in first], now)
    return Switches(
        started,
        stopped,
        [Switch(explained[pk][0], is_active, explained[pk][1]) for pk, is_active in first],
    )


def _explained(ids: list[int], now: datetime) -> dict[int, tuple[Campaign, list[str]]]:
    """Campaigns with a sentence for each hold at ``now``; a fixed number of queries."""
    campaigns = (
        Campaign.objects.filter(pk__in=ids)
        .select_related("brand")
        .prefetch_related("dayparting_schedules")
    )
    rows: Iterable[Any] = evaluate(campaigns, Moment.at(now, campaigns))
    return {
        row.pk: (row, [sentence(hold, row, now) for hold in from_bits(row.hold_bits)])
        for row in rows
    }
