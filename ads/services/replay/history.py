"""What is on record of a brand's days: spend by step, when campaigns ran, and when people had
them paused.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.apps import apps
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BigIntegerField, Func, Q

from ads.models import Brand, Campaign, DeliveryChange, Spend, SpendTotal
from ads.models.campaigns import Status
from ads.models.spend import Period
from ads.rules.calendar import day_bounds, month_start
from ads.services.replay.demand import STEP, AsItWas

MILLION: Final = 1_000_000

_SECONDS: Final = STEP // timedelta(seconds=1)


class _Bucket(Func):
    """The number of an instant's step, counted from 1970."""

    template = f"floor(extract(epoch from %(expressions)s) / {_SECONDS})::bigint"
    arity = 1
    output_field = BigIntegerField()


class _Micros(Func):
    """An amount in millionths."""

    template = f"(%(expressions)s * {MILLION})::bigint"
    arity = 1
    output_field = BigIntegerField()


@dataclass(slots=True)
class _Switches:
    """A yes or no that changes at instants."""

    first: bool
    at: list[datetime] = field(default_factory=list)
    to: list[bool] = field(default_factory=list)

    def by_step(self, begins: datetime, steps: int) -> list[bool]:
        """What it is for most of each step from ``begins`` on."""
        place = bisect_right(self.at, begins)
        value = self.to[place - 1] if place else self.first
        found: list[bool] = []
        for at, to in zip(self.at[place:], self.to[place:], strict=True):
            until = min(round((at - begins) / STEP), steps)
            found += [value] * (until - len(found))
            value = to
            if until == steps:
                break
        return found + [value] * (steps - len(found))


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    begins: datetime
    ends: datetime

    @property
    def steps(self) -> int:
        return -((self.begins - self.ends) // STEP)

    def at(self, step: int) -> datetime:
        return min(self.begins + step * STEP, self.ends)


@dataclass(frozen=True, slots=True)
class History:
    """What is on record of campaigns. Amounts are millionths of the currency."""

    days: tuple[Day, ...]
    #: By campaign and date.
    totals: Mapping[tuple[int, date], int]
    ran: Mapping[int, _Switches]
    unwanted: Mapping[int, _Switches]
    #: By campaign and date, what was spent before the first day: in its month, or as far back as a
    #: total budget counts.
    before: Mapping[int, Mapping[date, int]]

    def of(self, day: Day) -> dict[int, AsItWas]:
        """The campaigns' day; one query. Of all days at once it would be gigabytes."""
        spent = _spent(list(self.ran), day)
        return {
            pk: AsItWas(
                timed=spent.get(pk, _Spent()).timed,
                untimed=spent.get(pk, _Spent()).untimed,
                ran=ran.by_step(day.begins, day.steps),
                unwanted=self.unwanted[pk].by_step(day.begins, day.steps),
            )
            for pk, ran in self.ran.items()
        }

    def since(self, campaign_id: int, first: date | None) -> int:
        """What a campaign has spent before the replay, from ``first`` on."""
        before = self.before.get(campaign_id, {})
        return sum(amount for day, amount in before.items() if first is None or day >= first)

    def usual(self, campaign_id: int) -> tuple[int, int]:
        """How much it spent in how many steps in which it ran."""
        ran = sum(sum(self.ran[campaign_id].by_step(day.begins, day.steps)) for day in self.days)
        return max(self.total(campaign_id), 0), ran

    def total(self, campaign_id: int) -> int:
        """What it spent on all the days."""
        return sum(self.totals.get((campaign_id, day.date), 0) for day in self.days)


def read(brand: Brand, campaigns: Sequence[Campaign], first: date, last: date) -> History:
    """What is on record from ``first`` to ``last``; a fixed number of queries."""
    days = tuple(
        Day(day, *day_bounds(day, brand.timezone))
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
    )
    ids = [campaign.pk for campaign in campaigns]
    begins, ends = days[0].begins, days[-1].ends
    return History(
        days,
        _totals(ids, first, last),
        _ran(ids, begins, ends),
        _unwanted(brand, campaigns, begins),
        _before(campaigns, first),
    )


def micros(amount: Decimal) -> int:
    """An amount in millionths; exact, because amounts have six decimal places at most."""
    return int(amount * MILLION)


@dataclass(slots=True)
class _Spent:
    """What a campaign spent on a day: by step, and what has no time of the day."""

    timed: dict[int, int] = field(default_factory=dict)
    untimed: int = 0


def _spent(ids: Sequence[int], day: Day) -> dict[int, _Spent]:
    spent: dict[int, _Spent] = {}
    first, steps = int(day.begins.timestamp()) // _SECONDS, day.steps
    # A row for each campaign: one for each entry would take longer than the replay itself.
    rows = (
        Spend.objects.filter(campaign__in=ids, date=day.date)
        .order_by()
        .values_list("campaign")
        .annotate(buckets=ArrayAgg(_Bucket("occurred_at")), amounts=ArrayAgg(_Micros("amount")))
    )
    for campaign_id, buckets, amounts in rows.iterator():
        its = spent[campaign_id] = _Spent()
        for bucket, amount in zip(buckets, amounts, strict=True):
            step = bucket - first
            if 0 <= step < steps:
                its.timed[step] = its.timed.get(step, 0) + amount
            else:  # a day total that came later, or a date that was given
                its.untimed += amount
    return spent


def _totals(ids: Sequence[int], first: date, last: date) -> dict[tuple[int, date], int]:
    totals = SpendTotal.objects.filter(
        campaign__in=ids, period=Period.DAY, start__gte=first, start__lte=last
    )
    rows = totals.order_by().values_list("campaign", "start", "amount")
    return {(pk, day): micros(amount) for pk, day, amount in rows}


def _ran(ids: Sequence[int], begins: datetime, ends: datetime) -> dict[int, _Switches]:
    changes = DeliveryChange.objects.filter(campaign__in=ids).order_by("campaign", "at", "pk")
    before = changes.filter(at__lte=begins).order_by("campaign", "-at", "-pk")
    ran = {pk: _Switches(first=False) for pk in ids}
    for pk, is_active in before.distinct("campaign").values_list("campaign", "is_active"):
        ran[pk].first = is_active
    within = changes.filter(at__gt=begins, at__lt=ends)
    for pk, at, is_active in within.values_list("campaign", "at", "is_active"):
        ran[pk].at.append(at)
        ran[pk].to.append(is_active)
    return ran


def _unwanted(
    brand: Brand, campaigns: Iterable[Campaign], begins: datetime
) -> dict[int, _Switches]:
    """When a person had a campaign, or its brand, off."""
    by_brand = _events("BrandEvent", [brand.pk], "is_active").get(brand.pk, [])
    events = _events("CampaignEvent", [one.pk for one in campaigns], "status")
    found: dict[int, _Switches] = {}
    for campaign in campaigns:
        own = events.get(campaign.pk) or [(campaign.created_at, campaign.status)]
        status = own[0][1]
        is_on = by_brand[0][1] if by_brand else brand.is_active
        # Before it was created, nobody wanted it on.
        switches = _Switches(campaign.created_at > begins or status != Status.ACTIVE or not is_on)
        merged = sorted(
            [(at, "status", value) for at, value in own]
            + [(at, "brand", value) for at, value in by_brand],
            key=lambda event: event[0],
        )
        for at, what, value in merged:
            status, is_on = (value, is_on) if what == "status" else (status, value)
            switches.at.append(at)
            switches.to.append(status != Status.ACTIVE or not is_on)
        found[campaign.pk] = switches
    return found


def _events(model: str, ids: Sequence[int], column: str) -> dict[int, list[tuple[datetime, Any]]]:
    """What the audit says of ``column`` of these rows, the oldest first."""
    found: dict[int, list[tuple[datetime, Any]]] = defaultdict(list)
    events = apps.get_model("ads", model)._default_manager.filter(pgh_obj_id__in=ids)
    rows = events.order_by("pgh_created_at", "pgh_id")
    for pk, at, value in rows.values_list("pgh_obj_id", "pgh_created_at", column):
        if not found[pk] or found[pk][-1][1] != value:
            found[pk].append((at, value))
    return found


def _before(campaigns: Sequence[Campaign], first: date) -> dict[int, dict[date, int]]:
    counts = [
        one.pk
        for one in campaigns
        if one.total_budget is not None
        or (one.budget_group is not None and one.budget_group.total_budget is not None)
    ]
    totals = SpendTotal.objects.filter(
        Q(start__gte=month_start(first)) | Q(campaign__in=counts),
        campaign__in=[one.pk for one in campaigns],
        period=Period.DAY,
        start__lt=first,
    )
    found: dict[int, dict[date, int]] = defaultdict(dict)
    for pk, day, amount in totals.order_by().values_list("campaign", "start", "amount"):
        found[pk][day] = micros(amount)
    return found
