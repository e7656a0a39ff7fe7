"""What the system paused and brought back, and what a platform refused."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest

from ads.models import (
    Alert,
    Brand,
    Campaign,
    CampaignReference,
    Connection,
    PlatformAccount,
    PlatformCampaign,
    SwitchOrder,
)
from ads.services import alerts
from ads.services.alerts import preview, texts
from ads.tests.factories import (
    BrandFactory,
    BudgetGroupFactory,
    CampaignFactory,
    PlatformAccountFactory,
    ScheduleFactory,
)
from ads.tests.services.alerts.support import another_rule, evaluate, rule, titles
from ads.tests.services.plans.support import schedule
from ads.tests.support import NOON, enforce_all, execute, spend

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def brand() -> Brand:
    return BrandFactory.create(name="Acme", timezone="America/New_York")


@pytest.fixture
def campaign(brand: Brand) -> Campaign:
    made = CampaignFactory.create(brand=brand, name="Spring", daily_budget=Decimal(75))
    enforce_all(NOON)
    return made


def test_a_pause_for_a_used_up_budget_is_told_until_the_campaign_runs_again(
    campaign: Campaign,
) -> None:
    rule("paused")
    another_rule("resumed")
    alerts.evaluate(NOON)
    spend(campaign, "75.40", NOON)

    assert alerts.evaluate(NOON).raised == 1
    said = texts.of(Alert.objects.get())
    assert said.title == "Spring (Acme): paused"
    assert said.text == ("Daily budget used up: $75.40 of $75.00, at 2024-05-15 08:00 New York.")
    assert said.next == "It runs again from 2024-05-16 00:00 New York."

    enforce_all(NOON + DAY)
    assert alerts.evaluate(NOON + DAY).raised == 1
    assert titles(resolved_at=None) == []
    assert titles(kind="resumed") == ["Spring (Acme): running again"]


def test_pauses_for_total_and_shared_budgets_are_told_with_a_time_of_return_if_there_is_one(
    brand: Brand,
) -> None:
    group = BudgetGroupFactory.create(brand=brand, name="Search", monthly_budget=50)
    one = CampaignFactory.create(brand=brand, name="One", budget_group=group, daily_budget=10)
    two = CampaignFactory.create(brand=brand, name="Two", total_budget=20)
    enforce_all(NOON)
    rule("paused")
    alerts.evaluate(NOON)
    spend(one, 60, NOON)
    spend(two, "20.50", NOON)

    assert alerts.evaluate(NOON).raised == 2
    said = [texts.of(alert) for alert in Alert.objects.order_by("campaign__name")]
    assert [one.text for one in said] == [
        (
            "Daily budget used up: $60.00 of $10.00; Group's monthly budget used up: $60.00 of "
            "$50.00, at 2024-05-15 08:00 New York."
        ),
        "Total budget used up: $20.50 of $20.00, at 2024-05-15 08:00 New York.",
    ]
    assert [one.next for one in said] == ["It runs again from 2024-06-01 00:00 New York.", ""]


def test_the_time_of_return_knows_what_is_planned(campaign: Campaign) -> None:
    rule("paused")
    alerts.evaluate(NOON)
    schedule(campaign, 0, date(2024, 5, 16), "daily_budget")
    schedule(campaign, 75, date(2024, 5, 18), "daily_budget")
    spend(campaign, 80, NOON)

    alerts.evaluate(NOON)

    said = texts.of(Alert.objects.get())
    assert said.next == "It runs again from 2024-05-18 00:00 New York."


@pytest.mark.parametrize(
    ("changed", "following"),
    [
        ({"is_dayparting_enabled": True}, "It runs again from 2024-05-16 08:00 New York."),
        ({"end_date": date(2024, 5, 15)}, ""),
    ],
)
def test_a_pause_is_told_until_hours_and_flight_let_the_campaign_run_again(
    brand: Brand, changed: dict[str, Any], following: str
) -> None:
    hours = ScheduleFactory.create(
        timezone=brand.timezone, windows=[(day, "08:00", "12:00") for day in range(7)]
    )
    campaign = CampaignFactory.create(brand=brand, daily_budget=75, **changed)
    campaign.dayparting_schedules.add(hours)
    enforce_all(NOON)
    rule("paused")
    alerts.evaluate(NOON)
    spend(campaign, 80, NOON)

    assert alerts.evaluate(NOON).raised == 1
    assert texts.of(Alert.objects.get()).next == following


def test_a_pause_is_over_when_the_brand_is_switched_off(campaign: Campaign) -> None:
    rule("paused")
    alerts.evaluate(NOON)
    spend(campaign, 80, NOON)
    alerts.evaluate(NOON)
    assert titles(resolved_at=None) == ["Spring (Acme): paused"]

    Brand.objects.update(is_active=False)
    alerts.evaluate(NOON + HOUR)

    assert titles(resolved_at=None) == []


def test_a_pause_is_over_for_a_rule_that_is_given_to_another_brand(campaign: Campaign) -> None:
    mine, of_all = rule("paused"), another_rule("paused")
    alerts.evaluate(NOON)
    spend(campaign, 80, NOON)
    assert alerts.evaluate(NOON).raised == 2

    for brand in (campaign.brand, BrandFactory.create()):
        still_open = set(Alert.objects.filter(resolved_at=None).values_list("rule", flat=True))
        assert still_open == {mine.pk, of_all.pk}
        mine.brand = brand
        mine.save()
        alerts.evaluate(NOON + HOUR)

    assert [one.rule for one in Alert.objects.filter(resolved_at=None)] == [of_all]


def test_what_somebody_did_and_the_hours_of_each_day_are_told_to_nobody(
    campaign: Campaign,
) -> None:
    rule("paused")
    another_rule("resumed")
    alerts.evaluate(NOON)
    campaign.is_dayparting_enabled = True
    campaign.status = "paused"
    campaign.save(update_fields=["status", "is_dayparting_enabled"])
    enforce_all(NOON)
    campaign.status = "active"
    campaign.save(update_fields=["status"])
    enforce_all(NOON + HOUR)

    assert campaign.delivery_changes.count() == 3
    assert alerts.evaluate(NOON + HOUR).raised == 0


def test_a_campaign_that_is_paused_twice_in_a_day_is_told_once(campaign: Campaign) -> None:
    rule("paused")
    alerts.evaluate(NOON)
    spend(campaign, 80, NOON)
    campaign.daily_budget = Decimal(90)
    campaign.save(update_fields=["daily_budget"])
    enforce_all(NOON + HOUR)
    spend(campaign, 10, NOON + HOUR)

    assert alerts.evaluate(NOON + HOUR).raised == 1
    assert alerts.evaluate(NOON + HOUR).raised == 0
    assert campaign.delivery_changes.count() == 4
    assert titles(resolved_at=None) == ["Spring (Acme): paused"]


def test_an_alert_that_opens_again_says_why_and_when_it_did(campaign: Campaign) -> None:
    rule("paused")
    alerts.evaluate(NOON)
    spend(campaign, 80, NOON)
    assert alerts.evaluate(NOON).raised == 1
    campaign.daily_budget, campaign.monthly_budget = Decimal(500), Decimal(90)
    campaign.save(update_fields=["daily_budget", "monthly_budget"])
    enforce_all(NOON + HOUR)
    alerts.evaluate(NOON + HOUR)
    assert titles(resolved_at=None) == []

    spend(campaign, 10, NOON + 2 * HOUR)
    assert alerts.evaluate(NOON + 2 * HOUR).raised == 0

    alert = Alert.objects.get(resolved_at=None)
    said = texts.of(alert)
    assert said.text == "Monthly budget used up: $90.00 of $90.00, at 2024-05-15 10:00 New York."
    assert said.next == "It runs again from 2024-06-01 00:00 New York."
    assert alert.at == NOON + 2 * HOUR


def test_a_new_rule_tells_nothing_of_before(campaign: Campaign) -> None:
    rule("paused")
    alerts.evaluate(NOON)
    spend(campaign, 80, NOON)
    assert alerts.evaluate(NOON + HOUR).raised == 1

    rule("paused")
    assert evaluate(NOON + 2 * HOUR) == 0


@pytest.fixture
def account() -> PlatformAccount:
    return PlatformAccountFactory.create(name="Acme US", platform="google_ads")


def refuse(
    campaign: Campaign,
    account: PlatformAccount,
    at: datetime,
    *,
    is_on: bool = False,
    remote_id: str = "815",
) -> SwitchOrder:
    CampaignReference.objects.get_or_create(
        campaign=campaign, platform=account.platform, account="", reference=remote_id
    )
    return SwitchOrder.objects.create(
        campaign=campaign,
        account=account,
        remote_id=remote_id,
        is_on=is_on,
        written_at=at,
        settled_at=at,
        state="refused",
        answer="The campaign was removed.",
    )


def test_a_refused_switch_is_open_until_a_later_order(
    campaign: Campaign, account: PlatformAccount
) -> None:
    rule("switch_refused")
    order = refuse(campaign, account, NOON)
    assert evaluate(NOON) == 1
    assert evaluate(NOON + DAY) == 0
    said = texts.of(Alert.objects.get())
    assert said.title == "Spring (Acme): could not be stopped"
    assert said.text == (
        "Google Ads refused to stop it. The campaign was removed. The campaign is 815 in Acme US."
    )

    order.pk = None
    order.state = "confirmed"
    order.save(force_insert=True)
    evaluate(NOON + DAY)
    assert titles(resolved_at=None) == []


@pytest.mark.parametrize("is_on", [True, False])
def test_a_refused_switch_of_before_an_upgrade_is_told_once(
    campaign: Campaign, account: PlatformAccount, *, is_on: bool
) -> None:
    """Starts and stops of a place were one owner."""
    rule("switch_refused")
    refuse(campaign, account, NOON, is_on=is_on)
    assert evaluate(NOON) == 1
    Alert.objects.update(owner=f"switch {account.pk} 815")

    execute(import_module("ads.migrations.0055_read_since").STARTS_AND_STOPS)

    assert evaluate(NOON + DAY) == 0
    assert Alert.objects.filter(resolved_at=None).count() == 1


@pytest.mark.parametrize(
    "seen", [{"is_on": False, "seen_at": NOON + 2 * HOUR}, {"gone_at": NOON + 2 * HOUR}]
)
def test_a_refused_stop_is_over_when_the_campaign_is_seen_stopped_or_gone_there(
    campaign: Campaign, account: PlatformAccount, seen: dict[str, Any]
) -> None:
    rule("switch_refused")
    remote_id = "8" * 200
    there = PlatformCampaign.objects.create(
        account=account, remote_id=remote_id, is_on=False, seen_at=NOON - HOUR
    )
    refuse(campaign, account, NOON, remote_id=remote_id)
    assert evaluate(NOON) == 1
    PlatformCampaign.objects.filter(pk=there.pk).update(is_on=True, seen_at=NOON + HOUR)
    assert evaluate(NOON + HOUR) == 0
    assert titles(resolved_at=None) == ["Spring (Acme): could not be stopped"]
    PlatformCampaign.objects.filter(pk=there.pk).update(**seen)

    assert evaluate(NOON + 2 * HOUR) == 0

    assert titles(resolved_at=None) == []


@pytest.mark.parametrize(
    "given_up",
    [
        lambda: PlatformAccount.objects.update(is_read=False),
        lambda: PlatformAccount.objects.update(is_read_only=True),
        lambda: Connection.objects.update(is_read_only=True),
        lambda: CampaignReference.objects.all().delete(),
    ],
)
def test_a_refused_switch_is_over_where_nothing_is_told_of_the_campaign_any_more(
    campaign: Campaign, account: PlatformAccount, given_up: Callable[[], object]
) -> None:
    """Its platform ID was taken away, as the refusal says, or nothing is switched there."""
    rule("switch_refused")
    refuse(campaign, account, NOON)
    assert evaluate(NOON) == 1

    given_up()

    assert evaluate(NOON + HOUR) == 0
    assert titles(resolved_at=None) == []


def test_a_refused_stop_is_told_also_where_a_start_was_refused_that_day(
    campaign: Campaign, account: PlatformAccount
) -> None:
    made = rule("switch_refused")
    refuse(campaign, account, NOON, is_on=True)
    assert evaluate(NOON) == 1
    refuse(campaign, account, NOON + HOUR, is_on=True)
    assert evaluate(NOON + HOUR) == 0
    refuse(campaign, account, NOON + 2 * HOUR, is_on=False)

    assert evaluate(NOON + 2 * HOUR) == 1
    assert titles(resolved_at=None) == ["Spring (Acme): could not be stopped"]
    assert preview.of(made, NOON + 2 * HOUR).count == 2
