"""A campaign's hours in the days to come, in its brand's timezone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from ads.models import Campaign
from ads.rules import dayparting
from ads.rules.stretches import LocalDay, days_ahead

DAYS: Final = 7


def coming_week(
    campaign: Campaign, schedules: Sequence[dayparting.Schedule], now: datetime
) -> list[LocalDay]:
    """The days from today on; no query. ``schedules`` are those attached.

    Of budgets and status nothing; ``in_force`` are the days of the flight.

    Raises:
        UnknownTimezone: the brand's or a schedule's timezone is invalid.
    """
    hours = schedules if campaign.is_dayparting_enabled else []
    begin, end = campaign.start_date, campaign.end_date
    return [
        replace(day, open=[], in_force=[])
        if (begin and day.day < begin) or (end and day.day > end)
        else replace(day, in_force=[(day.begin, day.end)])
        for day in days_ahead(hours, campaign.brand.timezone, now, DAYS)
    ]
