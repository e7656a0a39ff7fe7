"""Which campaigns an enforcement switches, or has switched, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from ads.models import Campaign, DeliveryChange
from ads.services.actor import current_actor
from ads.services.delivery import preview_switches
from ads.services.explain.explanation import hold_sentences


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
    """What enforcing ``campaigns`` at ``now`` would switch; after a restore it starts none."""
    decided = ((d.campaign_id, d.is_active) for d in preview_switches(campaigns, now))
    return _described(decided, now, limit)


def made(now: datetime, triggers: Iterable[str], *, limit: int) -> Switches:
    """What enforcements at ``now`` by the current actor have switched."""
    changes = DeliveryChange.objects.filter(at=now, trigger__in=triggers, actor=current_actor())
    rows = changes.order_by("id").values_list("campaign_id", "is_active")
    return _described(rows.iterator(), now, limit)


def _described(decided: Iterable[tuple[int, bool]], now: datetime, limit: int) -> Switches:
    first: list[tuple[int, bool]] = []
    counts = {True: 0, False: 0}
    for pk, is_active in decided:
        counts[is_active] += 1
        if len(first) < limit:
            first.append((pk, is_active))
    campaigns = Campaign.objects.select_related("brand").in_bulk([pk for pk, _ in first])
    why = hold_sentences(campaigns.values(), now)
    shown = [Switch(campaigns[pk], is_active, why[pk]) for pk, is_active in first]
    return Switches(counts[True], counts[False], shown)
