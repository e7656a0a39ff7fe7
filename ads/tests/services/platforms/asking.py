"""Costs that an account reports, and the days it was asked for."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ads.platforms.interface import Cost
from ads.tests.platforms.doubles import (
    TODAY,
    Scripted,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def cost(reference: str, amount: object, day: date = TODAY, **given: Any) -> Cost:
    return Cost(reference, day, Decimal(str(amount)), **given)


def days_asked(platform: Scripted, remote_id: str = "1") -> list[tuple[date, date]]:
    asked = [(since, until) for its, since, until, _ in platform.asked if its == remote_id]
    platform.asked.clear()
    return asked
