"""A schedule as text: its timezone's clock, and its windows."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ads.admin.elements import picked
from ads.rules.calendar import local_time
from ads.rules.dayparting import DAYS, Window, describe_window
from ads.rules.stretches import LocalDay


def clock_there(now: datetime, tz: str) -> str:
    """ "Asia/Tokyo, now UTC+9 (JST), Sat 21:14 there".

    Raises:
        UnknownTimezone: the timezone is invalid.
    """
    there = local_time(now, tz)
    if tz == "UTC":
        return f"UTC, now {there:%a %H:%M}"
    name = there.tzname() or ""
    # Some timezones have no abbreviation but their offset.
    called = f" ({name})" if name.isalpha() and name != "UTC" else ""
    return f"{tz}, now {offset(there)}{called}, {there:%a %H:%M} there"


def offset(there: datetime) -> str:
    """The offset of an aware datetime: "UTC+9", "UTC−3:30", "UTC"."""
    minutes = round((there.utcoffset() or timedelta()) / timedelta(minutes=1))
    if not minutes:
        return "UTC"
    sign = "+" if minutes > 0 else "\N{MINUS SIGN}"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def same_clock(days: Sequence[LocalDay], others: Sequence[LocalDay]) -> bool:
    """Whether two timezones' clocks show the same on these days."""
    return [(day.day, day.begin) for day in days] == [(day.day, day.begin) for day in others] and [
        change.at for day in days for change in day.clock_changes
    ] == [change.at for day in others for change in day.clock_changes]


def minute_of_week(now: datetime, tz: str) -> tuple[int, int]:
    """The weekday (0 = Monday) and minute of the day that the clock in ``tz`` shows."""
    there = local_time(now, tz)
    return there.weekday(), there.hour * 60 + there.minute


def campaigns_of(schedule_id: int) -> str:
    """The address of the list of a schedule's campaigns."""
    return picked("admin:ads_campaign_changelist", dayparting_schedules__id__exact=str(schedule_id))


def hours_in_words(windows: Sequence[Window]) -> list[str]:
    """Windows by day, equal ones together: "Mon–Fri 09:00–17:00"."""
    days_of: dict[str, list[int]] = {}
    for window in sorted(windows, key=lambda one: (one.day_of_week, one.start)):
        hours = describe_window(window).removeprefix(DAYS[window.day_of_week])
        days_of.setdefault(hours, []).append(window.day_of_week)
    return [f"{_days(days)}{hours}" for hours, days in days_of.items()]


def _days(days: Sequence[int]) -> str:
    if len(days) == len(DAYS):
        return "Every day"
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    ends = [dict.fromkeys((run[0], run[-1])) for run in runs]
    return ", ".join("\N{EN DASH}".join(DAYS[day][:3] for day in days) for days in ends)
