"""Mappings of columns that are remembered: looked at, corrected, forgotten."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from ads.admin.base import KEPT, ModelAdmin
from ads.admin.editing import GuardsEdits
from ads.admin.elements import NOTHING, ConfigurationForm
from ads.admin.imports.choices import COLUMN_HELPS, DECIMALS, EXAMPLES, MEANINGS
from ads.admin.imports.forms import ReadForm
from ads.models import ColumnMapping
from ads.services.imports import ImportRefused, Plan

AS_THE_FORMAT = ("", "As the format has it")


class ColumnMappingForm(ConfigurationForm):
    """A name, and the parts of the plan that people choose."""

    source = forms.CharField(required=False, max_length=100, widget=UnfoldAdminTextInputWidget)
    platform = forms.CharField(required=False, max_length=50, widget=UnfoldAdminTextInputWidget)
    account = forms.CharField(required=False, max_length=100, widget=UnfoldAdminTextInputWidget)
    date_format = forms.ChoiceField(
        label="Dates are written like", required=False, widget=UnfoldAdminSelectWidget
    )
    decimal = forms.ChoiceField(
        label="Before the decimals stands",
        required=False,
        choices=[AS_THE_FORMAT, *DECIMALS.items()],
        widget=UnfoldAdminSelectWidget,
    )
    round_amounts = forms.BooleanField(
        label="Round amounts to six decimal places", required=False, widget=UnfoldBooleanWidget
    )

    class Meta:
        model = ColumnMapping
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plan = self.instance.plan or {}
        for field in MEANINGS:
            columns = dict.fromkeys(name for name in self.instance.header or [] if name)
            choice = forms.ChoiceField(
                label=MEANINGS[field],
                help_text=COLUMN_HELPS[field],
                required=False,
                choices=[("", NOTHING), *((name, name) for name in columns)],
                widget=UnfoldAdminSelectWidget,
            )
            self.fields[f"column_{field}"] = choice
            self.initial[f"column_{field}"] = plan.get("mapping", {}).get(field)
        for name in ("source", "platform", "account", "date_format", "decimal", "round_amounts"):
            self.initial[name] = plan.get(name)
            self.fields[name].help_text = ReadForm.base_fields[name].help_text
        ways = dict(EXAMPLES)
        if (current := plan.get("date_format")) and current not in ways:
            ways[current] = current
        way = self.fields["date_format"]
        assert isinstance(way, forms.ChoiceField)  # noqa: S101  (declared above)
        way.choices = [AS_THE_FORMAT, *ways.items()]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        said = {
            "source": cleaned["source"] or None,
            "platform": cleaned["platform"] or None,
            "account": cleaned["account"],
            "date_format": cleaned["date_format"] or None,
            "decimal": cleaned["decimal"] or None,
            "round_amounts": cleaned["round_amounts"],
            "mapping": {
                field: cleaned[f"column_{field}"]
                for field in MEANINGS
                if cleaned[f"column_{field}"]
            },
        }
        told = {**self.instance.plan, **said}
        try:
            Plan.from_json(told)
        except ImportRefused as error:
            self.add_error(None, str(error))
        else:
            self.instance.plan = told
        return cleaned


@admin.register(ColumnMapping)
class ColumnMappingAdmin(GuardsEdits, ModelAdmin[ColumnMapping]):
    """How files with a header are read: made by importing one, used for the next like it."""

    about = (
        "How files with certain columns are read, as somebody said once. The next file with the "
        "same columns is read like that without asking."
    )
    form = ColumnMappingForm
    compressed_fields = True
    warn_unsaved_form = True
    list_display = ["name", "columns", "updated_at"]
    search_fields = ["name"]
    search_help_text = "Name"
    readonly_fields = ["columns", "created_at", "updated_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_form(
        self,
        request: HttpRequest,
        obj: ColumnMapping | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        # The rest of the fields is the form's own.
        return super().get_form(request, obj, change, **{**kwargs, "fields": ["name"]})

    def get_fieldsets(self, request: HttpRequest, obj: ColumnMapping | None = None) -> Any:
        return [
            (None, {"fields": ["name", "columns"]}),
            ("Which column is what", {"fields": [f"column_{field}" for field in MEANINGS]}),
            ("How it is written", {"fields": [("date_format", "decimal"), "round_amounts"]}),
            ("Whose spend it is", {"fields": [("source", "platform", "account")]}),
            (KEPT, {"fields": [("created_at", "updated_at")], "classes": ["collapse"]}),
        ]

    @admin.display(description="files with the columns")
    def columns(self, mapping: ColumnMapping) -> str:
        return ", ".join(name or NOTHING for name in mapping.header)
