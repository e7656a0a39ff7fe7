"""Who changed what, when, from what and to what, however it was written."""

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from typing import Any

import pghistory
import pytest
from django.apps import apps
from django.db import DatabaseError, models

from ads.models import Brand, Campaign, DaypartingSchedule, DaypartingWindow
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import execute, refused

pytestmark = pytest.mark.django_db


def events(row: models.Model, *fields: str) -> list[tuple[Any, ...]]:
    """What was done to the row, oldest first: label, the named fields, and who."""
    model: Any = apps.get_model("ads", f"{type(row).__name__}Event")
    rows = model.objects.filter(pgh_obj_id=row.pk).order_by("pgh_id")
    return list(rows.values_list("pgh_label", *fields, "pgh_context__metadata__actor"))


def save(row: Any, **changes: Any) -> None:
    for field, value in changes.items():
        setattr(row, field, value)
    row.save()


def update(row: Any, **changes: Any) -> None:
    type(row).objects.filter(pk=row.pk).update(**changes)


def bulk_update(row: Any, **changes: Any) -> None:
    for field, value in changes.items():
        setattr(row, field, value)
    type(row).objects.bulk_update([row], list(changes))


def sql(row: Any, **changes: Any) -> None:
    columns = ", ".join(f"{column} = %s" for column in changes)
    execute(f"UPDATE {row._meta.db_table} SET {columns} WHERE id = %s", [*changes.values(), row.pk])


Write = Callable[..., None]
however = pytest.mark.parametrize("write", [save, update, bulk_update, sql])


@however
@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("daily_budget", Decimal(75), Decimal("80.5")),
        ("monthly_budget", Decimal(75), None),
        ("timezone", "UTC", "Asia/Tokyo"),
        ("is_active", True, False),
        ("name", "Acme", "Acme Ltd"),
    ],
)
def test_every_change_of_a_brand_is_on_record(
    write: Write, field: str, before: Any, after: Any
) -> None:
    brand = BrandFactory.create(**{field: before})

    with pghistory.context(actor="ann"):
        write(brand, **{field: after})

    assert events(brand, field) == [("insert", before, None), ("update", after, "ann")]


@however
@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("daily_budget", None, Decimal(0)),
        ("monthly_budget", Decimal(75), Decimal("75.000001")),
        ("status", "active", "paused"),
        ("start_date", None, date(2024, 5, 1)),
        ("end_date", date(2024, 5, 1), None),
        ("is_dayparting_enabled", False, True),
    ],
)
def test_every_change_of_a_campaign_is_on_record(
    write: Write, field: str, before: Any, after: Any
) -> None:
    campaign = CampaignFactory.create(**{field: before})

    with pghistory.context(actor="ann"):
        write(campaign, **{field: after})

    assert events(campaign, field) == [("insert", before, None), ("update", after, "ann")]


@however
@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("timezone", "UTC", "Europe/Berlin"),
        ("priority", 0, 10),
        ("is_active", True, False),
        ("valid_from", None, date(2024, 12, 24)),
        ("valid_until", date(2024, 12, 24), date(2024, 12, 26)),
    ],
)
def test_every_change_of_a_schedule_is_on_record(
    write: Write, field: str, before: Any, after: Any
) -> None:
    schedule = ScheduleFactory.create(**{field: before})

    with pghistory.context(actor="ann"):
        write(schedule, **{field: after})

    assert events(schedule, field) == [("insert", before, None), ("update", after, "ann")]


@however
def test_every_change_of_a_window_is_on_record(write: Write) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "09:00", "17:00")])
    window = schedule.windows.get()

    with pghistory.context(actor="ann"):
        write(window, end_time=time(18))

    assert events(window, "day_of_week", "start_time", "end_time") == [
        ("insert", 0, time(9), time(17), None),
        ("update", 0, time(9), time(18), "ann"),
    ]


def test_attaching_and_taking_off_a_schedule_is_on_record() -> None:
    campaign, schedule = CampaignFactory.create(), ScheduleFactory.create()

    with pghistory.context(actor="ann"):
        campaign.dayparting_schedules.add(schedule)
    with pghistory.context(actor="bob"):
        schedule.campaigns.clear()

    model: Any = apps.get_model("ads", "CampaignScheduleEvent")
    assert list(
        model.objects.order_by("pgh_id").values_list(
            "pgh_label", "campaign_id", "schedule_id", "pgh_context__metadata__actor"
        )
    ) == [
        ("attached", campaign.pk, schedule.pk, "ann"),
        ("detached", campaign.pk, schedule.pk, "bob"),
    ]


def test_deleting_is_on_record_with_what_was_deleted() -> None:
    schedule = ScheduleFactory.create(name="Nights", windows=[(0, "22:00", "06:00")])
    window = schedule.windows.get()
    gone = DaypartingSchedule(pk=schedule.pk), DaypartingWindow(pk=window.pk)

    with pghistory.context(actor="ann"):
        schedule.delete()

    assert events(gone[0], "name")[-1] == ("delete", "Nights", "ann")
    assert events(gone[1], "start_time")[-1] == ("delete", time(22), "ann")


def test_many_rows_changed_by_one_statement_are_each_on_record() -> None:
    campaigns = CampaignFactory.create_batch(3, daily_budget=Decimal(75))

    with pghistory.context(actor="ann"):
        execute("UPDATE ads_campaign SET daily_budget = daily_budget * 2")

    for campaign in campaigns:
        assert events(campaign, "daily_budget")[1:] == [("update", Decimal(150), "ann")]


def test_what_the_engine_writes_is_no_change_of_configuration() -> None:
    campaign = CampaignFactory.create()

    Campaign.objects.update(is_active=True)
    Brand.objects.update(last_daily_reset=date(2024, 5, 1), last_monthly_reset=date(2024, 5, 1))
    campaign.brand.save()

    assert len(events(campaign)) == 1
    assert len(events(campaign.brand)) == 1


def test_the_record_itself_can_be_neither_changed_nor_deleted() -> None:
    brand = BrandFactory.create(name="Acme")

    for statement in (
        "UPDATE ads_brandevent SET name = 'Innocent'",
        "DELETE FROM ads_brandevent",
    ):
        with refused(".", DatabaseError):
            execute(statement)

    assert events(brand, "name") == [("insert", "Acme", None)]
