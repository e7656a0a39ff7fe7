"""Allowances: "let it run on".

An owner may spend so much more than its budget in one period. Spend counts as before, and the limit
is higher; reports stay true. The database keeps ``SpendTotal.waived`` as the sum of those in force.
The row of that sum is locked first by everybody who gives, undoes or ends one of its owner, so they
come one after the other.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db import OperationalError, transaction
from django.db.models import F, Max, Q, QuerySet

from ads.allowed import waived_at
from ads.models import Allowance, Brand, Campaign, SpendTotal
from ads.models.allowance import COUNTED
from ads.models.fields import SUM_LIMIT
from ads.models.spend import Period
from ads.rules import calendar
from ads.rules.allowances import Allowed, InvalidAllowance, Terms
from ads.rules.calendar import (
    UnknownTimezone,
    format_instant,
    group_by_local_date,
    local_date,
    period_start,
)
from ads.rules.money import format_money
from ads.services import locks
from ads.services.actor import current_actor
from ads.services.delivery.enforcement import Enforced, Trigger, enforce
from ads.services.isolation import isolate

logger = logging.getLogger(__name__)

#: The budget of a period: the field of a brand and of a campaign.
BUDGETS: Final = {Period.DAY: "daily_budget", Period.MONTH: "monthly_budget"}

#: Allowances that are ended in one transaction.
BATCH: Final = 1_000


class AllowanceOver(ValueError):
    """The allowance is not in force any more; the message says since when."""


class AllowanceConflict(ValueError):
    """Something else was allowed under the same external id; nothing was changed."""


class AllowedMeanwhile(ValueError):
    """Somebody has let the same owner run on since the preview; nothing was changed."""


@transaction.atomic
def allow(
    owner: Brand | Campaign,
    terms: Terms,
    *,
    now: datetime,
    seen: int | None = None,
    external_id: str | None = None,
) -> Allowance | None:
    """Let ``owner`` run on in its current period; its campaigns that may have started.

    ``seen``: the :func:`last_given` that whoever confirms was shown; None: whatever was given.
    ``external_id``: the same again by the same actor allows once, and returns what was given first.
    Returns None, and changes nothing, where no amount is given and nothing was spent that counts.

    Raises:
        InvalidAllowance: the end has passed or is after the period; an amount for an owner without
            a budget; or it would come to too much.
        AllowedMeanwhile: see ``seen``.
        AllowanceConflict: something else was allowed under ``external_id``.
        UnknownTimezone: the timezone of the brand is invalid.
    """
    brand = owner if isinstance(owner, Brand) else owner.brand
    period = Period(terms.period)
    check(owner, terms, now)
    until = terms.ends(now, brand.timezone)
    start = period_start(period, local_date(now, brand.timezone))
    total = locks.totals_of_owner(owner, period, start)
    mine = _of(owner).filter(period=period, start=start)
    if external_id is not None and (before := _again(owner, terms, external_id)):
        return before
    if seen is not None and mine.filter(pk__gt=seen).exists():
        raise AllowedMeanwhile(
            f"{owner.name}: nothing was allowed, because somebody has let it run on in the "
            "meantime. Look at its limit, and allow more if it still needs it."
        )
    if mine.ended(now).update(ended_at=now):
        total.refresh_from_db(fields=["waived"])
    amount = _amount(terms, total)
    if amount is None:
        return None
    allowance = Allowance.objects.create(
        brand=brand,
        campaign=owner if isinstance(owner, Campaign) else None,
        period=period,
        start=start,
        amount=amount,
        until=until,
        reason=terms.reason,
        external_id=external_id,
        created_by=current_actor(),
        created_at=now,
    )
    enforce(campaigns_of(owner), now, Trigger.RESET, lock_first=True)
    return allowance


def _again(owner: Brand | Campaign, terms: Terms, external_id: str) -> Allowance | None:
    """What the same actor has allowed under this id already; None: nothing."""
    given = Allowance.objects.filter(created_by=current_actor(), external_id=external_id)
    before = given.select_related("brand", "campaign__brand").first()
    if before is None:
        return None
    said = (owner, terms.period, terms.reason, terms.amount or before.amount)
    if said != (before.owner, before.period, before.reason, before.amount):
        amount = format_money(before.amount, before.brand.currency)
        raise AllowanceConflict(
            f"Under {external_id!r} {amount} was allowed to {before.owner.name} "
            f"({before.reason}). Nothing was changed; give what is new an id of its own."
        )
    return before


def check(owner: Brand | Campaign, terms: Terms, now: datetime) -> None:
    """Check whether ``owner`` can be let run on on these terms, whatever is spent.

    Raises:
        InvalidAllowance: it cannot.
        UnknownTimezone: the timezone of the brand is invalid.
    """
    terms.ends(now, (owner if isinstance(owner, Brand) else owner.brand).timezone)
    period = Period(terms.period)
    if terms.amount is not None and getattr(owner.fresh(), BUDGETS[period]) is None:
        word = "daily" if period == Period.DAY else "monthly"
        reason = f"{owner.name} has no {word} budget, so there is no limit to raise."
        raise InvalidAllowance("amount", terms.amount, reason)


def _amount(terms: Terms, total: SpendTotal) -> Decimal | None:
    amount = terms.amount
    if amount is None:
        counting: Decimal = total.amount - total.waived
        return counting if counting > 0 else None
    if total.waived + amount >= SUM_LIMIT:
        reason = (
            f"{format_money(total.waived, total.brand.currency)} is allowed already; together it "
            f"would come to {SUM_LIMIT:,} or more. Allow less."
        )
        raise InvalidAllowance("amount", amount, reason)
    return amount


@transaction.atomic
def undo(allowance: Allowance, *, now: datetime) -> None:
    """Take an allowance back; campaigns that have spent more than is left of the limit stop.

    Raises:
        AllowanceOver: it has ended, or somebody has undone it.
    """
    locks.totals_of_owner(allowance.owner, allowance.period, allowance.start)
    allowance.refresh_from_db()
    why = over(allowance, now)
    if why:
        raise AllowanceOver(why)
    mine = Allowance.objects.filter(COUNTED, pk=allowance.pk)
    mine.update(undone_at=now, undone_by=current_actor())
    allowance.refresh_from_db()
    enforce(campaigns_of(allowance.owner), now, Trigger.RESET, lock_first=True)


def over(allowance: Allowance, now: datetime) -> str:
    """Why an allowance is not in force any more, in a sentence; "" if it is.

    The brand is at hand, and where its timezone is invalid only what people did counts.
    """
    zone = allowance.brand.timezone
    told = f"{format_money(allowance.amount, allowance.brand.currency)} for {allowance.owner.name}"
    if allowance.undone_at:
        when = format_instant(allowance.undone_at, zone)
        return f"{told}: {allowance.undone_by} undid it at {when}."
    ends = end_of(allowance)
    if allowance.ended_at or (ends and ends <= now):
        when = format_instant(ends or allowance.ended_at or now, zone)
        return f"{told}: it ended at {when}, so there is nothing to take back."
    return ""


def end_of(allowance: Allowance) -> datetime | None:
    """When it ends at the latest (UTC); None: its brand's timezone is invalid."""
    if allowance.until:
        return allowance.until
    begins = {Period.DAY: calendar.next_day_begins, Period.MONTH: calendar.next_month_begins}
    with suppress(UnknownTimezone):
        zone = allowance.brand.timezone
        return begins[Period(allowance.period)](calendar.day_begins(allowance.start, zone), zone)
    return None


def expire(now: datetime) -> Enforced:
    """Take out the allowances that have ended by ``now``, and enforce their campaigns.

    The clock tasks do this before they decide. Twice, late or by two at once it does no harm: what
    has ended is left out of every decision from its end on, and is taken out once. One that
    somebody keeps locked is left for the next time.
    """
    found = list(Allowance.objects.ended(now).order_by("pk"))
    if not found:
        return Enforced()
    isolate([one.pk for one in found], partial(_take_out, now=now), size=BATCH, what="Allowance")
    campaigns = Q(brand__in={one.brand_id for one in found if one.campaign_id is None})
    campaigns |= Q(pk__in=locks.among(one.campaign_id for one in found if one.campaign_id))
    return enforce(
        Campaign.objects.filter(campaigns), now, Trigger.ALLOWANCE_ENDED, lock_first=True
    )


def _take_out(ids: Sequence[int], now: datetime) -> None:
    those = Allowance.objects.ended(now).filter(pk__in=locks.among(ids))
    try:
        with transaction.atomic(), locks.patience():
            locks.totals(sums_of(those))
            those.update(ended_at=now)
    except OperationalError as error:
        if not locks.is_in_the_way(error):
            raise
        logger.warning("Ended allowances are taken out later: a lock was not granted.")


def sums_of(allowances: Iterable[Allowance]) -> QuerySet[SpendTotal]:
    those = Q(pk__in=())
    by_span: dict[tuple[str, Any], list[Allowance]] = {}
    for one in allowances:
        by_span.setdefault((one.period, one.start), []).append(one)
    for (period, start), same in by_span.items():
        owners = Q(campaign__in=locks.among(one.campaign_id for one in same if one.campaign_id))
        owners |= Q(campaign=None, brand__in={one.brand_id for one in same if not one.campaign_id})
        those |= owners & Q(period=period, start=start)
    return SpendTotal.objects.filter(those)


def campaigns_of(owner: Brand | Campaign) -> QuerySet[Campaign]:
    """The campaigns whose limits an allowance of ``owner`` raises."""
    mine = {"brand": owner.pk} if isinstance(owner, Brand) else {"pk": owner.pk}
    return Campaign.objects.filter(**mine)


def _of(owner: Brand | Campaign) -> Any:
    if isinstance(owner, Brand):
        return Allowance.objects.filter(brand=owner, campaign=None)
    return Allowance.objects.filter(campaign=owner)


# --- many at once ---------------------------------------------------------------------------------


def last_given() -> int:
    """The number of the last allowance of all; for ``seen``."""
    return Allowance.objects.aggregate(last=Max("pk"))["last"] or 0


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
    totals = _current(brands, [period], now).filter(campaign__in=locks.among(campaign_ids))
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
        totals = _current(brands, [period], now).filter(
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
    limited = {f"{BUDGETS[Period(terms.period)]}__isnull": False}
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


def _current(
    brands: QuerySet[Brand], periods: Sequence[str], now: datetime
) -> QuerySet[SpendTotal]:
    """Sums of brands' timezones, of their current periods."""
    timezones = brands.order_by().values_list("timezone", flat=True).distinct()
    current = Q(pk__in=())
    for today, zones in group_by_local_date(timezones, now).by_date.items():
        for period in periods:
            start = period_start(period, today)
            current |= Q(brand__timezone__in=zones, period=period, start=start)
    return SpendTotal.objects.order_by().filter(current)


def take_back(those: Iterable[Allowance], now: datetime) -> int:
    """Undo these of campaigns, whose sums are locked; how many. The caller enforces."""
    ids = locks.among(one.pk for one in those)
    mine = Allowance.objects.filter(COUNTED, pk__in=ids).exclude(until__lte=now)
    return mine.update(undone_at=now, undone_by=current_actor())


# --- what was given together ----------------------------------------------------------------------


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
    for one in Allowance.objects.filter(pk__in=ids).select_related("brand", "campaign__brand"):
        if why := over(one, now):
            found.over.append(why)
        else:
            found.in_force.append(one)
    return found


def among_in_force(ids: Collection[int], now: datetime) -> set[int]:
    """Those of these allowances that can be undone."""
    those = Allowance.objects.in_force(now).filter(pk__in=locks.among(ids))
    return {
        one.pk for one in those.select_related("brand", "campaign__brand") if not over(one, now)
    }


def in_force(owner: Brand | Campaign, *, now: datetime) -> list[Allowed]:
    """The allowances that raise the limits of ``owner`` in its current day and month; one query."""
    zone = (owner if isinstance(owner, Brand) else owner.brand).timezone
    today = local_date(now, zone)
    current = Q(pk__in=())
    for period in Period:
        current |= Q(period=period, start=period_start(period, today))
    return [allowed(one) for one in _of(owner).in_force(now).filter(current)]


def allowed(allowance: Allowance) -> Allowed:
    """The allowance for the rules, which know no database."""
    return Allowed(
        allowance.pk,
        allowance.period,
        allowance.amount,
        allowance.created_by,
        allowance.reason,
        allowance.until,
    )
