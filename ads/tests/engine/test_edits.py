"""An edit, made anywhere in Django, is enforced when its transaction commits, not at a tick."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import time
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, transaction

from ads import signals
from ads.models import Brand, Campaign, CampaignSchedule, DaypartingSchedule, DaypartingWindow
from ads.tests.engine.support import NOON, delivers, enforce_all, spend, spend_in_sql, switches
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory, WindowFactory

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


@contextmanager
def rolled_back() -> Iterator[None]:
    """What happens inside is taken back: by a rollback, or to a savepoint."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


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
@pytest.mark.parametrize("field", ["daily_budget", "monthly_budget"])
def test_raising_a_budget_takes_effect_at_once(write: Write, field: str) -> None:
    campaign = CampaignFactory.create(**{field: Decimal(10)})
    spend(campaign, 10, NOON)
    assert not delivers(campaign)

    write(campaign, **{field: Decimal("10.000001")})

    assert switches(campaign) == [(True, []), (False, [field]), (True, [])]


@however
@pytest.mark.parametrize("field", ["daily_budget", "monthly_budget"])
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


@however
def test_a_brand_s_new_timezone_takes_effect_at_once(write: Write) -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    spend(campaign, 10, NOON)

    write(campaign.brand, timezone="Pacific/Kiritimati")  # where it is the 16th already

    assert delivers(campaign)


@however
def test_a_campaign_s_status_and_flight_take_effect_at_once(write: Write) -> None:
    campaign = CampaignFactory.create()

    write(campaign, status="paused")
    assert not delivers(campaign)
    write(campaign, status="active", start_date=NOON.date().replace(day=16))
    assert not delivers(campaign)
    write(campaign, start_date=NOON.date())

    assert switches(campaign)[1:] == [(False, ["status"]), (True, [])]


@however
@pytest.mark.parametrize(
    "closing",
    [
        {"is_active": False},
        {"valid_until": NOON.date().replace(day=14)},
        {"timezone": "Pacific/Kiritimati"},
    ],
    ids=lambda closing: next(iter(closing)),
)
def test_an_edit_of_a_schedule_takes_effect_on_every_campaign_that_has_it(
    write: Write, closing: dict[str, Any]
) -> None:
    schedule = ScheduleFactory.create(windows=[(WEDNESDAY, "11:00", "13:00")])
    campaigns = CampaignFactory.create_batch(2, schedules=[schedule])
    opening = {field: getattr(schedule, field) for field in closing}
    assert all(map(delivers, campaigns))

    write(schedule, **closing)
    assert not any(map(delivers, campaigns))
    write(schedule, **opening)

    assert all(map(delivers, campaigns))


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


def test_nothing_is_enforced_before_the_commit_and_all_of_it_at_once() -> None:
    campaign = CampaignFactory.create()

    with transaction.atomic():
        save(campaign, status="paused")
        save(campaign.brand, is_active=False)
        assert delivers(campaign)

    assert switches(campaign)[1:] == [(False, ["status", "brand_inactive"])]


def test_an_edit_rolled_back_is_not_enforced() -> None:
    campaign = CampaignFactory.create()

    with rolled_back():
        save(campaign, status="paused")

    assert switches(campaign) == [(True, [])]


def test_a_savepoint_rolled_back_takes_its_own_edits_along_and_no_others() -> None:
    before, within, after = CampaignFactory.create_batch(3)

    with transaction.atomic():
        update(before, status="paused")
        with rolled_back():
            update(before, daily_budget=5)
            update(within, status="paused")
        update(after, status="paused")

    assert [delivers(c) for c in (before, within, after)] == [False, True, False]


def test_an_edit_rolled_back_to_a_savepoint_is_no_reason_to_look() -> None:
    edited, untouched = CampaignFactory.create_batch(2, daily_budget=10)
    for campaign in (edited, untouched):
        spend_in_sql(campaign, "10", NOON.date())

    with transaction.atomic():
        update(edited, name="Renamed")
        with rolled_back():
            update(untouched, name="Also renamed")

    assert not delivers(edited)
    assert delivers(untouched)


def test_an_edit_after_a_savepoint_of_the_same_row_is_enforced_though_the_first_was_not() -> None:
    campaign = CampaignFactory.create()

    with transaction.atomic():
        with rolled_back():
            update(campaign, daily_budget=0)
        with transaction.atomic():
            update(campaign, status="paused")

    assert switches(campaign)[1:] == [(False, ["status"])]


def test_nested_savepoints_keep_what_was_kept() -> None:
    kept, lost, last = CampaignFactory.create_batch(3)

    with transaction.atomic():
        with transaction.atomic():
            update(kept, status="paused")
            with rolled_back():
                with transaction.atomic():
                    update(lost, status="paused")
                update(lost, daily_budget=0)
        update(last, status="paused")

    assert [delivers(c) for c in (kept, lost, last)] == [False, True, False]


def test_saving_an_object_read_long_ago_never_revives_its_campaign() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    stale = Campaign.objects.get(pk=campaign.pk)
    assert stale.is_active
    spend(campaign, 10, NOON)

    save(stale, name="Renamed")
    Campaign.objects.bulk_update([stale], ["name"])

    assert switches(campaign) == [(True, []), (False, ["daily_budget"])]
    assert Campaign.objects.get(pk=campaign.pk).name == "Renamed"


def test_whoever_sets_is_active_by_hand_is_put_right_at_the_commit() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    spend(campaign, 10, NOON)

    campaign.is_active = True
    campaign.save(update_fields=["is_active"])

    assert not delivers(campaign)


def test_an_edit_also_enforces_what_came_behind_django_s_back() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    spend_in_sql(campaign, "10", NOON.date())
    assert delivers(campaign)

    save(campaign.brand, name="Renamed")

    assert not delivers(campaign)


def test_an_edit_that_cannot_be_enforced_stays_and_the_next_sweep_makes_it_good(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = CampaignFactory.create()

    def fail(*_: object) -> None:
        raise OperationalError("deadlock detected")

    with monkeypatch.context() as patched:
        patched.setattr(signals, "after_edit", fail)
        update(campaign, status="paused")
        with transaction.atomic():
            save(campaign.brand, name="Renamed")

    assert caplog.text.count("Error calling EnforceOnCommit") == 2
    assert "deadlock detected" in caplog.text
    assert Campaign.objects.get(pk=campaign.pk).status == "paused"
    assert delivers(campaign)
    enforce_all(NOON)
    assert not delivers(campaign)
