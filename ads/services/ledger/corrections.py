"""Corrections that a person makes: what one would do, recorded once, and those of an entry.

A correction of an entry is of the same campaign and accounting day, and says at the beginning of
its description which entry it corrects.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from ads.models import Brand, Campaign, Spend, SpendTotal
from ads.models.fields import MoneyField
from ads.models.spend import Kind, Period
from ads.rules.calendar import UnknownTimezone, local_date, period_start
from ads.services import campaign_lookup, locks
from ads.services.delivery import Enforced, Outcome, preview_campaigns
from ads.services.errors import InvalidSpend
from ads.services.ledger import entries
from ads.supposing import Supposing

#: The source under which people's corrections are recorded.
SOURCE: Final = "correction"


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be recorded.

    Args:
        campaign: whose spend is corrected.
        day: the accounting day that was wrong.
        amount: US dollars, negative to take spend back; not zero.
        reason: why; required.
        entry: the entry of that campaign and day that is corrected; None: of no single one.
    """

    campaign: Campaign
    day: date
    amount: Decimal
    reason: str
    entry: Spend | None = None

    @property
    def description(self) -> str:
        return self.reason if self.entry is None else f"{_begins(self.entry)}{self.reason}"


class CorrectedMeanwhile(ValueError):
    """Somebody else has corrected the entry since it was looked at; nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """What became of a correction: ``recorded``, or a ``duplicate`` of what had been."""

    entry_id: int
    outcome: str
    enforced: Enforced


@dataclass(frozen=True, slots=True)
class Sum:
    """A running sum before and after a correction. Amounts in US dollars."""

    owner: Brand | Campaign
    period: Period
    #: The day, or the first of the month.
    start: date
    before: Decimal
    after: Decimal
    #: How much of it does not count against the budget.
    waived: Decimal
    #: The budget that it counts against; None: there is none, or the period is over.
    budget: Decimal | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a correction would do: the sums that it moves, and who starts and stops."""

    sums: Sequence[Sum]
    outcome: Outcome


def of_entry(entry: Spend) -> list[Spend]:
    """The corrections of an entry, and in turn the corrections of those, the oldest first.

    So the entry comes to its amount and all of theirs.
    """
    later = Spend.objects.filter(
        campaign=entry.campaign_id,
        date=entry.date,
        kind=Kind.CORRECTION,
        description__startswith=_CORRECTS,
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
    """The entry that a correction says it corrects; None: it says of none."""
    number = _corrects(correction)
    if correction.kind != Kind.CORRECTION or number is None:
        return None
    found = Spend.objects.filter(pk=number, campaign=correction.campaign_id).first()
    return found if found and found.date == correction.date else None


def effect(correction: Correction, now: datetime) -> Effect:
    """What recording it at ``now`` would do; nothing is locked and nothing written."""
    campaign = correction.campaign
    brand = campaign.brand
    try:
        today = local_date(now, brand.timezone)
    except UnknownTimezone:
        today = None  # nothing decides on its campaigns
    current = [
        period
        for period in Period
        if today and period_start(period, correction.day) == period_start(period, today)
    ]
    return Effect(_sums(correction, current), _outcome(correction, current, now))


def record(correction: Correction, *, external_id: str, seen: int = 0, now: datetime) -> Corrected:
    """Record a correction, once for each ``external_id``, and enforce what it crosses.

    ``seen``: how many corrections of the entry whoever asks has been shown.

    Raises:
        InvalidSpend: the amount, the day or the reason cannot be recorded.
        SpendConflict: something else has been recorded under ``external_id``.
        CorrectedMeanwhile: there are others by now than were seen.
        Campaign.DoesNotExist: it has been deleted.
    """
    kind = Kind.CORRECTION
    entries.check_values(
        amount=correction.amount, description=correction.reason, external_id=external_id,
        day=correction.day, occurred_at=None, kind=kind,
    )  # fmt: skip
    values = entries.check_values(
        amount=correction.amount, description=correction.description, external_id=external_id,
        day=correction.day, occurred_at=None, kind=kind,
    )  # fmt: skip
    if not values.amount:
        raise InvalidSpend("amount", correction.amount, "a correction of nothing changes nothing.")
    pk = correction.campaign.pk
    checked = entries.place(values, campaign_lookup.of_campaigns([pk], trust_loaded=False)[pk], now)
    with transaction.atomic():
        if correction.entry is not None:
            _check_seen(correction.entry, external_id, seen)
        (answer,) = entries.append([checked], source=SOURCE, now=now, kind=kind)
        if answer.conflict or answer.entry_id is None:
            raise answer.conflict or AssertionError(answer)
        enforced = entries.enforce_recorded([checked], [answer], now, kind)
    return Corrected(answer.entry_id, answer.outcome, enforced)


_CORRECTS: Final = "Correction of entry "
_NUMBER: Final = re.compile(rf"{_CORRECTS}([1-9][0-9]{{0,17}}): ", re.ASCII)


def _begins(entry: Spend) -> str:
    return f"{_CORRECTS}{entry.pk}: "


def _corrects(correction: Spend) -> int | None:
    """The number of the entry that a correction's description begins with."""
    number = _NUMBER.match(correction.description)
    return int(number[1]) if number else None


def _check_seen(entry: Spend, external_id: str, seen: int) -> None:
    """Let nobody else correct the entry until the transaction ends, and look who has."""
    # The first row that the ledger's own trigger locks for this campaign and day.
    locks.totals_of_owner(entry.campaign.brand, Period.DAY, entry.date)
    if Spend.objects.filter(source=SOURCE, external_id=external_id).exists():
        return  # the same once more
    if len(of_entry(entry)) != seen:
        raise CorrectedMeanwhile(
            "Nothing was recorded: somebody else has corrected this entry in the meantime. Look "
            "at what it comes to now."
        )


def _sums(correction: Correction, current: Sequence[Period]) -> list[Sum]:
    campaign = correction.campaign
    brand = campaign.brand
    starts = {period: period_start(period, correction.day) for period in Period}
    kept = {
        (row.campaign_id, row.period, row.start): row
        for row in SpendTotal.objects.filter(
            Q(campaign=campaign) | Q(campaign=None), brand=brand, start__in=starts.values()
        )
    }
    sums = []
    for owner in (campaign, brand):
        for period in Period:
            row = kept.get((campaign.pk if owner is campaign else None, period, starts[period]))
            before = row.amount if row else Decimal(0)
            budget = owner.daily_budget if period == Period.DAY else owner.monthly_budget
            sums.append(
                Sum(
                    owner=owner,
                    period=period,
                    start=starts[period],
                    before=before,
                    after=before + correction.amount,
                    waived=row.waived if row else Decimal(0),
                    budget=budget if period in current else None,
                )
            )
    return sums


def _outcome(correction: Correction, current: Sequence[Period], now: datetime) -> Outcome:
    """Who starts and stops.

    The rule compares spend with budgets, so instead of more spend it is told of smaller budgets.
    """
    if not current:
        return Outcome()
    campaign, amount = correction.campaign, correction.amount
    columns: dict[str, Any] = {}
    for period in current:
        name = "daily_budget" if period == Period.DAY else "monthly_budget"
        columns[name] = Case(
            When(pk=campaign.pk, then=F(name) - Value(amount)),
            default=F(name),
            output_field=MoneyField(),
        )
        columns[f"brand__{name}"] = F(f"brand__{name}") - Value(amount)
    of_brand = Campaign.objects.filter(brand=campaign.brand_id)
    return preview_campaigns(of_brand, Supposing(columns=columns), now)
