"""What the periodic tasks do, and what they leave on record."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import redis
from django.apps import apps
from django.conf import settings as django_settings
from django.db import connection

from ads import tasks
from ads.models import (
    Campaign,
    DeliveryChange,
    Heartbeat,
    PlatformAccount,
    ScheduledChange,
    SimulatedSwitch,
    Spend,
    SpendTotal,
    WebhookDelivery,
)
from ads.rules.money import plain
from ads.services.actor import SYSTEM, current_actor
from ads.services.delivery.enforcement import Trigger
from ads.services.ledger import SpendEntry, record_all
from ads.services.senders import webhook_endpoints, webhooks
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.tasks.support import HOUR, MIDNIGHT, NOON, at

ENFORCING = [
    tasks.check_campaign_budgets,
    tasks.enforce_dayparting,
    tasks.reset_daily_budgets,
    tasks.reset_monthly_budgets,
]


@pytest.mark.django_db
def test_the_check_stops_what_is_over_its_budget_and_starts_what_is_not() -> None:
    over = CampaignFactory.create(daily_budget=Decimal(10))
    free = CampaignFactory.create()
    Spend.objects.create(campaign=over, amount=Decimal(11), date=NOON.date())  # past the services
    Campaign.objects.filter(pk=over.pk).update(is_active=True)

    done = at(NOON, tasks.check_campaign_budgets)

    assert done == {"started": 1, "stopped": 1, "failed": 0}
    assert set(Campaign.objects.filter(is_active=True)) == {free}
    changes = DeliveryChange.objects.order_by("campaign")
    assert [(change.at, change.trigger) for change in changes] == [
        (NOON, Trigger.CHECK_CAMPAIGN_BUDGETS)
    ] * 2


@pytest.mark.django_db
def test_no_task_but_the_spend_update_makes_spend() -> None:
    CampaignFactory.create_batch(3, daily_budget=75)
    for task in ENFORCING:
        at(NOON, task)
        at(NOON + HOUR, task)
    assert Campaign.objects.filter(is_active=True).count() == 3

    assert not Spend.objects.exists()
    assert not SpendTotal.objects.exists()


@pytest.mark.django_db
def test_the_dayparting_task_concerns_campaigns_with_dayparting_alone() -> None:
    schedule = ScheduleFactory.create(windows=[(2, "12:00", "13:00")])
    dayparted = CampaignFactory.create(schedules=[schedule])
    CampaignFactory.create()

    assert at(NOON, tasks.enforce_dayparting)["started"] == 1
    assert set(Campaign.objects.filter(is_active=True)) == {dayparted}
    assert at(NOON + HOUR, tasks.enforce_dayparting)["stopped"] == 1
    assert not Campaign.objects.filter(is_active=True).exists()


@pytest.mark.django_db
def test_the_daily_reset_brings_back_what_has_a_new_budget_and_not_what_a_user_paused() -> None:
    brand = BrandFactory.create(last_daily_reset=NOON.date())
    spent, paused = CampaignFactory.create_batch(2, brand=brand, daily_budget=Decimal(10))
    record_all([SpendEntry(c, 10) for c in (spent, paused)], source="test", now=NOON)
    paused.status = Campaign.Status.PAUSED
    paused.save()
    assert at(NOON + HOUR, tasks.reset_daily_budgets) == {"started": 0, "stopped": 0, "failed": 0}

    assert at(MIDNIGHT, tasks.reset_daily_budgets)["started"] == 1

    assert set(Campaign.objects.filter(is_active=True)) == {spent}
    brand.refresh_from_db()
    assert brand.last_daily_reset == MIDNIGHT.date()


@pytest.mark.django_db
def test_the_monthly_reset_catches_up_on_the_2nd() -> None:
    brand = BrandFactory.create(last_monthly_reset=NOON.date())
    campaign = CampaignFactory.create(brand=brand, monthly_budget=Decimal(10))
    record_all([SpendEntry(campaign, 10)], source="test", now=NOON)
    second_of_april = datetime(2026, 4, 2, 9, tzinfo=UTC)

    assert at(second_of_april, tasks.reset_monthly_budgets)["started"] == 1

    campaign.refresh_from_db()
    assert campaign.is_active


@pytest.mark.django_db
def test_the_spend_update_records_what_the_platforms_say() -> None:
    CampaignFactory.create(daily_budget=75)
    at(NOON, tasks.check_campaign_budgets)
    assert at(NOON, tasks.update_spend) == {"accounts": 1, "connections": 0, "waiting": 0}
    its = PlatformAccount.objects.get().pk
    at(NOON, partial(tasks.ask_account, its))
    at(NOON, partial(tasks.tell_account, its))
    at(NOON + HOUR, tasks.update_spend)

    done = at(NOON + HOUR, partial(tasks.ask_account, its))

    (entry,) = Spend.objects.all()
    assert entry.amount > 0
    assert done == {
        "asked": True,
        "recorded": 1,
        "spend": {"USD": plain(entry.amount)},
        "waiting": 0,
        "switched": 0,
        "failed": False,
    }
    assert at(NOON + HOUR, partial(tasks.ask_account, its))["asked"] is False


@pytest.mark.django_db
@pytest.mark.parametrize("task", [*ENFORCING, tasks.update_spend], ids=lambda task: str(task.name))
def test_every_task_notes_its_success_and_answers_in_json(task: Any) -> None:
    campaign = CampaignFactory.create(daily_budget=75, schedules=[
        ScheduleFactory.create(windows=[(day, "00:00", "00:00") for day in range(7)])
    ])  # fmt: skip

    done = at(NOON, task)

    assert json.loads(json.dumps(done)) == done
    (beat,) = Heartbeat.objects.all()
    assert beat.task == task.name.rpartition(".")[2]
    assert beat.last_run_at == beat.last_success_at == NOON
    assert beat.last_error == ""
    assert beat.last_changed == Campaign.objects.filter(pk=campaign.pk, is_active=True).count()


@pytest.fixture
def orders_queue() -> Iterator[Callable[[], list[str]]]:
    """Answers the tasks that have been sent to the queue of orders."""
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    client.delete("orders")
    yield lambda: [json.loads(m)["headers"]["task"] for m in client.lrange("orders", 0, -1)]
    client.delete("orders")


@pytest.mark.django_db
@pytest.mark.parametrize("task", ENFORCING, ids=lambda task: str(task.name))
def test_a_tasks_switches_are_told_to_the_platforms_at_once_by_the_other_worker(
    task: Any,
    orders_queue: Callable[[], list[str]],
    django_capture_on_commit_callbacks: Any,
) -> None:
    schedule = ScheduleFactory.create(windows=[(day, "00:00", "00:00") for day in range(7)])
    campaign = CampaignFactory.create(schedules=[schedule])
    assert at(NOON, tasks.tell_platforms) == {"accounts": 0}  # the platform knows the campaign

    with django_capture_on_commit_callbacks(execute=True):
        assert at(NOON, task)["started"] == 1
    assert not SimulatedSwitch.objects.exists()  # a slow platform would delay the next check
    assert orders_queue() == ["ads.tasks.tell_platforms"]

    assert at(NOON, tasks.tell_platforms) == {"accounts": 1}
    assert orders_queue()[0] == "ads.tasks.tell_account"
    told = at(NOON, partial(tasks.tell_account, PlatformAccount.objects.get().pk))
    assert told == {"started": 1, "stopped": 0, "refused": 0, "unconfirmed": 0}
    (switch,) = SimulatedSwitch.objects.all()
    assert (switch.campaign, switch.at, switch.is_on) == (campaign, NOON, True)


@pytest.mark.django_db
def test_a_check_that_switches_nothing_sends_nothing(
    orders_queue: Callable[[], list[str]],
) -> None:
    CampaignFactory.create(status=Campaign.Status.PAUSED)

    assert at(NOON, tasks.check_campaign_budgets)["started"] == 0

    assert orders_queue() == []


@pytest.mark.django_db
@pytest.mark.parametrize("task", ENFORCING, ids=lambda task: str(task.name))
def test_what_a_task_switches_is_recorded_under_its_name(task: Any) -> None:
    schedule = ScheduleFactory.create(windows=[(day, "00:00", "00:00") for day in range(7)])
    CampaignFactory.create(schedules=[schedule])

    at(NOON, task)

    (change,) = DeliveryChange.objects.all()
    assert change.actor == f"task: {task.name.rpartition('.')[2]}"
    assert current_actor() == SYSTEM


@pytest.mark.django_db
def test_a_flight_that_a_task_completes_is_audited_under_its_name() -> None:
    brand = BrandFactory.create(last_daily_reset=NOON.date())
    campaign = CampaignFactory.create(brand=brand, end_date=NOON.date())

    at(MIDNIGHT, tasks.reset_daily_budgets)

    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.COMPLETED
    event = apps.get_model("ads", "CampaignEvent")._default_manager.latest("pgh_id")
    assert event.status == Campaign.Status.COMPLETED
    assert event.pgh_context.metadata["actor"] == "task: reset_daily_budgets"


@pytest.mark.django_db
def test_what_the_spend_update_stops_is_recorded_under_its_name() -> None:
    CampaignFactory.create(daily_budget=Decimal("0.10"))
    Campaign.objects.update(is_active=True)
    SimulatedSwitch.objects.create(campaign=Campaign.objects.get(), at=NOON - HOUR, is_on=True,
                                   pace=75)  # fmt: skip

    at(NOON, tasks.update_spend)
    its = PlatformAccount.objects.get().pk
    assert at(NOON, partial(tasks.ask_account, its))["switched"] == 1

    change = DeliveryChange.objects.latest("id")
    assert (change.is_active, change.actor) == (False, "task: update_spend")


@pytest.mark.django_db
@pytest.mark.parametrize("task", ENFORCING, ids=lambda task: str(task.name))
def test_a_task_that_runs_twice_changes_nothing_the_second_time(task: Any) -> None:
    schedule = ScheduleFactory.create(windows=[(day, "00:00", "00:00") for day in range(7)])
    CampaignFactory.create_batch(3, schedules=[schedule])
    assert at(NOON, task)["started"] == 3

    assert at(NOON, task) == {"started": 0, "stopped": 0, "failed": 0}

    assert DeliveryChange.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("task", ENFORCING, ids=lambda task: str(task.name))
def test_planned_budgets_begin_before_a_task_decides(task: Any) -> None:
    campaign = CampaignFactory.create(daily_budget=100)
    at(NOON, tasks.check_campaign_budgets)
    planned(campaign, Decimal(0))

    assert at(NOON, task) == {"started": 0, "stopped": 1, "failed": 0}

    change = campaign.delivery_changes.latest("pk")
    assert (change.trigger, change.holds) == (Trigger.PLANNED_BUDGET, ["daily_budget"])
    assert change.actor == f"task: {task.__name__}"
    assert Heartbeat.objects.get(task=task.__name__).last_success_at == NOON


@pytest.mark.django_db(transaction=True)
def test_planned_budgets_that_fail_are_reported_and_the_task_goes_on() -> None:
    campaign, other = CampaignFactory.create(daily_budget=100), CampaignFactory.create()
    Campaign.objects.filter(pk=other.pk).update(is_active=False)
    planned(campaign, Decimal(13))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ads_campaign ADD CHECK (daily_budget <> 13)")
    try:
        done = at(NOON, tasks.check_campaign_budgets)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE ads_campaign DROP CONSTRAINT ads_campaign_daily_budget_check"
            )

    assert done == {"started": 1, "stopped": 0, "failed": 1}
    beat = Heartbeat.objects.get(task="check_campaign_budgets")
    assert (beat.last_failure_at, beat.last_success_at) == (NOON, None)
    assert beat.last_error == (
        f"Planned budgets of brand {campaign.brand_id} could not be applied; see the log."
    )


def planned(campaign: Campaign, amount: Decimal) -> None:
    """Plan a daily budget from the day of NOON on."""
    ScheduledChange.objects.create(
        brand=campaign.brand,
        campaign=campaign,
        field="daily_budget",
        starts_on=NOON.date(),
        amount=amount,
        created_by="olivia",
    )


@pytest.mark.django_db(transaction=True)
def test_a_task_that_fails_says_so_and_fails() -> None:
    campaign = CampaignFactory.create()
    Campaign.objects.filter(pk=campaign.pk).update(is_active=False)
    with missing_table("ads_deliverychange"):
        done = at(NOON, tasks.check_campaign_budgets)

    assert done["failed"] == 1  # one campaign's failure is reported, and does not end the task
    beat = Heartbeat.objects.get(task="check_campaign_budgets")
    assert (beat.last_run_at, beat.last_success_at) == (NOON, None)
    assert beat.last_error == f"Campaign {campaign.pk} could not be enforced; see the log."

    assert at(NOON, tasks.check_campaign_budgets)["failed"] == 0
    with missing_table("ads_campaign"), pytest.raises(Exception, match="ads_campaign"):
        at(NOON + HOUR, tasks.check_campaign_budgets)

    beat.refresh_from_db()
    assert (beat.last_success_at, beat.last_failure_at) == (NOON, NOON + HOUR)
    assert beat.last_run_at == NOON + HOUR
    assert beat.last_error.startswith("ProgrammingError: ")


@contextmanager
def missing_table(name: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} RENAME TO {name}_away")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE {name}_away RENAME TO {name}")


@pytest.mark.django_db
def test_webhooks_of_more_than_thirty_days_ago_are_forgotten() -> None:
    endpoint, _ = webhook_endpoints.create(name="Hook", source="hook", every_brand=True)
    for days in (29, 31):
        webhooks.receive_once(endpoint, f"msg_{days}", dict, now=NOON - timedelta(days=days))

    assert at(NOON, tasks.forget_webhooks) == {"forgotten": 1}
    assert WebhookDelivery.objects.get().webhook_id == "msg_29"
    assert Heartbeat.objects.get(task="forget_webhooks").last_success_at == NOON
