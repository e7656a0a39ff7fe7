"""The list of campaigns, picked out and put in order, compared with looking at each campaign."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.test import RequestFactory

from ads.models import Campaign, Spend, SpendTotal
from ads.models.campaigns import Status
from ads.services import BudgetService
from ads.services.explain.explanation import explain
from ads.tests.admin.pages import changelist
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import enforce_all, spend_in_sql

pytestmark = pytest.mark.django_db

CAMPAIGNS = changelist("ads_campaign")

#: On the Line Islands it is May already, on Niue still the night before the last of April.
NOW = datetime(2024, 4, 30, 12, tzinfo=UTC)
ZONES = ("UTC", "Pacific/Kiritimati", "Pacific/Niue")


@pytest.fixture(scope="module")
def campaigns(module_db: None) -> Iterator[list["Seen"]]:
    """Campaigns of all kinds in brands on three dates, at :data:`NOW`."""
    with time_machine.travel(NOW, tick=False):
        closed, open_now = (
            ScheduleFactory.create(name="Closed"),
            ScheduleFactory.create(windows=[(day, "00:00", "00:00") for day in range(7)]),
        )
        budgets = [None, Decimal(0), Decimal(10), Decimal(100)]
        spent = [Decimal(0), Decimal(8), Decimal(30)]
        for number, zone in enumerate(ZONES):
            brand = BrandFactory.create(
                name=("Alder", "Birch", "Cedar")[number],
                timezone=zone,
                daily_budget=[None, Decimal(120), Decimal(10_000)][number],
                monthly_budget=Decimal(200 if zone == "UTC" else 700),
                is_active=number != 2,
            )
            for daily, amount in product(budgets, spent):
                campaign = CampaignFactory.create(
                    brand=brand, daily_budget=daily, monthly_budget=daily and daily * 4
                )
                spend_in_sql(campaign, str(amount), NOW.astimezone(ZoneInfo(zone)).date())
                # Of the month that it was two days ago, which on the Line Islands is another.
                spend_in_sql(campaign, "7", NOW.date() - timedelta(days=2))
            BudgetService.reset_daily_spend(campaign)
            for days in (-1, 0, 1, 6, 7, 8):
                day = NOW.date() + timedelta(days=days)
                CampaignFactory.create(brand=brand, start_date=day)
                CampaignFactory.create(brand=brand, end_date=day)
            for status in Status.values:
                CampaignFactory.create(brand=brand, status=status, schedules=[closed])
                CampaignFactory.create(brand=brand, status=status, schedules=[open_now, closed])
        enforce_all(NOW)
        yield [Seen(campaign) for campaign in Campaign.objects.select_related("brand")]


@dataclass(frozen=True)
class Seen:
    """A campaign, looked at by itself."""

    campaign: Campaign
    allowed: dict[tuple[str, bool], Decimal] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return NOW.astimezone(ZoneInfo(self.campaign.brand.timezone)).date()

    @cached_property
    def spends(self) -> dict[tuple[str, bool], Decimal]:
        return {
            (period, of_brand): self._spent(period, of_brand=of_brand)
            for period, of_brand in product(("daily", "monthly"), (True, False))
        }

    def _spent(self, period: str, *, of_brand: bool) -> Decimal:
        owner: dict[str, Any] = (
            {"campaign__brand": self.campaign.brand} if of_brand else {"campaign": self.campaign}
        )
        first = self.today if period == "daily" else self.today.replace(day=1)
        entries = Spend.objects.filter(date__gte=first, date__lte=self.today, **owner)
        totals = SpendTotal.objects.filter(
            brand=self.campaign.brand,
            campaign=None if of_brand else self.campaign,
            period="day" if period == "daily" else "month",
            start=first,
        )
        self.allowed[period, of_brand] = sum(totals.values_list("waived", flat=True), Decimal(0))
        return sum(entries.values_list("amount", flat=True), start=Decimal(0))

    def share(self, period: str, *, of_brand: bool = False) -> float | None:
        """Above every other where a budget of zero is used up; None without one."""
        owner: Any = self.campaign.brand if of_brand else self.campaign
        budget: Decimal | None = getattr(owner, f"{period}_budget")
        if budget is None:
            return None
        spent = self.spends[period, of_brand]
        limit = budget + self.allowed[period, of_brand]
        if limit == 0:
            return float("inf") if spent >= 0 else 0
        return float(spent / limit)

    def used(self, *shares: float | None) -> float:
        return max((share for share in shares if share is not None), default=-1)

    @property
    def every_share(self) -> list[float | None]:
        return [
            self.share(period, of_brand=of_brand)
            for period, of_brand in product(("daily", "monthly"), (True, False))
        ]

    @property
    def flight(self) -> set[str]:
        start, end = self.campaign.start_date, self.campaign.end_date
        if start is None and end is None:
            return {"none"}
        if start and self.today < start:
            return {"not_begun"}
        if end and end < self.today:
            return {"ended"}
        soon = end is not None and end <= self.today + timedelta(days=7)
        return {"running", "ends_soon"} if soon else {"running"}

    @cached_property
    def holds(self) -> set[str]:
        return {held.code for held in explain(self.campaign, NOW).holds}


def listed(operator: User, **query: str | int) -> list[int]:
    """The ids of the campaigns that the list has, on all of its pages."""
    request = RequestFactory().get(CAMPAIGNS, query)
    request.user = operator
    shown = site.get_model_admin(Campaign).get_changelist_instance(request)
    found = list(shown.queryset.values_list("pk", flat=True))
    assert len(set(found)) == len(found) == shown.result_count
    return found


PICKED: dict[str, Callable[[Seen], bool]] = {
    **{
        f"day_used={percent}": lambda seen, at=percent / 100: seen.used(seen.share("daily")) >= at  # type: ignore[misc]
        for percent in (50, 80, 100)
    },
    **{
        f"month_used={percent}": lambda seen, at=percent / 100: (
            seen.used(seen.share("monthly")) >= at
        )  # type: ignore[misc]
        for percent in (50, 80, 100)
    },
    **{
        f"any_used={percent}": lambda seen, at=percent / 100: seen.used(*seen.every_share) >= at  # type: ignore[misc]
        for percent in (50, 80, 100)
    },
    **{
        f"flight={where}": lambda seen, where=where: where in seen.flight  # type: ignore[misc]
        for where in ("running", "not_begun", "ends_soon", "ended", "none")
    },
    **{
        f"hold={code}": lambda seen, code=code: code in seen.holds  # type: ignore[misc]
        for code in (
            "status",
            "brand_inactive",
            "flight",
            "brand_daily_budget",
            "brand_monthly_budget",
            "daily_budget",
            "monthly_budget",
            "dayparting",
        )
    },
    "is_dayparting_enabled__exact=1": lambda seen: seen.campaign.is_dayparting_enabled,
    "is_dayparting_enabled__exact=0": lambda seen: not seen.campaign.is_dayparting_enabled,
    "status__exact=draft": lambda seen: seen.campaign.status == "draft",
    "state=Paused by user": lambda seen: seen.campaign.state == "Paused by user",
}


def test_each_filter_finds_what_looking_at_each_campaign_finds(
    campaigns: list[Seen], operator: User
) -> None:
    for query, wanted in PICKED.items():
        name, _, value = query.partition("=")

        expected = {seen.campaign.pk for seen in campaigns if wanted(seen)}

        assert 0 < len(expected) < len(campaigns), query
        assert set(listed(operator, **{name: value})) == expected, query


COMBINED = [
    ("day_used=50", "hold=daily_budget", "any_used=80"),
    ("hold=dayparting", "state=Paused by user"),
    ("hold=brand_inactive", "flight=ended", "is_dayparting_enabled__exact=0"),
    ("hold=dayparting", "any_used=50", "flight=none"),
]


def test_filters_are_combined_with_each_other_a_brand_a_search_and_an_order(
    campaigns: list[Seen], operator: User
) -> None:
    for queries in COMBINED:
        given = dict(query.split("=") for query in queries)
        found = [
            seen.campaign for seen in campaigns if all(PICKED[query](seen) for query in queries)
        ]
        brand = found[0].brand

        expected = {campaign.pk for campaign in found}
        of_brand = {campaign.pk for campaign in found if campaign.brand == brand}

        assert set(listed(operator, **given)) == expected, given
        assert set(listed(operator, o="-7.6", **given)) == expected, given
        assert set(listed(operator, brand__id__exact=brand.pk, **given)) == of_brand, given
        assert set(listed(operator, q=brand.name, o="10", **given)) == of_brand, given


STATES = ["Active", "Paused by system", "Paused by user", "Draft", "Completed", "Archived"]

#: By the number of the column, what it is sorted by; None has no place and comes last.
SORTED: dict[int, Callable[[Seen], Any]] = {
    1: lambda seen: seen.campaign.name,
    2: lambda seen: seen.campaign.brand.name,
    3: lambda seen: STATES.index(seen.campaign.state),
    6: lambda seen: seen.spends["daily", False],
    7: lambda seen: seen.share("daily"),
    8: lambda seen: seen.campaign.daily_budget,
    9: lambda seen: seen.spends["monthly", False],
    10: lambda seen: seen.share("monthly"),
    11: lambda seen: seen.campaign.monthly_budget,
}


def test_each_order_is_that_of_looking_at_each_campaign(
    campaigns: list[Seen], operator: User
) -> None:
    for column, by in SORTED.items():
        values = {seen.campaign.pk: by(seen) for seen in campaigns}
        known = sorted(value for value in values.values() if value is not None)
        none = [None] * (len(values) - len(known))

        up = [values[pk] for pk in listed(operator, o=str(column))]
        down = [values[pk] for pk in listed(operator, o=f"-{column}")]

        assert len(set(known)) > 1, column
        assert up == [*known, *none], column
        assert down == [*reversed(known), *none], column
