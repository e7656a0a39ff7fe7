"""The form of a periodic task: when it runs, as a person says it."""

import json
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils import timezone
from django_celery_beat.admin import TaskSelectWidget
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

from ads.admin.forms import ConfigurationForm, TimezoneFormField
from ads.services import task_texts, timing
from ads.services.timing import Cron, Daily, Every, Monthly, NeverRuns, Once, Sun, Timing

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


class TaskSelect(UnfoldAdminSelectWidget, TaskSelectWidget):  # type: ignore[misc]
    """The names of the registered tasks."""


class RegisteredTaskField(forms.ChoiceField):
    """One of the tasks that the program has."""

    widget = TaskSelect

    def valid_value(self, value: Any) -> bool:
        return any(value == name for name, _ in self.widget.choices)


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


class TaskForm(ConfigurationForm):
    """A periodic task that beat can send and a worker can take."""

    kind = forms.ChoiceField(
        label="Runs",
        choices=[(kind, words) for kind, (words, _) in KINDS.items()],
        widget=UnfoldAdminRadioSelectWidget,
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
    regtask = RegisteredTaskField(
        label="Does",
        required=False,
        help_text="What a worker runs. Those that begin with ads.tasks are the product's own.",
    )

    class Meta:
        model = PeriodicTask
        exclude = ("interval", "crontab", "clocked", "solar")
        help_texts = {
            "name": "What the lists call it; it can be changed without effect.",
            "description": "A note for your colleagues, shown where the product has no words of "
            "its own for the task.",
            "task": "The name of a task that the list above does not have. Leave it as it is "
            "unless you run workers with tasks of your own.",
            "start_time": "Before this instant (UTC) it never runs. Empty: it runs from now on.",
            "one_off": "It runs at the next time that is due, and is then switched off by itself.",
            "args": 'Handed to the task, as JSON: ["a", 1]. The product\'s own tasks take none.',
            "kwargs": 'Handed to the task by name, as JSON: {"a": 1}. The product\'s own tasks '
            "take none.",
            "queue": "Empty: the queue that the settings say. A queue that no worker takes from "
            "is refused.",
            "exchange": "Only for brokers other than Redis: leave it empty.",
            "routing_key": "Only for brokers other than Redis: leave it empty.",
            "headers": 'Sent along with each run, as JSON: {"a": "b"}.',
            "priority": "0 is taken first, 9 last. Empty: in the order in which runs are sent.",
            "expires": "After this instant (UTC) it never runs again. Empty: it goes on.",
            "expire_seconds": "A run that no worker has taken after so many seconds is dropped, "
            "so that runs do not pile up while no worker is there. It follows the distance "
            "between two runs, unless you set it to something else.",
        }
        labels = {
            "enabled": "Switched on",
            "description": "Note",
            "task": "Task by name",
            "start_time": "Not before",
            "one_off": "Only once",
            "args": "Arguments",
            "kwargs": "Arguments by name",
            "queue": "Queue",
            "headers": "Headers",
            "expires": "Not after",
            "expire_seconds": "Drop a run after (seconds)",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        task: PeriodicTask | None = kwargs.get("instance")
        self.was: Timing | None = timing.timing_of(task) if task and task.pk else None
        kwargs["initial"] = {**_initial(self.was, task), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        if "enabled" in self.fields:  # to who may only look, the form is empty
            self._fit(task)

    def _fit(self, task: PeriodicTask | None) -> None:
        """Choices and words that depend on the row."""
        tz = self.was.tz if isinstance(self.was, Daily | Monthly | Cron) else "UTC"
        self.fields["tz"] = TimezoneFormField(
            current=tz,
            label="Timezone",
            required=False,
            initial=tz,
            help_text="Where the clock hangs by which it runs. Brands begin their days by their "
            "own timezones, whatever is chosen here.",
        )
        self.fields["task"].required = False  # it may be chosen from the list instead
        for name in ("description", "args", "kwargs", "headers"):
            self.fields[name].widget.attrs["rows"] = 2
        text = task_texts.about(task.task) if task and task.pk else None
        off = text.without if text else "It can still be run by hand."
        self.fields["enabled"].help_text = f"Off: nothing starts it by itself any more. {off}"
        if isinstance(self.was, Every) and self.was.unit not in timing.UNITS:
            self.fields["unit"].choices += [(self.was.unit, self.was.unit)]  # type: ignore[attr-defined]
        if not isinstance(self.was, Sun):
            kinds = self.fields["kind"]
            kinds.choices = [  # type: ignore[attr-defined]
                (kind, words) for kind, (words, _) in KINDS.items() if kind != "sun"
            ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("regtask"):
            data["task"] = data["regtask"]
        if not data.get("task") and "regtask" not in self.errors:
            self.add_error("task", "Choose what it does, above or by name.")
        if data.get("expire_seconds") is not None and data.get("expires"):
            self.add_error("expires", "Leave this or “drop a run after” empty: beat takes one.")
        if (chosen := self._timing(data)) and not self.errors:
            self._take_over(chosen, data)
        return data

    def clean_args(self) -> str:
        return self._json("args", list, "[1, 2]")

    def clean_kwargs(self) -> str:
        return self._json("kwargs", dict, '{"a": 1}')

    def clean_headers(self) -> str:
        return self._json("headers", dict, '{"a": "b"}')

    def clean_queue(self) -> str | None:
        queue: str | None = self.cleaned_data["queue"]
        if queue and queue not in settings.CELERY_TASK_QUEUES:
            known = ", ".join(settings.CELERY_TASK_QUEUES)
            raise forms.ValidationError(
                f"No worker takes tasks from {queue}: leave it empty or use one of {known}."
            )
        return queue

    def _timing(self, data: dict[str, Any]) -> Timing | None:
        """What was chosen; None where something is missing, which is then said."""
        kind = data.get("kind")
        if kind not in KINDS:
            return None
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

    def _take_over(self, chosen: Timing, data: dict[str, Any]) -> None:
        """Make the task run so. Its row for that may be new: :func:`timing.save` keeps it."""
        try:
            rows = timing.row_of(chosen)
        except NeverRuns as error:
            self.add_error("crontab_fields" if data["kind"] == "cron" else "kind", str(error))
            return
        for name, row in rows.items():
            setattr(self.instance, name, row)
        if isinstance(chosen, Once):
            data["one_off"] = True
        elif isinstance(self.was, Once):
            data["one_off"] = False
        before = timing.distance(self.was) if self.was else None
        if data.get("expire_seconds") == before and (now := timing.distance(chosen)):
            data["expire_seconds"] = now if not data.get("expires") else None

    def _json(self, field: str, kind: type, example: str) -> str:
        """What the worker can take; a bare number or string would stop beat itself."""
        value: str = self.cleaned_data[field] or json.dumps(kind())
        try:
            read = json.loads(value)
        except ValueError as error:
            raise forms.ValidationError(f"This is not JSON ({error}): write {example}.") from error
        if not isinstance(read, kind):
            raise forms.ValidationError(f"Write something like {example}.")
        return value


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


def _initial(was: Timing | None, task: PeriodicTask | None) -> dict[str, Any]:
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
