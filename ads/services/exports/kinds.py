"""The exports: the ledger, delivery changes, totals, and the present figures.

Columns keep their names and order; new ones come last.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from operator import add, itemgetter
from typing import Any, Final, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Model, Q, QuerySet
from django.db.models.functions import TruncMonth

from ads.holds import waived_at
from ads.models import (
    ArchivedSpend,
    Brand,
    Campaign,
    DeliveryChange,
    Spend,
    SpendTotal,
    TimezoneName,
)
from ads.models.spend import Period
from ads.rules.calendar import month_start
from ads.rules.money import estimate
from ads.services import pacing, receipts
from ads.services.exports.stream import Export, portions
from ads.services.ledger import archived, summaries
from ads.services.senders import visibility
from ads.services.team import labels

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported.

    ``brand_ids``: the brands that may be seen; None: all. ``brand``: only this one, by its id.
    ``first`` to ``last``: the dates, both included.
    """

    brand_ids: Collection[int] | None = None
    brand: int | None = None
    first: date | None = None
    last: date | None = None

    @property
    def brands(self) -> QuerySet[Brand]:
        brands = visibility.brands(self.brand_ids)
        return brands if self.brand is None else brands.filter(pk=self.brand)

    @property
    def campaigns(self) -> QuerySet[Campaign]:
        campaigns = visibility.campaigns(self.brand_ids)
        return campaigns if self.brand is None else campaigns.filter(brand=self.brand)

    @property
    def is_of_all(self) -> bool:
        return self.brand_ids is None and self.brand is None

    def of_campaigns(self) -> Q:
        """The condition that the row's campaign is of a wanted brand."""
        return Q() if self.is_of_all else Q(_is_one_of("campaign_id", self.campaigns))

    def of_owners(self) -> Q:
        """The condition that the total is of a wanted brand or of one of its campaigns."""
        if self.is_of_all:
            return Q()
        own = Q(_is_one_of("brand_id", self.brands), campaign=None, period__in=Period.values)
        return self.of_campaigns() | own

    def within(self, field: str) -> Q:
        """The condition that the date in ``field`` is one of those wanted."""
        after = Q(**{f"{field}__gte": self.first}) if self.first else Q()
        return after & Q(**{f"{field}__lte": self.last}) if self.last else after

    def days_in_utc(self, changes: QuerySet[DeliveryChange]) -> QuerySet[DeliveryChange]:
        """Those of ``changes`` on the dates wanted."""
        if self.first:
            changes = changes.filter(at__gte=datetime.combine(self.first, time.min, UTC))
        if self.last:
            changes = changes.filter(at__lte=datetime.combine(self.last, time.max, UTC))
        return changes


def _is_one_of(column: str, rows: QuerySet[Any]) -> Func:
    """The condition that ``column`` is the id of one of ``rows``.

    As an array and not a join: the planner takes it for a few values and looks each of them up in
    the index that begins with the column. Joined, it reads every brand's rows of the days.
    """
    return Func(
        F(column),
        ArraySubquery(rows.order_by().values("pk")),
        arg_joiner=" = ANY(",
        template="%(expressions)s)",
        output_field=BooleanField(),
    )


def left_out(kind: "Kind", wanted: Wanted) -> list[date]:
    """The archived months whose entries an export of the ledger lacks, in order."""
    if kind != Kind.SPEND:
        return []
    first, last = wanted.first or date.min, wanted.last or date.max
    months = {one for one in archived.archived_months() if month_start(first) <= one <= last}
    if months and not wanted.is_of_all:
        theirs = ArchivedSpend.objects.filter(wanted.of_campaigns()).order_by()
        months &= set(theirs.values_list(TruncMonth("date"), flat=True).distinct())
    return sorted(months)


def unreadable(kind: "Kind", wanted: Wanted) -> QuerySet[Brand]:
    """The brands whose receipts an export lacks because their timezones are invalid, in order."""
    brands = wanted.brands.exclude(timezone__in=TimezoneName.objects.values("name"))
    return (brands if kind == Kind.RECEIPTS else brands.none()).order_by("pk")


class Kind(StrEnum):
    #: The ledger as recorded; the dates are accounting days.
    SPEND = "spend"
    #: Delivery changes, the oldest first; the dates are days in UTC.
    CHANGES = "changes"
    #: The totals of the ledger; the dates are those on which the periods begin.
    TOTALS = "totals"
    #: What each pause for a used-up budget was worth, the oldest first; the dates are days in UTC.
    RECEIPTS = "receipts"
    #: The present figures of the brands, and after them of their campaigns; takes no dates.
    SUMMARIES = "summaries"


class InvalidExport(ValueError):
    """An invalid export: the ``field`` that is wrong, and the ``reason`` with its remedy."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def choose(kind: Kind, wanted: Wanted, now: datetime) -> Export:
    """The export of this kind.

    Raises:
        InvalidExport: with the date that is wrong.
    """
    if wanted.first and wanted.last and wanted.last < wanted.first:
        raise InvalidExport("to", f"{wanted.last} is before {wanted.first}; swap the two dates.")
    if kind == Kind.SUMMARIES:
        if wanted.first or wanted.last:
            raise InvalidExport(
                "from" if wanted.first else "to",
                "summaries show present figures only; leave the dates out, or export the totals, "
                "which have every day and month.",
            )
        return of_summary(
            now,
            brands=wanted.brands.order_by("name"),
            campaigns=wanted.campaigns.order_by("brand__name", "name"),
            names_people=wanted.brand_ids is None,
        )
    if kind == Kind.TOTALS:
        totals = SpendTotal.objects.filter(wanted.of_owners(), wanted.within("start"))
        return of_totals(totals.order_by("start", "brand__name", "campaign__name", "period"), now)
    owner = wanted.of_campaigns()
    if kind == Kind.CHANGES:
        changes = wanted.days_in_utc(DeliveryChange.objects.filter(owner))
        return of_changes(changes.order_by("at", "pk"), brand_ids=wanted.brand_ids)
    if kind == Kind.RECEIPTS:
        pauses = wanted.days_in_utc(receipts.pauses().filter(owner))
        return of_receipts(pauses.exclude(campaign__brand__in=unreadable(kind, wanted)))
    return of_spend(Spend.objects.filter(owner, wanted.within("date")).order_by("pk"))


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


#: What exports call a row's campaign and brand, and the currency of both.
_OF_CAMPAIGN: Final = {
    "brand_id": "campaign__brand_id",
    "brand": "campaign__brand__name",
    "campaign_id": "campaign_id",
    "campaign": "campaign__name",
}
_CURRENCY: Final = {"currency": "campaign__brand__currency"}

_SPEND: Final = {
    **_same("id", "date"),
    **_OF_CAMPAIGN,
    **_same("amount", "kind", "source", "external_id", "description", "occurred_at", "created_at"),
    **_CURRENCY,
}

_CHANGES: Final = {
    **_same("id", "at"),
    **_OF_CAMPAIGN,
    **_same("is_active", "holds", "trigger", "actor"),
    **_same("daily_spend", "daily_budget", "monthly_spend", "monthly_budget"),
    **_same("brand_daily_spend", "brand_daily_budget"),
    **_same("brand_monthly_spend", "brand_monthly_budget"),
    **_same("total_spend", "total_budget", "group_spend", "group_budget", "group_period"),
    **_same("on_its_way"),
    **_CURRENCY,
}

_TOTALS: Final = {
    **_same("brand_id"),
    "brand": "brand__name",
    **_same("campaign_id"),
    "campaign": "campaign__name",
    **_same("period", "start", "amount"),
    "waived": "allowed",
    "currency": "brand__currency",
}

_FIGURES: Final = (
    "timezone", "date",
    "daily_spend", "daily_waived", "daily_budget", "daily_limit", "daily_remaining",
    "monthly_spend", "monthly_waived", "monthly_budget", "monthly_limit", "monthly_remaining",
    "is_budget_available",
)  # fmt: skip

#: Of the month's pace.
_PACE: Final = (
    "pace_percent", "expected", "projected", "low", "high", "runs_out_on", "recommended_daily",
)  # fmt: skip

#: The columns of each export.
SPEND: Final = tuple(_SPEND)
CHANGES: Final = tuple(_CHANGES)
TOTALS: Final = tuple(_TOTALS)
RECEIPTS: Final = (
    "id", "brand_id", "brand", "campaign_id", "campaign", "budget", "period_start", "limit",
    "spent_when_decided", "spent", "over", "cost_by", "source", "spent_at", "reported_at",
    "known_at", "decided_at", "told_at", "confirmed_at", "currency",
)  # fmt: skip
SUMMARY: Final = (
    "brand_id", "brand", "campaign_id", "campaign", "state", "is_active", *_FIGURES,
    "pace", "pace_percent", "expected", "projected", "projected_low", "projected_high",
    "runs_out_on", "recommended_daily", "pace_as_of", "account_manager", "labels",
    "total_budget", "budget_group", "currency",
)  # fmt: skip


def of_brands(rows: QuerySet[M], brand_ids: Collection[int] | None) -> QuerySet[M]:
    """Those of the brands ``brand_ids`` (None: all), for whom an export then reads no others.

    ``rows``: of the ledger, delivery changes or totals.
    """
    wanted = Wanted(brand_ids)
    owners = wanted.of_owners() if rows.model is SpendTotal else wanted.of_campaigns()
    return rows.filter(owners)


def of_spend(entries: QuerySet[Spend]) -> Export:
    return _of("spend", _SPEND, entries)


def of_changes(
    rows: QuerySet[DeliveryChange], *, brand_ids: Collection[int] | None = None
) -> Export:
    """These delivery changes, in their order, limited to the brands ``brand_ids`` (None: all)."""
    export = _of("delivery-changes", _CHANGES, rows)
    if brand_ids is None:
        return export
    at = CHANGES.index("actor")

    def limited() -> Iterator[Sequence[object]]:
        for row in export.rows():
            yield (*row[:at], visibility.actor(str(row[at]), brand_ids), *row[at + 1 :])

    return replace(export, rows=limited)


def of_totals(rows: QuerySet[SpendTotal], now: datetime) -> Export:
    """These totals at ``now``, in their order; without a campaign: the brand's own."""
    return _of("totals", _TOTALS, rows.annotate(allowed=waived_at(now)))


def of_receipts(pauses: QuerySet[DeliveryChange]) -> Export:
    def rows() -> Iterator[Sequence[object]]:
        for some in portions(
            pauses.select_related("campaign__brand", "campaign__budget_group").order_by("at", "pk")
        ):
            for receipt in receipts.receipts_of(some):
                campaign = receipt.change.campaign
                yield (
                    *(receipt.change.pk, campaign.brand_id, campaign.brand.name),
                    *(campaign.pk, campaign.name, receipt.budget.hold.value, receipt.start),
                    *(receipt.limit, receipt.spent_then, receipt.spent, receipt.over),
                    *(receipt.cost_by, receipt.source, receipt.spent_at, receipt.reported_at),
                    *(receipt.known_at, receipt.decided_at, receipt.told_at, receipt.confirmed_at),
                    campaign.brand.currency,
                )

    return Export("receipts", RECEIPTS, rows)


def of_summary(
    now: datetime,
    *,
    brands: QuerySet[Brand] | None = None,
    campaigns: QuerySet[Campaign] | None = None,
    names_people: bool = True,
) -> Export:
    """These brands, then these campaigns, with what they have spent and what is left at ``now``.

    ``names_people``: with their account managers; see :func:`visibility.actor`.
    """

    def rows() -> Iterator[Sequence[object]]:
        if brands is not None:
            yield from _brands(brands, now, names_people)
        if campaigns is not None:
            yield from _campaigns(
                campaigns.select_related("brand__account_manager", "budget_group"),
                now,
                names_people,
            )

    name = "brands" if campaigns is None else "campaigns" if brands is None else "summaries"
    return Export(name, SUMMARY, rows)


def _brands(
    brands: QuerySet[Brand], now: datetime, names_people: bool
) -> Iterator[Sequence[object]]:
    for some in portions(brands.select_related("account_manager")):
        paces = pacing.stored_of(some, now)
        named = labels.names_of(Brand, [brand.pk for brand in some])
        for brand, figures in zip(some, summaries.of_many(some, now), strict=True):
            state = "Active" if brand.is_active else "Inactive"
            yield (
                *(brand.pk, brand.name, None, None, state, brand.is_active),
                *_figures(brand.timezone, figures),
                *_pace(paces.get(brand.pk), brand.currency),
                brand.account_manager if names_people else None,
                "; ".join(named.get(brand.pk, ())),
                *(None, None, brand.currency),
            )


def _campaigns(
    campaigns: QuerySet[Campaign], now: datetime, names_people: bool
) -> Iterator[Sequence[object]]:
    for some in portions(campaigns):
        paces = pacing.stored_of(some, now)
        named = labels.names_of(Campaign, [campaign.pk for campaign in some])
        for campaign, figures in zip(some, summaries.of_many(some, now), strict=True):
            brand = campaign.brand
            yield (
                *(brand.pk, brand.name, campaign.pk, campaign.name),
                *(campaign.state, campaign.is_active),
                *_figures(brand.timezone, figures),
                *_pace(paces.get(campaign.pk), brand.currency),
                brand.account_manager if names_people else None,
                "; ".join(named.get(campaign.pk, ())),
                *(campaign.total_budget, campaign.budget_group, brand.currency),
            )


def _pace(pace: pacing.Pace | None, currency: str) -> Iterator[object]:
    """Empty before it has been worked out."""
    yield pace and pace.state.value
    for name in _PACE:
        value = pace and getattr(pace, name)
        if isinstance(value, Decimal):
            value = round(value, 2) if name == "pace_percent" else estimate(value, currency)
        yield value
    yield pace and pace.as_of


def _figures(timezone: str, figures: summaries.Summary | None) -> tuple[object, ...]:
    """Empty where the timezone is invalid."""
    if figures is None:
        return (timezone, *(None for _ in _FIGURES[1:]))
    return tuple(itemgetter(*_FIGURES)(figures))


#: Of so many campaigns at most an export remembers what its rows say of them.
_REMEMBERED: Final = 50_000


def _of(name: str, columns: dict[str, str], rows: QuerySet[Any]) -> Export:
    """The ``columns`` of these rows, by what they are called.

    What a row says of its campaign is looked up for all new campaigns of a portion together. If
    they are joined, PostgreSQL looks up the campaign and the brand for each row again, because it
    expects a brand to have few rows in a large table.
    """
    theirs = [path for path in columns.values() if path.startswith("campaign__")]
    own = [path for path in columns.values() if path not in theirs]
    in_order = itemgetter(*([*own, *theirs].index(path) for path in columns.values()))
    campaign = itemgetter(own.index("campaign_id"))

    def read() -> Iterator[Sequence[object]]:
        named: dict[int | None, tuple[object, ...]] = {}
        for some in portions(rows.values_list(*own)):
            ids = set(map(campaign, some))
            if len(named) > _REMEMBERED:
                named.clear()
            named[None] = (None,) * len(theirs)  # a brand's own totals
            found = Campaign.objects.filter(pk__in=ids - named.keys())
            paths = (path.removeprefix("campaign__") for path in theirs)
            named |= {row[0]: row[1:] for row in found.values_list("pk", *paths)}
            yield from map(in_order, map(add, some, map(named.__getitem__, map(campaign, some))))

    return Export(name, tuple(columns), read)
