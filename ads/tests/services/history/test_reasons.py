"""Why campaigns were switched, in words: the holds, and what somebody had changed."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from ads.models import Brand, Campaign, DaypartingWindow, DeliveryChange
from ads.services.actor import acting_as
from ads.services.bulk import SwitchBrands, carry_out
from ads.services.delivery import Trigger, enforce, lifecycle
from ads.services.history import reasons, switched_by
from ads.tests.factories import CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, at, enforce_all, running_on, spend


def change(is_active: bool = False, **fields: Any) -> DeliveryChange:
    return DeliveryChange(
        pk=1, is_active=is_active, at=NOON, **{"trigger": "spend", "actor": "olivia", **fields}
    )


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (change(holds=["status"]), "Status changed by olivia"),
        (change(holds=["brand_inactive"]), "Brand paused by olivia"),
        (
            change(holds=["flight", "dayparting"], actor="system"),
            "Outside the flight; Outside hours",
        ),
        (
            change(holds=["daily_budget"], daily_budget=0),
            "Daily budget is $0.00, so nothing runs",
        ),
        (change(holds=["of_the_past"]), "of_the_past"),
        (
            change(True, trigger="reset_daily_budgets", actor="task: reset_daily_budgets"),
            "A new day began",
        ),
        (
            change(True, trigger="reset_daily_budgets", actor="command: reset_budgets, by olivia"),
            "A new day began",
        ),
        (change(True, trigger="of_the_past", actor="system"), "of_the_past"),
    ],
)
def test_why_in_words(told: DeliveryChange, words: str) -> None:
    assert reasons([told], currency="USD") == {1: words}


def test_of_several_alike_the_first_hold_is_named_without_their_own_figures() -> None:
    held = change(holds=["daily_budget", "dayparting"], daily_budget=5, actor="system")

    assert reasons([held], alike=[1], currency="USD") == {1: "Daily budget used up"}


@pytest.mark.django_db
@pytest.mark.parametrize("trigger", list(Trigger))
def test_every_trigger_has_words(trigger: Trigger) -> None:
    switched = change(True, trigger=trigger.value, actor="system")
    (words,) = reasons([switched], currency="USD").values()

    assert words != trigger.value


@pytest.mark.parametrize(
    ("actor", "trigger", "words"),
    [
        ("olivia", "edit", "by olivia"),
        ("key: etl", "spend", "by key: etl"),
        ("task: update_spend", "spend", "Automatic (spend update)"),
        ("system", "check_campaign_budgets", "Automatic (budget check)"),
        ("system", "of_the_past", "Automatic (of_the_past)"),
    ],
)
def test_who_or_what_set_it_off(actor: str, trigger: str, words: str) -> None:
    assert switched_by(actor, trigger) == words


def _budget(campaign: Campaign) -> None:
    campaign.daily_budget = Decimal("82.50")
    campaign.save()


def _pause(campaign: Campaign) -> None:
    lifecycle.pause(campaign, now=timezone.now())


def _pause_brand(campaign: Campaign) -> None:
    carry_out(SwitchBrands(on=False), [], timezone.now(), brand_ids=[campaign.brand_id])


def _attach(campaign: Campaign) -> None:
    campaign.is_dayparting_enabled = True
    campaign.save()
    campaign.dayparting_schedules.add(ScheduleFactory.create(name="Closed"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (
            lambda _: Campaign.objects.update(daily_budget=5),
            "Daily budget used up: $75.00 of $5.00; daily budget lowered $100.00 → $5.00 by ann",
        ),
        (
            lambda _: Brand.objects.update(monthly_budget=5),
            (
                "Brand's monthly budget used up: $75.00 of $5.00; "
                "brand's monthly budget set to $5.00 by ann"
            ),
        ),
        (_pause, "Paused by ann"),
        (_pause_brand, "Brand paused by ann"),
        (
            lambda _: Campaign.objects.update(end_date=date(2024, 1, 2)),
            "Outside the flight; end date none → 2024-01-02 by ann",
        ),
        (_attach, "Outside hours; schedule Closed attached by ann"),
    ],
)
def test_a_switch_names_what_the_edit_changed(
    edit: Callable[[Campaign], object], words: str
) -> None:
    campaign = CampaignFactory.create(name="Spring", daily_budget=100)
    spend(campaign, 75, timezone.now())
    assert campaign.fresh().is_active

    with acting_as("ann"):
        edit(campaign)

    last = campaign.delivery_changes.all()[0]
    assert not last.is_active
    assert reasons([last]) == {last.pk: words}


@pytest.mark.django_db(transaction=True)
def test_a_campaign_that_comes_back_names_the_last_edit_by_the_same_person() -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    spend(campaign, 80, timezone.now())
    with acting_as("ben"):
        campaign.fresh().brand.save()
        Campaign.objects.update(name="Summer")
    with acting_as("ann"):
        _budget(campaign.fresh())
        _pause_brand(campaign)
        carry_out(SwitchBrands(on=True), [], timezone.now(), brand_ids=[campaign.brand_id])
        Campaign.objects.update(daily_budget=80)
        now = timezone.now()
        carry_out(running_on(now, of_brands=True), [], now, brand_ids=[campaign.brand_id])

    changes = list(campaign.delivery_changes.order_by("id"))[-4:]
    assert list(reasons(changes).values()) == [
        "Daily budget raised $75.00 → $82.50 by ann",
        "Brand paused by ann",
        "Brand resumed by ann",
        "Daily budget used up: $80.00 of $80.00; daily budget lowered $82.50 → $80.00 by ann",
    ]
    several = reasons(changes, alike=[changes[0].pk])
    assert several[changes[0].pk] == "Daily budget raised by ann"


@pytest.mark.django_db(transaction=True)
def test_hours_that_were_edited_name_their_schedule() -> None:
    schedule = ScheduleFactory.create(name="Office")
    campaign = CampaignFactory.create(schedules=[schedule])
    enforce_all(timezone.now())

    with acting_as("ann"):
        for day in range(7):
            DaypartingWindow.objects.create(
                schedule=schedule, day_of_week=day, start_time="00:00", end_time="00:00"
            )

    last = campaign.delivery_changes.all()[0]
    assert reasons([last]) == {last.pk: "Hours of the schedule Office changed by ann"}


@pytest.mark.django_db(transaction=True)
def test_a_schedule_that_was_deleted_is_named() -> None:
    schedule = ScheduleFactory.create(name="Closed")
    campaign = CampaignFactory.create(schedules=[schedule])
    enforce_all(timezone.now())

    with acting_as("ann"):
        schedule.delete()

    last = campaign.delivery_changes.all()[0]
    assert last.is_active
    assert reasons([last]) == {last.pk: "Schedule Closed detached by ann"}


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [("22:00", "06:00"), ("00:00", "00:00")])
def test_hours_that_were_open_already_do_not_begin_when_a_new_day_brings_a_campaign_back(
    hours: tuple[str, str],
) -> None:
    schedule = ScheduleFactory.create(windows=[(day, *hours) for day in range(7)])
    campaign = CampaignFactory.create(daily_budget=10, schedules=[schedule])
    spend(campaign, 10, at("2024-05-15 23:00"))

    enforce(Campaign.objects.all(), at("2024-05-16 00:00"), Trigger.ENFORCE_DAYPARTING)

    last = campaign.delivery_changes.all()[0]
    assert last.is_active
    assert reasons([last]) == {last.pk: "Its hours are open, and nothing else is stopping it"}
