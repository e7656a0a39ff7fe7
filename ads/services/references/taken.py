"""What other campaigns lose to the one that an unmatched campaign is matched to, or an ID moved to.

Those that had the platform ID before, on the days of the waiting day totals: see
:mod:`ads.services.ledger.day_totals.moved`, whose statement says what is on record for them.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from ads.models import Campaign, UnknownReference, WaitingSpend
from ads.models.spend import Kind, shown
from ads.rules.money import format_money
from ads.services import visible
from ads.services.delivery import preview_switches, supposed_sums
from ads.services.ledger import day_totals, is_same_day
from ads.services.locks import among
from ads.services.references.unmatched import AS_TOTALS, paired


@dataclass(frozen=True, slots=True)
class Taken:
    """What a campaign loses; it had the platform ID before."""

    campaign: Campaign
    amount: Decimal
    days: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Takes:
    """What matching takes from other campaigns, by the reference's id."""

    of_each: dict[int, list[Taken]] = field(default_factory=dict)
    #: Campaigns that would start for it.
    starts: Sequence[Campaign] = ()


def takes(pairs: Collection[tuple[UnknownReference, Campaign | None]], *, now: datetime) -> Takes:
    """What matching these takes from other campaigns; None: a new campaign.

    Only what whoever asks may see. A query for each source that waits, and a few if there is any.
    """
    values = paired(pairs)
    named = {
        (unknown.known_as, campaign.pk if campaign else 0): unknown.pk
        for unknown, campaign in pairs
    }
    waits = WaitingSpend.objects.filter(
        unknown__in=values["unknown"], kind=Kind.DAY_TOTAL, discarded_at=None
    )
    found = []
    with connection.cursor() as cursor:
        for source in waits.order_by("source").values_list("source", flat=True).distinct():
            cursor.execute(_TAKEN, {**values, "source": source})
            found += cursor.fetchall()
    if not found:
        return Takes()
    others = _of_other_days(pairs)
    lost: dict[tuple[int, int], dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for pk, known_as, before, day, amount in found:
        if (unknown_id := named[known_as, pk], day) not in others:
            lost[unknown_id, before][day] += amount
    if not lost:
        return Takes()
    campaigns = visible.rows(Campaign.objects.select_related("brand"))
    losers = campaigns.in_bulk({before for _, before in lost})
    of_each: dict[int, list[Taken]] = defaultdict(list)
    for (unknown, before), days in sorted(lost.items()):
        if before in losers:
            amount = sum(days.values(), start=Decimal(0))
            of_each[unknown].append(Taken(losers[before], amount, len(days), min(days), max(days)))
    started = _started(values, lost, {each.brand_id for each in losers.values()}, now)
    starts = campaigns.filter(pk__in=among(started)).order_by("name", "pk")
    return Takes(dict(of_each), list(starts))


_TAKEN: Final = f"""
    SELECT campaign_id, known_as, before_id, date, before_amount
      FROM ({day_totals.EARLIER_IF.format(staged=AS_TOTALS)}) AS earlier
     WHERE NOT stays
"""  # noqa: S608  (our own)


def left_behind(ids: Collection[int]) -> list[str]:
    """What is on record of these platform IDs for campaigns that had them before, in sentences.

    ``ids``: of :class:`CampaignReference`. Two queries, one if there is nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LEFT_BEHIND, [list(ids)])
        found = cursor.fetchall()
    campaigns = visible.rows(Campaign.objects.select_related("brand")) if found else None
    known = campaigns.in_bulk({before for _, before, *_ in found}) if campaigns else {}
    return [
        f"{shown(known_as)} was the ID of {one} ({one.brand}) before. "
        f"{format_money(amount, one.brand.currency)} of {first} to {last} is on record there. Days "
        "that are reported again will count for the campaign that has the ID now."
        for known_as, before, amount, first, last in found
        if (one := known.get(before))
    ]


_LEFT_BEHIND: Final = f"""
    SELECT moved.known_as, before_id, sum(amount), min(date), max(date)
      FROM (SELECT DISTINCT known_as, before_id, before_as
              FROM ({day_totals.MOVED} AND held.id = ANY(%s::bigint[])) AS moved) AS moved
      JOIN ads_reportedtotal AS reported
        ON reported.campaign_id = before_id AND reported.known_as = before_as AND amount <> 0
     GROUP BY 1, 2
     ORDER BY 1, 2
"""  # noqa: S608  (our own)


def _of_other_days(
    pairs: Collection[tuple[UnknownReference, Campaign | None]],
) -> set[tuple[int, date | None]]:
    """Day totals that go on waiting: see :func:`.unmatched.of_other_days`."""
    zones = {unknown.pk: campaign.brand.timezone for unknown, campaign in pairs if campaign}
    waits = WaitingSpend.objects.filter(unknown__in=zones, discarded_at=None).exclude(timezone="")
    days = waits.order_by().values_list("unknown", "timezone", "date").distinct()
    return {(pk, day) for pk, theirs, day in days if not is_same_day(day, theirs, zones[pk])}


def _started(
    values: dict[str, Any],
    lost: dict[tuple[int, int], dict[date, Decimal]],
    brands: Collection[int],
    now: datetime,
) -> set[int]:
    """The campaigns of these brands that would start with that, and would not without."""
    campaigns = Campaign.objects.filter(brand__in=brands)
    anyway = {each.campaign_id for each in preview_switches(campaigns, now) if each.is_active}
    moves = [(pk, day, amount) for (_, pk), days in lost.items() for day, amount in days.items()]
    lost_by, dates, amounts = zip(*moves, strict=True)
    given = {
        **values,
        "source": None,
        "brands": list(brands),
        "losers": list(lost_by),
        "dates": list(dates),
        "amounts": list(amounts),
    }
    with supposed_sums(_MOVES, "SELECT unnest(%(brands)s::bigint[])", now, given):
        switches = list(preview_switches(campaigns, now))
    return {each.campaign_id for each in switches if each.is_active} - anyway


_MOVES: Final = f"""
    (SELECT campaign_id, date, amount FROM {AS_TOTALS}
      UNION ALL
     SELECT campaign_id, date, -amount
       FROM unnest(%(losers)s::bigint[], %(dates)s::date[], %(amounts)s::numeric[])
            AS loses (campaign_id, date, amount)) AS moves
"""  # noqa: S608  (our own)
