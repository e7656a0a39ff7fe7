"""What became of margins that have stopped campaigns, once all that was on its way is known.

A rate can be far too high: a morning reported at noon looks like two hours' spend. A day's
budget begins anew at midnight; a month's or a total budget would be held by it for weeks, or for
good. So a margin shrinks to what was really on its way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import connection

from ads.models import DeliveryChange, SpendMargin
from ads.rules import margins
from ads.rules.calendar import day_begins, local_date


@dataclass(frozen=True, slots=True)
class Settled:
    """A margin that stopped its campaign, and what was reported of it since."""

    stored: SpendMargin
    came: Decimal


def settled(timezones: Mapping[int, str], now: datetime) -> dict[int, Settled]:
    """Those of campaigns that budgets hold, by their ids, given their brands' timezones.

    Only of those that stopped long enough before today: nothing is started again within a day.
    """
    begins = {zone: day_begins(local_date(now, zone), zone) for zone in timezones.values()}
    stored = {
        row.campaign_id: row
        for row in SpendMargin.objects.filter(campaign__in=list(timezones))
        if row.at <= begins[timezones[row.campaign_id]] - margins.LONGEST_LAG
    }
    came = _came({pk: timezones[pk] for pk in stored}) if stored else {}
    return {pk: Settled(stored[pk], amount) for pk, amount in came.items()}


def _came(timezones: Mapping[int, str]) -> dict[int, Decimal]:
    """What was reported of each campaign after it last stopped; without those that deliver."""
    changes = DeliveryChange.objects.filter(campaign__in=list(timezones))
    last = changes.order_by("campaign_id", "-at", "-id").distinct("campaign_id")
    pauses = {row.campaign_id: row for row in last if not row.is_active}
    days = [local_date(row.at, timezones[pk]) for pk, row in pauses.items()]
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [list(pauses), days])
        spent = dict(cursor.fetchall())
    none = margins.NONE
    return {pk: max(spent.get(pk, none) - row.daily_spend, none) for pk, row in pauses.items()}


_SINCE: Final = """
    SELECT asked.campaign_id, sum(total.amount)
      FROM unnest(%s::bigint[], %s::date[]) AS asked (campaign_id, day)
      JOIN ads_spendtotal AS total
        ON total.campaign_id = asked.campaign_id AND total.period = 'day'
       AND total.start >= asked.day
     GROUP BY asked.campaign_id
"""
