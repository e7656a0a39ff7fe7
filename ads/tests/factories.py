"""Rows for tests: ``CampaignFactory.create(daily_budget=75)``.

Every factory saves, so the signals and constraints of the real thing apply.
"""

# The factories' declarations come without types; what `create` and `create_batch` return has them.
# mypy: disable-error-code="no-untyped-call,attr-defined"

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import time
from typing import Any, TypeVar

import factory
from django.db import connection, transaction
from factory.django import DjangoModelFactory

from ads.models import (
    Brand,
    BudgetGroup,
    Campaign,
    CampaignSchedule,
    Connection,
    DaypartingSchedule,
    DaypartingWindow,
    PlatformAccount,
)

Row = TypeVar("Row")


class RowFactory(DjangoModelFactory[Row]):
    """Commits once, where tests commit: each commit of a campaign is enforced."""

    class Meta:
        abstract = True

    @classmethod
    def _generate(cls, strategy: str, params: dict[str, Any]) -> Any:
        with at_once():
            return super()._generate(strategy, params)

    @classmethod
    def create_batch(cls, size: int, **kwargs: Any) -> list[Row]:
        with at_once():
            return list(super().create_batch(size, **kwargs))


def at_once() -> AbstractContextManager[None]:
    return nullcontext() if connection.in_atomic_block else transaction.atomic()


class BrandFactory(RowFactory[Brand]):
    """An active brand in UTC without budgets."""

    class Meta:
        model = Brand

    name = factory.Sequence(lambda number: f"Brand {number}")


class BudgetGroupFactory(RowFactory[BudgetGroup]):
    """A group of a brand of its own, without budgets and campaigns."""

    class Meta:
        model = BudgetGroup

    brand = factory.SubFactory(BrandFactory)
    name = factory.Sequence(lambda number: f"Group {number}")


class ScheduleFactory(RowFactory[DaypartingSchedule]):
    """A schedule in UTC; ``windows`` are triples such as ``(0, "22:00", "06:00")``, 0 for Monday.

    Without windows it is closed at any time.
    """

    class Meta:
        model = DaypartingSchedule

    name = factory.Sequence(lambda number: f"Schedule {number}")
    windows: Any = ()

    @classmethod
    def _create(
        cls,
        model_class: type[DaypartingSchedule],
        *args: Any,
        windows: Iterable[tuple[int, str, str]],
        **kwargs: Any,
    ) -> DaypartingSchedule:
        schedule: DaypartingSchedule = super()._create(model_class, *args, **kwargs)
        for day_of_week, start, end in windows:
            WindowFactory.create(
                schedule=schedule,
                day_of_week=day_of_week,
                start_time=time.fromisoformat(start),
                end_time=time.fromisoformat(end),
            )
        return schedule


class WindowFactory(RowFactory[DaypartingWindow]):
    """Monday, 09:00 to 17:00."""

    class Meta:
        model = DaypartingWindow

    schedule = factory.SubFactory(ScheduleFactory)
    day_of_week = 0
    start_time = time(9)
    end_time = time(17)


class CampaignFactory(RowFactory[Campaign]):
    """An active campaign of a brand of its own, without budgets, flight and schedules.

    ``schedules`` are attached; with any, dayparting is enabled unless said otherwise.
    """

    class Meta:
        model = Campaign

    brand = factory.SubFactory(BrandFactory)
    name = factory.Sequence(lambda number: f"Campaign {number}")
    schedules: Any = ()
    is_dayparting_enabled = factory.LazyAttribute(lambda given: bool(given.schedules))

    @classmethod
    def _create(
        cls,
        model_class: type[Campaign],
        *args: Any,
        schedules: Iterable[DaypartingSchedule],
        **kwargs: Any,
    ) -> Campaign:
        campaign: Campaign = super()._create(model_class, *args, **kwargs)
        for schedule in schedules:
            CampaignSchedule.objects.create(campaign=campaign, schedule=schedule)
        return campaign


class ConnectionFactory(RowFactory[Connection]):
    """A working connection to a platform that tests write down."""

    class Meta:
        model = Connection

    name = factory.Sequence(lambda number: f"Connection {number}")
    platform = "scripted"
    source = factory.SelfAttribute("platform")


class PlatformAccountFactory(RowFactory[PlatformAccount]):
    """An account in UTC and US dollars."""

    class Meta:
        model = PlatformAccount

    connection = factory.SubFactory(ConnectionFactory)
    platform = factory.SelfAttribute("connection.platform")
    source = factory.SelfAttribute("connection.source")
    remote_id = factory.Sequence(lambda number: f"acc-{number}")
    name = factory.Sequence(lambda number: f"Account {number}")
    timezone = "UTC"
    currency = "USD"
