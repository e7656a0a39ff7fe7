"""What to replay, as people enter it; empty is no limit, and everything begins as it is today."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
)

from ads.admin.elements import MoneyFormField, show_today
from ads.models import Brand, DaypartingSchedule
from ads.services import visible
from ads.services.replay import CHECKS, Budgets, InvalidScenario, Scenario

AS_SET: Final = ""
ALL_HOURS: Final = "all"

_EARLY: Final = {AS_SET: None, "yes": True, "no": False}

#: Days that the form begins with: the latest that have ended.
DAYS: Final = 30

#: The names of a scenario's fields here, for errors.
_NAMES: Final = {"from": "first", "to": "last", "budgets": "percent"}


class ReplayForm(forms.Form):
    first = forms.DateField(
        label="From",
        widget=UnfoldAdminSingleDateWidget,
        help_text="Accounting days, both included.",
    )
    last = forms.DateField(label="To", widget=UnfoldAdminSingleDateWidget)
    percent = forms.DecimalField(
        label="Campaign budgets, in percent of today's",
        min_value=Decimal(0),
        max_value=Decimal(100_000),
        initial=100,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="110 raises all budgets of campaigns by 10%. Budget groups stay as they are.",
    )
    brand_daily = MoneyFormField(label="Brand's daily budget", required=False)
    brand_monthly = MoneyFormField(
        label="Brand's monthly budget", required=False, help_text="Empty: no limit."
    )
    campaign = forms.ChoiceField(
        label="One campaign",
        required=False,
        widget=UnfoldAdminSelect2Widget,
        help_text="With the two budgets below, whatever the others have.",
    )
    daily = MoneyFormField(label="Its daily budget", required=False)
    monthly = MoneyFormField(
        label="Its monthly budget", required=False, help_text="Empty: no limit."
    )
    hours = forms.ChoiceField(required=False, widget=UnfoldAdminSelect2Widget)
    check_every = forms.TypedChoiceField(
        label="Checks",
        coerce=int,
        choices=[(minutes, f"every {minutes} minutes") for minutes in CHECKS],
        widget=UnfoldAdminSelectWidget,
    )
    lag = forms.IntegerField(
        label="Spend is known later by",
        initial=0,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="In minutes, in addition to the delays on record.",
    )

    early = forms.ChoiceField(
        label="Stop early",
        required=False,
        choices=[(AS_SET, "As set today"), ("yes", "Yes"), ("no", "No")],
        widget=UnfoldAdminSelectWidget,
        help_text="Campaigns stop before a budget is used up, by as much as is still spent until "
        "the stop takes effect; those with the lowest priority first.",
    )

    def __init__(self, brand: Brand, today: date, data: Any = None) -> None:
        super().__init__(
            data,
            initial={
                "first": today - timedelta(days=DAYS),
                "last": today - timedelta(days=1),
                "brand_daily": brand.daily_budget,
                "brand_monthly": brand.monthly_budget,
            },
        )
        campaigns = brand.campaigns.order_by("name").values_list("pk", "name")
        schedules = visible.rows(DaypartingSchedule.objects.order_by("name"))
        self.fields["campaign"].choices = [("", "None"), *campaigns]  # type: ignore[attr-defined]
        self.fields["hours"].choices = [  # type: ignore[attr-defined]
            (AS_SET, "As set today"),
            (ALL_HOURS, "All hours: no dayparting"),
            *((pk, f"All campaigns: {name}") for pk, name in schedules.values_list("pk", "name")),
        ]
        for field in self.fields.values():
            if isinstance(field, MoneyFormField):
                field.show_currency(brand.currency)
        show_today(self.fields.values(), brand.timezone)
        self.brand = brand

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, field in self.fields.items():
            if isinstance(field, MoneyFormField) and (
                wrong := field.in_another(self.data.get(name), self.brand.currency)
            ):
                self.add_error(name, wrong)
        if not cleaned.get("campaign"):
            for name in ("daily", "monthly"):
                if cleaned.get(name) is not None:
                    self.add_error("campaign", "Choose the campaign that these budgets are for.")
                    break
        return cleaned

    def scenario(self) -> Scenario:
        given = self.cleaned_data
        campaigns = {}
        if given["campaign"]:
            campaigns[int(given["campaign"])] = Budgets(given["daily"], given["monthly"])
        hours = given["hours"]
        return Scenario(
            given["first"],
            given["last"],
            brand=Budgets(given["brand_daily"], given["brand_monthly"]),
            campaigns=campaigns,
            percent=given["percent"],
            schedules=None
            if hours == AS_SET
            else frozenset()
            if hours == ALL_HOURS
            else frozenset({int(hours)}),
            check_every=given["check_every"],
            lag=given["lag"],
            stops_early=_EARLY[given["early"]],
        )

    def refuse(self, error: InvalidScenario) -> None:
        name = _NAMES.get(error.field, error.field)
        self.add_error(name if name in self.fields else None, str(error.reason).capitalize())
