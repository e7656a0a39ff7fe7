"""What has probably been spent since a source last reported.

At the rate of the hours before, for as long as each campaign went on delivering.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from django.db import connection

from ads.models import Brand, Campaign, DeliveryChange
from ads.models.spend import Kind
from ads.rules.calendar import day_bounds, format_instant, local_date, names
from ads.rules.money import estimate, format_money
from ads.services.freshness.sources import Source, of_brand, of_campaigns

#: The rate is that of so many hours before the last report.
RATE_OVER: Final = timedelta(hours=6)

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)
_NOTHING: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Stale:
    source: Source
    age: timedelta
    limit: timedelta
    #: In the brand's currency; None: nothing was spent in the hours before, so nothing is known.
    estimate: Decimal | None
    currency: str
    timezone: str
    stops: bool

    @property
    def sentence(self) -> str:
        heard = format_instant(self.source.heard_at, self.timezone)
        last = (
            f"last reported spend as of {heard}"
            if self.source.has_answered
            else f"has reported no spend since it was connected at {heard}"
        )
        spent = (
            ""
            if self.estimate is None
            else f" About {format_money(self.estimate, self.currency)} has probably been spent "
            "since."
        )
        return (
            f"{self.source.name} {last}, {duration(self.age)} ago; "
            f"{duration(self.limit)} is allowed.{spent}"
        )


def duration(span: timedelta) -> str:
    """Such as "3 h 10 min"."""
    hours, rest = divmod(span, _HOUR)
    minutes = rest // _MINUTE
    return (
        " ".join(filter(None, (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")))
        or "less than a minute"
    )


def stale_of_campaign(campaign: Campaign, now: datetime) -> Stale | None:
    """The campaign's oldest source, if it is older than its brand allows."""
    if campaign.brand.stale_after_minutes is None:
        return None
    return _stale(campaign.brand, {campaign.pk: of_campaigns([campaign.pk]).get(campaign.pk, [])},
                  now)  # fmt: skip


def stale_of_brand(brand: Brand, now: datetime) -> Stale | None:
    """The brand's oldest source, if it is older than allowed; the estimate is of all campaigns."""
    if brand.stale_after_minutes is None:
        return None
    limit = timedelta(minutes=brand.stale_after_minutes)
    if not any(now - source.ages_from > limit for source in of_brand(brand)):
        return None
    ids = list(Campaign.objects.filter(brand=brand).order_by().values_list("pk", flat=True))
    return _stale(brand, of_campaigns(ids), now)


def _stale(brand: Brand, sources: Mapping[int, list[Source]], now: datetime) -> Stale | None:
    limit = timedelta(minutes=brand.stale_after_minutes or 0)
    stale = {
        pk: old[0]  # the oldest of them
        for pk, its in sources.items()
        if (old := [source for source in its if now - source.ages_from > limit])
    }
    if not stale:
        return None
    oldest = min(stale.values(), key=lambda source: (source.heard_at, source.name))
    spent = _spent_since(brand, {pk: source.heard_at for pk, source in stale.items()}, now)
    return Stale(
        oldest,
        now - oldest.heard_at,
        limit,
        spent,
        brand.currency,
        brand.timezone,
        brand.stops_when_stale,
    )


def _spent_since(brand: Brand, heard: Mapping[int, datetime], now: datetime) -> Decimal | None:
    """By campaign of the brand, up to when its spend is known. Three queries."""
    ran = _ran_since(heard, now)
    zone = brand.timezone if brand.timezone in names() else "UTC"
    first_day = local_date(min(heard.values()) - RATE_OVER, zone)
    last_day = local_date(max(heard.values()), zone)
    days = [first_day + n * _DAY for n in range((last_day - first_day).days + 1)]
    bounds = [day_bounds(day, zone) for day in days]
    columns: list[Any] = [
        list(heard), list(heard.values()),
        days, [begins for begins, _ in bounds], [ends for _, ends in bounds],
        RATE_OVER,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_RATES, columns)
        rates = cursor.fetchall()
    found = [
        total * (ran.get(pk, _NOTHING) // _MINUTE) / (RATE_OVER // _MINUTE) for pk, total in rates
    ]
    return estimate(sum(found, Decimal(0)), brand.currency) if found else None


def _ran_since(heard: Mapping[int, datetime], now: datetime) -> dict[int, timedelta]:
    """For how long each campaign has delivered since an instant of its own. Two queries."""
    delivers = Campaign.objects.filter(pk__in=heard).order_by().values_list("pk", "is_active")
    switched: dict[int, list[datetime]] = {pk: [] for pk in heard}
    later = DeliveryChange.objects.filter(
        campaign__in=heard, at__gt=min(heard.values()), at__lte=now
    )
    for pk, at in later.order_by("-at", "-id").values_list("campaign", "at"):
        if at > heard[pk]:
            switched[pk].append(at)
    ran = {}
    for pk, is_on in delivers:
        # From now backward: each switch divides a time in which it was on from one in which not.
        edges = [now, *switched[pk], heard[pk]]
        spans = [end - begin for end, begin in pairwise(edges)]
        ran[pk] = sum(spans[0 if is_on else 1 :: 2], _NOTHING)
    return ran


#: What each campaign has spent in the hours before an instant of its own. A day total's entry was
#: spent since the report before it, or since its day began, and until its day ended: the first
#: report of yesterday, or a correction of it, is not the spend of one moment.
_RATES: Final = f"""
    SELECT campaign_id,
           sum(amount * extract(epoch FROM till - greatest(since, at - hours))
               / extract(epoch FROM till - since))
      FROM (
            SELECT heard.campaign_id, heard.at, asked.hours, spend.amount,
                   greatest(day.begins, lag(spend.occurred_at) OVER (
                       PARTITION BY spend.reported_total_id ORDER BY spend.occurred_at, spend.id
                   )) AS since,
                   least(day.ends, spend.occurred_at) AS till
              FROM unnest(%s::bigint[], %s::timestamptz[]) AS heard (campaign_id, at)
             CROSS JOIN unnest(%s::date[], %s::timestamptz[], %s::timestamptz[])
                        AS day (date, begins, ends)
             CROSS JOIN (SELECT %s::interval) AS asked (hours)
              JOIN ads_spend AS spend
                ON spend.campaign_id = heard.campaign_id AND spend.date = day.date
               AND spend.kind IN ('{Kind.DAY_TOTAL}', '{Kind.CORRECTION}')
               AND spend.reported_total_id IS NOT NULL AND spend.occurred_at <= heard.at
             WHERE day.begins < heard.at AND day.ends > heard.at - asked.hours
           ) AS entry
     WHERE till > since AND till > at - hours
     GROUP BY campaign_id
"""  # noqa: S608  (nothing in it comes from outside)
