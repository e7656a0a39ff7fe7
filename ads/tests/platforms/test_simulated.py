"""The simulated platform: what it remembers, and what it says was spent."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.models import Campaign, SimulatedSwitch
from ads.platforms import AdPlatform, SimulatedPlatform, connected, curve
from ads.platforms.base import Account
from ads.rules.calendar import day_begins, local_date
from ads.tests.factories import BrandFactory, CampaignFactory

pytestmark = pytest.mark.django_db

PLATFORM: AdPlatform = SimulatedPlatform(seed=1)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
TODAY = NOON.date()
HOUR = timedelta(hours=1)


def delivering(campaign: Campaign, *, is_active: bool = True) -> None:
    """As the engine would switch it."""
    Campaign.objects.filter(pk=campaign.pk).update(is_active=is_active)


def account_of(campaign: Campaign) -> Account:
    return Account(campaign.brand_id, campaign.brand.name, campaign.brand.timezone)


def spent(campaign: Campaign, now: datetime, day: date | None = None) -> Decimal:
    """What the platform says the campaign has cost on its local day."""
    account = account_of(campaign)
    days = [day or local_date(now, account.timezone)]
    campaigns = Campaign.objects.filter(brand=campaign.brand_id)
    totals = PLATFORM.day_totals(account, campaigns, days, now=now)
    return sum((t.amount for t in totals if t.campaign == campaign.pk), start=Decimal(0))


def test_it_is_connected_when_the_settings_say_so(settings: Any) -> None:
    settings.SIMULATED_PLATFORM = True
    settings.SIMULATED_PLATFORM_SEED = 7
    assert connected() == [SimulatedPlatform(7)]

    settings.SIMULATED_PLATFORM = False
    assert connected() == []


def test_every_brand_with_campaigns_is_an_account() -> None:
    BrandFactory.create(name="Without campaigns")
    brand = BrandFactory.create(name="Café", timezone="Asia/Tokyo")
    CampaignFactory.create_batch(2, brand=brand)

    assert PLATFORM.accounts() == [Account(brand.pk, "Café", "Asia/Tokyo", "USD")]


def test_a_campaign_spends_only_while_it_is_on() -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    assert spent(campaign, NOON) == 0

    PLATFORM.switch([campaign.pk], is_on=True, now=NOON)
    assert spent(campaign, NOON) == 0
    after_an_hour = spent(campaign, NOON + HOUR)
    assert after_an_hour > 0

    PLATFORM.switch([campaign.pk], is_on=False, now=NOON + HOUR)
    assert spent(campaign, NOON + 5 * HOUR) == after_an_hour

    PLATFORM.switch([campaign.pk], is_on=True, now=NOON + 5 * HOUR)
    assert spent(campaign, NOON + 6 * HOUR) > after_an_hour


def test_what_it_says_is_the_curve_over_the_stretches_it_was_on() -> None:
    campaign = CampaignFactory.create(brand__timezone="America/New_York", daily_budget=75)
    for hours, is_on in ((-9, True), (-6, False), (-2, True)):
        PLATFORM.switch([campaign.pk], is_on=is_on, now=NOON + hours * HOUR)

    pace = curve.pace(1, campaign.brand.name, campaign.name, Decimal(75))
    runs = [
        curve.Run(NOON + since * HOUR, NOON + until * HOUR, pace)
        for since, until in ((-9, -6), (-2, 0))
    ]
    for day in (TODAY, TODAY - timedelta(days=1)):
        expected = curve.spent(
            runs,
            curve.local_day(day, "America/New_York"),
            curve.noise(1, campaign.pk, day),
        )
        assert expected > 0
        assert spent(campaign, NOON, day) == expected


def test_a_new_local_day_begins_at_zero_while_it_runs_on() -> None:
    campaign = CampaignFactory.create(brand__timezone="Asia/Tokyo", daily_budget=75)
    midnight = day_begins(date(2026, 3, 5), "Asia/Tokyo")
    PLATFORM.switch([campaign.pk], is_on=True, now=midnight - 10 * HOUR)

    assert spent(campaign, midnight - timedelta(seconds=1)) > 5
    assert spent(campaign, midnight) == 0
    assert spent(campaign, midnight + HOUR) > 0
    assert spent(campaign, midnight + HOUR, date(2026, 3, 4)) > 5


def test_a_budget_that_is_edited_does_not_change_what_was_spent() -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    PLATFORM.switch([campaign.pk], is_on=True, now=NOON)
    before = spent(campaign, NOON + HOUR)

    campaign.daily_budget = Decimal(750)
    campaign.save()
    assert spent(campaign, NOON + HOUR) == before

    PLATFORM.switch([campaign.pk], is_on=False, now=NOON + HOUR)
    PLATFORM.switch([campaign.pk], is_on=True, now=NOON + HOUR)
    assert spent(campaign, NOON + 2 * HOUR) - before > 5 * before


def test_a_switch_to_what_it_is_already_is_not_remembered() -> None:
    campaign = CampaignFactory.create()

    PLATFORM.switch([campaign.pk], is_on=False, now=NOON)
    assert not SimulatedSwitch.objects.exists()

    for hours in (0, 1):
        PLATFORM.switch([campaign.pk], is_on=True, now=NOON + hours * HOUR)
    assert list(SimulatedSwitch.objects.values_list("at", "is_on")) == [(NOON, True)]


def test_a_switch_by_a_clock_that_is_behind_still_comes_last() -> None:
    campaign = CampaignFactory.create()
    PLATFORM.switch([campaign.pk], is_on=True, now=NOON)
    PLATFORM.switch([campaign.pk], is_on=False, now=NOON - timedelta(seconds=3))
    delivering(campaign, is_active=False)

    assert PLATFORM.out_of_step(Campaign.objects.all()) == {}
    assert spent(campaign, NOON + HOUR) == 0


def test_it_knows_who_is_out_of_step_in_one_query() -> None:
    starts, stops, runs, stands = CampaignFactory.create_batch(4)
    PLATFORM.switch([stops.pk, runs.pk], is_on=True, now=NOON)
    for campaign in (starts, runs):
        delivering(campaign)
    for campaign in (stops, stands):
        delivering(campaign, is_active=False)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert PLATFORM.out_of_step(Campaign.objects.all()) == {starts.pk: True, stops.pk: False}
    assert len(queries) == 1


def test_switches_of_the_days_before_cost_nothing_and_count() -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    for days in range(40, 1, -1):
        for hours, is_on in ((0, True), (8, False)):
            PLATFORM.switch(
                [campaign.pk], is_on=is_on, now=NOON - timedelta(days=days) + hours * HOUR
            )
    PLATFORM.switch([campaign.pk], is_on=True, now=NOON - timedelta(days=1, hours=20))

    with CaptureQueriesContext(connection) as queries:
        whole_day = spent(campaign, NOON)
    assert whole_day > 10  # on since the day before yesterday
    assert len(queries) == 1


def test_ten_thousand_campaigns_are_asked_for_in_one_query() -> None:
    brand = BrandFactory.create(timezone="Europe/Berlin")
    campaigns = Campaign.objects.bulk_create(
        Campaign(brand=brand, name=f"Campaign {n}", daily_budget=75) for n in range(10_000)
    )
    PLATFORM.switch([c.pk for c in campaigns], is_on=True, now=NOON - timedelta(days=2))

    with CaptureQueriesContext(connection) as queries:
        totals = list(
            PLATFORM.day_totals(
                account_of(campaigns[0]),
                Campaign.objects.filter(brand=brand),
                [TODAY, TODAY - timedelta(days=1)],
                now=NOON,
            )
        )

    assert len(queries) == 1
    assert len(totals) == 20_000
    assert {total.observed_at for total in totals} == {NOON}
