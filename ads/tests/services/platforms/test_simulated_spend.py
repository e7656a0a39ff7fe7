"""The simulated platform is asked and told as every other."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.freshness import is_any_old
from ads.models import (
    Campaign,
    Connection,
    DeliveryChange,
    PlatformAccount,
    PlatformCampaign,
    SimulatedSwitch,
    Spend,
    SpendTotal,
    SwitchOrder,
)
from ads.platforms.simulated import SimulatedConnector
from ads.services.delivery import lifecycle
from ads.services.platforms import sync_platforms
from ads.services.platforms.accounts import keep_simulated
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.platforms.doubles import NOON, TODAY, enforced, spent, update
from ads.tests.support import execute

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("simulated")]

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_spend_comes_in_while_a_campaign_delivers() -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    enforced()

    first = update(NOON)
    assert (first.recorded, first.spend) == (0, {})

    second = update(NOON + 5 * MINUTE)
    assert second.recorded == 1
    assert second.spend == {"USD": spent(campaign)}
    assert spent(campaign) > 0


def test_a_campaign_over_its_budget_stops_here_and_on_the_platform_in_one_run() -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal("0.10"))
    SimulatedSwitch.objects.create(campaign=campaign, at=NOON - HOUR, is_on=True, pace=75)
    enforced()

    assert update(NOON).switched == 1

    campaign.refresh_from_db()
    assert not campaign.is_active
    change = DeliveryChange.objects.latest("id")
    assert (change.campaign, change.is_active, change.holds) == (campaign, False, ["daily_budget"])
    assert change.daily_spend == spent(campaign) > Decimal("0.10")
    last = SimulatedSwitch.objects.latest("id")
    assert (last.is_on, last.at) == (False, NOON)

    before = spent(campaign)
    assert update(NOON + HOUR).recorded == 0
    assert spent(campaign) == before


def test_a_second_tick_at_the_same_instant_asks_nothing_and_changes_nothing() -> None:
    CampaignFactory.create_batch(3, daily_budget=75)
    enforced()
    update(NOON)
    update(NOON + HOUR)
    before = (Spend.objects.count(), SimulatedSwitch.objects.count())

    assert update(NOON + HOUR).recorded == 0
    assert (Spend.objects.count(), SimulatedSwitch.objects.count()) == before


def test_what_was_spent_between_the_last_tick_and_midnight_lands_on_its_own_day() -> None:
    tokyo = BrandFactory.create(timezone="Asia/Tokyo")
    campaign = CampaignFactory.create(brand=tokyo, daily_budget=None)
    midnight = datetime(2026, 3, 4, 15, tzinfo=UTC)  # 5 March begins in Tokyo
    enforced(midnight - HOUR)
    update(midnight - HOUR)
    update(midnight - 4 * MINUTE)
    before = spent(campaign, date(2026, 3, 4))

    update(midnight + 10 * MINUTE)  # in one minute a slow campaign spends less than a cent

    assert spent(campaign, date(2026, 3, 4)) > before
    assert 0 < spent(campaign, date(2026, 3, 5)) < before


def test_ticks_that_were_missed_make_no_difference_to_the_sum() -> None:
    campaign = CampaignFactory.create(daily_budget=None)
    SimulatedSwitch.objects.create(campaign=campaign, at=NOON - 9 * DAY, is_on=True, pace=75)
    enforced(NOON - 9 * DAY)
    update(NOON - 9 * DAY)

    update(NOON)

    platform = SimulatedConnector(1)
    (account,) = platform.accounts()
    costs = platform.costs(account, TODAY - 10 * DAY, TODAY, now=NOON)
    expected = {cost.date: cost.amount for cost in costs.rows}
    assert len(expected) == 10
    assert {day: spent(campaign, day) for day in expected} == expected
    months = SpendTotal.objects.filter(campaign=campaign, period="month").order_by("start")
    assert list(months.values_list("start", "amount")) == [
        (date(2026, 2, 1), sum(expected[day] for day in expected if day.month == 2)),
        (date(2026, 3, 1), sum(expected[day] for day in expected if day.month == 3)),
    ]


def test_a_thousand_brands_of_a_timezone_and_a_currency_are_one_account() -> None:
    for timezone, currency in (("UTC", "USD"), ("UTC", "EUR"), ("Asia/Tokyo", "USD")):
        brands = BrandFactory.create_batch(3, timezone=timezone, currency=currency)
        for brand in brands:
            CampaignFactory.create(brand=brand)
    BrandFactory.create(name="Without campaigns", timezone="Europe/Berlin")

    keep_simulated(NOON)

    rows = PlatformAccount.objects.order_by("remote_id").values_list(
        "remote_id", "name", "timezone", "currency", "source"
    )
    assert list(rows) == [
        ("Asia/Tokyo USD", "Asia/Tokyo, USD", "Asia/Tokyo", "USD", "simulated"),
        ("UTC EUR", "UTC, EUR", "UTC", "EUR", "simulated"),
        ("UTC USD", "UTC, USD", "UTC", "USD", "simulated"),
    ]
    update(NOON)
    assert PlatformCampaign.objects.filter(account__remote_id="UTC EUR").count() == 3


def test_it_is_connected_while_the_settings_say_so(settings: object) -> None:
    campaign = CampaignFactory.create(daily_budget=None)
    enforced()
    update(NOON)
    Connection.objects.update(state="refused")

    update(NOON + HOUR)
    before = spent(campaign)
    assert before > 0
    assert Connection.objects.get().state == "working"

    settings.SIMULATED_PLATFORM = False  # type: ignore[attr-defined]
    assert update(NOON + 2 * HOUR).recorded == 0
    assert spent(campaign) == before

    settings.SIMULATED_PLATFORM = True  # type: ignore[attr-defined]
    keep_simulated(NOON + 24 * HOUR)
    assert not is_any_old(5, NOON + 24 * HOUR + MINUTE)  # else campaigns stop until it answers


def test_the_platform_hears_of_a_pause_and_of_a_return_without_any_spend() -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    enforced()
    synced = sync_platforms(NOON)
    assert (synced.started, synced.stopped) == (1, 0)

    lifecycle.pause(campaign, now=NOON + MINUTE)
    synced = sync_platforms(NOON + MINUTE)
    assert (synced.started, synced.stopped) == (0, 1)

    lifecycle.activate(campaign, now=NOON + HOUR)
    synced = sync_platforms(NOON + HOUR)
    assert (synced.started, synced.stopped) == (1, 0)
    assert sync_platforms(NOON + HOUR).started == 0


def test_nothing_waits_to_be_told_to_a_platform_that_is_switched_off(settings: object) -> None:
    campaign = CampaignFactory.create()
    enforced()
    sync_platforms(NOON)
    lifecycle.pause(campaign, now=NOON + MINUTE)

    settings.SIMULATED_PLATFORM = False  # type: ignore[attr-defined]
    keep_simulated(NOON + HOUR)

    states = SwitchOrder.objects.order_by("pk").values_list("is_on", "state", "settled_at")
    assert list(states)[-1] == (False, "superseded", NOON + HOUR)


def test_three_hundred_campaigns_take_a_handful_of_queries() -> None:
    brand = BrandFactory.create()
    Campaign.objects.bulk_create(
        Campaign(brand=brand, name=f"Campaign {n}", daily_budget=75) for n in range(300)
    )
    execute("ANALYZE")  # otherwise PostgreSQL takes the tables for empty until the test has ended
    enforced()
    update(NOON)
    execute("ANALYZE")

    with CaptureQueriesContext(connection) as queries:
        done = update(NOON + 5 * MINUTE)

    assert done.recorded == 300
    assert len(queries) < 70
