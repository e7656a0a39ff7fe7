"""The form of a periodic task: what it does, when it runs, and what is seldom touched."""

import json
from typing import Any

from django import forms
from django.conf import settings
from django_celery_beat.admin import TaskSelectWidget
from django_celery_beat.models import PeriodicTask
from unfold.widgets import UnfoldAdminSelectWidget

from ads.admin.elements import TimezoneFormField
from ads.admin.tasks.timing import KINDS, TimingForm, initial
from ads.services.operations import (
    Cron,
    Daily,
    Every,
    Monthly,
    NeverRuns,
    Once,
    Sun,
    Timing,
    task_texts,
    timing,
)


class TaskSelect(UnfoldAdminSelectWidget, TaskSelectWidget):  # type: ignore[misc]
    """The names of the registered tasks."""


class RegisteredTaskField(forms.ChoiceField):
    """One of the tasks that the program has."""

    widget = TaskSelect

    def valid_value(self, value: Any) -> bool:
        return any(value == name for name, _ in self.widget.choices)


class TaskForm(TimingForm):
    """A periodic task that beat can send and a worker can take."""

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
        self.was = timing.timing_of(task) if task and task.pk else None
        kwargs["initial"] = {**initial(self.was, task), **(kwargs.get("initial") or {})}
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
        if (chosen := self.chosen(data)) and not self.errors:
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
