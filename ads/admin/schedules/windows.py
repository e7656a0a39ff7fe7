"""The windows of a schedule in its form: exact times, checked together."""

import re
from datetime import time
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import construct_instance
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminTextInputWidget

from ads.admin.base import TabularInline
from ads.admin.elements import ConfigurationForm
from ads.models import DaypartingSchedule, DaypartingWindow
from ads.rules.dayparting import Window, describe_window, first_overlap

_WRITTEN: Final = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?")


class TimeInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """A time of day as it is written: "08:05"; seconds only where there are any."""

    def __init__(self) -> None:
        # A text input: a time input shows 20:05 as "08:05 PM" where the browser speaks American.
        # With the whole keyboard: that for numbers has no colon on a phone.
        super().__init__(attrs={"placeholder": "08:05", "size": 8})

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, time):
            return value.isoformat("auto" if value.second or value.microsecond else "minutes")
        return None if value is None else str(value)


class TimeFormField(forms.TimeField):
    """A time of day; as an end, 24:00 is the midnight that ends the day."""

    widget = TimeInput

    def __init__(self, *, is_end: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.is_end = is_end
        self.error_messages["invalid"] = "Use a time such as 08:05" + (
            " or 24:00." if is_end else "."
        )

    def to_python(self, value: Any) -> time | None:
        if self.is_end and str(value).strip() in ("24:00", "24:00:00"):
            return time(0)
        found = super().to_python(value)
        # Django takes "9:5" for five past nine. The grid does not: see schedule-rows.js.
        if found is not None and not _WRITTEN.fullmatch(str(value).strip()):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found


class WindowForm(ConfigurationForm):
    """One window; overlaps are checked by the formset."""

    start_time = TimeFormField(is_end=False, label="From", help_text="Opens at this time.")
    end_time = TimeFormField(
        is_end=True,
        label="To",
        help_text="Closes at this time; at or before the start, on the next day. "
        "00:00 to 00:00 is the whole day.",
    )

    def _post_clean(self) -> None:
        # Only the fields: overlaps with stored windows are wrong when two swap places in one edit.
        exclude = self._get_validation_exclusions() | {"schedule"}  # type: ignore[attr-defined]
        try:
            construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)
            self.instance.clean_fields(exclude=exclude)
        except ValidationError as error:
            self.add_error(None, error)


class StoredRowField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The stored row of a form, without a query for each."""

    row: DaypartingWindow

    def to_python(self, value: Any) -> DaypartingWindow | None:
        if value in self.empty_values:
            return None
        if str(value) != str(self.row.pk):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return self.row


class WindowFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """All windows of one schedule, as they will be stored."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance.pk:
            asking = form.fields["id"]
            field = StoredRowField(
                asking.queryset, initial=asking.initial, required=False, widget=asking.widget
            )
            field.row = form.instance
            form.fields["id"] = field

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        overlap = first_overlap(self.windows())
        if overlap:
            first, second = map(describe_window, overlap)
            raise ValidationError(
                f"{first} and {second} overlap: change one of them, or merge them."
            )

    def windows(self) -> list[Window]:
        """The valid ones, without deleted ones."""
        return list(self._by_row().values())

    def wrong_rows(self) -> dict[int, list[str]]:
        """Errors of the rows that stay, by row number."""
        wrong = {
            number: [str(text) for texts in form.errors.values() for text in texts]
            for number, form in enumerate(self.forms)
            if form.errors and not self._should_delete_form(form)
        }
        windows = self._by_row()
        overlap = first_overlap(list(windows.values())) or ()
        for number, window in windows.items():
            if window in overlap:
                (other,) = {*overlap} - {window} or {window}
                wrong.setdefault(number, []).append(f"Overlaps {describe_window(other)}.")
        return wrong

    def _by_row(self) -> dict[int, Window]:
        return {
            number: Window(data["day_of_week"], data["start_time"], data["end_time"])
            for number, form in enumerate(self.forms)
            if not form.errors and (data := form.cleaned_data) and not data.get("DELETE")
        }


class WindowInline(TabularInline[DaypartingWindow, DaypartingSchedule]):
    model = DaypartingWindow
    form = WindowForm
    formset = WindowFormSet
    extra = 0
    hide_title = True
    fields = ["day_of_week", "start_time", "end_time"]
    ordering = ["day_of_week", "start_time"]
    verbose_name = "window"
    verbose_name_plural = "Exact times"
