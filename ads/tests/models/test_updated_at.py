"""``updated_at`` says when a person last changed the row, however they did; the engine is none."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from ads.models import Brand, Campaign, DaypartingSchedule, DaypartingWindow
from ads.tests.factories import CampaignFactory, ScheduleFactory
from ads.tests.support import execute

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def rows() -> None:
    """One of each, last changed long ago."""
    CampaignFactory.create(schedules=[ScheduleFactory.create(windows=[(0, "09:00", "17:00")])])
    for model in (Brand, Campaign, DaypartingSchedule, DaypartingWindow):
        execute(f"UPDATE {model._meta.db_table} SET updated_at = %s", [LONG_AGO])


def by_save(row: Any, column: str, value: Any) -> None:
    setattr(row, column, value)
    row.save()


def by_a_save_of_that_field(row: Any, column: str, value: Any) -> None:
    setattr(row, column, value)
    row.save(update_fields=[column])


def by_an_update(row: Any, column: str, value: Any) -> None:
    type(row).objects.filter(pk=row.pk).update(**{column: value})


def by_sql(row: Any, column: str, value: Any) -> None:
    execute(f"UPDATE {row._meta.db_table} SET {column} = %s WHERE id = %s", [value, row.pk])


@pytest.mark.parametrize("write", [by_save, by_a_save_of_that_field, by_an_update, by_sql])
@pytest.mark.parametrize(
    ("model", "column", "value"),
    [
        (Brand, "daily_budget", 5),
        (Brand, "is_active", False),
        (Campaign, "status", "paused"),
        (Campaign, "end_date", date(2024, 5, 1)),
        (DaypartingSchedule, "priority", 3),
        (DaypartingWindow, "end_time", time(18)),
    ],
)
def test_it_moves_with_every_edit(
    model: Any, column: str, value: Any, write: Callable[[Any, str, Any], None]
) -> None:
    write(model.objects.get(), column, value)

    row = model.objects.get()
    assert getattr(row, column) == value
    assert row.updated_at > LONG_AGO


@pytest.mark.parametrize("write", [by_a_save_of_that_field, by_an_update, by_sql])
@pytest.mark.parametrize(
    ("model", "column", "value"),
    [
        (Campaign, "is_active", True),
        (Brand, "last_daily_reset", date(2024, 5, 1)),
        (Brand, "last_monthly_reset", date(2024, 5, 1)),
    ],
)
def test_it_stays_when_the_engine_writes_its_own(
    model: Any, column: str, value: Any, write: Callable[[Any, str, Any], None]
) -> None:
    write(model.objects.get(), column, value)

    row = model.objects.get()
    assert getattr(row, column) == value
    assert row.updated_at == LONG_AGO


def test_sql_that_changes_nothing_leaves_it() -> None:
    execute("UPDATE ads_brand SET name = name, daily_budget = daily_budget")

    assert Brand.objects.get().updated_at == LONG_AGO


def test_a_save_of_no_field_saves_nothing() -> None:
    brand = Brand.objects.get()
    brand.name = "Other"

    brand.save(update_fields=[])

    assert brand.fresh().updated_at == LONG_AGO
    assert brand.fresh().name != "Other"
