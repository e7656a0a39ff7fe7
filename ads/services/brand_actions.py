"""What people do to brands: pause and resume all campaigns at once, change budgets.

A brand that is paused is switched off; what its campaigns are wanted to do stays as it is. So when
it is resumed, just those run that would have run on: what a user has paused stays paused.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pghistory
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from ads.holds import Supposing
from ads.models import Brand, Campaign
from ads.services import locks
from ads.services.actions import Reconsider
from ads.services.budget_changes import BudgetChange
from ads.services.bulk import Action, Done, as_they_are, carry_out


@dataclass(frozen=True, slots=True)
class Switch:
    """Pause (``on`` False) or resume brands."""

    on: bool

    def columns(self, prefix: str = "") -> dict[str, Any]:
        """What is written, by path from a brand; with ``prefix``, from a campaign."""
        return {f"{prefix}is_active": self.on}

    @property
    def only(self) -> Q:
        """Which brands it changes."""
        return Q(is_active=not self.on)


@dataclass(frozen=True, slots=True)
class ChangeBudgets:
    """Set, raise or lower the brands' own budgets; None leaves one as it is."""

    daily: BudgetChange | None
    monthly: BudgetChange | None

    def columns(self, prefix: str = "") -> dict[str, Any]:
        """What is written, by path from a brand; with ``prefix``, from a campaign."""
        given = {"daily_budget": self.daily, "monthly_budget": self.monthly}
        return {
            f"{prefix}{path}": change.expression(f"{prefix}{path}")
            for path, change in given.items()
            if change
        }

    @property
    def only(self) -> Q:
        """Which brands it changes."""
        given = {"daily_budget": self.daily, "monthly_budget": self.monthly}
        only = Q(pk__in=())
        for path, change in given.items():
            if change:
                only |= change.changes(path)
        return only


#: Nothing is done to the campaigns themselves.
NOTHING: Final = Reconsider()

BrandAction = Switch | ChangeBudgets


@dataclass(frozen=True, slots=True)
class BrandsDone:
    """What became of brands, and of their campaigns."""

    #: Ids of the brands that were changed; the others were so already.
    changed: tuple[int, ...]
    campaigns: Done


def supposing(action: BrandAction, campaigns: Action = NOTHING) -> Supposing:
    """What is so of the brands' campaigns once it is done, and ``campaigns`` to each of them."""
    return Supposing({**action.columns("brand__"), **campaigns.supposing().columns})


def carry_out_on(
    action: BrandAction, brand_ids: Collection[int], now: datetime, campaigns: Action = NOTHING
) -> BrandsDone:
    """Do it to these brands; when it returns, their campaigns have stopped or started.

    ``campaigns`` is what is done to each of their campaigns besides.

    The brands are changed in one transaction and their campaigns follow in batches: enforcement
    would bring about the rest if this were cut short.
    """
    theirs = Campaign.objects.filter(brand__in=locks.among(brand_ids)).order_by("pk")
    with pghistory.context():
        before = as_they_are(theirs.values_list("pk", flat=True))
        with transaction.atomic():
            locks.brands(brand_ids)
            changing = Brand.objects.filter(action.only, pk__in=locks.among(brand_ids))
            changed = tuple(changing.order_by("pk").values_list("pk", flat=True))
            # Django's own, which announces nothing: it is enforced right below.
            rows = Brand.objects.filter(pk__in=locks.among(changed))
            QuerySet.update(rows, **action.columns(), updated_at=Now())
        done = carry_out(campaigns, list(before), now, before=before)
    return BrandsDone(changed, done)
