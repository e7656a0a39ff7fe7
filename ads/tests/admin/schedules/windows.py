"""Windows of schedules as forms send them, and as they are stored."""

from typing import Any

from ads.models import DaypartingSchedule, DaypartingWindow

Triple = tuple[int, str, str]


def rows(windows: list[Triple], stored: list[DaypartingWindow] | None = None) -> dict[str, Any]:
    """The formset of ``windows``; the first of them are the ``stored`` ones, edited."""
    stored = stored or []
    data: dict[str, Any] = {
        "windows-TOTAL_FORMS": len(windows),
        "windows-INITIAL_FORMS": len(stored),
    }
    for number, (day, start, end) in enumerate(windows):
        data |= {
            f"windows-{number}-id": stored[number].pk if number < len(stored) else "",
            f"windows-{number}-day_of_week": day,
            f"windows-{number}-start_time": start,
            f"windows-{number}-end_time": end,
        }
    return data


def stored(schedule: DaypartingSchedule) -> list[Triple]:
    """The windows in the database."""
    return [
        (row.day_of_week, f"{row.start_time:%H:%M}", f"{row.end_time:%H:%M}")
        for row in DaypartingWindow.objects.filter(schedule=schedule).order_by("pk")
    ]
