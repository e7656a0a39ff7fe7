"""Spend that is late, unmatched or unusual; tasks and channels that do not work."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from ads.models import (
    Alert,
    Brand,
    Campaign,
    CampaignReference,
    Channel,
    Heartbeat,
    ReportSchedule,
    SpendTotal,
    UnknownReference,
    WaitingSpend,
)
from ads.services import alerts
from ads.services.alerts import preview, texts
from ads.tests.factories import BrandFactory, CampaignFactory, PlatformAccountFactory
from ads.tests.services.alerts.support import another_rule, channel, evaluate, rule, titles
from ads.tests.support import NOON, spend

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def late() -> Callable[[], object]:
    account = PlatformAccountFactory.create(
        name="Acme US", platform="google_ads", failing_since=NOON - HOUR, problem="It timed out."
    )
    return lambda: type(account).objects.filter(pk=account.pk).update(failing_since=None)


def unmatched() -> Callable[[], object]:
    unknown = UnknownReference.objects.create(platform="google_ads", reference="4711")
    WaitingSpend.objects.create(
        unknown=unknown, kind="entry", amount=5, source="etl", received_at=NOON
    )
    return unknown.delete


def task_late() -> Callable[[], object]:
    PeriodicTask.objects.all().delete()
    every = CrontabSchedule.objects.create(minute="*/5", timezone="UTC")
    PeriodicTask.objects.create(
        name="Check budgets", task="ads.tasks.check_campaign_budgets", crontab=every
    )
    PeriodicTask.objects.update(date_changed=NOON - DAY)
    Heartbeat.objects.update_or_create(
        task="check_campaign_budgets",
        defaults={"last_run_at": NOON - HOUR, "last_success_at": NOON - HOUR},
    )
    return lambda: PeriodicTask.objects.update(enabled=False)


def channel_failing() -> Callable[[], object]:
    Channel.objects.all().delete()
    dead = channel("https://hooks.example.com/", name="Hook")
    type(dead).objects.update(failing_since=NOON - HOUR, problem="It answered 500.")
    return lambda: type(dead).objects.update(failing_since=None)


def report_waits() -> Callable[[], object]:
    Channel.objects.all().delete()
    User.objects.filter(username="ann").delete()
    ann = User.objects.create_user("ann", is_staff=True)
    brand = BrandFactory.create(name="Acme")
    ReportSchedule.objects.create(
        brand=brand,
        channel=channel("https://hooks.example.com/", name="Ann's", account_manager=ann),
    )
    ReportSchedule.objects.create(
        brand=BrandFactory.create(name="Bolt", account_manager=ann), channel=Channel.objects.get()
    )
    return lambda: (
        Brand.objects.filter(pk=brand.pk).update(account_manager=ann),
        Brand.objects.filter(name="Acme").update(name=f"Acme {brand.pk}"),
        Brand.objects.filter(name="Bolt").update(name=f"Bolt {brand.pk}"),
    )


@pytest.mark.parametrize(
    ("kind", "happens", "title"),
    [
        ("spend_late", late, "Google Ads, Acme US: spend is late"),
        ("unmatched", unmatched, "1 campaign is unmatched"),
        ("task_late", task_late, "Periodic task Check budgets is late"),
        ("channel_failing", channel_failing, "Alerts do not reach Hook"),
        ("report_waits", report_waits, "The monthly report of Acme is not sent to Ann's"),
    ],
)
def test_it_is_told_once_until_it_is_over_and_again_another_day(
    kind: str, happens: Callable[[], Callable[[], object]], title: str
) -> None:
    rule(kind)
    assert evaluate(NOON) == 0
    mend = happens()

    assert evaluate(NOON) == 1
    assert evaluate(NOON + HOUR) == 0
    assert evaluate(NOON + DAY) == 0  # it lasts
    assert titles() == [title]
    said = texts.of(Alert.objects.get())
    assert said.text
    assert said.path.startswith("/admin/")

    mend()
    evaluate(NOON + DAY)
    assert titles(resolved_at=None) == []
    happens()
    assert evaluate(NOON + 2 * DAY) == 1


def test_a_brands_own_rule_is_about_its_own_limit() -> None:
    account = PlatformAccountFactory.create(
        name="Shared", platform="google_ads", is_read=True, answered_at=NOON
    )
    strict, patient = (
        BrandFactory.create(name=name, stale_after_minutes=minutes)
        for name, minutes in (("Strict", 60), ("Patient", 600))
    )
    for brand in (strict, patient):
        campaign = CampaignFactory.create(brand=brand)
        CampaignReference.objects.create(
            campaign=campaign,
            account=account.remote_id,
            platform="google_ads",
            reference=str(campaign.pk),
        )
    rule("spend_late", brand=strict)
    another_rule("spend_late", brand=patient)

    assert evaluate(NOON + 2 * HOUR) == 1
    alert = Alert.objects.get()
    assert alert.brand == strict
    assert texts.of(alert).text == (
        "Google Ads, Shared last reported spend 2 h ago, longer than the brand allows."
    )
    assert evaluate(NOON + 11 * HOUR) == 1


def test_a_day_far_above_the_usual_is_told_and_one_far_below_once_it_is_over() -> None:
    rule("unusual_spend")
    campaign = CampaignFactory.create(brand__name="Acme")
    for n in range(1, 11):
        spend(campaign, 100 + n % 3, NOON - n * DAY, (NOON - n * DAY).date())
    assert evaluate(NOON) == 0
    spend(campaign, 149, NOON)
    assert evaluate(NOON) == 0
    spend(campaign, 51, NOON)

    assert evaluate(NOON) == 1
    said = texts.of(Alert.objects.get())
    assert said.title == "Acme: unusually high spend today"
    assert said.text == "$200.00 spent today (2024-05-15), where a whole day usually has $101.00."

    spend(campaign, 10, NOON + DAY)
    assert evaluate(NOON + DAY) == 0  # yesterday's is too high, but that was told
    assert evaluate(NOON + 2 * DAY) == 1
    assert titles(resolved_at=None) == ["Acme: unusually low spend yesterday"]


@pytest.mark.parametrize("ended", [{"status": "paused"}, {"end_date": NOON.date() - 2 * DAY}])
def test_a_day_without_spend_is_none_where_people_have_stopped_all_campaigns(
    ended: dict[str, object],
) -> None:
    made = rule("unusual_spend")
    campaign = CampaignFactory.create(brand__name="Acme")
    other = CampaignFactory.create(brand=campaign.brand, status="draft")
    for n in range(2, 12):
        spend(campaign, 100, NOON - n * DAY, (NOON - n * DAY).date())
    Campaign.objects.filter(pk=campaign.pk).update(**ended)

    assert evaluate(NOON) == 0
    assert preview.of(made, NOON).count == 0

    Campaign.objects.filter(pk=other.pk).update(status="active")
    assert evaluate(NOON) == 1
    assert titles() == ["Acme: unusually low spend yesterday"]
    assert preview.of(made, NOON).count == 1


def test_a_usual_day_has_the_digits_of_the_currency() -> None:
    made = rule("unusual_spend")
    campaign = CampaignFactory.create(brand=BrandFactory.create(name="Acme", currency="JPY"))
    for n in range(1, 11):
        spend(campaign, 100 + n, NOON - n * DAY, (NOON - n * DAY).date())
    spend(campaign, 500, NOON)

    evaluate(NOON)

    said = texts.of(Alert.objects.get())
    assert said.text == "¥500 spent today (2024-05-15), where a whole day usually has ¥106."
    assert [one.text for one in preview.of(made, NOON).latest] == [
        "Acme: unusually high spend (¥500, usually ¥106)"
    ]


def test_between_full_looks_a_spike_is_told_at_once_and_others_stay_open() -> None:
    rule("unusual_spend")
    acme, other = (CampaignFactory.create(brand__name=name) for name in ("Acme", "Other"))
    for campaign in (acme, other):
        for n in range(1, 11):
            spend(campaign, 100, NOON - n * DAY, (NOON - n * DAY).date())
    spend(other, 500, NOON)
    assert evaluate(NOON) == 1
    later = NOON + timedelta(minutes=1)
    SpendTotal.objects.update(updated_at=NOON - DAY)
    spend(acme, 500, later)
    SpendTotal.objects.filter(brand=acme.brand).update(updated_at=later)

    assert alerts.evaluate(later).raised == 1
    assert titles(resolved_at=None) == [
        "Other: unusually high spend today",
        "Acme: unusually high spend today",
    ]


def test_a_brand_that_began_this_week_has_no_usual_day() -> None:
    rule("unusual_spend")
    campaign = CampaignFactory.create(brand=BrandFactory.create())
    for n in range(1, 7):
        spend(campaign, 1, NOON - n * DAY, (NOON - n * DAY).date())
    spend(campaign, Decimal(1000), NOON)
    assert evaluate(NOON) == 0
