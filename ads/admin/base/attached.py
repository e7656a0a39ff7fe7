"""The schedules of a campaign, within its form."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest

from ads.admin.base.model_admin import TabularInline
from ads.models import Campaign, CampaignSchedule, DaypartingSchedule


class Chosen:
    """The choices of a box that shows one row, which is loaded already.

    Django would run a query for the box of each attached schedule.
    """

    def __init__(self, field: Any, row: DaypartingSchedule) -> None:
        self.field = field
        self._row = row
        self.queryset = self

    def using(self, _alias: str | None) -> "Chosen":
        return self

    def filter(self, **lookup: Iterable[str]) -> Iterable[Any]:
        """The row, or another that was chosen instead."""
        (wanted,) = lookup.values()
        if set(wanted) == {str(self._row.pk)}:
            return [self._row]
        found: Iterable[Any] = self.field.queryset.filter(**lookup)
        return found


class AttachedFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """The rows of the inline."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance.pk and "schedule" in form.fields:
            field = form.fields["schedule"]
            field.widget.choices = Chosen(field, form.instance.schedule)


class ScheduleInline(TabularInline[CampaignSchedule, Campaign]):
    model = CampaignSchedule
    formset = AttachedFormSet
    autocomplete_fields = ["schedule"]
    extra = 0
    hide_title = True
    verbose_name = "dayparting schedule"
    verbose_name_plural = "dayparting schedules"

    def get_queryset(self, request: HttpRequest) -> QuerySet[CampaignSchedule]:
        return super().get_queryset(request).select_related("schedule")
