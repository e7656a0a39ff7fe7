"""Unmatched campaigns: their waiting spend, suggested matches, and matching many at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from ads.models import Brand, Campaign, CampaignReference, UnknownReference, WaitingSpend
from ads.models.campaigns import Status
from ads.models.spend import Kind, OnOverlap, Period
from ads.rules.calendar import (
    UnknownTimezone,
    day_begins,
    day_bounds,
    local_date,
    period_start,
)
from ads.rules.money import add_sums, format_money, is_used_up
from ads.services import ledger, visible
from ads.services.currencies import the_only
from ads.services.errors import InvalidReference
from ads.services.ledger import OnRecord, is_same_day, summaries
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
    #: The first and last of the dates given, and of the instants where none was given.
    dates: tuple[date, ...] = ()
    instants: tuple[datetime, ...] = ()
    received_first: datetime | None = None
    received_last: datetime | None = None
    sources: tuple[str, ...] = ()
    #: Rows that could not be recorded when it was matched, and the first reasons.
    refused: int = 0
    refusals: tuple[str, ...] = ()
    #: Rows that somebody has discarded.
    discarded: int = 0

    def days(self, timezone: str) -> tuple[date, ...]:
        """The first and the last day of the spend, for a brand with this timezone."""
        days = sorted({*self.dates, *(local_date(at, timezone) for at in self.instants)})
        return tuple(days[:: len(days) - 1]) if len(days) > 1 else tuple(days)


@dataclass(frozen=True, slots=True)
class Matched:
    """The outcome of one match among many: settled, or why not."""

    unknown: UnknownReference
    campaign: Campaign
    settled: Settled | None
    error: str = ""


_WAITS: Final = f"""
    SELECT unknown_id,
           count(*) FILTER (WHERE waits),
           (SELECT json_object_agg(currency, total::text ORDER BY currency)
              FROM (SELECT coalesce(nullif(currency, ''), %(only)s) AS currency,
                           sum(amount) AS total
                      FROM ads_waitingspend
                     WHERE unknown_id = kept.unknown_id AND discarded_at IS NULL
                     GROUP BY 1) AS sums),
           array[min(date) FILTER (WHERE waits), max(date) FILTER (WHERE waits)],
           array[min(at) FILTER (WHERE waits), max(at) FILTER (WHERE waits)],
           min(received_at) FILTER (WHERE waits), max(received_at) FILTER (WHERE waits),
           (array_agg(DISTINCT source) FILTER (WHERE waits))[:{_NAMED}],
           count(*) FILTER (WHERE waits AND refusal <> ''),
           (array_agg(DISTINCT refusal) FILTER (WHERE waits AND refusal <> ''))[:{_NAMED}],
           count(*) FILTER (WHERE NOT waits)
      FROM (SELECT *, discarded_at IS NULL AS waits,
                   CASE WHEN date IS NULL THEN coalesce(occurred_at, received_at) END AS at
              FROM ads_waitingspend) AS kept
     WHERE unknown_id = ANY(%(ids)s::bigint[])
     GROUP BY unknown_id
"""  # noqa: S608  (nothing in it comes from outside)


def waits(unknown_ids: Collection[int]) -> dict[int, Waits]:
    """The waiting spend of these, by their ids; one query."""
    found = dict.fromkeys(unknown_ids, Waits())
    with connection.cursor() as cursor:
        cursor.execute(_WAITS, {"ids": list(unknown_ids), "only": the_only()})
        for pk, *facts in cursor.fetchall():
            facts[1] = {code: Decimal(total) for code, total in (facts[1] or {}).items()}
            for i in (2, 3, 6, 8):
                facts[i] = tuple(each for each in facts[i] or () if each is not None)
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
    rows = visible.rows(UnknownReference.objects.order_by())
    return having(rows, "waiting")[:at_most].count()


def candidates(unknown: UnknownReference) -> QuerySet[Campaign]:
    """The campaigns that may be meant: those of the brands that its sender may write to."""
    campaigns, only = Campaign.objects.select_related("brand"), unknown.only_brands
    return campaigns if only is None else campaigns.filter(brand__in=only)


def brands(unknown: UnknownReference) -> QuerySet[Brand]:
    only = unknown.only_brands
    return Brand.objects.all() if only is None else Brand.objects.filter(pk__in=only)


def carriers(unknown: Iterable[UnknownReference]) -> dict[int, Campaign]:
    """The campaigns that already have some of these IDs, by the reference's id; one query.

    Such a campaign was given the ID after the spend was received, and what still waits was refused;
    or the sender may not write to its brand. Its brand is loaded.
    """
    listed = list(unknown)
    known = visible.rows(CampaignReference.objects.all()).filter(
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
            spent, limit = figures.amount + amount, figures.limit
            if limit is not None and figures.is_available and is_used_up(spent, limit):
                word = Period(period).word
                sentences.append(
                    f"The {word} budget of {prefix}{owner.name} would be used up: "
                    f"{format_money(spent, campaign.brand.currency)} of "
                    f"{format_money(limit, campaign.brand.currency)}, which stops {stopped}."
                )
    return sentences


def _current(unknown: UnknownReference, timezone: str, now: datetime) -> dict[Period, Decimal]:
    """The waiting spend of today and this month in a timezone; none if it is invalid."""
    try:
        today = local_date(now, timezone)
        month = period_start(Period.MONTH, today)
        begins, ends = day_bounds(today, timezone)
        month_begins = day_begins(month, timezone)
    except UnknownTimezone:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT CASE WHEN at >= %(begins)s THEN %(today)s
                        WHEN at IS NOT NULL THEN %(month)s ELSE date END,
                   timezone, sum(amount)
              FROM (SELECT amount, date, timezone,
                           CASE WHEN date IS NULL THEN coalesce(occurred_at, received_at) END AS at
                      FROM ads_waitingspend
                     WHERE unknown_id = %(unknown)s AND discarded_at IS NULL) AS waiting
             WHERE date BETWEEN %(month)s AND %(today)s
                OR (at >= %(month_begins)s AND at < %(ends)s)
             GROUP BY 1, 2
            """,
            {
                "unknown": unknown.pk,
                "today": today,
                "month": month,
                "month_begins": month_begins,
                "begins": begins,
                "ends": ends,
            },
        )
        found = [
            (day, amount)
            for day, theirs, amount in cursor.fetchall()
            if not theirs or is_same_day(day, theirs, timezone)
        ]
    of_day = sum((amount for day, amount in found if day == today), start=Decimal(0))
    return {Period.DAY: of_day, Period.MONTH: sum((each[1] for each in found), start=Decimal(0))}


def of_other_days(unknown: UnknownReference, campaign: Campaign) -> str:
    """A sentence about the waiting day totals that are no days of the campaign's brand, if any.

    They go on waiting, because no one knows how much of each belongs to which of the brand's days.
    """
    waits = WaitingSpend.objects.filter(unknown=unknown, discarded_at=None).exclude(timezone="")
    days = waits.order_by().values_list("timezone", "date").distinct()
    timezone = campaign.brand.timezone
    others = {theirs for theirs, day in days if not is_same_day(day, theirs, timezone)}
    if not others:
        return ""
    return (
        f"Day totals in {', '.join(sorted(others))} are not recorded: the brand's days are those "
        f"of {timezone}. Import them again, with hours or in {timezone}, once this is matched."
    )


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Waiting day totals of which others are on record for the campaign; sums by currency."""

    days: int = 0
    amount: Mapping[str, Decimal] = field(default_factory=dict)
    #: What is on record for these days, by source.
    on_record: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)


#: The waiting day totals of references, as the totals of campaigns: a relation for the ledger's
#: statements about overlaps.
AS_TOTALS: Final = """
    (SELECT given.campaign_id, waiting.date, given.known_as, waiting.amount, waiting.observed_at
       FROM unnest(%(unknown)s::bigint[], %(campaigns)s::bigint[], %(known_as)s::text[])
            AS given (unknown_id, campaign_id, known_as)
       JOIN ads_waitingspend AS waiting
         ON waiting.unknown_id = given.unknown_id AND waiting.kind = 'day_total'
        AND waiting.discarded_at IS NULL
        AND (waiting.source = %(source)s OR %(source)s IS NULL)) AS staged
"""


def overlaps(pairs: Collection[tuple[UnknownReference, Campaign]]) -> dict[int, Overlaps]:
    """What of their waiting day totals is on record already, by the reference's id.

    By another source, or under another reference of the same one; on the same platform. Those
    without overlaps are left out. A query for each source that waits, and one.
    """
    values = paired(pairs)
    named = {(unknown.known_as, campaign.pk): unknown.pk for unknown, campaign in pairs}
    waits = WaitingSpend.objects.filter(
        unknown__in=values["unknown"], kind=Kind.DAY_TOTAL, discarded_at=None
    )
    days: dict[int, set[date]] = defaultdict(set)
    amounts: dict[int, dict[str, Decimal]] = defaultdict(dict)
    known: dict[int, dict[str, dict[str, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    for source in waits.order_by("source").values_list("source", flat=True).distinct():
        of_each = ledger.overlaps.of_each(
            AS_TOTALS, source=source, every_reference=True, values={**values, "source": source}
        )
        for (campaign_id, day, known_as), each in of_each.items():
            pk = named[known_as, campaign_id]
            days[pk].add(day)
            amounts[pk] = add_sums(amounts[pk], each.amount)
            for other, sums in each.on_record.items():
                known[pk][other] = add_sums(known[pk][other], sums)
    return {pk: Overlaps(len(days[pk]), amounts[pk], dict(known[pk])) for pk in days}


def on_record(unknown: UnknownReference, campaign: Campaign) -> list[OnRecord]:
    """What the campaign has on record on the days of the waiting day totals, by source."""
    values = {**paired([(unknown, campaign)]), "source": None}
    return ledger.overlaps.on_record(AS_TOTALS, values=values)


def paired(pairs: Collection[tuple[UnknownReference, Campaign | None]]) -> dict[str, Any]:
    """Parameters of :data:`AS_TOTALS`; a campaign that is not there yet is 0."""
    return {
        "unknown": [unknown.pk for unknown, _ in pairs],
        "campaigns": [campaign.pk if campaign else 0 for _, campaign in pairs],
        "known_as": [unknown.known_as for unknown, _ in pairs],
    }


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
    pairs: Iterable[tuple[UnknownReference, Campaign, OnOverlap | None]], *, now: datetime
) -> list[Matched]:
    """Match many; one that cannot be matched does not stop the others.

    With each, what becomes of overlaps: see :func:`.registry.match`.
    """
    done = []
    for unknown, campaign, on_overlap in pairs:
        try:
            settled = registry.match(unknown, campaign, now=now, on_overlap=on_overlap)
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
