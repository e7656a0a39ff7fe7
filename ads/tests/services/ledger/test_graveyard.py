"""Faults that systems of this kind have had with money; each shown to be impossible here."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.models import Campaign, Spend, SpendTotal
from ads.services import BudgetService
from ads.services.delivery import rollover
from ads.services.delivery.enforcement import Trigger, enforce
from ads.services.ledger import batch, crossings
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, at, at_once, delivers, enforce_all, spend, switches, totals
from budget_manager.celery import app

pytestmark = pytest.mark.django_db

TODAY = NOON.date()
YESTERDAY = TODAY - timedelta(days=1)
MAY = date(2024, 5, 1)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """The clock stands at noon in UTC."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.mark.django_db(transaction=True)
def test_lost_updates_under_eight_writers() -> None:
    campaign = CampaignFactory.create()

    def write() -> None:
        for _ in range(10):
            BudgetService.record_spend(campaign, "0.01")

    with at_once() as start:
        for _ in range(8):
            start(write)

    assert totals(campaign)["day", TODAY] == Decimal("0.80")
    assert totals(campaign.brand)["month", MAY] == Decimal("0.80")


def test_the_brand_s_monthly_budget_never_looked_at() -> None:
    campaign = CampaignFactory.create(brand__monthly_budget=100)
    enforce_all(NOON)

    spend(campaign, 100, NOON)

    assert switches(campaign)[1:] == [(False, ["brand_monthly_budget"])]


def test_the_brand_s_budget_compared_with_one_campaign_s_spend() -> None:
    brand = BrandFactory.create(daily_budget=100)
    campaigns = CampaignFactory.create_batch(4, brand=brand)
    enforce_all(NOON)

    for campaign in campaigns:
        spend(campaign, 25, NOON)

    assert not any(map(delivers, campaigns))


def test_spend_clamped_to_the_budget() -> None:
    campaign = CampaignFactory.create(daily_budget=10, monthly_budget=20)

    spend(campaign, "10.01", NOON)
    spend(campaign, 500, NOON)

    assert totals(campaign) == {
        ("day", TODAY): Decimal("510.01"),
        ("month", MAY): Decimal("510.01"),
    }


@pytest.mark.parametrize("status", ["paused", "completed", "archived", "draft"])
def test_spend_refused_or_dropped_because_the_campaign_is_paused(status: str) -> None:
    campaign = CampaignFactory.create(status=status)

    assert BudgetService.record_spend(campaign, 5).pk is not None

    assert Spend.objects.get().amount == 5
    assert totals(campaign.brand)["day", TODAY] == 5


def test_spend_dropped_because_the_system_has_stopped_the_campaign() -> None:
    campaign = CampaignFactory.create(daily_budget=5)
    spend(campaign, 5, NOON)
    assert not delivers(campaign)

    spend(campaign, 5, NOON)

    assert totals(campaign)["day", TODAY] == 10


def test_one_spend_per_campaign_and_day() -> None:
    campaign = CampaignFactory.create()

    for _ in range(3):
        BudgetService.record_spend(campaign, 5, "click", date=TODAY)

    assert Spend.objects.count() == 3
    assert totals(campaign)["day", TODAY] == 15


def test_backdated_spend_counted_as_today_s() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    enforce_all(NOON)

    BudgetService.record_spend(campaign, 10, date=YESTERDAY)

    assert delivers(campaign)
    assert BudgetService.get_daily_spend(campaign) == 0
    assert totals(campaign)["day", YESTERDAY] == 10


def test_a_retry_counted_twice() -> None:
    campaign = CampaignFactory.create()
    record = partial(
        BudgetService.record_spend, campaign, 10, "click", source="etl", external_id="1"
    )
    report = partial(
        BudgetService.report_day_total, campaign, TODAY, 30, source="ads", observed_at=NOON
    )

    first = record()
    report()
    assert record() == first
    assert report().outcome == "unchanged"

    assert Spend.objects.count() == 2
    assert totals(campaign)["day", TODAY] == 40


@pytest.mark.django_db(transaction=True)
def test_ledger_and_counter_in_two_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails after the entry takes entry, sums and switches back together."""
    campaign = CampaignFactory.create(daily_budget=5)
    real = crossings.enforce_crossed

    def fail(*args: object, **kwargs: object) -> None:
        real(*args, **kwargs)  # type: ignore[arg-type]
        assert not delivers(campaign)
        raise ConnectionError("the machine loses its power here")

    monkeypatch.setattr(batch, "enforce_crossed", fail)

    with pytest.raises(ConnectionError):
        BudgetService.record_spend(campaign, 5)

    assert not Spend.objects.exists()
    assert {total.amount for total in SpendTotal.objects.all()} <= {Decimal(0)}
    assert delivers(campaign)


def test_a_reset_that_wipes_the_spend_of_its_own_morning() -> None:
    campaign = CampaignFactory.create(daily_budget=10, monthly_budget=15)
    enforce_all(at("2024-05-31 12:00"))
    spend(campaign, 10, at("2024-06-01 06:00"))

    rollover.roll_over_days(at("2024-06-01 07:00"))
    rollover.roll_over_months(at("2024-06-01 07:00"))

    assert totals(campaign)["day", date(2024, 6, 1)] == 10
    assert totals(campaign)["month", date(2024, 6, 1)] == 10
    assert not delivers(campaign)


def test_170_queries_for_one_spend() -> None:
    brand = BrandFactory.create(daily_budget=100)
    campaigns = CampaignFactory.create_batch(50, brand=brand)
    enforce_all(NOON)

    with CaptureQueriesContext(connection) as nothing_crossed:
        BudgetService.record_spend(campaigns[0], 1)
    with CaptureQueriesContext(connection) as fifty_stopped:
        BudgetService.record_spend(campaigns[0], 99)

    assert not any(map(delivers, campaigns))
    assert 0 < len(nothing_crossed) <= 5
    assert 0 < len(fifty_stopped) <= 20


def test_the_check_itself_inventing_spend() -> None:
    campaign = CampaignFactory.create(daily_budget=10)

    for _ in range(3):
        enforce_all(NOON)
    rollover.roll_over_days(NOON)
    rollover.roll_over_months(NOON)
    enforce(Campaign.objects.all(), NOON, Trigger.ENFORCE_DAYPARTING)

    assert delivers(campaign)
    assert not Spend.objects.exists()
    assert not SpendTotal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_spend_lost_because_redis_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody_listens = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(app.conf, "broker_url", nobody_listens)
    monkeypatch.setattr(app.conf, "result_backend", nobody_listens)
    campaign = CampaignFactory.create(daily_budget=10)

    BudgetService.record_spend(campaign, 10)
    assert not delivers(campaign)
    Campaign.objects.update(daily_budget=20)

    assert delivers(campaign)
