"""The form of a correction."""

import datetime as dt
import re
import uuid
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from unfold.widgets import UnfoldAdminSingleDateWidget, UnfoldAdminTextareaWidget

from ads.admin.elements import MoneyFormField, show_today
from ads.models import Campaign, Spend
from ads.services import visible
from ads.services.errors import InvalidSpend
from ads.services.ledger import LONGEST, Correction, archived

#: Characters left for the reason, beside the number of the corrected entry.
LONGEST_REASON: Final = LONGEST["description"] - 50

_TOKEN: Final = re.compile(r"[0-9a-f]{32}")


class CorrectionForm(forms.Form):
    """A correction of an entry, or of a campaign's day."""

    campaign = forms.ModelChoiceField(
        Campaign.objects.select_related("brand"),
        help_text="The campaign whose spend is wrong.",
        error_messages={"required": "Choose the campaign."},
    )
    date = forms.DateField(
        label="Accounting day",
        widget=UnfoldAdminSingleDateWidget,
        help_text="The day that is wrong, in the brand's timezone.",
    )
    amount = MoneyFormField(
        negative=True,
        help_text="Added to the day, in the brand's currency; -5.00 takes five back.",
    )
    reason = forms.CharField(
        label="Reason",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "maxlength": LONGEST_REASON}),
        max_length=LONGEST_REASON,
        help_text="Recorded for good, with your name.",
    )

    def __init__(self, entry: Spend | None, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.entry = entry
        if entry:  # its campaign and day are what is corrected
            del self.fields["campaign"], self.fields["date"]
        else:
            chosen: Any = self.fields["campaign"]
            chosen.queryset = visible.rows(chosen.queryset)
            chosen.widget = AutocompleteSelect(Spend._meta.get_field("campaign"), admin.site)
            chosen.widget.choices = chosen.choices
        if campaign := entry.campaign if entry else self.initial.get("campaign"):
            amount: Any = self.fields["amount"]
            amount.show_currency(campaign.brand.currency)
            show_today(self.fields.values(), campaign.brand.timezone)
        # The preview needs no reason yet.
        self.fields["reason"].required = bool(data) and "record" in data
        given = data.get("token", "") if data else ""
        #: Identifies this form, so that sending it twice records once.
        self.token = given if _TOKEN.fullmatch(given) else uuid.uuid4().hex

    def clean_date(self) -> dt.date:
        day: dt.date = self.cleaned_data["date"]
        try:
            archived.check_is_kept(day, archived.archived_months())
        except InvalidSpend as error:
            raise forms.ValidationError(f"{error.reason[:1].upper()}{error.reason[1:]}") from error
        return day

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if not amount:
            raise forms.ValidationError("Enter an amount other than zero.")
        campaign = self.entry.campaign if self.entry else self.cleaned_data.get("campaign")
        field: Any = self.fields["amount"]
        if campaign and (error := field.in_another(self["amount"].data, campaign.brand.currency)):
            raise forms.ValidationError(error)
        return amount

    @property
    def correction(self) -> Correction | None:
        """The correction as entered so far; None where it is too little for a preview."""
        if not self.is_bound:
            said = {
                name: self.get_initial_for_field(self.fields[name], name) for name in self.fields
            }
        else:
            self.is_valid()
            said = self.cleaned_data
        campaign: Campaign | None = self.entry.campaign if self.entry else said.get("campaign")
        day: dt.date | None = self.entry.date if self.entry else said.get("date")
        amount: Decimal | None = said.get("amount")
        if not (isinstance(campaign, Campaign) and day and amount):
            return None
        return Correction(campaign, day, amount, said.get("reason") or "", self.entry)
