"""Allowances: "let it run on".

An owner may spend so much more than its budget in one period. Spend counts as before, and the limit
is higher; reports stay true. The database keeps ``SpendTotal.waived`` as the sum of those in force.
The row of that sum is locked first by everybody who gives, undoes or ends one of its owner, so they
come one after the other.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

import structlog
from django.db import OperationalError, transaction
from django.db.models import Max, Q, QuerySet

from ads.failures import counted
from ads.models import Allowance, Brand, Campaign, SpendTotal
from ads.models.budgets import COUNTED
from ads.models.fields import SUM_LIMIT
from ads.models.spend import Period
from ads.rules import calendar
from ads.rules.allowances import Allowed, InvalidAllowance, Terms
from ads.rules.calendar import (
    UnknownTimezone,
    format_instant,
    local_date,
    period_start,
)
from ads.rules.money import format_money
from ads.services import lock_waits, locks
from ads.services.actor import current_actor
from ads.services.delivery.enforcement import Enforced, Trigger, enforce
from ads.services.isolation import isolate

logger = structlog.stdlib.get_logger(__name__)

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
    start = period_start(period, local_date(now, brand.timezone))
    total = locks.totals_of_owner(owner, period, start)
    if external_id is not None and (before := given_under(external_id, owner, terms)):
        return before
    check(owner, terms, now)
    until = terms.ends(now, brand.timezone)
    mine = _of(owner).filter(period=period, start=start)
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


def given_under(external_id: str, owner: Brand | Campaign, terms: Terms) -> Allowance | None:
    """What the same actor has allowed under this id already; None: nothing.

    Raises:
        AllowanceConflict: that was something else.
    """
    given = Allowance.objects.filter(created_by=current_actor(), external_id=external_id)
    before = given.select_related("brand", "campaign__brand").first()
    if before is None:
        return None
    said = (owner, terms.period, terms.reason, terms.amount or before.amount)
    is_same = said == (before.owner, before.period, before.reason, before.amount)
    if not is_same or not _ends_as(before, terms):
        amount = format_money(before.amount, before.brand.currency)
        until = allowed(before).ends(before.created_at, before.brand.timezone)
        raise AllowanceConflict(
            f"Under {external_id!r} {amount} was allowed to {before.owner.name} until {until} "
            f"({before.reason}). Nothing was changed; give what is new an id of its own."
        )
    return before


def _ends_as(allowance: Allowance, terms: Terms) -> bool:
    """Would these terms have ended then, had they been given when the allowance was?"""
    try:
        return terms.ends(allowance.created_at, allowance.brand.timezone) == allowance.until
    except InvalidAllowance:
        return False


def check(owner: Brand | Campaign, terms: Terms, now: datetime) -> None:
    """Check whether ``owner`` can be let run on on these terms, whatever is spent.

    Raises:
        InvalidAllowance: it cannot.
        UnknownTimezone: the timezone of the brand is invalid.
    """
    terms.ends(now, (owner if isinstance(owner, Brand) else owner.brand).timezone)
    period = Period(terms.period)
    if terms.amount is not None and getattr(owner.fresh(), period.budget) is None:
        word = Period(period).word
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
    which = f"{format_money(allowance.amount, allowance.brand.currency)} for {allowance.owner.name}"
    if allowance.undone_at:
        when = format_instant(allowance.undone_at, zone)
        return f"{which}: {allowance.undone_by} undid it at {when}."
    ends = end_of(allowance)
    if allowance.ended_at or (ends and ends <= now):
        when = format_instant(ends or allowance.ended_at or now, zone)
        return f"{which}: it ended at {when}, so there is nothing to take back."
    return ""


def end_of(allowance: Allowance) -> datetime | None:
    """When it ends at the latest (UTC); None: its brand's timezone is invalid."""
    if allowance.until:
        return allowance.until
    with suppress(UnknownTimezone):
        zone = allowance.brand.timezone
        begins = calendar.day_begins(allowance.start, zone)
        return calendar.next_period_begins(allowance.period, begins, zone)
    return None


def is_current(allowance: Allowance, now: datetime) -> bool:
    """Is it for the present day or month of its brand, whose timezone may have changed since?"""
    with suppress(UnknownTimezone):
        today = local_date(now, allowance.brand.timezone)
        return bool(period_start(allowance.period, today) == allowance.start)
    return False


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
        with transaction.atomic():
            locks.totals(sums_of(those))
            those.update(ended_at=now)
    except OperationalError as error:
        if not lock_waits.is_in_the_way(error):
            raise
        logger.warning(
            "Ended allowances are taken out later: another session has locked their sums",
            **counted(ids),
        )


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


def last_given() -> int:
    """The number of the last allowance of all; for ``seen``."""
    return Allowance.objects.aggregate(last=Max("pk"))["last"] or 0


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
