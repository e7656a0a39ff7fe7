"""What people are shown of unknown references before they match them, and matching many at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from ads.models import Brand, Campaign, CampaignReference, UnknownReference, WaitingSpend
from ads.models.campaign import Status
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone, local_date, period_start
from ads.rules.money import format_usd, is_used_up
from ads.services.errors import InvalidReference
from ads.services.ledger import summaries
from ads.services.references import registry
from ads.services.references.registry import Settled

#: Sources and reasons that are named; there are seldom more.
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits under an unknown reference; ``amount`` in US dollars."""

    rows: int = 0
    amount: Decimal = Decimal(0)
    #: The days of the spend; where it only said when it occurred, by UTC.
    first: date | None = None
    last: date | None = None
    received_first: datetime | None = None
    received_last: datetime | None = None
    sources: tuple[str, ...] = ()
    #: Rows that could not be recorded when it was matched, and some of the reasons.
    refused: int = 0
    refusals: tuple[str, ...] = ()
    #: Rows that never will be, because somebody said so.
    discarded: int = 0


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of one reference among many: settled, or why it could not be matched."""

    unknown: UnknownReference
    campaign: Campaign
    settled: Settled | None
    error: str = ""


_DAY: Final = "coalesce(date, (coalesce(occurred_at, received_at) AT TIME ZONE 'UTC')::date)"

_WAITS: Final = f"""
    SELECT unknown_id,
           count(*) FILTER (WHERE waits),
           coalesce(sum(amount) FILTER (WHERE waits), 0),
           min({_DAY}) FILTER (WHERE waits), max({_DAY}) FILTER (WHERE waits),
           min(received_at) FILTER (WHERE waits), max(received_at) FILTER (WHERE waits),
           (array_agg(DISTINCT source) FILTER (WHERE waits))[:{_NAMED}],
           count(*) FILTER (WHERE waits AND refusal <> ''),
           (array_agg(DISTINCT refusal) FILTER (WHERE waits AND refusal <> ''))[:{_NAMED}],
           count(*) FILTER (WHERE NOT waits)
      FROM (SELECT *, discarded_at IS NULL AS waits FROM ads_waitingspend) AS kept
     WHERE unknown_id = ANY(%s::bigint[])
     GROUP BY unknown_id
"""  # noqa: S608  (nothing in it comes from outside)


def waits(unknown_ids: Collection[int]) -> dict[int, Waits]:
    """What waits under these, by their ids; one query."""
    found = dict.fromkeys(unknown_ids, Waits())
    with connection.cursor() as cursor:
        cursor.execute(_WAITS, [list(unknown_ids)])
        for pk, *facts in cursor.fetchall():
            facts[6], facts[8] = tuple(facts[6] or ()), tuple(facts[8] or ())
            found[pk] = Waits(*facts)
    return found


#: Rows that came in under an unknown reference, by what became of them.
_BECAME: Final = {
    "waiting": Q(discarded_at=None),
    "refused": Q(discarded_at=None) & ~Q(refusal=""),
    "discarded": Q(discarded_at__isnull=False),
}


def having(unknown: QuerySet[UnknownReference], became: str) -> QuerySet[UnknownReference]:
    """Those with rows that are ``waiting`` (the default), were ``refused``, or ``discarded``."""
    rows = WaitingSpend.objects.filter(_BECAME.get(became, _BECAME["waiting"]))
    return unknown.filter(Exists(rows.filter(unknown=OuterRef("pk"))))


def count(at_most: int) -> int:
    """How many references wait to be matched, counted up to ``at_most``."""
    return having(UnknownReference.objects.order_by(), "waiting")[:at_most].count()


def candidates(unknown: UnknownReference) -> QuerySet[Campaign]:
    """The campaigns that can be meant: of the brands that its sender may write to."""
    campaigns = Campaign.objects.select_related("brand")
    if unknown.only_brands is None:
        return campaigns
    return campaigns.filter(brand__in=unknown.only_brands)


def brands(unknown: UnknownReference) -> QuerySet[Brand]:
    """The brands that can be meant."""
    if unknown.only_brands is None:
        return Brand.objects.all()
    return Brand.objects.filter(pk__in=unknown.only_brands)


def carriers(unknown: Iterable[UnknownReference]) -> dict[int, Campaign]:
    """The campaigns that carry some of these all the same, by the reference's id; one query.

    One that carries it was given it after this came in, and what waits on was refused; or it is of
    a brand that the sender may not write to. Its brand is at hand.
    """
    listed = list(unknown)
    if not listed:
        return {}
    platforms, accounts, ids = zip(*map(_key, listed), strict=True)
    known = CampaignReference.objects.filter(
        platform__in=platforms, account__in=accounts, reference__in=ids
    ).select_related("campaign__brand")
    carried = {_key(reference): reference.campaign for reference in known}
    return {one.pk: carried[_key(one)] for one in listed if _key(one) in carried}


def _key(referring: UnknownReference | CampaignReference) -> tuple[str, str, str]:
    return referring.platform, referring.account, referring.reference


def suggestions(unknown: Collection[UnknownReference]) -> dict[int, Campaign]:
    """The campaign that each seems to be, by the reference's id: where one alone has its name.

    Its brand is at hand. Two queries. None for those that a campaign carries already.
    """
    carried = carriers(unknown)
    named = [one for one in unknown if one.name and one.pk not in carried]
    found: dict[str, list[Campaign]] = defaultdict(list)
    by_name = Campaign.objects.filter(name__in={one.name for one in named})
    for campaign in by_name.select_related("brand").order_by("pk") if named else ():
        found[campaign.name].append(campaign)
    suggested: dict[int, Campaign] = {}
    for one in named:
        meant = [
            campaign
            for campaign in found[one.name]
            if one.only_brands is None or campaign.brand_id in one.only_brands
        ]
        if len(meant) == 1:
            suggested[one.pk] = meant[0]
    return suggested


def used_up_by(unknown: UnknownReference, campaign: Campaign, now: datetime) -> list[str]:
    """Sentences: which budgets what waits would use up that are not used up now.

    Day totals count whole, though the campaign may have been told some of it under another name.
    """
    sentences = []
    owners: tuple[Campaign | Brand, ...] = (campaign, campaign.brand)
    added = _current(unknown, campaign.brand.timezone, now)
    for owner in owners:
        for period, amount in added.items():
            figures = summaries.figures(owner, period, now)
            spent = figures.effective + amount
            if figures.budget is not None and figures.is_available:
                if not is_used_up(spent, figures.budget):
                    continue
                word = "daily" if period == Period.DAY else "monthly"
                of_brand = isinstance(owner, Brand)
                sentences.append(
                    f"The {word} budget of {'all of ' if of_brand else ''}{owner.name} would be "
                    f"used up: {format_usd(spent)} of {format_usd(figures.budget)}"
                    + (", which stops all its campaigns." if of_brand else ", which stops it.")
                )
    return sentences


def _current(unknown: UnknownReference, timezone: str, now: datetime) -> dict[Period, Decimal]:
    """What waits of the day and the month that it is in a timezone; none if nobody can read it."""
    try:
        today = local_date(now, timezone)
    except UnknownTimezone:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(sum(amount) FILTER (WHERE day = %(today)s), 0),
                   coalesce(sum(amount), 0)
              FROM (SELECT amount, coalesce(date, (coalesce(occurred_at, received_at)
                                                   AT TIME ZONE %(timezone)s)::date) AS day
                      FROM ads_waitingspend
                     WHERE unknown_id = %(unknown)s AND discarded_at IS NULL) AS waiting
             WHERE day BETWEEN %(month)s AND %(today)s
            """,
            {
                "unknown": unknown.pk,
                "today": today,
                "month": period_start(Period.MONTH, today),
                "timezone": timezone,
            },
        )
        of_day, of_month = cursor.fetchone()
    return {Period.DAY: of_day, Period.MONTH: of_month}


def match_new(
    unknown: UnknownReference, *, brand: Brand, name: str, status: Status, now: datetime
) -> tuple[Campaign, Settled]:
    """Make the campaign that it is, and match it: both or neither. What waits is then recorded.

    Raises:
        InvalidReference: see :func:`ads.services.references.registry.match`.
        ValidationError: the brand cannot have such a campaign.
    """
    with transaction.atomic():
        campaign = Campaign(brand=brand, name=name, status=status)
        campaign.full_clean()
        campaign.save()
        carried = registry.hand_over(unknown, campaign)
    return campaign, registry.record_under(carried, now=now)


def match_each(
    pairs: Iterable[tuple[UnknownReference, Campaign]], *, now: datetime
) -> list[Matched]:
    """Match many; one that cannot be does not keep the others from it."""
    return [_match_one(unknown, campaign, now) for unknown, campaign in pairs]


def _match_one(unknown: UnknownReference, campaign: Campaign, now: datetime) -> Matched:
    try:
        return Matched(unknown, campaign, registry.match(unknown, campaign, now=now))
    except InvalidReference as error:
        return Matched(unknown, campaign, None, str(error))


def discard_each(unknown: Iterable[UnknownReference], *, because: str, now: datetime) -> int:
    """Discard what waits under each, all or none; how many rows.

    Raises:
        InvalidSpend: ``because`` is missing or too long.
    """
    in_order = sorted(unknown, key=lambda one: (one.platform, one.account, one.reference, one.pk))
    with transaction.atomic():
        return sum(registry.discard(one, because=because, now=now) for one in in_order)
