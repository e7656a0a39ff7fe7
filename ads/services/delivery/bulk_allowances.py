"""Allowances of many owners at once: what would be allowed, allowing it, and taking it back."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import F, Q, QuerySet

from ads.holds import waived_at
from ads.models import Allowance, Brand, Campaign, SpendTotal
from ads.models.spend import Period
from ads.rules.allowances import InvalidAllowance, Terms
from ads.rules.calendar import (
    UnknownTimezone,
    group_by_local_date,
    local_date,
    next_period_begins,
    period_start,
)
from ads.services import locks, visible
from ads.services.actor import current_actor
from ads.services.delivery.allowances import allow, over


@dataclass(frozen=True, slots=True)
class Ends:
    """Until when, for brands of each timezone: what :meth:`Terms.ends` says; and why not."""

    by_zone: Mapping[str, datetime | None]
    refused: Mapping[str, InvalidAllowance]

    @classmethod
    def of(cls, terms: Terms, brands: QuerySet[Brand], now: datetime) -> "Ends":
        """For the timezones of ``brands``, without invalid ones; one query.

        Raises:
            InvalidAllowance: there is no timezone in which it can be until then.
        """
        found: dict[str, datetime | None] = {}
        refused = {}
        for zone in brands.order_by().values_list("timezone", flat=True).distinct():
            with suppress(UnknownTimezone):
                try:
                    found[zone] = terms.ends(now, zone)
                except InvalidAllowance as error:
                    refused[zone] = error
        if refused and not found:
            raise next(iter(refused.values()))
        return cls(found, refused)

    def instants(self, period: str, now: datetime) -> list[str]:
        """The same as text, with the instant of each; so that another is told apart from it."""
        return [
            f"{zone}={(until or next_period_begins(period, now, zone)).isoformat()}"
            for zone, until in sorted(self.by_zone.items())
        ]


def one_currency(amount: Decimal, brands: QuerySet[Brand]) -> str:
    """The currency of ``amount``, which is allowed in each of ``brands``; "" if there are none.

    Raises:
        InvalidAllowance: they are in several, and it would not be the same in each.
    """
    codes = sorted(set(brands.order_by().values_list("currency", flat=True)))
    if len(codes) > 1:
        reason = (
            f"these brands are in {', '.join(codes[:-1])} and {codes[-1]}, and one amount is not "
            "the same in each. Leave it out, or choose brands in one currency."
        )
        raise InvalidAllowance("amount", amount, reason)
    return codes[0] if codes else ""


def allow_campaigns(
    ids: Collection[int], terms: Terms, ends: Mapping[str, datetime | None], now: datetime
) -> int:
    """Let these campaigns, whose sums are locked, run on; how many do. The caller enforces."""
    period = Period(terms.period)
    actor = current_actor()
    rows: Iterable[Any]
    if terms.amount is None:
        totals = still_counting(ids, period, now).annotate(counting=F("amount") - F("now_waived"))
        columns = ("brand", "campaign", "brand__timezone", "counting")
        rows = totals.order_by("brand", "campaign").values_list(*columns)
    else:
        campaigns = Campaign.objects.filter(pk__in=locks.among(ids)).order_by("brand", "pk")
        found = campaigns.values_list("brand", "pk", "brand__timezone")
        rows = ((brand, pk, zone, terms.amount) for brand, pk, zone in found)
    given = []
    for brand, campaign, zone, amount in rows:
        until = ends.get(zone)
        if zone in ends and (until is None or until > now):
            given.append(
                Allowance(
                    brand_id=brand,
                    campaign_id=campaign,
                    period=period,
                    start=period_start(period, local_date(now, zone)),
                    amount=amount,
                    until=until,
                    reason=terms.reason,
                    created_by=actor,
                    created_at=now,
                )
            )
    Allowance.objects.bulk_create(given)
    return len(given)


def still_counting(
    campaign_ids: Collection[int], period: str, now: datetime
) -> QuerySet[SpendTotal]:
    """The campaigns' sums of their current ``period`` of which something counts at ``now``.

    Each with what is allowed then (``now_waived``).
    """
    brands = Brand.objects.filter(campaigns__in=locks.among(campaign_ids))
    totals = _current(brands, period, now).filter(campaign__in=locks.among(campaign_ids))
    return totals.annotate(now_waived=waived_at(now, of_brands=False)).filter(
        amount__gt=F("now_waived")
    )


@dataclass(frozen=True, slots=True)
class Offered:
    """An owner that can be let run on, and by how much; or one that was; in its currency."""

    owner: Brand | Campaign
    brand: Brand
    period: str
    amount: Decimal


def offered(
    terms: Sequence[Terms], *, brands: QuerySet[Brand], only: Campaign | None = None, now: datetime
) -> list[Offered]:
    """What ``terms`` would allow to brands and their campaigns, or to one, brands first.

    Without an amount, those of which something counts; with one, those with a budget, without
    completed and archived campaigns.
    """
    found: list[Offered] = []
    for each in terms:
        if each.amount is None:
            found += _counting(brands, each.period, only, now)
        else:
            found += _with_budget(brands, each, only)
    return sorted(
        found,
        key=lambda one: (one.brand.name, one.owner != one.brand, one.owner.name, one.period),
    )


def _counting(
    brands: QuerySet[Brand], period: str, only: Campaign | None, now: datetime
) -> list[Offered]:
    found = []
    for of_brands in (True, False):
        totals = _current(brands, period, now).filter(
            brand__in=brands.order_by().values("pk"), campaign__isnull=of_brands
        )
        if only:
            totals = totals.filter(campaign=only)
        totals = totals.annotate(now_waived=waived_at(now, of_brands=of_brands))
        counting: Any = totals.filter(amount__gt=F("now_waived")).annotate(
            counting=F("amount") - F("now_waived")
        )
        found += [
            Offered(total.campaign or total.brand, total.brand, total.period, total.counting)
            for total in counting.select_related("brand", "campaign__brand")
        ]
    return found


def _with_budget(brands: QuerySet[Brand], terms: Terms, only: Campaign | None) -> list[Offered]:
    amount = terms.amount or Decimal(0)
    limited = {f"{Period(terms.period).budget}__isnull": False}
    over_for_good = [Campaign.Status.COMPLETED, Campaign.Status.ARCHIVED]
    campaigns = Campaign.objects.filter(brand__in=brands.order_by().values("pk"), **limited)
    campaigns = campaigns.exclude(status__in=over_for_good).select_related("brand")
    if only:
        campaigns = campaigns.filter(pk=only.pk)
    found = [Offered(one, one.brand, terms.period, amount) for one in campaigns]
    if not only:
        found += [Offered(one, one, terms.period, amount) for one in brands.filter(**limited)]
    return found


def allow_all(those: Iterable[Offered], terms: Sequence[Terms], *, now: datetime) -> list[Offered]:
    """Let run on what :func:`offered` found; what was allowed, spend since then included.

    Each in a transaction of its own: together they would take locks out of their order.
    """
    by_period = {one.period: one for one in terms}
    done = []
    for one in those:
        allowance = allow(one.owner, by_period[one.period], now=now)
        if allowance:
            done.append(Offered(one.owner, one.brand, one.period, allowance.amount))
    return done


def _current(brands: QuerySet[Brand], period: str, now: datetime) -> QuerySet[SpendTotal]:
    """Sums of brands' timezones, of their current ``period``."""
    timezones = brands.order_by().values_list("timezone", flat=True).distinct()
    current = Q(pk__in=())
    for today, zones in group_by_local_date(timezones, now).by_date.items():
        start = period_start(period, today)
        current |= Q(brand__timezone__in=zones, period=period, start=start)
    return SpendTotal.objects.order_by().filter(current)


def take_back(those: Iterable[Allowance], now: datetime) -> int:
    """Undo these of campaigns, whose sums are locked; how many. The caller enforces."""
    ids = locks.among(one.pk for one in those)
    return (
        Allowance.objects.in_force(now)
        .filter(pk__in=ids)
        .order_by()
        .update(undone_at=now, undone_by=current_actor())
    )


@dataclass(frozen=True, slots=True)
class Given:
    """The allowances that were given in one request or command: in force, and over (and why)."""

    in_force: list[Allowance] = field(default_factory=list)
    over: list[str] = field(default_factory=list)


def given_in(context: UUID, now: datetime) -> Given:
    """What was given in a context of the audit; two queries."""
    events = apps.get_model("ads", "AllowanceEvent")._default_manager
    ids = events.filter(pgh_context=context, pgh_label="allowed").order_by().values("pgh_obj_id")
    found = Given()
    rows = visible.rows(Allowance.objects.filter(pk__in=ids))
    for one in rows.select_related("brand", "campaign__brand"):
        if why := over(one, now):
            found.over.append(why)
        else:
            found.in_force.append(one)
    return found
