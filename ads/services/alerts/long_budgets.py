"""Budgets of which no running sum is kept, for alerts: of flights, and of budget groups.

Few have one, so they are worked out as the holds work them out (:mod:`ads.holds.budget_sums`).
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q

from ads.holds import TOTAL, budget_sums
from ads.models import AlertRule, BudgetGroup, Campaign
from ads.models.alerts import Owner
from ads.models.campaigns import Status
from ads.rules.calendar import (
    UnknownTimezone,
    day_begins,
    local_date,
    next_period_begins,
    period_start,
)

_DAY: Final = timedelta(days=1)


def least_percent(rules: Sequence[AlertRule], owner: Owner, period: str) -> int | None:
    """From which percent on a rule watches such budgets; None: none does."""
    return min(
        (
            percent
            for rule in rules
            if rule.owners in (Owner.ALL, owner) and rule.period in ("", period)
            for percent in rule.thresholds
        ),
        default=None,
    )


def used(
    rules: Sequence[AlertRule], now: datetime, brands: Sequence[int] | None
) -> list[dict[str, Any]]:
    """Those that a rule watches and that have passed its percent, as rows for JSON.

    ``brands``: only of these; None: of all. Queries only where there are any.
    """
    groups, totals, _ = budget_sums.there_are()
    of_brands = Q() if brands is None else Q(brand__in=brands)
    found: list[dict[str, Any]] = []
    if totals and (least := least_percent(rules, Owner.CAMPAIGN, TOTAL)) is not None:
        found += _of_campaigns(of_brands, least, now)
    if groups:
        found += _of_groups(rules, of_brands, now)
    return found


def _of_campaigns(these: Q, least: int, now: datetime) -> Iterator[dict[str, Any]]:
    rows: Any = Campaign.objects.filter(
        these, total_budget__isnull=False, status=Status.ACTIVE, brand__is_active=True
    ).annotate(spent=budget_sums.spent_since("start_date"))
    passed = rows.filter(spent__gt=0, spent__gte=F("total_budget") * least / 100)
    for pk, brand, zone, start, end, spent, budget in passed.order_by().values_list(
        "pk", "brand", "brand__timezone", "start_date", "end_date", "spent", "total_budget"
    ):
        with suppress(UnknownTimezone):
            if end is None or local_date(now, zone) <= end:
                ends_at = None if end is None else day_begins(end + _DAY, zone)
                yield {
                    **_budget(brand, TOTAL, start, spent, budget, ends_at),
                    "owners": Owner.CAMPAIGN,
                    "owner_id": pk,
                    "campaign_id": pk,
                    "about": {"last_day": str(end)} if end else {},
                }


def _of_groups(rules: Sequence[AlertRule], these: Q, now: datetime) -> Iterator[dict[str, Any]]:
    least = {
        period: percent
        for period in budget_sums.GROUP_BUDGETS
        if (percent := least_percent(rules, Owner.GROUP, period)) is not None
    }
    if not least:
        return
    running = Campaign.objects.filter(budget_group=OuterRef("pk"), status=Status.ACTIVE)
    groups = (
        BudgetGroup.objects.filter(these, Exists(running), brand__is_active=True)
        .select_related("brand")
        .in_bulk()
    )
    keys = budget_sums.today(BudgetGroup.objects.filter(pk__in=groups), now)
    for (pk, today), figures in budget_sums.of_groups(keys, groups=groups).items():
        group = groups[pk]
        for one in figures.budgets:
            percent = least.get(one.period)
            if percent is None or one.spent <= 0 or one.spent * 100 < percent * one.budget:
                continue
            is_total = one.period == TOTAL
            start = group.start_date if is_total else period_start(one.period, today)
            zone = group.brand.timezone
            ends_at = None if is_total else next_period_begins(one.period, now, zone)
            yield {
                **_budget(group.brand_id, one.period, start, one.spent, one.budget, ends_at),
                "owners": Owner.GROUP,
                "owner_id": pk,
                "about": {"group": {"id": pk, "name": group.name}},
            }


def _budget(
    brand_id: int,
    period: str,
    start: date | None,
    spent: Decimal,
    limit: Decimal,
    ends_at: datetime | None,
) -> dict[str, Any]:
    return {
        "brand_id": brand_id,
        "period": period,
        "start": start and str(start),
        "spent": str(spent),
        "limit_then": str(limit),
        "ends_at": ends_at and ends_at.isoformat(),
    }
