"""Corrections that a person makes: their preview, recording them, and the corrections of an entry.

A correction of an entry has its campaign and accounting day, and a description that begins with the
entry's number.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import Q

from ads.holds import NOTHING, is_long, waived_at
from ads.models import Brand, Campaign, Spend, SpendTotal
from ads.models.spend import Kind, Period
from ads.rules.calendar import UnknownTimezone, local_date, period_start
from ads.services import locks
from ads.services.actor import SYSTEM
from ads.services.delivery import Enforced, Outcome, preview_campaigns, supposed_sums
from ads.services.errors import InvalidSpend
from ads.services.ledger.batch import record_all
from ads.services.ledger.rows import SpendEntry
from ads.services.ledger.validation import check_amount, check_text

#: The source under which people's corrections are recorded.
SOURCE: Final = "correction"


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction to be recorded.

    Args:
        campaign: whose spend is corrected.
        day: the accounting day that was wrong.
        amount: negative to take spend back; not zero.
        reason: why; required.
        entry: the entry that is corrected, of that campaign and day; None: no single one.
    """

    campaign: Campaign
    day: date
    amount: Decimal
    reason: str
    entry: Spend | None = None

    @property
    def description(self) -> str:
        return f"{CORRECTS}{self.entry.pk}: {self.reason}" if self.entry else self.reason


class CorrectedMeanwhile(ValueError):
    """Somebody else has corrected the entry since the page was shown; nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """The outcome of a correction: ``recorded``, or a ``duplicate`` of one recorded before."""

    entry_id: int
    outcome: str
    enforced: Enforced


@dataclass(frozen=True, slots=True)
class Sum:
    owner: Brand | Campaign
    period: Period
    #: The day, or the first of the month.
    start: date
    before: Decimal
    after: Decimal
    #: What is allowed beyond the budget.
    waived: Decimal
    #: The budget that it counts against; None: there is none, or the period is over.
    budget: Decimal | None


@dataclass(frozen=True, slots=True)
class CorrectionPreview:
    """The preview of a correction: the sums that it moves, and the campaigns it switches."""

    sums: Sequence[Sum]
    outcome: Outcome


def of_entry(entry: Spend) -> list[Spend]:
    """The corrections of an entry and the corrections of those, the oldest first."""
    later = Spend.objects.filter(
        campaign=entry.campaign_id,
        date=entry.date,
        kind=Kind.CORRECTION,
        description__startswith=CORRECTS,
        pk__gt=entry.pk,
    )
    known = {entry.pk}
    found = []
    for correction in later.order_by("pk"):
        if _corrects(correction) in known:
            known.add(correction.pk)
            found.append(correction)
    return found


def corrected_entry(correction: Spend) -> Spend | None:
    """The entry that a correction corrects, if its description says so."""
    number = _corrects(correction)
    if correction.kind != Kind.CORRECTION or number is None:
        return None
    found = Spend.objects.filter(pk=number, campaign=correction.campaign_id).first()
    return found if found and found.date == correction.date else None


def preview(correction: Correction, now: datetime) -> CorrectionPreview:
    """What recording it at ``now`` would do; nothing is locked and nothing written."""
    campaign = correction.campaign
    starts = {period: period_start(period, correction.day) for period in Period}
    with suppress(UnknownTimezone):  # else nothing decides on its campaigns
        today = local_date(now, campaign.brand.timezone)
        current = [period for period in Period if starts[period] == period_start(period, today)]
        counts = current or Campaign.objects.filter(is_long(), pk=campaign.pk).exists()
        outcome = _outcome(correction, now) if counts else Outcome()
        return CorrectionPreview(_sums(correction, starts, current, now), outcome)
    return CorrectionPreview(_sums(correction, starts, [], now), Outcome())


def record(correction: Correction, *, external_id: str, seen: int = 0, now: datetime) -> Corrected:
    """Record a correction, once for each ``external_id``, and enforce what it crosses.

    ``seen``: how many corrections of the entry its page showed.

    Raises:
        InvalidSpend: the amount, the day or the reason cannot be recorded.
        SpendConflict: something else has been recorded under ``external_id``.
        CorrectedMeanwhile: there are others by now than were seen.
        Campaign.DoesNotExist: it has been deleted.
    """
    check_text("description", correction.reason, required=True)
    if not check_amount(correction.amount, negative=True):
        raise InvalidSpend("amount", correction.amount, "a correction of nothing changes nothing.")
    row = SpendEntry(
        correction.campaign.pk,
        correction.amount,
        correction.description,
        correction.day,
        external_id=external_id,
    )
    with transaction.atomic():
        if correction.entry is not None:
            _check_seen(correction.entry, external_id, seen)
        recorded = record_all([row], source=SOURCE, now=now, kind=Kind.CORRECTION)
    (answer,) = recorded.answers
    return Corrected(answer.entry_id or 0, answer.outcome, recorded.enforced)


def recorder(recorded_by: str, source: str) -> str:
    """Who recorded a correction: a person, a key, or the source that lowered a day's total."""
    return recorded_by if recorded_by not in ("", SYSTEM) else f"source {source}"


#: What the description of an entry's correction begins with, before its number.
CORRECTS: Final = "Correction of entry "
_NUMBER: Final = re.compile(rf"{CORRECTS}([1-9][0-9]{{0,17}}): ", re.ASCII)


def _corrects(correction: Spend) -> int | None:
    """The number of the entry that a correction's description begins with."""
    number = _NUMBER.match(correction.description)
    return int(number[1]) if number else None


def _check_seen(entry: Spend, external_id: str, seen: int) -> None:
    """Let nobody else correct the entry until the transaction ends, and check who has."""
    # The first row that the ledger's own trigger locks for this campaign and day.
    locks.totals_of_owner(entry.campaign.brand, Period.DAY, entry.date)
    if Spend.objects.filter(source=SOURCE, external_id=external_id).exists():
        return  # a repeat
    if len(of_entry(entry)) != seen:
        raise CorrectedMeanwhile(
            "Nothing was recorded: someone else has corrected this entry in the meantime. Check "
            "its total now."
        )


def _sums(
    correction: Correction, starts: dict[Period, date], current: Sequence[Period], now: datetime
) -> list[Sum]:
    campaign, brand = correction.campaign, correction.campaign.brand
    totals = SpendTotal.objects.filter(
        Q(campaign=campaign) | Q(campaign=None), brand=brand, start__in=starts.values()
    )
    columns = totals.values_list("campaign", "period", "start", "amount", waived_at(now))
    kept = {row[:3]: row[3:] for row in columns}
    sums = []
    for owner, campaign_id in ((campaign, campaign.pk), (brand, None)):
        for period, start in starts.items():
            amount, waived = kept.get((campaign_id, period, start), (Decimal(0), Decimal(0)))
            sums.append(
                Sum(
                    owner=owner,
                    period=period,
                    start=start,
                    before=amount,
                    after=amount + correction.amount,
                    waived=waived,
                    budget=getattr(owner, period.budget) if period in current else None,
                )
            )
    return sums


#: As the ledger would have it, a relation.
_MOVE: Final = """
    (VALUES (%(campaign)s::bigint, %(day)s::date, %(amount)s::numeric))
        AS move (campaign_id, date, amount)
"""


def _outcome(correction: Correction, now: datetime) -> Outcome:
    campaign = correction.campaign
    given = {"campaign": campaign.pk, "day": correction.day, "amount": correction.amount}
    with supposed_sums(_MOVE, "%(brand)s", now, {**given, "brand": campaign.brand_id}):
        of_brand = Campaign.objects.filter(brand=campaign.brand_id)
        return preview_campaigns(of_brand, NOTHING, now)
