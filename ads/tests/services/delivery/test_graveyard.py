"""Faults that systems of this kind have had with switching; each shown to be impossible here."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import URLPattern, URLResolver, get_resolver

from ads.models import Campaign
from ads.services.delivery import enforcement, lifecycle, rollover
from ads.services.delivery.enforcement import Enforced
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, at, delivers, enforce_all, spend, spend_in_sql

pytestmark = pytest.mark.django_db

MONDAY, SUNDAY = 0, 6
ALL_WEEK = [(day, "00:00", "00:00") for day in range(7)]
MIDNIGHT = at("2024-05-16 00:00")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """The clock stands at noon in UTC, on Wednesday 15 May 2024."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.mark.parametrize("budget", ["daily_budget", "monthly_budget"])
@pytest.mark.parametrize("of_brand", [False, True], ids=["its own", "the brand's"])
def test_a_paused_campaign_that_no_reset_brings_back(budget: str, *, of_brand: bool) -> None:
    given = {f"brand__{budget}" if of_brand else budget: 10}
    campaign = CampaignFactory.create(**given)
    enforce_all(NOON)
    spend(campaign, 10, NOON)
    assert not delivers(campaign)
    now = MIDNIGHT if budget == "daily_budget" else at("2024-06-01 00:00")

    run = rollover.roll_over_days if budget == "daily_budget" else rollover.roll_over_months
    run(now)

    assert delivers(campaign)


def test_a_user_s_pause_undone_at_midnight() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    enforce_all(NOON)
    spend(campaign, 10, NOON)
    lifecycle.pause(campaign, now=NOON)

    rollover.roll_over_days(MIDNIGHT)
    rollover.roll_over_months(at("2024-06-01 00:00"))
    enforce_all(at("2024-06-01 00:00"))

    campaign.refresh_from_db()
    assert (campaign.status, campaign.is_active) == ("paused", False)


def test_a_monthly_reset_missed_because_it_ran_on_the_2nd() -> None:
    campaign = CampaignFactory.create(monthly_budget=10)
    rollover.roll_over_months(NOON)
    spend(campaign, 10, NOON)

    rollover.roll_over_months(at("2024-06-02 00:15"))

    assert delivers(campaign)


def test_dayparting_that_revives_a_campaign_over_its_budget() -> None:
    campaign = CampaignFactory.create(
        daily_budget=10, schedules=[ScheduleFactory.create(windows=[(2, "11:00", "13:00")])]
    )
    enforce_all(NOON)
    spend(campaign, 10, NOON)

    for minutes in range(-120, 120, 10):
        enforcement.enforce(
            Campaign.objects.filter(is_dayparting_enabled=True),
            NOON + timedelta(minutes=minutes),
            "enforce_dayparting",
        )
        assert not delivers(campaign)


def test_overnight_windows_forbidden() -> None:
    schedule = ScheduleFactory.create(windows=[(MONDAY, "22:00", "06:00")])

    schedule.windows.get().full_clean()

    campaign = CampaignFactory.create(schedules=[schedule])
    enforce_all(at("2024-05-13 23:00"))
    assert delivers(campaign)


def test_an_overnight_window_s_tail_given_to_the_wrong_day() -> None:
    campaign = CampaignFactory.create(
        schedules=[ScheduleFactory.create(windows=[(MONDAY, "22:00", "06:00")])]
    )

    enforce_all(at("2024-05-13 02:00"))
    assert not delivers(campaign), "Monday at 02:00"
    enforce_all(at("2024-05-14 02:00"))
    assert delivers(campaign), "Tuesday at 02:00"


def test_the_schedule_s_timezone_ignored() -> None:
    nine_to_five = [(day, "09:00", "17:00") for day in range(7)]
    tokyo, los_angeles = (
        CampaignFactory.create(
            schedules=[ScheduleFactory.create(timezone=zone, windows=nine_to_five)]
        )
        for zone in ("Asia/Tokyo", "America/Los_Angeles")
    )

    enforce_all(at("2024-05-15 03:00"))
    assert (delivers(tokyo), delivers(los_angeles)) == (True, False)
    enforce_all(at("2024-05-15 20:00"))

    assert (delivers(tokyo), delivers(los_angeles)) == (False, True)


def test_utc_s_weekday_with_local_time() -> None:
    """Sunday 20:00 in Los Angeles is Monday 03:00 UTC."""
    campaign = CampaignFactory.create(
        schedules=[
            ScheduleFactory.create(
                timezone="America/Los_Angeles", windows=[(SUNDAY, "19:00", "21:00")]
            )
        ]
    )

    enforce_all(at("2024-05-13 03:00"))
    assert delivers(campaign)
    enforce_all(at("2024-05-14 03:00"))  # Monday 20:00 there
    assert not delivers(campaign)
    enforce_all(at("2024-05-12 20:00"))  # Sunday 13:00 there
    assert not delivers(campaign)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_a_sweep_with_offset_batches_over_a_shrinking_set_that_skips_half(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enforcement, "BATCH", size)
    monkeypatch.setattr(rollover, "BATCH", size)
    monkeypatch.setattr(rollover, "SWEEP", size)
    brands = BrandFactory.create_batch(10)
    for brand in brands:
        CampaignFactory.create_batch(2, brand=brand)

    assert enforce_all(NOON) == Enforced(started=20)
    Campaign.objects.update(daily_budget=0)
    assert enforce_all(NOON) == Enforced(stopped=20)
    Campaign.objects.update(daily_budget=None)

    rolled = rollover.roll_over_days(NOON)
    assert (rolled.brands, rolled.enforced) == (10, Enforced(started=20))


@pytest.mark.django_db(transaction=True)
def test_raising_a_budget_without_effect_until_tomorrow() -> None:
    campaign = CampaignFactory.create(daily_budget=10, brand__daily_budget=10)
    spend(campaign, 10, NOON)
    assert not delivers(campaign)

    campaign.daily_budget = 20
    campaign.save()
    assert not delivers(campaign), "the brand's still holds"
    campaign.brand.daily_budget = 20
    campaign.brand.save()

    assert delivers(campaign)


def test_spend_of_the_new_day_before_the_reset_stops_the_campaign_all_the_same() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    rollover.roll_over_days(NOON)
    spend_in_sql(campaign, "10", date(2024, 5, 16))

    rollover.roll_over_days(MIDNIGHT)

    assert not delivers(campaign)


def addresses(patterns: list[URLPattern | URLResolver], prefix: str = "/") -> Iterator[str]:
    """Every address of the site, with something in the place of what varies."""
    for entry in patterns:
        route = prefix + str(entry.pattern).removesuffix("$").removeprefix("^")
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, route)
        elif "(?P" not in route:
            yield re.sub(r"<[^>]+>", "1", route)


#: Logging in and out, files of the pages, and what the API's documentation says.
OPEN_TO_ALL = (
    "/admin/login/",
    "/admin/logout/",
    "/admin/jsi18n/",
    "/static/",
    "/api/v1/docs",
    "/api/v1/openapi.json",
    "/api/v1/problems",
)


def test_an_api_open_to_everyone(client) -> None:  # type: ignore[no-untyped-def]
    """Nobody who is not signed in reads or writes anything at any address."""
    CampaignFactory.create(name="Secret campaign")
    asked = [
        address
        for address in addresses(get_resolver().url_patterns)
        if not address.startswith(OPEN_TO_ALL)
    ]

    assert len(asked) > 30
    assert "/api/v1/campaigns/1/pause" in asked
    for address in asked:
        for response in (client.get(address), client.post(address)):
            assert response.status_code in {301, 302, 401, 403, 404, 405}, address
            assert b"Secret campaign" not in response.content
