"""What changes when: planned budgets, flights that begin and end, and hours that replace others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ads.models import Brand, Campaign, CampaignSchedule, DaypartingSchedule, ScheduledChange
from ads.models.budgets import Carry, PlannedField
from ads.models.campaigns import Status
from ads.rules.calendar import next_month
from ads.rules.money import format_money
from ads.services import visible
from ads.services.planned import carrying

#: Entries of one kind that are listed; a filter by brand shows fewer.
MOST: Final = 500

_DAY: Final = timedelta(days=1)


class Kind(models.TextChoices):
    BUDGET = "budget", "Budget"
    PLAN = "plan", "Plan"
    FLIGHT = "flight", "Flight"
    HOURS = "hours", "Hours"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that changes on a day, in the timezone of its brand or schedule."""

    day: date
    kind: Kind
    #: The brand, campaign or schedule that it is about.
    subject: Brand | Campaign | DaypartingSchedule
    says: str


def of(first: date, last: date, brand: Brand | None = None) -> list[Entry]:
    """What changes from ``first`` to ``last``, both included, by day; of what may be seen."""
    found = [entry for source in SOURCES for entry in source(first, last, brand)]
    return sorted(found, key=lambda entry: (entry.day, entry.kind, str(entry.subject)))


def _budgets(first: date, last: date, brand: Brand | None) -> Iterator[Entry]:
    changes = ScheduledChange.objects.filter(
        starts_on__range=(first, last), cancelled_at=None, **_of(brand, "brand")
    )
    changes = visible.rows(changes).select_related("brand", "campaign__brand", "plan")
    for change in changes.order_by("starts_on", "pk")[:MOST]:
        label = PlannedField(change.field).label
        budget = "no limit"
        if change.amount is not None:
            budget = format_money(change.amount, change.brand.currency)
        says = change.says if change.applied_at else f"{label} becomes {budget}"
        if change.plan and not change.applied_at and change.plan.carries != Carry.NOTHING:
            says += ", adjusted by what is carried forward"
        kind = Kind.PLAN if change.plan_id else Kind.BUDGET
        yield Entry(change.starts_on, kind, change.owner, says)


def _ends_of_plans(first: date, last: date, brand: Brand | None) -> Iterator[Entry]:
    """Months of plans that nothing has followed by then: what they carried over ends with them."""
    following = ScheduledChange.objects.filter(
        brand=OuterRef("brand"), field=OuterRef("field"), cancelled_at=None,
        starts_on__gt=OuterRef("starts_on"),
        starts_on__lte=carrying.month_after(OuterRef("starts_on")),
    )  # fmt: skip
    months = ScheduledChange.objects.filter(
        ~Exists(following.filter(campaign=OuterRef("campaign"))),
        ~Q(campaign=None) | ~Exists(following.filter(campaign=None)),
        plan__isnull=False, cancelled_at=None, **_of(brand, "brand"),
    ).exclude(plan__carries=Carry.NOTHING)  # fmt: skip
    months = months.alias(ends=carrying.month_after(F("starts_on"))).filter(
        ends__range=(first, last)
    )
    months = visible.rows(months).select_related("brand", "campaign__brand")
    for month in months.order_by("starts_on", "pk")[:MOST]:
        amount = month.amount or Decimal(0)
        says = carrying.after_last(month.starts_on, amount, month.brand.currency)
        yield Entry(next_month(month.starts_on), Kind.PLAN, month.owner, says)


def _flights(first: date, last: date, brand: Brand | None) -> Iterator[Entry]:
    campaigns = visible.rows(Campaign.objects.filter(**_of(brand, "brand"))).select_related("brand")
    campaigns = campaigns.exclude(status__in=[Status.COMPLETED, Status.ARCHIVED])
    for campaign in campaigns.filter(start_date__range=(first, last)).order_by("start_date")[:MOST]:
        if campaign.start_date:
            one_day = campaign.end_date == campaign.start_date
            yield Entry(
                campaign.start_date,
                Kind.FLIGHT,
                campaign,
                "Its flight of one day" if one_day else "Its flight begins",
            )
    ending = campaigns.filter(end_date__range=(first - _DAY, last - _DAY)).order_by("end_date")
    for campaign in ending[:MOST]:
        if campaign.end_date:
            says = f"Its flight has ended, on {campaign.end_date}"
            yield Entry(campaign.end_date + _DAY, Kind.FLIGHT, campaign, says)


def _hours(first: date, last: date, brand: Brand | None) -> Iterator[Entry]:
    dated = Q(valid_from__range=(first, last)) | Q(valid_until__range=(first - _DAY, last - _DAY))
    schedules: QuerySet[Any] = visible.rows(DaypartingSchedule.objects.filter(dated))
    attached = visible.rows(CampaignSchedule.objects.filter(**_of(brand, "campaign__brand")))
    if brand is not None:
        schedules = schedules.filter(pk__in=attached.values("schedule"))
    its = attached.filter(schedule=OuterRef("pk")).order_by().values("schedule")
    used = Coalesce(Subquery(its.values(count=Count("pk"))), 0)
    for schedule in schedules.filter(is_active=True).annotate(used=used).order_by("name")[:MOST]:
        on = f"on {schedule.used} campaign{'' if schedule.used == 1 else 's'}"
        if schedule.valid_from and first <= schedule.valid_from <= last:
            says = f"Its hours begin to apply {on}, with priority {schedule.priority}"
            yield Entry(schedule.valid_from, Kind.HOURS, schedule, says)
        if schedule.valid_until and first <= schedule.valid_until + _DAY <= last:
            says = f"Its hours no longer apply {on}"
            yield Entry(schedule.valid_until + _DAY, Kind.HOURS, schedule, says)


def _of(brand: Brand | None, name: str) -> dict[str, Any]:
    return {} if brand is None else {name: brand}


#: Where entries come from. Whatever else is known by day, such as events, belongs here.
SOURCES: Final[Sequence[Callable[[date, date, Brand | None], Iterator[Entry]]]] = (
    _budgets,
    _ends_of_plans,
    _flights,
    _hours,
)
