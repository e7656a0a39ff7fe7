"""The next seven days of a campaign's hours, as a strip and in words."""

from typing import Any

from ads.rules.calendar import UnknownTimezone, local_date
from ads.rules.stretches import ClockChange
from ads.services.explain import MINUTES, Day, Explanation
from ads.services.explain import week as coming_week


def week(explained: Explanation) -> dict[str, Any]:
    """What the template ``ads/admin/week.html`` shows; no ``days``: there is nothing to draw."""
    campaign = explained.campaign
    tz = campaign.brand.timezone
    try:
        days = coming_week.of(campaign, explained.rules, explained.at)
    except UnknownTimezone as error:
        return {"words": f"Its hours count as closed: {error}", "days": []}
    today = local_date(explained.at, tz)
    now = coming_week.minute_of_day(explained.at, tz)
    return {
        "words": _words(explained),
        "schedules": explained.schedules if campaign.is_dayparting_enabled else [],
        "zones": sorted({schedule.timezone for schedule in explained.schedules} - {tz})
        if campaign.is_dayparting_enabled
        else [],
        "zone": tz,
        # A strip that is open all along says no more than the words.
        "days": [
            {
                "label": "Today" if day.date == today else f"{day.date:%a %-d %b}",
                "words": _day(day),
                "spans": [
                    {"left": _percent(span.start), "width": _percent(span.end - span.start)}
                    for span in day.spans
                ],
                "out": not day.in_flight,
                "now": _percent(now) if day.date == today else "",
                "changes": [_clock_change(change) for change in day.changes],
            }
            for day in days
        ]
        if not all(day.is_all_day for day in days)
        else [],
    }


def _words(explained: Explanation) -> str:
    campaign = explained.campaign
    if not campaign.is_dayparting_enabled:
        return "Dayparting is off: it may run around the clock."
    if not explained.schedules:
        return "Dayparting is on, but no schedule is attached: it may run around the clock."
    return ""


def _day(day: Day) -> str:
    if not day.in_flight:
        return "outside its flight"
    if day.is_all_day:
        return "open all day"
    return ", ".join(map(str, day.spans)) or "closed all day"


def _clock_change(change: ClockChange) -> str:
    which = "forward" if change.is_forward else "back"
    return f"clocks go {which}: {change.before:%H:%M} becomes {change.after:%H:%M}"


def _percent(minutes: int) -> str:
    """Of a day, as CSS takes it."""
    return f"{minutes * 100 / MINUTES:.3f}"
