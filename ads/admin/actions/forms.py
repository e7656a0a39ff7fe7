"""What is asked before many campaigns, or brands, are changed."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from ads.models import DaypartingSchedule
from ads.rules.money import InvalidAmount, parse_amount
from ads.services.bulk import BudgetChange, How
from ads.services.locks import among

_LEAVE = ("", "Leave as it is")
_WITHOUT_NUMBER = {"", How.NO_LIMIT.value}


class ActionForm(forms.Form):
    """A form of an action; knows what was filled in when its effect was worked out."""

    def signature(self) -> str:
        """What is filled in, as text that differs when anything else is."""
        return "\n".join(f"{name}={self[name].value() or ''}" for name in self.fields)


class NumberField(forms.CharField):
    """A percentage or an amount, in plain digits; a sign of either may stand beside it."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(required=False, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value)).strip().removeprefix("$").removesuffix("%").strip()
        if not text:
            return None
        try:
            return parse_amount(text, field=str(self.label))
        except InvalidAmount as error:
            raise ValidationError(str(error), code="invalid") from error


class _How(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=[_LEAVE, *How.choices],
            required=False,
            widget=UnfoldAdminSelectWidget,
            **kwargs,
        )


class BudgetsForm(ActionForm):
    """What is to be done to daily and monthly budgets; once valid, ``daily`` and ``monthly``."""

    daily_how = _How(label="Daily budgets")
    daily_by = NumberField(
        label="By how much, or to what (daily)", help_text="Percent, or US dollars a day."
    )
    monthly_how = _How(label="Monthly budgets")
    monthly_by = NumberField(
        label="By how much, or to what (monthly)", help_text="Percent, or US dollars a month."
    )

    daily: BudgetChange | None = None
    monthly: BudgetChange | None = None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self.daily = self._change("daily")
        self.monthly = self._change("monthly")
        if not (self.daily or self.monthly or self.errors):
            self.add_error("daily_how", "Choose what to do to the daily or the monthly budgets.")
        return cleaned

    def _change(self, period: str) -> BudgetChange | None:
        how = self.cleaned_data.get(f"{period}_how") or ""
        by: Decimal | None = self.cleaned_data.get(f"{period}_by")
        field = f"{period}_by"
        if field in self.errors:
            return None
        if how in _WITHOUT_NUMBER:
            if by is not None:
                what = "Choose what to do with this number" if not how else "No number goes with it"
                self.add_error(field, f"{what}, or leave it empty.")
            return BudgetChange(How.NO_LIMIT) if how and by is None else None
        if by is None:
            self.add_error(field, "Say by how much, or to what amount.")
            return None
        try:
            return BudgetChange(How(how), by)
        except InvalidAmount as error:
            self.add_error(field, f"{error.value} cannot be used: {error.reason}")
        return None


class BrandBudgetsForm(BudgetsForm):
    """The same for a brand, and for its campaigns."""

    of_brand = forms.BooleanField(
        label="The brand's own budgets",
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
        help_text="What all its campaigns together may spend.",
    )
    of_campaigns = forms.BooleanField(
        label="The budgets of each of its campaigns",
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
        help_text="What each of them may spend by itself.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not (cleaned.get("of_brand") or cleaned.get("of_campaigns")):
            self.add_error("of_brand", "Choose whose budgets are meant.")
        return cleaned


class AttachForm(ActionForm):
    """Which schedule the campaigns are to have."""

    schedule = forms.ModelChoiceField(
        DaypartingSchedule.objects.order_by("name"),
        widget=UnfoldAdminSelect2Widget,
        error_messages={"required": "Choose the schedule."},
        help_text="They keep the schedules that they have. Of several, those with the highest "
        "priority decide.",
    )
    enable = forms.BooleanField(
        label="Run only in their hours",
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Switches dayparting on where it is off. Without it the hours make no "
        "difference.",
    )


class DetachForm(ActionForm):
    """Which schedule is taken off the campaigns."""

    schedule = forms.ModelChoiceField(
        DaypartingSchedule.objects.order_by("name"),
        widget=UnfoldAdminSelect2Widget,
        error_messages={"required": "Choose the schedule."},
        help_text="A campaign that has no other schedule then runs at any hour.",
    )

    def __init__(self, ids: Sequence[int], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["schedule"]
        attached = DaypartingSchedule.objects.filter(campaigns__in=among(ids)).distinct()
        field.queryset = attached.order_by("name")
