"""What all brands have spent, against which budgets, and which of them are near their limits."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Brand
from ads.models.spend import Period
from ads.services.overview.near import MOST
from ads.services.overview.spend import money
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, at, let_run_on, spend

pytestmark = pytest.mark.django_db


def spent(amount: object, *, days_ago: int = 0, **brand: Any) -> Brand:
    """A brand of which a campaign spent this much."""
    campaign = CampaignFactory.create(brand=BrandFactory.create(**brand))
    if amount:
        spend(campaign, amount, NOON - timedelta(days=days_ago))
    return campaign.brand


def test_nothing_is_spent_where_there_is_nothing() -> None:
    told = money(NOON)

    assert [(each.currency, each.amount) for each in told.today + told.month] == [
        ("USD", Decimal(0))
    ] * 2
    assert (told.near, told.months) == ([], [])
    assert told.by_day.brands == []


def test_what_has_no_budget_is_not_compared_with_one() -> None:
    spent(40, daily_budget=100)
    spent(10, daily_budget=50)
    spent(7)
    spent(0)

    (today,) = money(NOON).today

    assert today.amount == 57
    assert today.limited == 50
    assert today.budget == 150
    assert today.with_budget == 2
    assert today.unlimited == 7
    assert today.without_budget == 1


def test_each_brand_counts_in_its_own_day_and_month() -> None:
    # 20:00 in UTC on the last of the month: it is June in Tokyo, and May in London.
    evening = at("2024-05-31 20:00")
    for timezone in ("Asia/Tokyo", "Europe/London"):
        campaign = CampaignFactory.create(brand=BrandFactory.create(timezone=timezone))
        spend(campaign, 5, evening - timedelta(hours=8))  # still May everywhere
        spend(campaign, 1, evening)

    told = money(evening)

    assert told.today[0].amount == 1 + (1 + 5)
    assert told.month[0].amount == 1 + (1 + 5)


def test_what_is_allowed_beyond_the_budget_is_in_the_limit() -> None:
    brand = spent(90, daily_budget=100)
    let_run_on(brand, "day", now=NOON)

    told = money(NOON)

    assert (told.today[0].amount, told.today[0].budget) == (Decimal(90), Decimal(190))
    assert told.near == []


def test_brands_nearest_their_limits_come_first_and_what_is_used_up_last() -> None:
    spent(120, name="over", daily_budget=100)
    spent(60, name="daily", daily_budget=100)
    spent(80, name="monthly", daily_budget=1000, monthly_budget=100)
    spent(49, name="little", daily_budget=100)
    spent(0, name="none", daily_budget=0)
    off = spent(70, name="off", daily_budget=100)
    Brand.objects.filter(pk=off.pk).update(is_active=False)

    near = money(NOON).near

    assert [(each.name, each.period) for each in near] == [
        ("monthly", Period.MONTH),
        ("off", Period.DAY),
        ("daily", Period.DAY),
        ("over", Period.DAY),
    ]
    assert [each.delivers for each in near] == [True, False, True, True]
    assert near[2].used_up_at == NOON + timedelta(hours=8)
    assert near[1].used_up_at is None


def test_of_many_brands_those_nearest_are_named_and_what_is_used_up_pushes_none_out() -> None:
    for _ in range(2 * MOST):
        spent(19, daily_budget=10, monthly_budget=20)
    for amount in range(60, 60 + MOST):
        spent(amount, daily_budget=100)

    near = money(NOON).near

    assert [each.spent for each in near] == [*range(59 + MOST, 59, -1)]


def test_nothing_is_added_up_across_currencies() -> None:
    spent(5, currency="USD", daily_budget=10)
    spent(7, currency="EUR", daily_budget=20)
    spent(9, currency="EUR")

    told = money(NOON)
    of_dollars = money(NOON, "USD")

    assert [(each.currency, each.amount, each.budget) for each in told.today] == [
        ("EUR", Decimal(16), Decimal(20)),
        ("USD", Decimal(5), Decimal(10)),
    ]
    assert (told.currency, of_dollars.currency) == ("EUR", "USD")
    assert [brand.month_spend for brand in told.months] == [9, 7]
    assert [brand.month_spend for brand in of_dollars.months] == [5]
    assert [amounts[-1] for _, _, amounts in of_dollars.by_day.brands] == [5]


def test_the_days_are_thirty_and_the_brands_that_spent_less_are_added_up() -> None:
    for number in range(8):
        spent(10 + number, days_ago=number, name=f"Brand of {10 + number}")
    spent(500, days_ago=40, name="Long ago")

    told = money(NOON).by_day

    assert (told.days[0], told.days[-1], len(told.days)) == (
        date(2024, 4, 16),
        date(2024, 5, 15),
        30,
    )
    assert [name for _, name, _ in told.brands] == [f"Brand of {n}" for n in range(17, 11, -1)]
    first = told.brands[0][2]
    assert first[-8] == sum(first) == 17
    assert told.others[-1] == 10
    assert told.others[-2] == 11
    assert sum(told.others) == 21


def test_the_last_day_is_todays_where_it_is_latest() -> None:
    evening = at("2024-05-15 20:00")
    spend(CampaignFactory.create(brand__timezone="Asia/Tokyo"), 3, evening)
    spend(CampaignFactory.create(brand__timezone="UTC"), 2, evening)

    told = money(evening).by_day

    assert told.days[-1] == date(2024, 5, 16)
    assert [amounts[-2:] for _, _, amounts in told.brands] == [[0, 3], [2, 0]]


def test_the_months_are_of_those_that_spent_most() -> None:
    spent(5, name="little", monthly_budget=10)
    spent(Decimal("7.5"), name="more")
    spent(0, name="nothing", monthly_budget=10)

    months = money(NOON).months

    assert [brand.name for brand in months] == ["more", "little"]
    assert months[0].monthly_budget is None


def test_five_queries_read_it_all(django_assert_num_queries: Any) -> None:
    for _ in range(3):
        spent(9, daily_budget=10)

    with django_assert_num_queries(5):
        money(NOON)
