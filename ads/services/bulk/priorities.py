"""Changing the priority of many campaigns, and its preview."""

from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q, QuerySet

from ads.models import Brand, Campaign
from ads.services.bulk.actions import NOTHING, Action, Columns, Model

#: Campaigns that are listed one by one.
LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class SetPriority(Action):
    """Set the priority of campaigns, by which they stop where their brand stops early.

    It switches nothing by itself: margins are worked out by it at the next check or report.
    """

    priority: int

    def columns(self, model: Model, path: str = "") -> Columns:  # noqa: ARG002
        if model is Brand:
            return NOTHING
        return ~Q(priority=self.priority), {"priority": self.priority}


@dataclass(frozen=True, slots=True)
class PriorityPreview:
    """The first campaigns that change, as they are, with their brands; and how many do."""

    first: list[Campaign]
    count: int
    #: How many of them are of brands that do not stop early, for which it means nothing yet.
    without_effect: int


def preview_priority(action: SetPriority, campaigns: QuerySet[Campaign]) -> PriorityPreview:
    """Which of ``campaigns`` change, in the order of their names; two queries."""
    changing = campaigns.filter(action.columns(Campaign)[0]).select_related("brand")
    first = list(changing.order_by("brand__name", "name")[:LISTED])
    without = Count("pk", filter=Q(brand__stops_early=False))
    counted = changing.aggregate(count=Count("pk"), without_effect=without)
    return PriorityPreview(first, **counted)
