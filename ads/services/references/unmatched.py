"""Unmatched campaigns: their waiting spend, suggested matches, and matching many at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from ads.models import Brand, Campaign, CampaignReference, UnknownReference, WaitingSpend
from ads.models.campaign import Status
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone, local_date, period_start
from ads.rules.money import format_money, is_used_up
from ads.services.currencies import the_only
from ads.services.errors import InvalidReference
from ads.services.ledger import summaries
from ads.services.references import registry
from ads.services.references.registry import Settled

#: Sources and reasons that are named; there are seldom more.
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Waits:
    """The waiting spend of an unmatched campaign; ``sums`` by currency.

    An amount without one has :func:`ads.services.currencies.the_only`, or "".
    """

    rows: int = 0
    sums: Mapping[str, Decimal] = field(default_factory=dict)
    #: The days of the spend; in UTC where only an instant was given.
    first: date | None = None
    last: date | None = None
    received_first: datetime | None = None
    received_last: datetime | None = None
    sources: tuple[str, ...] = ()
    #: Rows that could not be recorded when it was matched, and the first reasons.
    refused: int = 0
    refusals: tuple[str, ...] = ()
    #: Rows that somebody has discarded.
    discarded: int = 0


@dataclass(frozen=True, slots=True)
class Matched:
    """The outcome of one match among many: settled, or why not."""

    unknown: UnknownReference
    campaign: Campaign
    settled: Settled | None
    error: str = ""


_DAY: Final = "coalesce(date, (coalesce(occurred_at, received_at) AT TIME ZONE 'UTC')::date)"

_WAITS: Final = f"""
    SELECT unknown_id,
           count(*) FILTER (WHERE waits),
           (SELECT json_object_agg(currency, total::text ORDER BY currency)
              FROM (SELECT coalesce(nullif(currency, ''), %(only)s) AS currency,
                           sum(amount) AS total
                      FROM ads_waitingspend
                     WHERE unknown_id = kept.unknown_id AND discarded_at IS NULL
                     GROUP BY 1) AS sums),
           min({_DAY}) FILTER (WHERE waits), max({_DAY}) FILTER (WHERE waits),
           min(received_at) FILTER (WHERE waits), max(received_at) FILTER (WHERE waits),
           (array_agg(DISTINCT source) FILTER (WHERE waits))[:{_NAMED}],
           count(*) FILTER (WHERE waits AND refusal <> ''),
           (array_agg(DISTINCT refusal) FILTER (WHERE waits AND refusal <> ''))[:{_NAMED}],
           count(*) FILTER (WHERE NOT waits)
      FROM (SELECT *, discarded_at IS NULL AS waits FROM ads_waitingspend) AS kept
     WHERE unknown_id = ANY(%(ids)s::bigint[])
     GROUP BY unknown_id
"""  # noqa: S608  (nothing in it comes from outside)


def waits(unknown_ids: Collection[int]) -> dict[int, Waits]:
    """The waiting spend of these, by their ids; one query."""
    found = dict.fromkeys(unknown_ids, Waits())
    with connection.cursor() as cursor:
        cursor.execute(_WAITS, {"ids": list(unknown_ids), "only": the_only()})
        for pk, *facts in cursor.fetchall():
            facts[6], facts[8] = tuple(facts[6] or ()), tuple(facts[8] or ())
            facts[1] = {code: Decimal(total) for code, total in (facts[1] or {}).items()}
            found[pk] = Waits(*facts)
    return found


#: Rows by their state.
_STATES: Final = {
    "waiting": Q(discarded_at=None),
    "refused": Q(discarded_at=None) & ~Q(refusal=""),
    "discarded": Q(discarded_at__isnull=False),
}


def having(unknown: QuerySet[UnknownReference], state: str) -> QuerySet[UnknownReference]:
    """Those with rows that are ``waiting`` (the default), ``refused`` or ``discarded``."""
    rows = WaitingSpend.objects.filter(_STATES.get(state, _STATES["waiting"]))
    return unknown.filter(Exists(rows.filter(unknown=OuterRef("pk"))))


def count(at_most: int) -> int:
    """How many are to be matched, counted up to ``at_most``."""
    return having(UnknownReference.objects.order_by(), "waiting")[:at_most].count()


def candidates(unknown: UnknownReference) -> QuerySet[Campaign]:
    """The campaigns that may be meant: those of the brands that its sender may write to."""
    campaigns, only = Campaign.objects.select_related("brand"), unknown.only_brands
    return campaigns if only is None else campaigns.filter(brand__in=only)


def brands(unknown: UnknownReference) -> QuerySet[Brand]:
    """The brands that its sender may write to."""
    only = unknown.only_brands
    return Brand.objects.all() if only is None else Brand.objects.filter(pk__in=only)


def carriers(unknown: Iterable[UnknownReference]) -> dict[int, Campaign]:
    """The campaigns that already have some of these IDs, by the reference's id; one query.

    Such a campaign was given the ID after the spend was received, and what still waits was refused;
    or the sender may not write to its brand. Its brand is loaded.
    """
    listed = list(unknown)
    known = CampaignReference.objects.filter(
        platform__in={one.platform for one in listed},
        account__in={one.account for one in listed},
        reference__in={one.reference for one in listed},
    )
    carried = {one.known_as: one.campaign for one in known.select_related("campaign__brand")}
    return {one.pk: carried[one.known_as] for one in listed if one.known_as in carried}


def suggestions(unknown: Collection[UnknownReference]) -> dict[int, Campaign]:
    """The suggested match of each, by the reference's id: the one campaign that has its name.

    Its brand is loaded. Two queries. None for IDs that a campaign has already.
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
    """Sentences: the budgets that the waiting spend would use up.

    Day totals count in full, though some of it may be recorded under another ID.
    """
    sentences = []
    owners: tuple[Campaign | Brand, ...] = (campaign, campaign.brand)
    added = _current(unknown, campaign.brand.timezone, now)
    for owner in owners:
        prefix, stopped = ("", "it") if owner is campaign else ("brand ", "all its campaigns")
        for period, amount in added.items():
            figures = summaries.figures(owner, period, now)
            spent, budget = figures.effective + amount, figures.budget
            if budget is not None and figures.is_available and is_used_up(spent, budget):
                word = "daily" if period == Period.DAY else "monthly"
                sentences.append(
                    f"The {word} budget of {prefix}{owner.name} would be used up: "
                    f"{format_money(spent, campaign.brand.currency)} of "
                    f"{format_money(budget, campaign.brand.currency)}, which stops {stopped}."
                )
    return sentences


def _current(unknown: UnknownReference, timezone: str, now: datetime) -> dict[Period, Decimal]:
    """The waiting spend of today and this month in a timezone; none if it is invalid."""
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
    """Make a campaign and match it: both or neither. The waiting spend is then recorded.

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
    """Match many; one that cannot be matched does not stop the others."""
    done = []
    for unknown, campaign in pairs:
        try:
            settled = registry.match(unknown, campaign, now=now)
            done.append(Matched(unknown, campaign, settled))
        except InvalidReference as error:
            done.append(Matched(unknown, campaign, None, str(error)))
    return done


def discard_each(unknown: Iterable[UnknownReference], *, because: str, now: datetime) -> int:
    """Discard the waiting spend of each, all or none; how many rows.

    Raises:
        InvalidSpend: ``because`` is missing or too long.
    """
    in_order = sorted(unknown, key=lambda one: (one.platform, one.account, one.reference, one.pk))
    with transaction.atomic():
        return sum(registry.discard(one, because=because, now=now) for one in in_order)
