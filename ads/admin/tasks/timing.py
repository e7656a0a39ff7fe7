"""When a periodic task runs, as a person says it: the fields, and what they come to."""

import json
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any, Final

from django import forms
from django.utils import timezone
from django_celery_beat.models import PeriodicTask, SolarSchedule
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminTimeWidget,
)

from ads.admin.elements import ConfigurationForm
from ads.services.operations import Cron, Daily, Every, Monthly, Once, Sun, Timing, timing

#: Kind of schedule: what to choose it by, and the fields that belong to it.
KINDS: Final = {
    "every": ("Every so many minutes, hours …", ["count", "unit"]),
    "daily": ("At a time of the day", ["at", "days", "tz"]),
    "monthly": ("On a day of the month", ["at", "day", "tz"]),
    "once": ("Once, and then never again", ["once_at"]),
    "cron": ("By a crontab", ["crontab_fields", "tz"]),
    "sun": ("By the sun", ["sun"]),
}

#: More than anybody means.
MOST: Final = 10_000
FIELDS_OF_CRONTAB: Final = 5


def timing_fields() -> list[str]:
    """The fields that say when it runs, each once."""
    return ["kind", *dict.fromkeys(name for _, names in KINDS.values() for name in names)]


def _number(label: str, most: int, help_text: str) -> forms.IntegerField:
    """From 1 up; needed by some kinds of schedule alone."""
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=1,
        max_value=most,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=help_text,
    )


class TimingForm(ConfigurationForm):
    """The fields that say when; those of the kinds that were not chosen are not looked at."""

    kind = forms.ChoiceField(
        label="Runs",
        choices=[(kind, words) for kind, (words, _) in KINDS.items()],
        # The page's script shows the fields of the kind that is chosen.
        widget=UnfoldAdminRadioSelectWidget(
            attrs={"data-fields": json.dumps({kind: names for kind, (_, names) in KINDS.items()})}
        ),
        help_text="Beat, which starts the tasks, takes a change up within seconds.",
    )
    count = _number(
        "Every",
        MOST,
        "How many minutes, or other units, lie between two runs. What fits into an hour or a day, "
        "such as 5, 10, 15, 20 or 30 minutes, runs on the full hour and at midnight UTC too; the "
        "rest is counted from the last run.",
    )
    unit = forms.ChoiceField(
        label="Unit",
        required=False,
        choices=[(unit, unit) for unit in timing.UNITS],
        widget=UnfoldAdminSelectWidget,
        help_text="What the number above counts.",
    )
    at = forms.TimeField(
        label="At",
        required=False,
        widget=UnfoldAdminTimeWidget,
        help_text="What the clock shows when it runs, such as 00:00 or 18:30, in the timezone "
        "below.",
    )
    days = forms.TypedMultipleChoiceField(
        label="On",
        required=False,
        coerce=int,
        choices=list(enumerate(timing.DAYS)),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="It runs on the days that are ticked.",
    )
    day = _number(
        "On day",
        31,
        "Of the month, 1 to 31. In months that do not have the day it does not run.",
    )
    #: Its choices depend on the row.
    tz = forms.ChoiceField(label="Timezone", required=False)
    once_at = forms.SplitDateTimeField(
        label="On",
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text="Day and time in UTC. It runs then, and is switched off by itself.",
    )
    crontab_fields = forms.CharField(
        label="Crontab",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Five fields: minute, hour, day of the month, month, day of the week (0 is "
        "Sunday). “*/20 8-18 * * 1-5” runs every 20 minutes from 8 to 18 on workdays.",
    )
    sun = forms.ModelChoiceField(
        label="When",
        required=False,
        queryset=SolarSchedule.objects.all(),
        widget=UnfoldAdminSelectWidget,
        help_text="Events of the sun at a place are made on the page “Solar events”.",
    )

    #: As it was before.
    was: Timing | None

    def chosen(self, data: dict[str, Any]) -> Timing | None:
        """What was chosen; None where something is missing, which is then said."""
        kind = data.get("kind")
        if kind not in KINDS:
            return None
        for name in set(timing_fields()) - {"kind", *KINDS[kind][1]}:
            self.errors.pop(name, None)  # left from when another kind was chosen
        missing = [name for name in KINDS[kind][1] if not data.get(name) and name != "at"]
        if "at" in KINDS[kind][1] and data.get("at") is None:
            missing.append("at")
        for name in missing:
            if name not in self.errors:
                self.add_error(name, _MISSING[name])
        if missing:
            return None
        return self._made(kind, data)

    def _made(self, kind: str, data: dict[str, Any]) -> Timing | None:
        match kind:
            case "every":
                made: Timing | None = Every(data["count"], data["unit"])
            case "daily":
                made = Daily(data["at"], frozenset(data["days"]), data["tz"])
            case "monthly":
                made = Monthly(data["at"], data["day"], data["tz"])
            case "once":
                made = self._once(data["once_at"])
            case "cron":
                made = self._cron(data["crontab_fields"].split(), data["tz"])
            case _:
                made = self._sun(data["sun"])
        return made

    def _cron(self, fields: list[str], tz: str) -> Cron | None:
        if len(fields) != FIELDS_OF_CRONTAB:
            self.add_error("crontab_fields", f"Write five fields; these are {len(fields)}.")
            return None
        minute, hour, day, month, weekday = fields
        return Cron((minute, hour, day, month, weekday), tz)

    def _sun(self, event: SolarSchedule) -> Sun | None:
        if find_spec("ephem") is None:
            self.add_error(
                "sun",
                "Beat cannot work out the sun without the Python package ephem: install it where "
                "beat runs, or choose another kind of schedule.",
            )
            return None
        return Sun(event)

    def _once(self, at: datetime) -> Once | None:
        chosen = Once(at.astimezone(UTC))
        if at <= timezone.now() and chosen != self.was:
            self.add_error("once_at", "That is past: choose an instant that is still to come.")
            return None
        return chosen


_MISSING: Final = {
    "count": "Say how many.",
    "unit": "Choose a unit.",
    "at": "Say at what time.",
    "days": "Tick at least one day.",
    "day": "Say on which day of the month.",
    "tz": "Choose a timezone.",
    "once_at": "Say when.",
    "crontab_fields": "Write the five fields.",
    "sun": "Choose an event of the sun.",
}


def initial(was: Timing | None, task: PeriodicTask | None) -> dict[str, Any]:
    """What the fields show at first."""
    shown: dict[str, Any] = {"kind": "every", "unit": "minutes", "days": list(timing.EVERY_DAY)}
    if task and task.pk:
        shown["regtask"] = task.task
    match was:
        case Every(count, unit):
            shown |= {"count": count, "unit": unit}
        case Daily(at, days, _):
            shown |= {"kind": "daily", "at": at, "days": sorted(days)}
        case Monthly(at, day, _):
            shown |= {"kind": "monthly", "at": at, "day": day}
        case Once(at):
            shown |= {"kind": "once", "once_at": at}
        case Cron(fields, _):
            shown |= {"kind": "cron", "crontab_fields": " ".join(fields)}
        case Sun(row):
            shown |= {"kind": "sun", "sun": row}
    return shown
