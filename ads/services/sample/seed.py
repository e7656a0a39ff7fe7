"""Fills a database with sample brands, campaigns, schedules and spend."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import cycle, islice
from typing import TypeVar

from django.conf import settings
from django.db import connection, transaction

from ads.models import (
    Brand,
    Campaign,
    CampaignSchedule,
    DaypartingSchedule,
    DaypartingWindow,
    Spend,
    SpendTotal,
)
from ads.rules.calendar import day_bounds
from ads.rules.money import LIMIT, parse_amount
from ads.services.actor import SYSTEM, acting_as
from ads.services.delivery import Trigger, enforce
from ads.services.ledger import SpendEntry, record_all
from ads.services.platforms import sync_platforms
from ads.services.sample import data
from ads.services.sample.data import CampaignNames, Role, Sample

SOURCE = "seed_data"

#: Rows inserted in one statement.
BATCH = 5000

T = TypeVar("T")

#: The longest history, in days: ten years.
MOST_DAYS = 3650


class InvalidPlan(ValueError):
    """An invalid plan: ``field``, ``value``, and the ``reason`` with its remedy."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(f"{field}: {value} cannot be used: {reason}")
        self.field = field
        self.value = value
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Plan:
    """How much sample data to make.

    Args:
        brands: one or more.
        campaigns: one or more in all, spread evenly over the brands.
        spend_days: days of history, today so far included; 0 for none.
        daily_budget: of each campaign, in US dollars. A brand's budgets are the sums of theirs.
        monthly_budget: likewise.
        seed: the same seed at the same instant makes the same data.

    Raises:
        InvalidPlan: a number out of range.
        InvalidAmount: a budget that is not an amount.
    """

    brands: int
    campaigns: int
    spend_days: int
    daily_budget: Decimal
    monthly_budget: Decimal
    seed: int

    def campaigns_of(self, brand: int) -> int:
        """How many campaigns the brand of this number gets."""
        return self.campaigns // self.brands + (brand < self.campaigns % self.brands)

    def __post_init__(self) -> None:
        for field, least in (("brands", 1), ("campaigns", 1), ("spend_days", 0)):
            value = getattr(self, field)
            if value < least:
                raise InvalidPlan(field, value, f"give {least} or more.")
        if self.spend_days > MOST_DAYS:
            raise InvalidPlan("spend_days", self.spend_days, f"give at most {MOST_DAYS}.")
        for field in ("daily_budget", "monthly_budget"):
            value = parse_amount(getattr(self, field), field=field)
            if value == 0:
                raise InvalidPlan(field, value, "nothing would ever run; give more than 0.")
            if value * self.campaigns >= LIMIT:
                reason = f"all campaigns together must stay below {LIMIT:,}."
                raise InvalidPlan(field, value, reason)


@dataclass(frozen=True, slots=True)
class Seeded:
    brands: list[str]
    campaigns: int
    dayparted: int
    schedules: int
    entries: int
    spend: Decimal
    #: How many of the campaigns run now.
    active: int
    #: Brands that existed before and were not changed.
    brands_before: int


def seed(plan: Plan, now: datetime) -> Seeded:
    """Add sample data, enforce it and tell the platforms.

    Nothing existing is changed: new brands get new names, and existing schedules are used as they
    are.
    """
    brands_before = Brand.objects.count()
    schedules_before = DaypartingSchedule.objects.count()
    entries, spend = 0, Decimal(0)
    with transaction.atomic():
        brands = _make_brands(plan, now)
        made = _make_campaigns(plan, brands)
        _attach_schedules(made)
        late = _late_days(plan, made, now)
        for batch in _batches(_history(plan, made, late, now)):
            record_all([entry for entry, _ in batch], source=SOURCE, now=now)
            if not entries:
                _analyze()
            entries += len(batch)
            spend += sum((amount for _, amount in batch), start=Decimal(0))
        with acting_as(SYSTEM):  # who switched campaigns then, whoever adds the data
            for campaign, sample, day in late:
                for reported in _record_late(campaign, sample, day):
                    entries += 1
                    spend += reported.amount
    campaigns = Campaign.objects.filter(brand__in=[brand.pk for brand in brands])
    enforce(campaigns, now, Trigger.EDIT)
    sync_platforms(now)
    return Seeded(
        brands=[brand.name for brand in brands],
        campaigns=len(made),
        dayparted=sum(sample.hours is not None for _, sample in made),
        schedules=DaypartingSchedule.objects.count() - schedules_before,
        entries=entries,
        spend=spend,
        active=campaigns.filter(is_active=True).count(),
        brands_before=brands_before,
    )


def _make_brands(plan: Plan, now: datetime) -> list[Brand]:
    """Brands in timezones in turn, with budgets that cover their campaigns'."""
    taken = set(Brand.objects.values_list("name", flat=True))
    names = (name for name in data.brand_names(plan.seed) if name not in taken)
    timezones = data.timezones(now)
    return Brand.objects.bulk_create(
        [
            Brand(
                name=next(names),
                timezone=timezones[number % len(timezones)],
                # A brand without campaigns gets the budget of one.
                daily_budget=plan.daily_budget * max(plan.campaigns_of(number), 1),
                monthly_budget=plan.monthly_budget * max(plan.campaigns_of(number), 1),
            )
            for number in range(plan.brands)
        ],
        batch_size=BATCH,
    )


def _make_campaigns(plan: Plan, brands: list[Brand]) -> list[tuple[Campaign, Sample]]:
    """Campaigns brand by brand; every second one is dayparted, by kinds of hours in turn."""
    samples: list[Sample] = []
    campaigns: list[Campaign] = []
    kinds = cycle(data.HOURS)
    for number, brand in enumerate(brands):
        roles = data.roles()
        names = CampaignNames(plan.seed, brand.name, platform_seed=settings.SIMULATED_PLATFORM_SEED)
        for _ in range(plan.campaigns_of(number)):
            is_dayparted = len(samples) % 2 == 1
            sample = Sample(
                timezone=brand.timezone,
                daily_budget=plan.daily_budget,
                monthly_budget=plan.monthly_budget,
                hours=next(kinds) if is_dayparted else None,
                role=Role.ORDINARY if is_dayparted else next(roles),
            )
            samples.append(sample)
            campaigns.append(
                Campaign(
                    brand=brand,
                    name=names.next(is_hot=sample.role is not Role.ORDINARY),
                    daily_budget=plan.daily_budget,
                    monthly_budget=plan.monthly_budget,
                    is_dayparting_enabled=is_dayparted,
                )
            )
    Campaign.objects.bulk_create(campaigns, batch_size=BATCH)
    return list(zip(campaigns, samples, strict=True))


def _attach_schedules(made: list[tuple[Campaign, Sample]]) -> None:
    """Attach to dayparted campaigns the schedules of their hours in their brand's timezone."""
    wanted = {
        _schedule_name(sample.hours, sample.timezone): (sample.hours, sample.timezone)
        for _, sample in made
        if sample.hours is not None
    }
    schedules = DaypartingSchedule.objects.in_bulk(wanted, field_name="name")
    new = DaypartingSchedule.objects.bulk_create(
        DaypartingSchedule(name=name, timezone=timezone)
        for name, (_, timezone) in wanted.items()
        if name not in schedules
    )
    DaypartingWindow.objects.bulk_create(
        DaypartingWindow(
            schedule=schedule,
            day_of_week=window.day_of_week,
            start_time=window.start,
            end_time=window.end,
        )
        for schedule in new
        for window in data.HOURS[wanted[schedule.name][0]]
    )
    schedules |= {schedule.name: schedule for schedule in new}
    CampaignSchedule.objects.bulk_create(
        (
            CampaignSchedule(
                campaign=campaign,
                schedule=schedules[_schedule_name(sample.hours, sample.timezone)],
            )
            for campaign, sample in made
            if sample.hours is not None
        ),
        batch_size=BATCH,
    )


def _schedule_name(hours: str, timezone: str) -> str:
    city = timezone.rsplit("/", maxsplit=1)[-1].replace("_", " ")
    return f"{hours}, {city}"


def _late_days(
    plan: Plan, made: list[tuple[Campaign, Sample]], now: datetime
) -> list[tuple[Campaign, Sample, date]]:
    """Of each brand, the campaign of which spend was reported late, and on which day."""
    first: dict[int, tuple[Campaign, Sample]] = {}
    for campaign, sample in made:
        if sample.role is not Role.ORDINARY:
            first.setdefault(campaign.brand_id, (campaign, sample))
    return [
        (campaign, sample, day)
        for campaign, sample in first.values()
        if (day := data.late_day(sample, days=plan.spend_days, now=now)) is not None
    ]


def _record_late(campaign: Campaign, sample: Sample, day: date) -> list[data.Reported]:
    """Have the budget overshot on that day, and the campaign stopped and brought back, as then."""
    one = Campaign.objects.filter(pk=campaign.pk)
    begins, ends = day_bounds(day, sample.timezone)
    enforce(one, begins, Trigger.RESET_DAILY_BUDGETS)
    reports = data.reported_late(sample, day)
    for each in reports:
        entry = SpendEntry(campaign, each.amount, "Sample spend", day, each.spent_at)
        record_all([entry], source=SOURCE, now=each.known_at)
    enforce(one, ends, Trigger.RESET_DAILY_BUDGETS)
    return reports


def _history(
    plan: Plan,
    made: list[tuple[Campaign, Sample]],
    late: list[tuple[Campaign, Sample, date]],
    now: datetime,
) -> Iterator[tuple[SpendEntry, Decimal]]:
    """The entries of the ledger, each with its amount, but those of the late days."""
    left_out = {(campaign.pk, day) for campaign, _, day in late}
    for number, (campaign, sample) in enumerate(made):
        spent = data.history(sample, days=plan.spend_days, seed=plan.seed, number=number, now=now)
        for day, amount in spent:
            if (campaign.pk, day) in left_out:
                continue
            occurred_at = data.last_instant(sample, day, now)
            yield SpendEntry(campaign, amount, "Sample spend", day, occurred_at), amount


def _analyze() -> None:
    """Update PostgreSQL's statistics, which otherwise plan for empty tables for a minute."""
    with connection.cursor() as cursor:
        for model in (Brand, Campaign, CampaignSchedule, Spend, SpendTotal):
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch
