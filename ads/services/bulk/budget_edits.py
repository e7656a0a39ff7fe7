"""Budgets that were typed into a list, on top of those that it showed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pghistory
from django.db import transaction

from ads.models import Campaign


@dataclass(frozen=True, slots=True)
class Edit:
    """A new budget of a campaign, in its currency; None: no limit."""

    campaign: Campaign
    #: ``daily_budget`` or ``monthly_budget``.
    field: str
    #: What the list showed.
    seen: Decimal | None
    wanted: Decimal | None


class ChangedMeanwhile(ValueError):
    """Somebody else has changed one of the budgets, or deleted the campaign."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(campaign)
        self.campaign = campaign

    def __str__(self) -> str:
        return (
            f"{self.campaign}: someone else has changed its budgets, or deleted it, at the same "
            "moment. Check it and try again."
        )


def apply(edits: Iterable[Edit]) -> UUID:
    """Write the budgets, all or none of them; enforced when the transaction commits.

    Each is written only over what was seen, and no other column is touched. Returns the audit's
    name for the change.

    Raises:
        ChangedMeanwhile: one of them is no longer what was seen.
    """
    by_campaign: dict[int, list[Edit]] = defaultdict(list)
    for edit in edits:
        by_campaign[edit.campaign.pk].append(edit)
    with pghistory.context() as context, transaction.atomic():
        for pk, its in sorted(by_campaign.items()):
            as_seen = Campaign.objects.filter(pk=pk, **{edit.field: edit.seen for edit in its})
            if not as_seen.update(**{edit.field: edit.wanted for edit in its}):
                raise ChangedMeanwhile(its[0].campaign)
    return UUID(str(context.id))
