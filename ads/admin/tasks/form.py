"""django-celery-beat's form of a periodic task, refusing what beat or a worker cannot handle."""

import json
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django_celery_beat.admin import PeriodicTaskForm, TaskSelectWidget
from django_celery_beat.models import PeriodicTask
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from ads.admin.elements import ConfigurationForm
from ads.services.operations import health


class TaskSelect(UnfoldAdminSelectWidget, TaskSelectWidget):  # type: ignore[misc]
    """The names of the registered tasks."""


class TaskForm(ConfigurationForm, PeriodicTaskForm):  # type: ignore[misc]
    class Meta:
        model = PeriodicTask
        exclude = ("solar",)
        labels = {
            "start_time": "Not before",
            "expires": "Not after",
            "expire_seconds": "Drop a run after (seconds)",
            "headers": "Message headers",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["regtask"].widget = TaskSelect()
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        if "crontab" in self.fields:  # not on the page of somebody with view permission only
            crontab: Any = self.fields["crontab"]
            crontab.label_from_instance = health.in_words
            for name in ("description", "args", "kwargs", "headers"):
                self.fields[name].widget.attrs["rows"] = 2

    def clean(self) -> dict[str, Any]:
        self.cleaned_data.setdefault("task", "")  # too long a name is missing here
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self.instance.solar = None
        data["one_off"] = bool(data.get("one_off") or data.get("clocked"))
        before, now = self.instance.scheduler, data.get("interval") or data.get("crontab")
        if before and now and data.get("expire_seconds") == self._period(before):
            data["expire_seconds"] = self._period(now)
        return data

    def clean_headers(self) -> str:
        return self._clean_json("headers")

    def clean_queue(self) -> str | None:
        queue: str | None = self.cleaned_data["queue"]
        if queue and queue not in settings.CELERY_TASK_QUEUES:
            known = ", ".join(settings.CELERY_TASK_QUEUES)
            raise forms.ValidationError(
                f"No worker takes tasks from {queue}: leave this empty or enter one of {known}."
            )
        return queue

    def _clean_json(self, field: str) -> str:
        kind = list if field == "args" else dict
        self.cleaned_data[field] = self.cleaned_data[field] or json.dumps(kind())
        value: str = super()._clean_json(field)
        if not isinstance(json.loads(value), kind):  # beat itself would stop at it
            example = "[1, 2]" if kind is list else '{"a": 1}'
            raise forms.ValidationError(f"Enter something like {example}.")
        return value

    def _period(self, row: Any) -> int | None:
        try:
            return health.period(row, timezone.now())
        except health.INVALID:
            return None
