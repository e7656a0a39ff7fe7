"""The forms of imports: a file, and the plan for reading it."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from ads.admin.elements import NOTHING
from ads.admin.imports.choices import (
    ACCEPTED,
    CAMPAIGN_BY,
    COLUMN_HELPS,
    DECIMALS,
    DELIMITERS,
    ENCODINGS,
    EXAMPLES,
    MEANINGS,
    UNITS,
)
from ads.models import Brand, Campaign
from ads.models.fields import timezone_choices
from ads.services import visible
from ads.services.imports import ANSWERS, FIELDS, FORMATS, ImportRefused, Plan, Sniffed, uploads

ANOTHER_WAY = "other"

#: The parts of a plan that may be left open.
OPEN = {field.name for field in fields(Plan) if field.default is None}


def _text(**attrs: Any) -> UnfoldAdminTextInputWidget:
    return UnfoldAdminTextInputWidget(attrs=attrs)


class PlanForm(forms.Form):
    """How a file is to be read. A valid form has a :attr:`plan`."""

    format = forms.ChoiceField(
        required=False,
        help_text="The names of the columns, and how figures are written.",
        choices=[("", "Detected automatically"), *((f.code, f.label) for f in FORMATS.values())],
        widget=UnfoldAdminSelectWidget,
    )
    source = forms.CharField(
        max_length=100,
        required=False,
        help_text="Duplicates are detected per source. Empty: the platform, or “import” for a file "
        "of no platform.",
        widget=_text(),
    )
    brand_id = forms.ModelChoiceField(
        Brand.objects.all(),
        label="Brand",
        required=False,
        help_text="Look for campaigns only in this brand.",
    )
    campaign_by = forms.ChoiceField(
        label="Campaigns are identified by",
        choices=CAMPAIGN_BY,
        help_text="Choose one if a campaign's name could also be another's id.",
        widget=UnfoldAdminSelectWidget,
    )
    platform = forms.CharField(
        max_length=50,
        required=False,
        help_text="The platform whose campaign ids the file has, such as google_ads. Spend of "
        "unmatched campaigns waits. Empty: the format's platform.",
        widget=_text(),
    )
    account = forms.CharField(
        max_length=100,
        required=False,
        label="Account on the platform",
        help_text="If no column has it.",
        widget=_text(),
    )
    timezone = forms.ChoiceField(
        label="Timezone of the file",
        required=False,
        choices=lambda: [("", "As the file says"), *timezone_choices()],
        help_text="Of its days and hours. Hours are added up to the brands' days; days of another "
        "timezone than the brand's are refused.",
        widget=UnfoldAdminSelectWidget,
    )
    accept_timezone = forms.BooleanField(
        label="Accept the difference between timezones",
        required=False,
        help_text="Count the days of another timezone as the brand's days of the same date.",
        widget=UnfoldBooleanWidget,
    )
    observed_at = forms.SplitDateTimeField(
        label="Figures are as of (UTC)",
        required=False,
        help_text="The time of the day totals: older figures never replace newer ones. Empty: the "
        "time of the upload.",
        widget=UnfoldAdminSplitDateTimeWidget,
    )
    round_amounts = forms.BooleanField(
        label="Round amounts to six decimal places",
        required=False,
        help_text="Otherwise, rows with more decimal places are refused.",
        widget=UnfoldBooleanWidget,
    )

    plan: Plan

    def __init__(self, data: Any = None, files: Any = None, *, plan: Plan) -> None:
        self._base = plan
        super().__init__(data, files, initial=self._initial(plan))
        brand: Any = self.fields["brand_id"]
        brand.queryset = visible.rows(brand.queryset)
        brand.widget = AutocompleteSelect(Campaign._meta.get_field("brand"), admin.site)
        brand.widget.choices = brand.choices

    def _initial(self, plan: Plan) -> dict[str, Any]:
        return {field.name: getattr(plan, field.name) for field in fields(plan)}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.plan = replace(self._base, **self._said(cleaned))
            except ImportRefused as error:
                self.add_error(None, str(error))
        return cleaned

    def _said(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """The values for the plan; None for those left empty."""
        names = {field.name for field in fields(Plan)}
        said = {
            name: (value or None) if name in OPEN else value
            for name, value in cleaned.items()
            if name in names
        }
        said["brand_id"] = said["brand_id"].pk if said["brand_id"] else None
        before = self._base.observed_at
        if before and said["observed_at"] == before.replace(microsecond=0):
            said["observed_at"] = before  # the form has no microseconds
        return said


class UploadForm(PlanForm):
    """The same, with the file."""

    file = forms.FileField(
        help_text="Nothing is recorded before you have seen the preview.",
        allow_empty_file=True,  # the service explains
        error_messages={"required": "Choose a file."},
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )


class ReadForm(PlanForm):
    """The whole plan, with the columns mapped by hand; ``look``: what was detected.

    ``sheets``: the names of a workbook's sheets, of which one is to be chosen; none: as detected.
    """

    sheet = forms.ChoiceField(
        required=False,
        help_text="The sheet of the workbook that has the report.",
        widget=UnfoldAdminSelectWidget,
    )

    encoding = forms.ChoiceField(
        required=False,
        help_text="Choose another if the names above look garbled.",
        widget=UnfoldAdminSelectWidget,
    )
    delimiter = forms.ChoiceField(
        label="Columns are separated by",
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    header_line = forms.IntegerField(
        label="Header line",
        min_value=1,
        max_value=1000,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    date_format = forms.ChoiceField(
        label="Date format",
        required=False,
        help_text="Choose one if the day and the month could be confused.",
        widget=UnfoldAdminSelectWidget,
    )
    other_date_format = forms.CharField(
        label="Other date format",
        max_length=50,
        required=False,
        help_text="As Python's strptime takes it: %d-%b-%Y for 31-Mar-2026.",
        widget=_text(),
    )
    decimal = forms.ChoiceField(
        label="Decimal separator",
        required=False,
        help_text="Whether 1,234 means one thousand or a little more than one.",
        widget=UnfoldAdminSelectWidget,
    )
    unit = forms.ChoiceField(
        label="Amounts are in",
        required=False,
        help_text="Exports of APIs often have millionths.",
        widget=UnfoldAdminSelectWidget,
    )
    is_daily = forms.BooleanField(
        label="Each row is one day",
        required=False,
        help_text="Where the only date is a start, such as “Reporting starts”.",
        widget=UnfoldBooleanWidget,
    )
    remember = forms.BooleanField(
        label="Remember this for files with the same columns",
        required=False,
        help_text="They are then read like this without asking, for all users.",
        widget=UnfoldBooleanWidget,
    )

    def __init__(
        self,
        data: Any = None,
        *,
        plan: Plan,
        look: Sniffed | None,
        sheets: Sequence[str] = (),
    ) -> None:
        super().__init__(data, plan=plan)
        encoding, delimiter = (look.encoding, look.delimiter) if look else (None, None)
        encoding = encoding and ENCODINGS.get(encoding, encoding.upper())
        delimiter = delimiter and DELIMITERS.get(delimiter, delimiter)
        sheets = look.sheets if look else sheets
        #: Is nothing known of the file before the sheet is chosen?
        self.asks_for_sheet = look is None and bool(sheets)
        empty = "Choose a sheet" if self.asks_for_sheet else _detected(look and look.sheet)
        self._choose("sheet", empty, {name: name for name in sheets})
        for name in ("encoding", "delimiter") if sheets else ("sheet",):
            del self.fields[name]
        format_ = look and FORMATS[look.format].label
        self._choose("format", _detected(format_), {f.code: f.label for f in FORMATS.values()})
        if not sheets:
            self._choose("encoding", _detected(encoding), ENCODINGS, plan.encoding)
            self._choose("delimiter", _detected(delimiter), DELIMITERS, plan.delimiter)
        self._choose("date_format", "As the file shows", {**EXAMPLES, ANOTHER_WAY: "Other"})
        self._choose("decimal", "As the file shows", DECIMALS)
        self._choose("unit", "As they stand, unless they look like micros", UNITS)
        header_line = f"detected, line {look.header_line}" if look else "detected automatically"
        self.fields["header_line"].help_text = f"Empty: {header_line}."
        names = [name for name in (look.header if look else []) if name]
        for field in FIELDS:
            # The mapped name even if the file lacks it.
            mapped = [plan.mapping[field]] if field in plan.mapping else []
            self.fields[f"column_{field}"] = column_field(field, [*names, *mapped])
        self.initial["remember"] = look is not None and look.format == uploads.BY_HAND
        if visible.brand_ids() is not None:
            del self.fields["remember"]  # it would be so for everybody

    @property
    def groups(self) -> dict[str, list[forms.BoundField]]:
        groups = {
            "Notation": "sheet encoding delimiter header_line date_format other_date_format "
            "decimal unit round_amounts is_daily",
            "Source": "format source brand_id campaign_by platform account timezone "
            "accept_timezone observed_at",
        }
        return {
            head: [self[name] for name in names.split() if name in self.fields]
            for head, names in groups.items()
        }

    @property
    def columns(self) -> list[forms.BoundField]:
        return [self[f"column_{field}"] for field in MEANINGS]

    def _choose(
        self, name: str, detected: str, choices: dict[str, str], current: str | None = None
    ) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
        known = choices if current is None or current in choices else {**choices, current: current}
        field.choices = [("", detected), *known.items()]

    def _initial(self, plan: Plan) -> dict[str, Any]:
        initial = super()._initial(plan)
        initial |= {f"column_{field}": column for field, column in plan.mapping.items()}
        if plan.date_format and plan.date_format not in uploads.DATE_FORMATS:
            initial |= {"date_format": ANOTHER_WAY, "other_date_format": plan.date_format}
        return initial

    def _said(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        said = super()._said(cleaned)
        said["mapping"] = {
            field: cleaned[f"column_{field}"] for field in FIELDS if cleaned[f"column_{field}"]
        }
        if said["date_format"] == ANOTHER_WAY:
            said["date_format"] = cleaned["other_date_format"] or None
        return said


def column_field(field: str, names: Iterable[str]) -> forms.ChoiceField:
    widget = UnfoldAdminSelectWidget()
    widget.template_name = "ads/admin/widgets/column_select.html"
    return forms.ChoiceField(
        label=MEANINGS[field],
        help_text=COLUMN_HELPS[field],
        required=False,
        choices=[("", NOTHING), *((name, name) for name in dict.fromkeys(names))],
        widget=widget,
    )


def _detected(value: Any) -> str:
    return f"Detected: {value}" if value else "Detected automatically"


class ConfirmForm(forms.Form):
    """What the person who confirms an import has seen of it."""

    checks = forms.IntegerField(min_value=0, max_value=1 << 30)
    leaves_out = forms.IntegerField(min_value=0, max_value=1 << 60)

    def clean(self) -> dict[str, Any]:
        answers = {code: self.data.get(f"answer-{code}") for code in ANSWERS}
        given = {code: answer for code, answer in answers.items() if answer}
        return {**self.cleaned_data, "answers": given}
