"""The forms for matching an unmatched campaign, or discarding its spend."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminAutocompleteModelChoiceFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from ads.models import Brand, Campaign, UnknownReference
from ads.models.campaigns import Status
from ads.services.errors import InvalidSpend
from ads.services.ledger import LONGEST, OnOverlap, check_text
from ads.services.references import unmatched


class _Chosen(UnfoldAdminAutocompleteModelChoiceFieldWidget):  # type: ignore[misc]
    """A search that offers the results of its own address, not all rows."""

    def offer(self, address: str, row: Brand | Campaign | None) -> None:
        self.attrs["data-ajax--url"] = address
        self.choices = [("", "")] + ([(row.pk, named(row))] if row else [])


def named(row: Brand | Campaign) -> str:
    """The name as it is offered: a campaign's with its brand's."""
    return f"{row.name} – {row.brand.name}" if isinstance(row, Campaign) else row.name


def _row(form: forms.Form, field: str) -> Any:
    choice: Any = form.fields[field]
    value = form[field].value()
    try:
        return choice.clean(getattr(value, "pk", value))
    except ValidationError:
        return None


class CampaignForm(forms.Form):
    campaign = forms.ModelChoiceField(
        Campaign.objects.none(),
        widget=_Chosen,
        error_messages={
            "required": "Choose the campaign.",
            "invalid_choice": "There is no such campaign in the possible brands.",
        },
    )

    def __init__(self, unknown: UnknownReference, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["campaign"]
        field.queryset = unmatched.candidates(unknown)
        address = reverse("admin:ads_unknownreference_candidates", args=[unknown.pk])
        field.widget.offer(f"{address}?of=campaigns", _row(self, "campaign"))


class OverlapForm(forms.Form):
    """What becomes of waiting day totals of which others are on record."""

    on_overlap = forms.TypedChoiceField(
        label="What is right?",
        choices=[("", "Choose…"), *OnOverlap.choices],
        coerce=OnOverlap,
        widget=UnfoldAdminSelectWidget,
        error_messages={"required": "Choose what becomes of the overlap."},
    )


class NewCampaignForm(forms.Form):
    brand = forms.ModelChoiceField(
        Brand.objects.none(),
        widget=_Chosen,
        error_messages={"invalid_choice": "This brand is not one of the possible brands."},
    )
    name = forms.CharField(max_length=LONGEST["campaign"], widget=UnfoldAdminTextInputWidget)
    status = forms.ChoiceField(
        choices=[(status.value, status.label) for status in (Status.DRAFT, Status.PAUSED)]
        + [(Status.ACTIVE.value, Status.ACTIVE.label)],
        initial=Status.DRAFT,
        widget=UnfoldAdminSelectWidget,
        help_text="Spend is recorded in any status. Set the budgets on the campaign's page.",
    )

    def __init__(self, unknown: UnknownReference, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["brand"]
        field.queryset = unmatched.brands(unknown)
        only = list(field.queryset[:2])
        if len(only) == 1:
            field.initial = only[0]
        address = reverse("admin:ads_unknownreference_candidates", args=[unknown.pk])
        field.widget.offer(f"{address}?of=brands", _row(self, "brand"))
        self.fields["name"].initial = unknown.name

    def add_errors(self, error: ValidationError) -> None:
        for message in error.messages:
            field, colon, text = message.partition(": ")
            if colon and field in self.fields:
                self.add_error(field, text[:1].upper() + text[1:])
            else:
                self.add_error(None, message)


class DiscardForm(forms.Form):
    because = forms.CharField(
        label="Reason",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "maxlength": LONGEST["because"]}),
        help_text="Kept on record, with your name.",
    )

    def clean_because(self) -> str:
        because: str = self.cleaned_data["because"]
        try:
            check_text("because", because, required=True)
        except InvalidSpend as error:
            raise ValidationError(error.reason) from error
        return because
