"""The forms of imports: a file, and how it is to be read."""

from collections.abc import Iterator, Sequence
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

from ads.admin.imports.choices import (
    CAMPAIGN_BY,
    COLUMN_HELPS,
    DECIMALS,
    DELIMITERS,
    ENCODINGS,
    EXAMPLES,
    MEANINGS,
)
from ads.models import Brand, Campaign
from ads.services.imports import (
    BY_HAND,
    DATE_FORMATS,
    FIELDS,
    FORMATS,
    ImportRefused,
    Plan,
    Sniffed,
)

ANOTHER_WAY = "other"


def _text(**attrs: Any) -> UnfoldAdminTextInputWidget:
    return UnfoldAdminTextInputWidget(attrs=attrs)


class PlanForm(forms.Form):
    """How a file is to be read. Valid, it has a plan: :attr:`plan`."""

    format = forms.ChoiceField(
        required=False,
        help_text="Which columns are looked for, and how figures are written.",
        choices=[("", "Detected automatically"), *((f.code, f.label) for f in FORMATS.values())],
        widget=UnfoldAdminSelectWidget,
    )
    source = forms.CharField(
        max_length=100,
        required=False,
        help_text="Who says so. The file is compared with what the same source said before, so "
        "that nothing counts twice. Empty: the platform, or “import” for a file of none.",
        widget=_text(),
    )
    brand_id = forms.ModelChoiceField(
        Brand.objects.all(),
        label="Brand",
        required=False,
        help_text="Look for campaigns of this brand alone.",
    )
    campaign_by = forms.ChoiceField(
        label="Campaigns are called by",
        choices=CAMPAIGN_BY,
        help_text="Whether the file has names or numbers, where a name could be a number.",
        widget=UnfoldAdminSelectWidget,
    )
    platform = forms.CharField(
        max_length=50,
        required=False,
        help_text="Whose ids the campaigns are called by, such as google_ads; ids that nobody "
        "knows wait to be matched. Empty: what the format says.",
        widget=_text(),
    )
    account = forms.CharField(
        max_length=100,
        required=False,
        label="Account on the platform",
        help_text="If no column says it.",
        widget=_text(),
    )
    observed_at = forms.SplitDateTimeField(
        label="Figures are as of (UTC)",
        required=False,
        help_text="When the day totals were true: an older observation never overrides a newer "
        "one. Empty: when the file was uploaded.",
        widget=UnfoldAdminSplitDateTimeWidget,
    )
    round_amounts = forms.BooleanField(
        label="Round amounts to six decimal places",
        required=False,
        help_text="Otherwise rows with more are refused.",
        widget=UnfoldBooleanWidget,
    )

    plan: Plan

    def __init__(self, data: Any = None, files: Any = None, *, plan: Plan) -> None:
        self._base = plan
        super().__init__(data, files, initial=self._initial(plan))
        brand = self.fields["brand_id"]
        brand.widget = AutocompleteSelect(Campaign._meta.get_field("brand"), admin.site)
        brand.widget.choices = brand.choices  # type: ignore[attr-defined]

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
        """What the form says of the plan; None for what is left open."""
        open_ = {field.name for field in fields(Plan) if field.default is None}
        said = {
            name: (value or None) if name in open_ else value
            for name, value in cleaned.items()
            if name in {field.name for field in fields(Plan)}
        }
        said["brand_id"] = said["brand_id"].pk if said["brand_id"] else None
        before = self._base.observed_at
        if before and said["observed_at"] == before.replace(microsecond=0):
            said["observed_at"] = before  # the form shows no more than seconds
        return said


class UploadForm(PlanForm):
    """A file besides."""

    file = forms.FileField(
        help_text="Nothing is recorded before you have seen what it would do.",
        allow_empty_file=True,  # the service says of an empty one what is to be said
        error_messages={"required": "Choose a file."},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv,text/plain"}),
    )


class ReadForm(PlanForm):
    """All of how a file is read; its columns, mapped by hand.

    ``look``: how the file looks, read as it was to be read so far.
    """

    encoding = forms.ChoiceField(
        required=False,
        help_text="In which letters it is written: choose another if names above look garbled.",
        widget=UnfoldAdminSelectWidget,
    )
    delimiter = forms.ChoiceField(
        label="Columns are separated by",
        required=False,
        help_text="What stands between two cells of a line.",
        widget=UnfoldAdminSelectWidget,
    )
    header_line = forms.IntegerField(
        label="Line that names the columns",
        min_value=1,
        max_value=1000,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    date_format = forms.ChoiceField(
        label="Dates are written like",
        required=False,
        help_text="Whether day or month comes first, where it could be either.",
        widget=UnfoldAdminSelectWidget,
    )
    other_date_format = forms.CharField(
        label="Another way to write dates",
        max_length=50,
        required=False,
        help_text="As Python's strptime takes it: %d-%b-%Y for 31-Mar-2026.",
        widget=_text(),
    )
    decimal = forms.ChoiceField(
        label="Before the decimals stands",
        required=False,
        help_text="Whether 1,234 is more than a thousand or more than one.",
        widget=UnfoldAdminSelectWidget,
    )
    remember = forms.BooleanField(
        label="Remember this for files with the same columns",
        required=False,
        help_text="They are then read like this without asking, whoever uploads them.",
        widget=UnfoldBooleanWidget,
    )

    def __init__(self, data: Any = None, *, plan: Plan, look: Sniffed | None) -> None:
        super().__init__(data, plan=plan)
        self._look = look
        detected = _Detected(look)
        self._choose("format", detected.format, {f.code: f.label for f in FORMATS.values()})
        self._choose("encoding", detected.encoding, ENCODINGS, plan.encoding)
        self._choose("delimiter", detected.delimiter, DELIMITERS, plan.delimiter)
        ways = {way: EXAMPLES[way] for way in DATE_FORMATS}
        self._choose("date_format", "As the format has them", {**ways, ANOTHER_WAY: "Another way"})
        self._choose("decimal", "As the format has it", DECIMALS)
        header = self.fields["header_line"]
        header.help_text = f"Empty: {detected.header_line}."
        for field in FIELDS:
            name = f"column_{field}"
            columns = self._columns(plan.mapping.get(field))
            choice = forms.ChoiceField(
                label=MEANINGS[field],
                help_text=COLUMN_HELPS[field],
                required=False,
                choices=[("", "–"), *((column, column) for column in columns)],
                widget=UnfoldAdminSelectWidget,
            )
            self.fields[name] = choice
        self.initial["remember"] = look is not None and look.format == BY_HAND

    @property
    def columns(self) -> Iterator[forms.BoundField]:
        """The fields that map columns."""
        return (self[f"column_{field}"] for field in MEANINGS)

    @property
    def ways(self) -> Iterator[forms.BoundField]:
        """The fields about how things are written."""
        names = ("encoding", "delimiter", "header_line", "date_format", "other_date_format",
                 "decimal", "round_amounts")  # fmt: skip
        return (self[name] for name in names)

    @property
    def meanings(self) -> Iterator[forms.BoundField]:
        """The fields about whose spend it is."""
        names = ("format", "source", "brand_id", "campaign_by", "platform", "account",
                 "observed_at")  # fmt: skip
        return (self[name] for name in names)

    def _columns(self, mapped: str | None) -> Sequence[str]:
        """Names to choose from: each once, and the mapped one also if the file has none such."""
        names = [name for name in (self._look.header if self._look else []) if name]
        return list(dict.fromkeys([*names, *([mapped] if mapped else [])]))

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
        if plan.date_format and plan.date_format not in DATE_FORMATS:
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


class _Detected:
    """What is said of what was detected: the first choice of each."""

    def __init__(self, look: Sniffed | None) -> None:
        self.format = self.encoding = self.delimiter = "Detected automatically"
        self.header_line = "it is looked for"
        if look is not None:
            self.format = f"Detected: {FORMATS[look.format].label}"
            self.encoding = f"Detected: {ENCODINGS.get(look.encoding, look.encoding.upper())}"
            self.delimiter = f"Detected: {DELIMITERS.get(look.delimiter, look.delimiter)}"
            self.header_line = f"detected, line {look.header_line}"


class ConfirmForm(forms.Form):
    """What whoever confirms an import has seen of it."""

    checks = forms.IntegerField(min_value=0, max_value=1 << 30)
    leaves_out = forms.IntegerField(min_value=0, max_value=1 << 60)
