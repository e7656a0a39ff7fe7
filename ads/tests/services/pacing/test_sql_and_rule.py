"""The one statement says of any campaigns and brands what the pure rule says of each."""

from collections import defaultdict
from dataclasses import fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ads.models import Brand, Campaign, SeasonalityAdjustment, SpendTotal
from ads.models.spend import Period
from ads.rules.calendar import local_date, month_start
from ads.rules.dayparting import DAYS
from ads.rules.pacing import Bounds, Budget, Pace, Step, pace_of
from ads.services import pacing
from ads.services.pacing.calendars import Events, Key, Span, calendars
from ads.tests.factories import (
    BrandFactory,
    BudgetGroupFactory,
    CampaignFactory,
    ScheduleFactory,
)
from ads.tests.services.plans.support import schedule
from ads.tests.support import at

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
BUDGETS = ("daily_budget", "monthly_budget", "total_budget")
TIMEZONES = ["UTC", "America/Los_Angeles", "Pacific/Auckland"]
#: The middle of a month, its first and its last day, and months in which clocks change.
INSTANTS = [
    at(text)
    for text in (
        "2026-03-15 17:20", "2026-05-01 00:00", "2026-05-31 23:40", "2026-11-01 12:00",
        "2026-04-07 03:00", "2026-02-28 09:30", "2026-10-28 20:00",
    )
]  # fmt: skip

money = st.integers(0, 40_000).map(lambda cents: Decimal(cents) / 100)
budgets = st.none() | st.just(Decimal(0)) | st.integers(1, 5_000).map(Decimal)
#: Of all campaigns of a brand, so that it lets some through; rarely there.
shared = st.none() | st.integers(0, 50_000).map(Decimal)
shared_daily = st.none() | st.integers(0, 1_000).map(Decimal)
#: So many days ago, and an amount; a credit is below zero.
spend = st.lists(
    st.tuples(st.integers(0, 62), st.integers(-20_000, 60_000).map(lambda n: Decimal(n) / 100)),
    max_size=30,
)
#: Spend every day since so many days ago.
steady = st.tuples(st.integers(0, 62), st.lists(money, min_size=1, max_size=9))
campaigns = st.fixed_dictionaries(
    {
        "daily_budget": budgets,
        "monthly_budget": budgets,
        "total_budget": st.none() | st.none() | st.integers(0, 20_000).map(Decimal),
        "is_grouped": st.booleans(),
        "status": st.sampled_from(["active", "active", "active", "paused"]),
        "flight": st.none() | st.tuples(st.integers(-40, 20), st.integers(0, 50)),
        "schedule": st.sampled_from([None, None, 0, 1]),
        "brand": st.integers(0, 2),
        "spend": spend,
        "steady": st.none() | steady,
    }
)


def recorded(drawn: dict[str, Any], today: date) -> dict[date, Decimal]:
    """What a campaign spent on which day."""
    days: dict[date, Decimal] = defaultdict(Decimal)
    if drawn["steady"]:
        since, amounts = drawn["steady"]
        for ago in range(since + 1):
            days[today - ago * DAY] += amounts[ago % len(amounts)]
    for ago, amount in drawn["spend"]:
        days[today - ago * DAY] += amount
    return dict(days)


def write(brand: Brand, campaign: Campaign | None, days: dict[date, Decimal]) -> None:
    """The sums of an owner, as the database keeps them."""
    months: dict[date, Decimal] = defaultdict(Decimal)
    for day, amount in days.items():
        months[month_start(day)] += amount
    SpendTotal.objects.bulk_create(
        SpendTotal(brand=brand, campaign=campaign, period=period, start=start, amount=amount)
        for period, sums in ((Period.DAY, days), (Period.MONTH, months))
        for start, amount in sums.items()
    )


#: Whose: the brand, and the group or None; with what was spent on which day.
Others = dict[Any, dict[date, Decimal]]


#: What is planned: whose budget becomes how much on which day.
Plan = list[tuple[Any, str, date, Decimal | None]]


def planned(plan: Plan, owner: Any, name: str, day: date) -> Decimal | None:
    """A budget on a day."""
    amounts = [
        (on, amount)
        for whose, field, on, amount in plan
        if (whose, field) == (owner, name) and on <= day
    ]
    return max(amounts, key=lambda one: one[0])[1] if amounts else getattr(owner, name, None)


def bounds_of(
    owner: Any, days: dict[date, Decimal], today: date, period: Period, others: Others,
    plan: Plan, day: date,
) -> Bounds:  # fmt: skip
    """What the budgets besides that of its period let through, each by itself, on a day."""
    own = []
    spent_by = {owner: days}
    if isinstance(owner, Campaign):
        spent_by |= {its: others[its] for its in (owner.brand, owner.budget_group) if its}
    for its, spent in spent_by.items():
        of_day, of_month, in_all = (planned(plan, its, name, day) for name in BUDGETS)
        if its == owner and period == Period.MONTH:
            of_month = None
        own.append((of_day, of_month, in_all, spent, its))
    daily, of_today, left = [], [], []
    for of_day, of_month, in_all, spent, its in own:
        if of_day is not None:
            daily.append(of_day)
            of_today.append((its, of_day - spent.get(today, Decimal(0))))
        since = getattr(its, "start_date", None) or date.min
        for budget, first in ((of_month, month_start(today)), (in_all, since)):
            if budget is not None:
                left.append(budget - sum(spent[day] for day in spent if day >= first))
    if period == Period.DAY:
        left += [amount for its, amount in of_today if its != owner]
        return Bounds(left=min(left, default=None))
    return Bounds(
        min((amount for _, amount in of_today), default=None),
        *(min(amounts, default=None) for amounts in (daily, left)),
    )


def budget_of(
    owner: Any, days: dict[date, Decimal], today: date, period: Period, others: Others, plan: Plan
) -> Budget:
    """An owner's budget as the rule takes it."""
    brand = owner if isinstance(owner, Brand) else owner.brand
    runs = brand.is_active and getattr(owner, "status", "active") == "active"
    if isinstance(owner, Brand):
        runs = brand.is_active and owner.campaigns.filter(status="active").exists()
    span = Span.of(period, today)
    month = month_start(today)
    of_last = [
        amount for day, amount in days.items() if month_start(day) == month_start(month - DAY)
    ]
    earlier = sum(amount for day, amount in days.items() if month <= day < today)
    of_day = period == Period.DAY
    return Budget(
        first=span.first,
        last=span.last,
        spent=sum((amount for day, amount in days.items() if span.first <= day), Decimal(0)),
        limit=owner.daily_budget if of_day else owner.monthly_budget,
        by_day={day: amount for day, amount in days.items() if span.begins <= day < today},
        spent_today=days.get(today, Decimal(0)),
        bounds=bounds_of(owner, days, today, period, others, plan, today),
        steps=[
            Step(
                day,
                planned(plan, owner, "monthly_budget", day),
                bounds_of(owner, days, today, period, others, plan, day),
            )
            for day in sorted({day for whose, _, day, _ in plan if whose in (owner, brand)})
            if today < day <= span.last
        ],
        ran_before=sum(of_last) > 0 or (of_day and earlier > 0),
        runs=runs,
        start=getattr(owner, "start_date", None),
        end=getattr(owner, "end_date", None),
    )


def same(found: Pace, expected: Pace) -> bool:
    """To the sixth decimal place; what SQL divides it rounds."""
    for field in fields(Pace):
        one, other = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(one, Decimal) and isinstance(other, Decimal):
            if abs(one - other) > Decimal("0.000002"):
                return False
        elif one != other:
            return False
    return True


@settings(
    max_examples=24,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(
    now=st.sampled_from(INSTANTS),
    drawn=st.lists(campaigns, min_size=1, max_size=8),
    limits=st.lists(st.tuples(shared_daily, shared, st.booleans()), min_size=3, max_size=3),
    groups=st.lists(st.tuples(shared_daily, shared, shared), min_size=3, max_size=3),
    events=st.lists(
        st.tuples(
            st.sampled_from([None, 0, 1]), st.integers(-30, 30), st.integers(0, 5),
            st.sampled_from(["0", "0.5", "1.333", "3"]),
        ),
        max_size=2,
    ),
    plan=st.lists(
        st.tuples(
            st.integers(0, 10), st.sampled_from(BUDGETS), st.integers(1, 25),
            st.none() | st.integers(0, 6_000).map(Decimal),
        ),
        max_size=8, unique_by=lambda one: one[:3],
    ),
)  # fmt: skip
def test_the_statement_says_what_the_rule_says(
    now: datetime, drawn: list[dict[str, Any]], limits: Any, groups: Any, events: Any, plan: Any
) -> None:
    with transaction.atomic():
        compare(now, drawn, limits, groups, events, plan)
        transaction.set_rollback(True)


def compare(
    now: datetime, drawn: list[dict[str, Any]], limits: Any, groups: Any, events: Any, plan: Any
) -> None:
    """Make all of it, ask for every pace in SQL, and work each out by the rule."""
    brands = [
        BrandFactory.create(timezone=tz, daily_budget=daily, monthly_budget=monthly, is_active=on)
        for tz, (daily, monthly, on) in zip(TIMEZONES, limits, strict=True)
    ]
    grouped = [
        BudgetGroupFactory.create(
            brand=brand, daily_budget=daily, monthly_budget=monthly, total_budget=total,
            start_date=now.date() - 20 * DAY,
        )
        for brand, (daily, monthly, total) in zip(brands, groups, strict=True)
    ]  # fmt: skip
    schedules = [
        ScheduleFactory.create(windows=[(day, "08:00", "20:00") for day in range(5)]),
        ScheduleFactory.create(
            timezone="America/New_York",
            windows=[(day, "22:00", "02:30") for day in range(len(DAYS))],
        ),
    ]
    for owner, begins, length, factor in events:
        first = now.date() + begins * DAY
        SeasonalityAdjustment.objects.create(
            name="Sale",
            brand=None if owner is None else brands[owner],
            start_date=first,
            end_date=first + length * DAY,
            factor=Decimal(factor),
        )
    owners: list[tuple[Any, dict[date, Decimal]]] = []
    others: Others = defaultdict(lambda: defaultdict(Decimal))
    for one in drawn:
        brand = brands[one["brand"]]
        today = local_date(now, brand.timezone)
        flight = {}
        if one["flight"]:
            begins, length = one["flight"]
            flight = {"start_date": today + begins * DAY}
            flight["end_date"] = flight["start_date"] + length * DAY
        attached = [] if one["schedule"] is None else [schedules[one["schedule"]]]
        campaign = CampaignFactory.create(
            brand=brand, schedules=attached, **flight,
            budget_group=grouped[one["brand"]] if one["is_grouped"] else None,
            **{name: one[name] for name in (*BUDGETS, "status")},
        )  # fmt: skip
        days = recorded(one, today)
        write(brand, campaign, days)
        owners.append((campaign, days))
        for its in (brand, campaign.budget_group):
            for day, amount in days.items() if its else ():
                others[its][day] += amount
    for brand in brands:
        write(brand, None, others[brand])
        owners.append((brand, others[brand]))
    known = Events.around(now)
    changes: Plan = []
    for index, field, later, amount in plan:
        owner = owners[index % len(owners)][0]
        brand = owner if isinstance(owner, Brand) else owner.brand
        day = local_date(now, brand.timezone) + later * DAY
        if hasattr(owner, field) and not any(
            (whose, name, on) == (owner, field, day) for whose, name, on, _ in changes
        ):
            schedule(owner, amount, day, field)
            changes.append((owner, field, day, amount))

    for period in Period:
        found = {
            Campaign: pacing.of_campaigns(Campaign.objects.all(), now, period),
            Brand: pacing.of_brands(Brand.objects.all(), now, period),
        }
        for owner, days in owners:
            brand = owner if isinstance(owner, Brand) else owner.brand
            schedules_of = () if isinstance(owner, Brand) else owner.dayparting_schedules.all()
            own = brand.pk if brand.pk in known.brands else 0
            key = Key(brand.timezone, tuple(one.pk for one in schedules_of), own)
            calendar = calendars([key], period, known, now)[key]
            budget = budget_of(owner, days, calendar.today, period, others, changes)
            expected = pace_of(budget, calendar, of_day=period == Period.DAY)
            assert same(found[type(owner)][owner.pk], expected), (
                found[type(owner)][owner.pk],
                expected,
                budget,
                calendar.elapsed,
            )
