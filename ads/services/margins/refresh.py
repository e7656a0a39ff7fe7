"""Working out margins anew, for brands that stop early and are near a limit."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from ads.holds import ALL_BUDGETS, BITS, LIMITS, Moment, compiled, with_holds, with_spend
from ads.models import Brand, BudgetGroup, Campaign, SpendMargin
from ads.models.spend import Period
from ads.rules import margins
from ads.rules.calendar import local_date, next_period_begins
from ads.rules.margins import Runner
from ads.services import locks
from ads.services.isolation import isolate
from ads.services.margins import lags
from ads.services.margins.recent import Asked, recent
from ads.services.margins.settled import Settled, settled

#: Brands in one transaction.
_BATCH: Final = 100

#: The lags of campaigns, given their brands.
_LagsOf = Callable[[Mapping[int, int]], dict[int, timedelta]]

_BUDGET_BITS: Final = sum(BITS[budget.hold] for budget in ALL_BUDGETS)


def refresh_all(now: datetime) -> None:
    """Work out the margins of all brands; before a check. A query where no brand stops early.

    A brand that fails does not stop the others.
    """
    kept = SpendMargin.objects.order_by().values("campaign__brand")  # of one that no longer does
    brands = Brand.objects.filter(Q(stops_early=True) | Q(pk__in=kept)).order_by("pk")
    ids = list(brands.values_list("pk", flat=True))
    if not ids:
        return
    refresh(ids, now, learns=True)


def refresh(
    brand_ids: Collection[int],
    now: datetime,
    *,
    learns: bool = False,
    lag: timedelta | None = None,
) -> list[int]:
    """Work out the margins of these brands; the ids of those whose campaigns are to be enforced.

    Campaigns that somebody else has locked keep theirs: spend is recorded whatever keeps them.
    ``learns``: lags are learned again, for which nobody who records spend waits. ``lag``: to
    suppose in place of what was learned.
    """

    def lags_of(campaigns: Mapping[int, int]) -> dict[int, timedelta]:
        if lag is not None:
            return dict.fromkeys(campaigns, lag)
        return lags.of(campaigns, now, learns=learns)

    work_out = partial(_refresh, now=now, lags_of=lags_of)
    near, failed = isolate(sorted(brand_ids), work_out, size=_BATCH, what="Margins of a brand")
    return [*chain(*near), *failed]


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    brand_id: int
    timezone: str
    priority: int
    is_active: bool
    hold_bits: int

    @property
    def is_held(self) -> bool:
        """By a budget, with the margin that is stored: it stays, or the campaign would run on."""
        return bool(self.hold_bits & _BUDGET_BITS)


@transaction.atomic
def _refresh(brand_ids: Sequence[int], now: datetime, lags_of: _LagsOf) -> list[int]:
    early = Campaign.objects.filter(brand__in=brand_ids, brand__stops_early=True)
    near = _near(early, now)
    ids = list(early.filter(brand__in=near).values_list("pk", flat=True)) if near else []
    locked = locks.campaigns(ids, skip_locked=True) if ids else []
    # In a new statement: who had them locked has perhaps stopped some.
    rows = _looked_at(ids, now) if ids else []
    running = [row for row in rows if row.is_active and not row.is_held]
    others = set(ids).difference(locked)
    held = [row for row in rows if row.is_held]
    came = settled({row.id: row.timezone for row in held}, now) if held else {}
    made = _worked_out([*running, *(row for row in held if row.id in came)], came, now, lags_of)
    _write([row for row in made if row.campaign_id not in others], now)
    kept = others | {row.id for row in (*held, *running)}
    _forget(SpendMargin.objects.filter(campaign__brand__in=brand_ids).exclude(pk__in=kept))
    return near


def _forget(gone: QuerySet[SpendMargin]) -> None:
    """Without those of campaigns that somebody else has locked, who may be writing them."""
    ids = list(gone.values_list("pk", flat=True))
    if ids:
        SpendMargin.objects.filter(pk__in=locks.campaigns(ids, skip_locked=True)).delete()


def _near(campaigns: QuerySet[Campaign], now: datetime) -> list[int]:
    """Ids of the brands with a limit near which margins matter."""
    moment = Moment.at(now, campaigns, group_figures=True)
    least = 1 - margins.SHARE
    reached = Q(pk__in=())
    for budget in LIMITS:
        reached |= Q(**{f"{budget.spend}__gte": F(budget.limit) * least})
    spent: QuerySet[Any] = with_spend(campaigns, moment, LIMITS).filter(reached)
    found = set(spent.order_by().values_list("brand", flat=True).distinct())
    groups = [
        figures.id
        for figures in moment.groups.values()
        if any(margins.is_near(each.spent, each.budget) for each in figures.budgets)
    ]
    if groups:
        found |= set(BudgetGroup.objects.filter(pk__in=groups).values_list("brand", flat=True))
    return sorted(found)


def _looked_at(ids: Sequence[int], now: datetime) -> list[_Row]:
    moment = Moment.at(now, Campaign.objects.filter(pk__in=locks.among(ids)))
    return [_Row(*row) for row in compiled.rows(_evaluated, moment, ids)]


def _evaluated(campaigns: QuerySet[Campaign], moment: Moment) -> QuerySet[Campaign, Any]:
    evaluated: QuerySet[Any] = with_holds(campaigns, moment)
    return evaluated.order_by("pk").values_list(
        "pk", "brand", "brand__timezone", "priority", "is_active", "hold_bits"
    )


def _worked_out(
    rows: Sequence[_Row], came: Mapping[int, Settled], now: datetime, lags_of: _LagsOf
) -> list[SpendMargin]:
    """Of campaigns that run, and of those that stopped earlier: their rate is what came since."""
    if not rows:
        return []
    lag_of = lags_of({row.id: row.brand_id for row in rows})
    days = {row.timezone: local_date(now, row.timezone) for row in rows}
    spending = recent([Asked(row.id, days[row.timezone], now, lag_of[row.id]) for row in rows])
    by_brand: dict[int, list[Runner]] = {}
    for row, its in zip(rows, spending, strict=True):
        rate = its.rate if its else margins.NONE
        if row.id in came:
            rate = margins.rate_of(came[row.id].came, lag_of[row.id])
        by_brand.setdefault(row.brand_id, []).append(
            Runner(row.id, row.priority, rate, lag_of[row.id])
        )
    zones = {row.brand_id: row.timezone for row in rows}
    made = []
    for brand_id, runners in by_brand.items():
        zone = zones[brand_id]
        running = [runner for runner in runners if runner.id not in came]
        made += _of_brand(running, zone, now)
        if len(running) < len(runners):
            stopped = (row for row in _of_brand(runners, zone, now) if row.campaign_id in came)
            made += [_shrunk(row, came[row.campaign_id].stored) for row in stopped]
    return made


def _shrunk(row: SpendMargin, stored: SpendMargin) -> SpendMargin:
    """It never grows while it holds."""
    row.own = min(row.own, stored.own)
    row.brand_daily = min(row.brand_daily, stored.brand_daily)
    row.brand_monthly = min(row.brand_monthly, stored.brand_monthly)
    return row


def _of_brand(runners: Sequence[Runner], timezone: str, now: datetime) -> list[SpendMargin]:
    staged = {
        period: margins.staged(runners, next_period_begins(period, now, timezone) - now)
        for period in Period
    }
    return [
        SpendMargin(
            campaign_id=runner.id,
            lag_seconds=runner.lag // timedelta(seconds=1),
            own=margins.own(runner),
            brand_daily=staged[Period.DAY][runner.id],
            brand_monthly=staged[Period.MONTH][runner.id],
        )
        for runner in runners
    ]


def _write(rows: Sequence[SpendMargin], now: datetime) -> None:
    """In key order, so that two writers cannot deadlock."""
    if not rows:
        return
    rows = sorted(rows, key=lambda row: row.campaign_id)
    with connection.cursor() as cursor:
        cursor.execute(
            _UPSERT,
            [
                now,
                [row.campaign_id for row in rows],
                [row.lag_seconds for row in rows],
                [row.own for row in rows],
                [row.brand_daily for row in rows],
                [row.brand_monthly for row in rows],
            ],
        )


_UPSERT: Final = """
    INSERT INTO ads_spendmargin (campaign_id, at, lag_seconds, own, brand_daily, brand_monthly)
    SELECT campaign_id, %s, lag_seconds, own, brand_daily, brand_monthly
      FROM unnest(%s::bigint[], %s::int[], %s::numeric[], %s::numeric[], %s::numeric[])
           AS worked_out (campaign_id, lag_seconds, own, brand_daily, brand_monthly)
        ON CONFLICT (campaign_id) DO UPDATE
       SET at = excluded.at, lag_seconds = excluded.lag_seconds, own = excluded.own,
           brand_daily = excluded.brand_daily, brand_monthly = excluded.brand_monthly
"""
