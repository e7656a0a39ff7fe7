"""An edit, made anywhere in Django, is enforced when its transaction commits, not at a tick."""

from collections.abc import Callable, Iterator
from datetime import time
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import transaction

from ads.models import Brand, Campaign, CampaignSchedule, DaypartingSchedule, DaypartingWindow
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory, WindowFactory
from ads.tests.support import NOON, delivers, spend, switches

pytestmark = pytest.mark.django_db(transaction=True)

WEDNESDAY = NOON.weekday()
ALL_WEEK = [(day, "00:00", "00:00") for day in range(7)]
NIGHT = [(WEDNESDAY, "20:00", "22:00")]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """The clock stands at noon in UTC, on a Wednesday."""
    with time_machine.travel(NOON, tick=False):
        yield


def save(row: Any, **changes: Any) -> None:
    for field, value in changes.items():
        setattr(row, field, value)
    row.save()


def save_named(row: Any, **changes: Any) -> None:
    for field, value in changes.items():
        setattr(row, field, value)
    row.save(update_fields=list(changes))


def update(row: Any, **changes: Any) -> None:
    type(row).objects.filter(pk=row.pk).update(**changes)


def bulk_update(row: Any, **changes: Any) -> None:
    for field, value in changes.items():
        setattr(row, field, value)
    type(row).objects.bulk_update([row], list(changes))


def update_or_create(row: Any, **changes: Any) -> None:
    type(row).objects.update_or_create(pk=row.pk, defaults=changes)


however = pytest.mark.parametrize(
    "write", [save, save_named, update, bulk_update, update_or_create]
)
Write = Callable[..., None]


def test_a_new_campaign_delivers_from_its_commit_on() -> None:
    with transaction.atomic():
        campaign = CampaignFactory.create()
        assert not delivers(campaign)

    assert switches(campaign) == [(True, [])]
    change = campaign.delivery_changes.get()
    assert (change.at, change.trigger) == (NOON, "edit")


@however
def test_raising_a_budget_takes_effect_at_once(write: Write) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(10), monthly_budget=Decimal(10))
    spend(campaign, 10, NOON)

    write(campaign, daily_budget=Decimal("10.000001"))
    assert not delivers(campaign)
    write(campaign, monthly_budget=Decimal("10.000001"))

    assert switches(campaign) == [
        (True, []),
        (False, ["daily_budget", "monthly_budget"]),
        (True, []),
    ]


@pytest.mark.parametrize(
    ("write", "field"), [(update, "daily_budget"), (save_named, "monthly_budget")]
)
def test_a_brand_s_budget_raised_or_lowered_takes_effect_on_all_its_campaigns(
    write: Write, field: str
) -> None:
    brand = BrandFactory.create(**{field: Decimal(10)})
    campaigns = CampaignFactory.create_batch(2, brand=brand)
    spend(campaigns[0], 10, NOON)

    write(brand, **{field: None})
    assert all(map(delivers, campaigns))
    write(brand, **{field: Decimal(0)})

    for campaign in campaigns:
        assert switches(campaign)[1:] == [
            (False, [f"brand_{field}"]),
            (True, []),
            (False, [f"brand_{field}"]),
        ]


@however
def test_a_brand_switched_off_stops_and_switched_on_brings_back(write: Write) -> None:
    campaign = CampaignFactory.create()

    write(campaign.brand, is_active=False)
    assert not delivers(campaign)
    write(campaign.brand, is_active=True)

    assert switches(campaign) == [(True, []), (False, ["brand_inactive"]), (True, [])]


def test_a_brand_s_new_timezone_takes_effect_at_once() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    spend(campaign, 10, NOON)

    save(campaign.brand, timezone="Pacific/Kiritimati")  # where it is the 16th already

    assert delivers(campaign)


def test_a_campaign_s_status_and_flight_take_effect_at_once() -> None:
    campaign = CampaignFactory.create()

    update(campaign, status="paused")
    assert not delivers(campaign)
    update(campaign, status="active", start_date=NOON.date().replace(day=16))
    assert not delivers(campaign)
    update(campaign, start_date=NOON.date())

    assert switches(campaign)[1:] == [(False, ["status"]), (True, [])]


@however
def test_an_edit_of_a_schedule_takes_effect_on_every_campaign_that_has_it(write: Write) -> None:
    schedule = ScheduleFactory.create(windows=[(WEDNESDAY, "11:00", "13:00")])
    campaigns = CampaignFactory.create_batch(2, schedules=[schedule])
    assert all(map(delivers, campaigns))

    write(schedule, is_active=False)
    assert not any(map(delivers, campaigns))
    write(schedule, is_active=True)

    assert all(map(delivers, campaigns))


@pytest.mark.parametrize(
    "closing",
    [{"valid_until": NOON.date().replace(day=14)}, {"timezone": "Pacific/Kiritimati"}],
    ids=lambda closing: next(iter(closing)),
)
def test_a_schedule_s_dates_and_timezone_take_effect_at_once(closing: dict[str, Any]) -> None:
    campaign = CampaignFactory.create(
        schedules=[ScheduleFactory.create(windows=[(WEDNESDAY, "11:00", "13:00")])]
    )
    assert delivers(campaign)

    save_named(campaign.dayparting_schedules.get(), **closing)

    assert not delivers(campaign)


@however
def test_an_edited_window_takes_effect_at_once(write: Write) -> None:
    schedule = ScheduleFactory.create(windows=NIGHT)
    campaign = CampaignFactory.create(schedules=[schedule])
    window = schedule.windows.get()
    assert not delivers(campaign)

    write(window, start_time=time(11), end_time=time(13))
    assert delivers(campaign)
    write(window, day_of_week=WEDNESDAY - 1)

    assert not delivers(campaign)


def test_windows_added_and_deleted_take_effect_at_once() -> None:
    schedule = ScheduleFactory.create()
    campaign = CampaignFactory.create(schedules=[schedule])
    rows = [DaypartingWindow(schedule=schedule, day_of_week=d, start_time=time(0), end_time=time(0))
            for d in range(7)]  # fmt: skip

    for add in (
        lambda: WindowFactory.create(
            schedule=schedule, day_of_week=WEDNESDAY, start_time=time(0), end_time=time(0)
        ),
        lambda: DaypartingWindow.objects.bulk_create(rows),
        lambda: schedule.windows.create(
            day_of_week=WEDNESDAY, start_time=time(0), end_time=time(0)
        ),
    ):
        for row in rows:
            row.pk = None
        add()
        assert delivers(campaign)
        schedule.windows.all().delete()
        assert not delivers(campaign)
    schedule.windows.create(day_of_week=WEDNESDAY, start_time=time(0), end_time=time(0)).delete()

    assert not delivers(campaign)


def test_attaching_and_taking_off_take_effect_from_both_sides() -> None:
    campaign = CampaignFactory.create(is_dayparting_enabled=True)
    closed = ScheduleFactory.create()
    opened = ScheduleFactory.create(windows=ALL_WEEK, priority=1)

    steps: list[tuple[Callable[[], object], bool]] = [
        (lambda: campaign.dayparting_schedules.add(closed), False),
        (lambda: campaign.dayparting_schedules.remove(closed), True),
        (lambda: campaign.dayparting_schedules.set([closed]), False),
        (lambda: campaign.dayparting_schedules.set([closed, opened]), True),
        (lambda: campaign.dayparting_schedules.set([]), True),
        (lambda: closed.campaigns.add(campaign), False),
        (lambda: closed.campaigns.remove(campaign), True),
        (lambda: closed.campaigns.set([campaign]), False),
        (lambda: opened.campaigns.add(campaign.pk), True),
        (opened.campaigns.clear, False),
        (campaign.dayparting_schedules.clear, True),
        (lambda: CampaignSchedule.objects.create(campaign=campaign, schedule=closed), False),
        (lambda: CampaignSchedule.objects.all().delete(), True),
        (
            lambda: CampaignSchedule.objects.bulk_create(
                [CampaignSchedule(campaign=campaign, schedule=closed)]
            ),
            False,
        ),
        (lambda: CampaignSchedule.objects.get().delete(), True),
        (
            lambda: CampaignSchedule.objects.bulk_create(
                [CampaignSchedule(campaign=campaign, schedule=closed)], ignore_conflicts=True
            ),
            False,
        ),
    ]

    for number, (step, runs) in enumerate(steps):
        step()
        assert delivers(campaign) is runs, f"step {number}"


def test_a_deleted_schedule_takes_effect_on_those_that_had_it() -> None:
    def attached() -> tuple[DaypartingSchedule, Campaign]:
        schedule = ScheduleFactory.create()
        return schedule, CampaignFactory.create(schedules=[schedule])

    schedule, one = attached()
    _, two = attached()
    assert not delivers(one)

    schedule.delete()
    assert delivers(one)
    assert not delivers(two)
    DaypartingSchedule.objects.all().delete()

    assert delivers(two)


def test_a_brand_s_campaigns_made_in_bulk_deliver_at_once() -> None:
    brand = BrandFactory.create()

    Campaign.objects.bulk_create(Campaign(brand=brand, name=f"{n}") for n in range(3))
    Campaign.objects.bulk_create(
        (Campaign(brand=brand, name=f"{n}") for n in range(5)), ignore_conflicts=True
    )

    assert Campaign.objects.filter(is_active=True).count() == 5


def test_many_brands_changed_by_one_update_are_all_enforced() -> None:
    campaigns = CampaignFactory.create_batch(3)

    Brand.objects.update(is_active=False)

    assert not any(map(delivers, campaigns))
