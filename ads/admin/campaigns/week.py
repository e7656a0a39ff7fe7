"""The next seven days of a campaign's hours, as strips and in words."""

from typing import Any

from ads.admin.elements import strips
from ads.rules.calendar import UnknownTimezone
from ads.services.explain import Explanation, coming_week


def week(explained: Explanation) -> dict[str, Any]:
    """What the template ``ads/admin/week.html`` shows; ``strips`` are empty where all is open."""
    campaign = explained.campaign
    tz = campaign.brand.timezone
    try:
        days = coming_week(campaign, explained.rules, explained.at)
    except UnknownTimezone as error:
        return {"words": f"Outside hours, because a timezone is invalid: {error}"}
    has_hours = campaign.is_dayparting_enabled
    schedules = explained.schedules if has_hours else []
    always = "no schedule is attached" if has_hours else "dayparting is off"
    return {
        "words": "" if schedules else f"Runs at all hours: {always}.",
        "schedules": schedules,
        "zones": sorted({schedule.timezone for schedule in schedules} - {tz}),
        "zone": tz,
        "strips": []
        if all(day.open == [(day.begin, day.end)] for day in days)
        else [strips.strip(day, tz, explained.at, off="outside the flight") for day in days],
    }
