"""Creating the campaigns that a file brings: who may, the form, and what the page shows of it."""

from dataclasses import replace
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from ads.admin.elements import counted
from ads.models import Brand, Campaign, SpendImport
from ads.models.fields import currency_choices, timezone_choices
from ads.services import visible
from ads.services.imports import ImportRefused, NewBrand, Plan

_PERMISSIONS: Final = ("ads.add_spendimport", "ads.add_campaign", "ads.add_campaignreference")


def may_create(request: HttpRequest, plan: Plan | None = None) -> bool:
    """May this user have campaigns created, with the brand that the ``plan`` creates?"""
    needs_brand = plan is not None and plan.new_brand is not None
    return request.user.has_perms(_PERMISSIONS) and (not needs_brand or _may_add_brand(request))


def _may_add_brand(request: HttpRequest) -> bool:
    return request.user.has_perm("ads.add_brand")


class CreationForm(forms.Form):
    """The brand in which campaigns are created. A valid form has a :attr:`plan`."""

    brand = forms.ModelChoiceField(Brand.objects.all(), required=False)
    new_name = forms.CharField(
        label="Or a new brand",
        max_length=200,
        required=False,
        help_text="Its name. Currency and timezone below are the new brand's.",
        widget=UnfoldAdminTextInputWidget,
    )
    new_currency = forms.ChoiceField(
        label="Currency of the new brand",
        required=False,
        choices=lambda: [("", "Choose…"), *currency_choices()],
        help_text="It cannot be changed once spend has been recorded.",
        widget=UnfoldAdminSelectWidget,
    )
    new_timezone = forms.ChoiceField(
        label="Timezone of the new brand",
        required=False,
        choices=lambda: [("", "Choose…"), *timezone_choices()],
        help_text="Its days begin at midnight in this timezone.",
        widget=UnfoldAdminSelectWidget,
    )

    plan: Plan

    def __init__(self, request: HttpRequest, one: SpendImport, data: Any = None) -> None:
        self._base = Plan.from_json(one.plan)
        says = (one.preview or {}).get("says") or {}
        super().__init__(
            data,
            prefix="create",
            initial={"new_currency": says.get("currency"), "new_timezone": says.get("timezone")},
        )
        brand: Any = self.fields["brand"]
        brand.queryset = visible.rows(brand.queryset)
        if self._base.brand_id is not None:
            brand.queryset = brand.queryset.filter(pk=self._base.brand_id)
            brand.initial = self._base.brand_id
        brand.widget = AutocompleteSelect(Campaign._meta.get_field("brand"), admin.site)
        brand.widget.choices = brand.choices
        if self._base.brand_id is not None or not _may_add_brand(request):
            for name in ("new_name", "new_currency", "new_timezone"):
                del self.fields[name]
        elif not Brand.objects.exists():
            del self.fields["brand"]
            self.fields["new_name"].label = "Name of the new brand"

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        brand, name = cleaned.get("brand"), cleaned.get("new_name")
        if self.errors:
            return cleaned
        if brand is None and not name:
            self.add_error(next(iter(self.fields)), "Choose a brand, or name a new one.")
            return cleaned
        currency, timezone = cleaned.get("new_currency"), cleaned.get("new_timezone")
        if name and not (currency and timezone):
            missing = "new_timezone" if currency else "new_currency"
            self.add_error(missing, "A new brand needs a currency and a timezone. Choose one.")
            return cleaned
        if name and Brand.objects.filter(name=name).exists():
            self.add_error("new_name", "There is a brand of this name. Choose it above.")
            return cleaned
        try:
            self.plan = replace(
                self._base,
                create_in=brand and brand.pk,
                new_brand=NewBrand(name, currency or "", timezone or "") if name else None,
                answers={},
            )
        except ImportRefused as error:
            self.add_error(None, str(error))
        return cleaned


def without(one: SpendImport) -> Plan:
    """The plan of the import without creating anything."""
    return replace(Plan.from_json(one.plan), create_in=None, new_brand=None, answers={})


def shown(request: HttpRequest, one: SpendImport, form: CreationForm | None) -> dict[str, Any]:
    """What the page of an import shows of creating: the offer, or what is created."""
    values = one.outcome or one.preview or {}
    plan = Plan.from_json(one.plan)
    unknown = values.get("unknown_count", 0) + values.get("missing_count", 0)
    is_open = one.status == SpendImport.Status.CHECKED
    offers = is_open and unknown and not plan.creates and may_create(request)
    return {
        "creation": (form or CreationForm(request, one)) if offers else None,
        "is_creating": is_open and plan.creates,
        "may_create": may_create(request, plan),
        "creatable": counted(unknown, "campaign"),
    }
