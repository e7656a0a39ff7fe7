"""The simulated platform: what it remembers, and what it says was spent."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.models import Campaign, SimulatedSwitch
from ads.platforms import UnknownPlatform, curve, platform
from ads.platforms.interface import Account, AccountGone, Confirmed, Connector, Refused
from ads.platforms.simulated import SimulatedConnector
from ads.rules.calendar import day_begins, local_date
from ads.tests.factories import BrandFactory, CampaignFactory

pytestmark = pytest.mark.django_db

PLATFORM: Connector = SimulatedConnector(seed=1)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
TODAY = NOON.date()
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def account_of(campaign: Campaign) -> Account:
    brand = campaign.brand
    return Account(f"{brand.timezone} {brand.currency}", "", brand.timezone, brand.currency)


def switch(campaign: Campaign, now: datetime, *, is_on: bool) -> None:
    answers = PLATFORM.switch(account_of(campaign), {str(campaign.pk): is_on}, now=now)
    assert answers == {str(campaign.pk): Confirmed("on" if is_on else "off")}


def spent(campaign: Campaign, now: datetime, day: date | None = None) -> Decimal:
    """What the platform says the campaign has cost on its local day."""
    account = account_of(campaign)
    day = day or local_date(now, account.timezone)
    costs = PLATFORM.costs(account, day, day, now=now)
    return sum((c.amount for c in costs.rows if c.campaign == str(campaign.pk)), start=Decimal(0))


def test_it_is_one_of_the_platforms_and_takes_its_seed_from_the_settings(settings: object) -> None:
    settings.SIMULATED_PLATFORM_SEED = 7  # type: ignore[attr-defined]
    its = platform("simulated")

    assert (its.code, its.name, its.credentials) == ("simulated", "Simulated platform", ())
    assert its.connect({}, timeout=HOUR) == SimulatedConnector(7)
    with pytest.raises(UnknownPlatform, match="'tv' is not known; use one of google_ads, meta_ads"):
        platform("tv")


def test_its_accounts_are_the_timezones_and_currencies_of_brands_with_campaigns() -> None:
    BrandFactory.create(name="Without campaigns", timezone="Europe/Berlin")
    brand = BrandFactory.create(name="Café", timezone="Asia/Tokyo")
    CampaignFactory.create_batch(2, brand=brand)
    CampaignFactory.create(brand__timezone="Asia/Tokyo")

    (account,) = PLATFORM.accounts()

    assert account == Account("Asia/Tokyo USD", "Asia/Tokyo, USD", "Asia/Tokyo", "USD")
    assert len(PLATFORM.campaigns(account)) == 3
    with pytest.raises(AccountGone):
        PLATFORM.campaigns(Account("Tokyo", ""))


def test_a_campaign_spends_only_while_it_is_on() -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    assert spent(campaign, NOON) == 0

    switch(campaign, NOON, is_on=True)
    assert spent(campaign, NOON) == 0
    after_an_hour = spent(campaign, NOON + HOUR)
    assert after_an_hour > 0

    switch(campaign, NOON + HOUR, is_on=False)
    assert spent(campaign, NOON + 5 * HOUR) == after_an_hour

    switch(campaign, NOON + 5 * HOUR, is_on=True)
    assert spent(campaign, NOON + 6 * HOUR) > after_an_hour


def test_what_it_says_is_the_curve_over_the_stretches_it_was_on() -> None:
    campaign = CampaignFactory.create(brand__timezone="America/New_York", daily_budget=75)
    for hours, is_on in ((-9, True), (-6, False), (-2, True)):
        switch(campaign, NOON + hours * HOUR, is_on=is_on)

    pace = curve.pace(1, campaign.brand.name, campaign.name, Decimal(75))
    runs = [
        curve.Run(NOON + since * HOUR, NOON + until * HOUR, pace)
        for since, until in ((-9, -6), (-2, 0))
    ]
    total = Decimal(0)
    for day in (TODAY, TODAY - DAY):
        expected = curve.spent(
            runs,
            curve.local_day(day, "America/New_York"),
            curve.noise(1, campaign.pk, day),
        )
        assert expected > 0
        assert spent(campaign, NOON, day) == expected
        total += expected
    totals = PLATFORM.account_totals(account_of(campaign), TODAY - DAY, TODAY, now=NOON)
    assert sum(totals.values()) == total


def test_a_new_local_day_begins_at_zero_while_it_runs_on() -> None:
    campaign = CampaignFactory.create(brand__timezone="Asia/Tokyo", daily_budget=75)
    midnight = day_begins(date(2026, 3, 5), "Asia/Tokyo")
    switch(campaign, midnight - 10 * HOUR, is_on=True)

    assert spent(campaign, midnight - timedelta(seconds=1)) > 5
    assert spent(campaign, midnight) == 0
    assert spent(campaign, midnight + HOUR) > 0
    assert spent(campaign, midnight + HOUR, date(2026, 3, 4)) > 5


def test_a_budget_that_is_edited_does_not_change_what_was_spent() -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    switch(campaign, NOON, is_on=True)
    before = spent(campaign, NOON + HOUR)

    campaign.daily_budget = Decimal(750)
    campaign.save()
    assert spent(campaign, NOON + HOUR) == before

    switch(campaign, NOON + HOUR, is_on=False)
    switch(campaign, NOON + HOUR, is_on=True)
    assert spent(campaign, NOON + 2 * HOUR) - before > 5 * before


def test_a_switch_to_what_it_is_already_is_not_remembered() -> None:
    campaign = CampaignFactory.create()

    switch(campaign, NOON, is_on=False)
    assert not SimulatedSwitch.objects.exists()

    for hours in (0, 1):
        switch(campaign, NOON + hours * HOUR, is_on=True)
    assert list(SimulatedSwitch.objects.values_list("at", "is_on")) == [(NOON, True)]


def test_a_switch_by_a_clock_that_is_behind_still_comes_last() -> None:
    campaign = CampaignFactory.create()
    switch(campaign, NOON, is_on=True)
    switch(campaign, NOON - timedelta(seconds=3), is_on=False)

    (there,) = PLATFORM.campaigns(account_of(campaign))
    assert (there.id, there.is_on, there.is_serving) == (str(campaign.pk), False, False)
    assert spent(campaign, NOON + HOUR) == 0


def test_a_campaign_of_another_account_is_refused_and_the_others_are_switched() -> None:
    mine = CampaignFactory.create()
    other = CampaignFactory.create(brand__timezone="Asia/Tokyo")

    answers = PLATFORM.switch(account_of(mine), {str(other.pk): True, str(mine.pk): True}, now=NOON)

    assert answers == {
        str(mine.pk): Confirmed("on"),
        str(other.pk): Refused("not_found", "There is no such campaign in ."),
    }
    assert SimulatedSwitch.objects.get().campaign == mine


def test_switches_of_the_days_before_cost_nothing_and_count() -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    for days in range(40, 1, -1):
        for hours, is_on in ((0, True), (8, False)):
            switch(campaign, NOON - days * DAY + hours * HOUR, is_on=is_on)
    switch(campaign, NOON - timedelta(days=1, hours=20), is_on=True)

    with CaptureQueriesContext(connection) as queries:
        whole_day = spent(campaign, NOON)
    assert whole_day > 10  # on since the day before yesterday
    assert len(queries) == 2


def test_hundreds_of_campaigns_are_asked_for_in_two_queries() -> None:
    brand = BrandFactory.create(timezone="Europe/Berlin")
    campaigns = Campaign.objects.bulk_create(
        Campaign(brand=brand, name=f"Campaign {n}", daily_budget=75) for n in range(300)
    )
    account = account_of(campaigns[0])
    PLATFORM.switch(account, {str(c.pk): True for c in campaigns}, now=NOON - 2 * DAY)

    with CaptureQueriesContext(connection) as queries:
        costs = PLATFORM.costs(account, TODAY - DAY, TODAY, now=NOON)

    assert len(queries) == 2
    assert len(costs.rows) == 600
    assert (costs.asked_at, costs.fresh_until, costs.complete) == (NOON, NOON, False)
