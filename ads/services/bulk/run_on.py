"""Letting campaigns or brands run on, and taking that back; what it does to their limits."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import structlog
from django.db.models import Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from ads.failures import counted
from ads.holds import BUDGET_HOLDS, BudgetHold, Supposing
from ads.models import Allowance, Brand, Campaign
from ads.models.fields import MoneyField
from ads.models.spend import Period
from ads.rules.allowances import InvalidAllowance, Terms
from ads.rules.calendar import UnknownTimezone
from ads.services import locks
from ads.services.bulk.actions import NOTHING, Action, Columns, Model
from ads.services.delivery import (
    AllowanceOver,
    AllowedMeanwhile,
    Ends,
    Outcome,
    Trigger,
    allowances,
    bulk_allowances,
    preview_campaigns,
)
from ads.services.ledger import summaries

logger = structlog.stdlib.get_logger(__name__)

#: Owners whose limits are listed one by one.
LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class LetRunOn(Action):
    """Let campaigns, or brands, run on: see :mod:`ads.services.delivery.allowances`.

    A brand's raises the limit of the brand alone, a campaign's its own. ``seen``: owners to whom
    more has been allowed since then (:func:`allowances.last_given`) are left alone, so a form that
    is sent twice, or by two people, allows once.
    """

    trigger = Trigger.RESET

    terms: Terms
    ends: Ends
    of_brands: bool = False
    seen: int | None = None

    def columns(self, model: Model, path: str = "") -> Columns:
        if (model is Brand) is not self.of_brands:
            return NOTHING
        return self._those(path), {}

    def _those(self, path: str) -> Q:
        """The owners that can be let run on; ``path``: from a campaign to its brand."""
        zone = f"{path}timezone" if self.of_brands else "brand__timezone"
        those = Q(**{f"{zone}__in": list(self.ends.by_zone)})
        if self.terms.amount is not None:
            budget = Period(self.terms.period).budget
            those &= Q(**{f"{path}{budget}__isnull": False})
        if self.seen is not None:
            since = Allowance.objects.filter(pk__gt=self.seen, period=self.terms.period).order_by()
            owner: dict[str, Any] = {"campaign": OuterRef("pk")}
            if self.of_brands:
                owner = {"campaign": None, "brand": OuterRef("brand" if path else "pk")}
            those &= ~Q(Exists(since.filter(**owner)))
        return those

    def changes(self) -> Supposing:
        hold = _budget(self.terms.period, of_brand=self.of_brands).hold
        only = self._those("brand__" if self.of_brands else "")
        return Supposing(allowed={hold.value: self.terms.amount}, only=only)

    @property
    def periods(self) -> list[str]:
        return [self.terms.period]

    def waived_after(
        self,
        owner: Brand | Campaign,  # noqa: ARG002
        period: str,  # noqa: ARG002
        spent: Decimal,
        waived: Decimal,
    ) -> Decimal:
        """What would be allowed to ``owner`` in all."""
        amount = self.terms.amount
        return max(waived, spent) if amount is None else waived + amount

    def lock(self, ids: Collection[int], now: datetime) -> None:
        if self.of_brands:
            return
        if self.terms.amount is None:
            locks.totals(bulk_allowances.still_counting(ids, self.terms.period, now))
        else:
            locks.totals_of_campaigns(ids, self.terms.period, now)

    def write(self, ids: Collection[int], now: datetime) -> int:
        return bulk_allowances.allow_campaigns(ids, self.terms, self.ends.by_zone, now)

    def write_brands(self, ids: Collection[int], now: datetime) -> tuple[int, ...]:
        done = []
        refused = []
        for brand in Brand.objects.filter(pk__in=locks.among(ids)).order_by("pk"):
            try:
                if allowances.allow(brand, self.terms, now=now, seen=self.seen):
                    done.append(brand.pk)
            except (InvalidAllowance, AllowedMeanwhile, UnknownTimezone) as error:
                refused.append({"brand_id": brand.pk, "reason": str(error)})
        if refused:
            logger.info("Brands were not let run on", **counted(refused))
        return tuple(done)


@dataclass(frozen=True, slots=True)
class TakeBack(Action):
    """Undo allowances that are in force; those that are over by then are left as they are."""

    trigger = Trigger.RESET

    #: With their brands at hand.
    given: Sequence[Allowance]
    #: The instant of what it previews.
    now: datetime

    @property
    def campaign_ids(self) -> set[int]:
        return {one.campaign_id for one in self.given if one.campaign_id is not None}

    @property
    def brand_ids(self) -> set[int]:
        return {one.brand_id for one in self.given if one.campaign_id is None}

    def narrowed(self, ids: Collection[int]) -> "TakeBack":
        those = set(ids)
        some = [one for one in self.given if one.campaign_id is None or one.campaign_id in those]
        return TakeBack(some, self.now)

    @property
    def current(self) -> list[Allowance]:
        """Those that raise a limit now. Of a brand that has moved to another timezone, some may be
        for a day that is yet to begin.
        """
        return [one for one in self.given if allowances.is_current(one, self.now)]

    def columns(self, model: Model, path: str = "") -> Columns:  # noqa: ARG002
        ids = self.brand_ids if model is Brand else self.campaign_ids
        return Q(pk__in=locks.among(ids)), {}

    def changes(self) -> Supposing:
        current = self.current
        ids = [one.pk for one in current]
        taken: dict[str, Any] = {}
        for budget in BUDGET_HOLDS:
            if any(
                one.period == budget.period and (one.campaign_id is None) is budget.of_brand
                for one in current
            ):
                owner: dict[str, Any] = {"campaign": OuterRef("pk")}
                if budget.of_brand:
                    owner = {"campaign": None, "brand": OuterRef("brand")}
                mine = Allowance.objects.filter(
                    pk__in=locks.among(ids), period=budget.period, **owner
                )
                total = mine.order_by().values("period").annotate(total=Sum("amount"))
                summed = Coalesce(
                    Subquery(total.values("total")), Decimal(0), output_field=MoneyField()
                )
                taken[budget.hold.value] = ExpressionWrapper(
                    Decimal(0) - summed, output_field=MoneyField()
                )
        only = Q(pk__in=locks.among(self.campaign_ids))
        only |= Q(brand__in=locks.among(self.brand_ids))
        return Supposing(allowed=taken, only=only)

    @property
    def periods(self) -> list[str]:
        return sorted({one.period for one in self.given})

    def waived_after(
        self,
        owner: Brand | Campaign,
        period: str,
        spent: Decimal,  # noqa: ARG002
        waived: Decimal,
    ) -> Decimal:
        """What would be allowed to ``owner`` in all."""
        mine = (one.amount for one in self.current if one.owner == owner and one.period == period)
        return waived - sum(mine, Decimal(0))

    def _of(self, ids: Collection[int]) -> list[Allowance]:
        those = set(ids)
        return [one for one in self.given if one.campaign_id in those]

    def lock(self, ids: Collection[int], now: datetime) -> None:  # noqa: ARG002
        locks.totals(allowances.sums_of(self._of(ids)))

    def write(self, ids: Collection[int], now: datetime) -> int:
        return bulk_allowances.take_back(self._of(ids), now)

    def write_brands(self, ids: Collection[int], now: datetime) -> tuple[int, ...]:
        done = set()
        over = []
        for one in self.given:
            if one.campaign_id is None and one.brand_id in ids:
                try:
                    allowances.undo(one, now=now)
                    done.add(one.brand_id)
                except AllowanceOver as error:
                    over.append({"brand_id": one.brand_id, "reason": str(error)})
        if over:
            logger.info("Brands' allowances were over already", **counted(over))
        return tuple(sorted(done))


@dataclass(frozen=True, slots=True)
class LimitChange:
    """The limit of an owner in a period before and after, and its spend; in its currency."""

    owner: Brand | Campaign
    period: Period
    spent: Decimal
    before: Decimal
    after: Decimal

    @property
    def currency(self) -> str:
        brand = self.owner if isinstance(self.owner, Brand) else self.owner.brand
        return str(brand.currency)


@dataclass(frozen=True, slots=True)
class LimitsPreview:
    """The limits that change of the first owners, by name, and how many owners come after them."""

    first: list[LimitChange]
    more: int


def preview_limits(
    action: LetRunOn | TakeBack, owners: QuerySet[Any], now: datetime
) -> LimitsPreview:
    """What becomes of the limits of these brands, or campaigns with their brands; few queries."""
    those = owners.filter(action.columns(owners.model)[0]).order_by("name", "pk")
    first: list[Any] = list(those[:LISTED])
    changes = [
        change
        for period in action.periods
        for change in limit_changes(action, period, first, now)
        if change.after != change.before
    ]
    return LimitsPreview(changes, those.count() - LISTED if len(first) == LISTED else 0)


def limit_changes(
    action: LetRunOn | TakeBack,
    period: str,
    owners: Sequence[Brand] | Sequence[Campaign],
    now: datetime,
) -> list[LimitChange]:
    """Of owners with a budget of the period, with their brands at hand; one query."""
    word = Period(period).word
    found = []
    rows: Sequence[Any] = owners
    for owner, summary in zip(rows, summaries.of_many(owners, now), strict=True):
        figures: Any = summary
        if figures is None or figures[f"{word}_budget"] is None:
            continue
        spent, waived = figures[f"{word}_spend"], figures[f"{word}_waived"]
        after = figures[f"{word}_budget"] + action.waived_after(owner, period, spent, waived)
        change = LimitChange(owner, Period(period), spent, figures[f"{word}_limit"], after)
        found.append(change)
    return found


@dataclass(frozen=True, slots=True)
class RunOnPreview:
    """What letting one owner run on, or taking it back, does: to its limit, and to campaigns."""

    limit: LimitChange | None
    outcome: Outcome


def preview_run_on(owner: Brand | Campaign, terms: Terms, now: datetime) -> RunOnPreview:
    """Preview :func:`allowances.allow`; nothing is locked and nothing written.

    Raises:
        InvalidAllowance: as that does.
        UnknownTimezone: the brand's timezone is invalid.
    """
    brand = owner if isinstance(owner, Brand) else owner.brand
    allowances.check(owner, terms, now)
    ends = Ends({brand.timezone: terms.ends(now, brand.timezone)}, {})
    action = LetRunOn(terms, ends, of_brands=owner is brand)
    mine: Any = [owner]
    limits = limit_changes(action, terms.period, mine, now)
    outcome = preview_campaigns(allowances.campaigns_of(owner), action.changes(), now)
    return RunOnPreview(limits[0] if limits else None, outcome)


def standing_limit(owner: Brand | Campaign, period: str, now: datetime) -> RunOnPreview:
    """The limit of one owner as it is, where nothing is done."""
    mine: Any = [owner]
    limits = limit_changes(TakeBack([], now), period, mine, now)
    return RunOnPreview(limits[0] if limits else None, Outcome())


def preview_take_back(allowance: Allowance, now: datetime) -> RunOnPreview:
    """Preview :func:`allowances.undo`; nothing is locked and nothing written.

    Raises:
        AllowanceOver: it is not in force any more.
    """
    if why := allowances.over(allowance, now):
        raise AllowanceOver(why)
    action = TakeBack([allowance], now)
    mine: Any = [allowance.owner]
    limits = limit_changes(action, allowance.period, mine, now)
    campaigns = allowances.campaigns_of(allowance.owner)
    outcome = preview_campaigns(campaigns, action.changes(), now)
    return RunOnPreview(limits[0] if limits else None, outcome)


def _budget(period: str, *, of_brand: bool) -> BudgetHold:
    (found,) = (one for one in BUDGET_HOLDS if one.period == period and one.of_brand is of_brand)
    return found
