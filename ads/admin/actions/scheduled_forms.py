"""The forms that schedule changes of budgets: those of a change at once, and a day."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from unfold.widgets import UnfoldAdminSingleDateWidget, UnfoldAdminTextInputWidget

from ads.admin.actions.forms import BrandBudgetsForm, BudgetsForm
from ads.admin.elements import show_today
from ads.models import Brand
from ads.services.bulk import ChangeBudgets
from ads.services.history import Seen
from ads.services.plans import ScheduleBudgets, has_begun


class _Dated(forms.Form):
    starts_on = forms.DateField(
        label="From",
        widget=UnfoldAdminSingleDateWidget,
        help_text="The budgets change at midnight, in each brand's timezone.",
    )
    note = forms.CharField(
        label="Why",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text="Shown in the history.",
    )

    def __init__(self, *args: Any, brands: QuerySet[Brand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Whose budgets change, or whose campaigns' budgets.
        self.brands = brands
        zones = brands.order_by().values_list("timezone", flat=True).distinct()[:2]
        if len(zones) == 1:
            show_today(self.fields.values(), zones[0])

    def clean_starts_on(self) -> date:
        day: date = self.cleaned_data["starts_on"]
        if has_begun(day, self.brands, timezone.now()):
            raise forms.ValidationError(
                f"{day} has begun. Choose a later day, or change the budgets at once."
            )
        return day


class ScheduleBudgetsForm(BudgetsForm, _Dated):
    """New budgets of campaigns from a day on."""


class ScheduleBrandBudgetsForm(BrandBudgetsForm, _Dated):
    """The same of brands, their campaigns, or both."""

    total_how = total_by = None  # type: ignore[assignment]


def budgets_of(form: Any, seen: Seen | None, **whose: bool) -> ChangeBudgets:
    """The action that a valid form describes: at once, or from its day on."""
    if "starts_on" not in form.fields:
        return ChangeBudgets(form.daily, form.monthly, seen, total=form.total, **whose)
    return ScheduleBudgets(
        form.daily,
        form.monthly,
        seen,
        total=form.total,
        starts_on=form.cleaned_data["starts_on"],
        note=form.cleaned_data["note"],
        **whose,
    )
