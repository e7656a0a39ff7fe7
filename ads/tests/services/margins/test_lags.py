"""How long stops take, learned from how earlier pauses turned out."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ads.models import (
    Brand,
    Campaign,
    CampaignReference,
    Connection,
    PlatformAccount,
    SpendMargin,
    StopLag,
)
from ads.rules.margins import USUAL_LAG
from ads.services.delivery import check
from ads.services.margins import lags
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, delivers, spend

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def account(remote_id: str, platform: str = "scripted") -> PlatformAccount:
    of = Connection.objects.get_or_create(
        name=platform, defaults={"platform": platform, "source": platform}
    )[0]
    return PlatformAccount.objects.create(
        connection=of, platform=platform, source=platform, remote_id=remote_id, answered_at=NOON
    )


def brand_of(account: PlatformAccount | None, **given: Any) -> tuple[Brand, Campaign]:
    brand = BrandFactory.create(stops_early=True)
    campaign = CampaignFactory.create(brand=brand, daily_budget=60, **given)
    if account is not None:
        CampaignReference.objects.create(
            campaign=campaign,
            platform=account.platform,
            account=account.remote_id,
            reference=str(campaign.pk),
        )
    return brand, campaign


def pause(campaign: Campaign, now: datetime, late: int) -> None:
    """It spends $1 a minute, which is known at once for a while, and goes on for ``late`` minutes.

    Recorded past the choice to stop early, as if that had been made later.
    """
    Brand.objects.filter(pk=campaign.brand_id).update(stops_early=False)
    check(now)
    minute = 0
    while delivers(campaign):
        minute += 5
        spend(campaign, 5, now + minute * MINUTE)
    for more in range(0, late, 5):
        spend(campaign, 5, now + (minute + 5 + more) * MINUTE)
    Brand.objects.filter(pk=campaign.brand_id).update(stops_early=True)


def lag_of(campaign: Campaign, now: datetime) -> timedelta:
    return lags.of({campaign.pk: campaign.brand_id}, now, learns=True)[campaign.pk]


def test_without_pauses_the_usual_lag_is_taken() -> None:
    _, campaign = brand_of(None)

    assert lag_of(campaign, NOON) == USUAL_LAG
    row = StopLag.objects.get()
    assert (row.brand_id, row.seconds, row.pauses) == (campaign.brand_id, None, 0)


def test_what_was_reported_after_a_stop_tells_how_long_it_took() -> None:
    _, campaign = brand_of(None)
    for n, late in enumerate((20, 30, 60)):
        pause(campaign, NOON + n * DAY, late)

    assert lag_of(campaign, NOON + 3 * DAY) == 30 * MINUTE
    assert StopLag.objects.get().pauses == 3


def test_a_pause_counts_once_all_of_it_is_known() -> None:
    _, campaign = brand_of(None)
    for n in range(3):
        pause(campaign, NOON + n * DAY, 30)

    assert lag_of(campaign, NOON + 2 * DAY + 6 * HOUR) == USUAL_LAG
    assert lag_of(campaign, NOON + 2 * DAY + 8 * HOUR) == 30 * MINUTE


def test_each_account_has_its_own_lag_and_of_several_the_longest_counts() -> None:
    slow, fast = account("1"), account("2")
    _, of_slow = brand_of(slow)
    _, of_fast = brand_of(fast)
    for n in range(3):
        pause(of_slow, NOON + n * DAY, 60)
        pause(of_fast, NOON + n * DAY, 10)
    now = NOON + 3 * DAY
    assert [lag_of(of_slow, now), lag_of(of_fast, now)] == [60 * MINUTE, 10 * MINUTE]

    # A brand without pauses has its account's.
    _, another = brand_of(fast)
    assert lag_of(another, now) == 10 * MINUTE
    CampaignReference.objects.create(
        campaign=another, platform="scripted", account="1", reference="9"
    )
    assert lag_of(another, now) == 60 * MINUTE


def test_an_account_without_pauses_has_the_lag_of_its_platform() -> None:
    _, known = brand_of(account("1"))
    for n in range(3):
        pause(known, NOON + n * DAY, 40)
    now = NOON + 3 * DAY
    assert lag_of(known, now) == 40 * MINUTE

    _, there = brand_of(account("2"))
    _, elsewhere = brand_of(account("3", "other"))

    assert [lag_of(there, now), lag_of(elsewhere, now)] == [40 * MINUTE, USUAL_LAG]


def test_it_is_learned_again_after_an_hour() -> None:
    _, campaign = brand_of(None)
    now = NOON + 3 * DAY
    assert lag_of(campaign, now) == USUAL_LAG
    for n in range(3):
        pause(campaign, NOON + n * DAY, 30)

    assert lag_of(campaign, now + 59 * MINUTE) == USUAL_LAG
    assert lag_of(campaign, now + HOUR) == 30 * MINUTE


def test_only_the_check_learns_so_that_nobody_who_records_spend_waits_for_it() -> None:
    brand, campaign = brand_of(None)
    check(NOON - MINUTE)
    spend(campaign, 40, NOON)
    assert SpendMargin.objects.filter(campaign=campaign).exists()
    assert not StopLag.objects.filter(brand=brand).exists()

    check(NOON + MINUTE)

    assert StopLag.objects.filter(brand=brand).exists()
