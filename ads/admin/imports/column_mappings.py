"""Remembered column mappings: to view, edit and delete."""

from copy import deepcopy
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ads.admin.base import KEPT, ModelAdmin
from ads.admin.editing import GuardsEdits
from ads.admin.elements import NOTHING, ConfigurationForm
from ads.admin.imports.choices import DECIMALS, EXAMPLES, MEANINGS, UNITS
from ads.admin.imports.forms import OPEN, ReadForm, column_field
from ads.models import ColumnMapping
from ads.services.imports import ImportRefused, Plan

#: The parts of a plan that people choose, beside the columns.
PLAN = (
    "format",
    "source",
    "platform",
    "account",
    "timezone",
    "date_format",
    "decimal",
    "unit",
    "is_daily",
    "round_amounts",
)


class ColumnMappingForm(ConfigurationForm):
    class Meta:
        model = ColumnMapping
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plan = self.instance.plan or {}
        names = [name for name in self.instance.header or [] if name]
        for field in MEANINGS:
            self.fields[f"column_{field}"] = column_field(field, names)
            self.initial[f"column_{field}"] = plan.get("mapping", {}).get(field)
        for name in PLAN:
            self.fields[name] = deepcopy(ReadForm.base_fields[name])
            self.initial[name] = plan.get(name)
        ways = dict(EXAMPLES)
        if current := plan.get("date_format"):
            ways.setdefault(current, current)
        for name, choices in (("date_format", ways), ("decimal", DECIMALS), ("unit", UNITS)):
            choice: Any = self.fields[name]
            choice.choices = [("", "As the file shows"), *choices.items()]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        plan = {
            **self.instance.plan,
            **{name: (cleaned[name] or None) if name in OPEN else cleaned[name] for name in PLAN},
            "mapping": {
                field: cleaned[f"column_{field}"]
                for field in MEANINGS
                if cleaned[f"column_{field}"]
            },
        }
        try:
            Plan.from_json(plan)
        except ImportRefused as error:
            self.add_error(None, str(error))
        else:
            self.instance.plan = plan
        return cleaned


@admin.register(ColumnMapping)
class ColumnMappingAdmin(GuardsEdits, ModelAdmin[ColumnMapping]):
    """How files with a certain header are read: made by an import, used for the next such file."""

    about = (
        "How files with certain columns are read. The next file with the same columns is read the "
        "same way, without asking."
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
        # The form makes the other fields.
        return super().get_form(request, obj, change, **{**kwargs, "fields": ["name"]})

    def get_fieldsets(self, request: HttpRequest, obj: ColumnMapping | None = None) -> Any:
        return [
            (None, {"fields": ["name", "columns"]}),
            ("Columns", {"fields": [f"column_{field}" for field in MEANINGS]}),
            (
                "Notation",
                {"fields": [("date_format", "decimal"), ("unit", "round_amounts"), "is_daily"]},
            ),
            ("Source", {"fields": [("format", "source"), ("platform", "account"), "timezone"]}),
            (KEPT, {"fields": [("created_at", "updated_at")], "classes": ["collapse"]}),
        ]

    @admin.display(description="files with these columns")
    def columns(self, mapping: ColumnMapping) -> str:
        return ", ".join(name or NOTHING for name in mapping.header)
