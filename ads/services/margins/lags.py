"""How long stops take, learned from how earlier pauses turned out.

An ad platform does not say when the money of a day total was spent, so the instants of a receipt
tell little. But its money does: what was reported after a stop, divided by the rate before it, is
the time from spending to a stop that has taken effect, whatever delayed which.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import connection
from django.db.models import Q

from ads.holds import ALL_BUDGETS
from ads.models import Campaign, StopLag
from ads.rules import margins
from ads.rules.calendar import UnknownTimezone, local_date
from ads.rules.margins import LONGEST_LAG, SAMPLES, USUAL_LAG
from ads.services import freshness
from ads.services.margins.recent import Asked, recent

#: What was learned is learned again after this.
_AGAIN: Final = timedelta(hours=1)
#: How far back pauses are looked at, and how many of a campaign.
_SINCE: Final = timedelta(days=30)
_OF_EACH: Final = 5

_NOTHING: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class _Lags:
    accounts: Mapping[int, StopLag]
    brands: Mapping[int, StopLag]


def of(campaigns: Mapping[int, int], now: datetime, *, learns: bool) -> dict[int, timedelta]:
    """The lag of each campaign, given its brand: its account's, its platform's, its brand's.

    Of several accounts the longest. ``learns``: what was learned long ago is learned again, which
    looks at the pauses of all brands.
    """
    accounts = _accounts(campaigns)
    its = {account for those in accounts.values() for account in those}
    brands = set(campaigns.values())
    known = _known(its, brands)
    if learns:
        due = _due(its, known.accounts, now), _due(brands, known.brands, now)
        if any(due):
            _learn(now, *due)
            known = _known(its, brands)
    learned = {
        account: lag for account in its if (lag := _lag(known.accounts.get(account))) is not None
    }
    learned |= _of_platforms(its - learned.keys())
    found = {}
    for pk, brand in campaigns.items():
        of_brand = _lag(known.brands.get(brand))
        of_accounts = [learned[one] for one in accounts.get(pk, ()) if one in learned]
        found[pk] = max(of_accounts, default=USUAL_LAG if of_brand is None else of_brand)
    return found


def _accounts(ids: Collection[int]) -> dict[int, list[int]]:
    return {
        pk: [source.account_id for source in sources]
        for pk, sources in freshness.of_campaigns(list(ids)).items()
    }


def _known(accounts: Collection[int], brands: Collection[int]) -> _Lags:
    rows = StopLag.objects.filter(Q(account__in=accounts) | Q(brand__in=brands))
    return _Lags(
        {row.account_id: row for row in rows if row.account_id is not None},
        {row.brand_id: row for row in rows if row.brand_id is not None},
    )


def _due(ids: Iterable[int], known: Mapping[int, StopLag], now: datetime) -> list[int]:
    return [pk for pk in ids if pk not in known or known[pk].at <= now - _AGAIN]


def _lag(row: StopLag | None) -> timedelta | None:
    return None if row is None or row.seconds is None else timedelta(seconds=row.seconds)


def _of_platforms(accounts: Collection[int]) -> dict[int, timedelta]:
    """For accounts about which nothing was learned: the middle of their platform's others."""
    if not accounts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_PLATFORMS, [list(accounts)])
        return {pk: timedelta(seconds=seconds) for pk, seconds in cursor.fetchall()}


_PLATFORMS: Final = """
    SELECT account.id, percentile_disc(0.5) WITHIN GROUP (ORDER BY lag.seconds)
      FROM ads_platformaccount AS account
      JOIN ads_platformaccount AS other ON other.platform = account.platform
      JOIN ads_stoplag AS lag ON lag.account_id = other.id
     WHERE account.id = ANY(%s) AND lag.seconds IS NOT NULL
     GROUP BY account.id
"""


# --- learning -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pause:
    campaign_id: int
    brand_id: int
    at: datetime
    day: date
    #: What was reported of the day after the decision.
    after: Decimal


def _learn(now: datetime, accounts: Collection[int], brands: Collection[int]) -> None:
    """Learn the lags of these from the pauses of all brands that stop early."""
    pauses = _pauses(now)
    sources = _accounts({pause.campaign_id for pause in pauses}) if pauses else {}
    by_account: dict[int, list[timedelta]] = defaultdict(list)
    by_brand: dict[int, list[timedelta]] = defaultdict(list)
    rates = recent([Asked(each.campaign_id, each.day, each.at, _NOTHING) for each in pauses])
    for pause, its in zip(pauses, rates, strict=True):  # the newest first
        lag = margins.lag_of(pause.after, its.rate) if its else None
        if lag is None:
            continue
        by_brand[pause.brand_id].append(lag)
        for account in sources.get(pause.campaign_id, ()):
            by_account[account].append(lag)
    rows = [_row(by_account[pk], now, account_id=pk) for pk in sorted(accounts)]
    _store(rows, "account")
    _store([_row(by_brand[pk], now, brand_id=pk) for pk in sorted(brands)], "brand")


def _row(lags: Sequence[timedelta], now: datetime, **of: int) -> StopLag:
    last = lags[:SAMPLES]
    lag = margins.learned(last)
    seconds = None if lag is None else lag // timedelta(seconds=1)
    return StopLag(seconds=seconds, pauses=len(last), at=now, **of)


def _store(rows: Sequence[StopLag], unique: str) -> None:
    StopLag.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=[unique],
        update_fields=["seconds", "pauses", "at"],
    )


def _pauses(now: datetime) -> list[_Pause]:
    """The pauses for budgets whose spend is known by now, the newest first."""
    early = Campaign.objects.filter(brand__stops_early=True)
    campaigns = {
        pk: (brand, timezone)
        for pk, brand, timezone in early.values_list("pk", "brand", "brand__timezone")
    }
    with connection.cursor() as cursor:
        cursor.execute(
            _PAUSES,
            [
                list(campaigns),
                [budget.hold.value for budget in ALL_BUDGETS],
                now - _SINCE,
                now - LONGEST_LAG,
                _OF_EACH,
            ],
        )
        rows = cursor.fetchall()
    found = []
    for pk, at, spent_then, next_at, spent_next in rows:
        brand, timezone = campaigns[pk]
        with suppress(UnknownTimezone):
            day = local_date(at, timezone)
            is_restarted = next_at is not None and local_date(next_at, timezone) == day
            found.append((pk, brand, at, day, spent_then, spent_next if is_restarted else None))
    totals = _totals([(pk, day) for pk, _, _, day, _, _ in found])
    return [
        _Pause(pk, brand, at, day, (totals[pk, day] if until is None else until) - then)
        for pk, brand, at, day, then, until in found
        if until is not None or (pk, day) in totals
    ]


def _totals(keys: Sequence[tuple[int, date]]) -> dict[tuple[int, date], Decimal]:
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, [[pk for pk, _ in keys], [day for _, day in keys]])
        return {(pk, day): amount for pk, day, amount in cursor.fetchall()}


_PAUSES: Final = """
    SELECT pause.campaign_id, pause.at, pause.daily_spend, next.at, next.daily_spend
      FROM unnest(%s::bigint[]) AS campaign (id)
     CROSS JOIN LATERAL (
            SELECT change.* FROM ads_deliverychange AS change
             WHERE change.campaign_id = campaign.id AND NOT change.is_active
               AND change.holds && %s::varchar[] AND change.at > %s AND change.at <= %s
             ORDER BY change.at DESC, change.id DESC LIMIT %s
           ) AS pause
      LEFT JOIN LATERAL (
            SELECT next.at, next.daily_spend FROM ads_deliverychange AS next
             WHERE next.campaign_id = pause.campaign_id AND next.at >= pause.at
               AND next.id > pause.id AND next.is_active
             ORDER BY next.at, next.id LIMIT 1
           ) AS next ON true
     ORDER BY pause.at DESC, pause.id DESC
"""

_TOTALS: Final = """
    SELECT DISTINCT total.campaign_id, total.start, total.amount
      FROM unnest(%s::bigint[], %s::date[]) AS asked (campaign_id, day)
      JOIN ads_spendtotal AS total
        ON total.campaign_id = asked.campaign_id AND total.period = 'day'
       AND total.start = asked.day
"""
