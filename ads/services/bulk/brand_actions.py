"""What people do to brands: pause and resume them, change their budgets, let them run on today.

A brand that is paused is switched off; what its campaigns are wanted to do stays as it is. So when
it is resumed, just those run that would have run on: what a user has paused stays paused.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import pghistory
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from ads.holds import Hold, Supposing
from ads.models import Brand, Campaign
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone
from ads.services import locks
from ads.services.bulk.actions import Reconsider
from ads.services.bulk.batches import Action, Done, as_they_are, carry_out
from ads.services.bulk.budget_changes import BudgetChange
from ads.services.delivery import Trigger, waive
from ads.services.history import Seen

logger = logging.getLogger(__name__)

#: Nothing is done to the campaigns themselves.
NOTHING: Final = Reconsider()


class BrandAction(Protocol):
    """Something that can be done to any number of brands."""

    @property
    def campaigns(self) -> Action:
        """What is done to each of their campaigns besides."""
        ...

    @property
    def brings(self) -> Hold | None:
        """The hold that it is there to bring; no reason of what is off for others already."""
        ...

    def supposing(self) -> Supposing:
        """What is so of the brands' campaigns once it is done."""
        ...

    def write(self, brand_ids: Collection[int], now: datetime) -> tuple[int, ...]:
        """Do it to those of these brands that it changes; their ids."""
        ...


@dataclass(frozen=True, slots=True)
class Switch:
    """Pause (``on`` False) or resume brands."""

    on: bool

    campaigns = NOTHING

    @property
    def brings(self) -> Hold | None:
        return None if self.on else Hold.BRAND_INACTIVE

    def supposing(self) -> Supposing:
        return Supposing({"brand__is_active": self.on})

    def write(self, brand_ids: Collection[int], now: datetime) -> tuple[int, ...]:  # noqa: ARG002
        return _write(brand_ids, Q(is_active=not self.on), is_active=self.on)


@dataclass(frozen=True, slots=True)
class ChangeBrandBudgets:
    """Set, raise or lower the brands' own budgets; None leaves one as it is.

    ``seen``: brands that have been edited since are left alone.
    """

    brings = None

    daily: BudgetChange | None
    monthly: BudgetChange | None
    campaigns: Action = NOTHING
    seen: Seen | None = None

    def supposing(self) -> Supposing:
        of_brand = {
            f"brand__{path}": change.expression(f"brand__{path}")
            for path, change in self._given().items()
        }
        # Where theirs are changed too: those that have no budget keep none by themselves.
        return Supposing({**of_brand, **self.campaigns.supposing().columns})

    def write(self, brand_ids: Collection[int], now: datetime) -> tuple[int, ...]:  # noqa: ARG002
        only = Q(pk__in=())
        columns = {}
        for path, change in self._given().items():
            only |= change.changes(path)
            columns[path] = change.expression(path)
        if self.seen:
            only &= ~self.seen.edited_since(Brand)
        return _write(brand_ids, only, **columns) if columns else ()

    def _given(self) -> dict[str, BudgetChange]:
        given = {"daily_budget": self.daily, "monthly_budget": self.monthly}
        return {path: change for path, change in given.items() if change}


@dataclass(frozen=True, slots=True)
class RunOnToday:
    """Let brands run on today: what they have spent so far together no longer counts.

    What each campaign has spent still counts against its own budget.
    """

    campaigns = Reconsider(Trigger.RESET)
    brings = None

    def supposing(self) -> Supposing:
        return Supposing(waived=[Hold.BRAND_DAILY_BUDGET])

    def write(self, brand_ids: Collection[int], now: datetime) -> tuple[int, ...]:
        waived = []
        for brand in Brand.objects.filter(pk__in=locks.among(brand_ids)).order_by("pk"):
            try:
                if waive(brand, Period.DAY, now=now):
                    waived.append(brand.pk)
            except UnknownTimezone:
                logger.exception("Brand %s has no day that could run on.", brand.pk)
        return tuple(waived)


@dataclass(frozen=True, slots=True)
class BrandsDone:
    """What became of brands, and of their campaigns."""

    #: Ids of the brands that were changed; the others were so already.
    changed: tuple[int, ...]
    campaigns: Done


def carry_out_on(action: BrandAction, brand_ids: Collection[int], now: datetime) -> BrandsDone:
    """Do it to these brands; when it returns, their campaigns have stopped or started.

    The brands are changed first and their campaigns follow in batches: enforcement would bring
    about the rest if this were cut short.
    """
    theirs = Campaign.objects.filter(brand__in=locks.among(brand_ids)).order_by("pk")
    with pghistory.context():
        before = as_they_are(theirs.values_list("pk", flat=True))
        changed = action.write(brand_ids, now)
        done = carry_out(action.campaigns, list(before), now, before=before, brings=action.brings)
    return BrandsDone(changed, done)


@transaction.atomic
def _write(brand_ids: Collection[int], only: Q, **columns: Any) -> tuple[int, ...]:
    """Write to those of the brands that ``only`` lets through."""
    locked = locks.brands(brand_ids)
    changing = Brand.objects.filter(only, pk__in=locks.among(locked)).order_by("pk")
    changed = tuple(changing.values_list("pk", flat=True))
    # Django's own, which announces nothing: it is enforced by whoever calls this.
    rows = Brand.objects.filter(pk__in=locks.among(changed))
    QuerySet.update(rows, **columns, updated_at=Now())
    return changed
