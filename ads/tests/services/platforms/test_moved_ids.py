"""An account reports days of a platform ID that has moved to another campaign since."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ads.models import Campaign
from ads.services import platforms
from ads.services.ledger.verification import find_drift
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.platforms.doubles import (
    NOON,
    TODAY,
    Scripted,
    account,
    connection,
    known_as,
    spent,
    update,
)
from ads.tests.services.platforms.asking import DAY, MINUTE, cost

pytestmark = pytest.mark.django_db

YESTERDAY = TODAY - DAY


@pytest.fixture
def first() -> Campaign:
    return CampaignFactory.create(brand__daily_budget=1000, daily_budget=100)


@pytest.fixture
def second(first: Campaign) -> Campaign:
    return CampaignFactory.create(brand=first.brand, daily_budget=100)


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_days_that_are_read_again_move_with_their_id(
    platform: Scripted, first: Campaign, second: Campaign, *, is_elsewhere: bool
) -> None:
    if is_elsewhere:
        second = CampaignFactory.create(brand=BrandFactory.create())
    carried = known_as(first, "7")
    its = account(connection())
    platform.costs_of["1"] = [cost("7", 30), cost("7", 20, YESTERDAY)]
    platform.totals_of["1"] = {YESTERDAY: Decimal(20)}
    update(NOON)
    carried.campaign = second
    carried.save()

    platform.costs_of["1"] = [cost("7", 35), cost("7", 20, YESTERDAY)]
    done = update(NOON + 20 * MINUTE)

    assert [spent(first), spent(first, YESTERDAY)] == [0, 0]
    assert [spent(second), spent(second, YESTERDAY)] == [35, 20]
    assert done.spend == {"USD": 5}
    assert platforms.reconcile(its.pk, NOON + 20 * MINUTE) == 0
    assert not find_drift()
    assert update(NOON + 40 * MINUTE).recorded == 0


def test_a_vanished_row_is_zero_for_whoever_has_it_on_record(
    platform: Scripted, first: Campaign, second: Campaign
) -> None:
    carried = known_as(first, "7")
    account(connection())
    platform.costs_of["1"] = [cost("7", 30)]
    update(NOON)
    carried.campaign = second
    carried.save()

    platform.costs_of["1"] = []
    update(NOON + 5 * MINUTE)

    assert [spent(first), spent(second)] == [0, 0]


def test_days_before_the_flight_stay_and_are_reconciled(
    platform: Scripted, first: Campaign, second: Campaign
) -> None:
    carried = known_as(first, "7")
    its = account(connection())
    platform.costs_of["1"] = [cost("7", 30), cost("7", 20, YESTERDAY)]
    platform.totals_of["1"] = {YESTERDAY: Decimal(19)}
    update(NOON)
    second.start_date = TODAY
    second.save()
    carried.campaign = second
    carried.save()

    platform.costs_of["1"] = [cost("7", 35), cost("7", 19, YESTERDAY)]
    update(NOON + timedelta(minutes=20))

    assert [spent(first), spent(first, YESTERDAY)] == [0, 19]
    assert [spent(second), spent(second, YESTERDAY)] == [35, 0]
    assert platforms.reconcile(its.pk, NOON + timedelta(minutes=20)) == 0


@pytest.mark.parametrize("is_reported_again", [False, True])
@pytest.mark.parametrize(
    ("before", "after"), [("UTC", "America/New_York"), ("America/New_York", "UTC")]
)
def test_each_campaigns_days_are_reconciled_in_its_own_timezone(
    platform: Scripted, before: str, after: str, *, is_reported_again: bool
) -> None:
    """The days of one of the brands are the account's; hours are added up to those of the other."""
    eve = YESTERDAY - DAY
    first = CampaignFactory.create(brand__timezone=before)
    second = CampaignFactory.create(brand__timezone=after, start_date=YESTERDAY)
    carried = known_as(first, "7")
    its = account(connection())
    platform.gives_hours = True
    costs = [cost("7", 20, eve), cost("7", 30, YESTERDAY)]
    platform.costs_of["1"] = costs + [replace(each, hour=15) for each in costs]
    platform.totals_of["1"] = {eve: Decimal(20), YESTERDAY: Decimal(30)}
    update(NOON)
    assert [spent(first, day) for day in (eve, YESTERDAY)] == [20, 30]
    carried.campaign = second
    carried.save()
    if is_reported_again:
        update(NOON + timedelta(hours=2))
        assert [spent(first, day) for day in (eve, YESTERDAY)] == [20, 0]
        assert spent(second, YESTERDAY) == 30

    assert platforms.reconcile(its.pk, NOON + timedelta(hours=2)) == 0
    platform.totals_of["1"][eve] = Decimal(21)
    assert platforms.reconcile(its.pk, NOON + timedelta(hours=2)) > 0
