"""The forms of imports: a file, and how it is to be read."""

from dataclasses import fields, replace
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from ads.models import Brand, Campaign
from ads.services.imports import DEFAULT_SOURCE, ImportRefused, Plan

CAMPAIGN_BY = [
    ("auto", "Name or id, whichever it is"),
    ("name", "Name"),
    ("id", "Id"),
]


class PlanForm(forms.Form):
    """How a file is to be read. Valid, it has a plan: :attr:`plan`."""

    source = forms.CharField(
        max_length=100,
        required=False,
        help_text="What the same source reported before is what the file is compared with, so that "
        f"nothing counts twice. Empty: “{DEFAULT_SOURCE}”.",
        widget=UnfoldAdminTextInputWidget,
    )
    brand_id = forms.ModelChoiceField(
        Brand.objects.all(),
        label="Brand",
        required=False,
        help_text="Look for campaigns of this brand alone.",
    )
    campaign_by = forms.ChoiceField(
        label="Campaigns are called by", choices=CAMPAIGN_BY, widget=UnfoldAdminSelectWidget
    )
    observed_at = forms.SplitDateTimeField(
        label="Figures are as of (UTC)",
        required=False,
        help_text="When the day totals were true. An older observation never overrides a newer "
        "one. Empty: when the file is uploaded.",
        widget=UnfoldAdminSplitDateTimeWidget,
    )
    round_amounts = forms.BooleanField(
        label="Round amounts to six decimal places",
        required=False,
        help_text="Otherwise rows with more are refused.",
        widget=UnfoldBooleanWidget,
    )

    def __init__(self, data: Any = None, files: Any = None, *, plan: Plan) -> None:
        self._base = plan
        said = {field.name: getattr(plan, field.name) for field in fields(plan)}
        super().__init__(data, files, initial=said)
        brand = self.fields["brand_id"]
        brand.widget = AutocompleteSelect(Campaign._meta.get_field("brand"), admin.site)
        brand.widget.choices = brand.choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.plan = self._plan(cleaned)
            except ImportRefused as error:
                self.add_error(None, str(error))
        return cleaned

    def _plan(self, cleaned: dict[str, Any]) -> Plan:
        names = {field.name for field in fields(Plan)}
        given = {name: value for name, value in cleaned.items() if name in names}
        brand = given.pop("brand_id")
        given["source"] = given["source"] or DEFAULT_SOURCE
        return replace(self._base, **given, brand_id=brand.pk if brand else None)


class UploadForm(PlanForm):
    """A file besides."""

    field_order = ["file"]

    file = forms.FileField(
        allow_empty_file=True,  # the service says of an empty one what is to be said
        error_messages={"required": "Choose a file."},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv,text/plain"}),
    )


class ConfirmForm(forms.Form):
    """What whoever confirms an import has seen of it."""

    checks = forms.IntegerField(min_value=0, max_value=1 << 30)
    leaves_out = forms.IntegerField(min_value=0, max_value=1 << 60)
