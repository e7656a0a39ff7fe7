"""Budgets in the list of campaigns: read as text, and edited by choice, a page at a time."""

from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html

from ads.admin.actions import undo_button
from ads.admin.base import SavesViews
from ads.admin.elements import NO_LIMIT, ConfigurationForm, budget, counted
from ads.models import Campaign
from ads.models.fields import BUDGETS
from ads.services.bulk import ChangedMeanwhile, Edit, budget_edits
from ads.services.history import last_changes

#: Of the list's address: "budgets" turns them into inputs.
EDIT: Final = "edit"

#: Changes that the message names.
NAMED: Final = 5


class HiddenInput(forms.HiddenInput):
    """What the list showed; errors are read out with the visible input alone."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, value, {})


class BudgetsForm(ConfigurationForm):
    """The budgets of one campaign, and beside them those that the list showed.

    Only what differs from those was changed by the person who saves, whatever is stored by now.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # An untouched row is not checked: a page has a hundred.
        super().__init__(
            *args, **{**kwargs, "empty_permitted": True, "use_required_attribute": False}
        )
        self.edits: list[Edit] = []
        for name in BUDGETS:
            field = self.fields[name]
            field.help_text = ""  # the list has no room for it
            field.show_hidden_initial = True
            field.hidden_widget = HiddenInput
            field.widget.attrs.pop("suffix", None)  # nor for the currency
            field.widget.attrs |= {
                "aria-label": f"{field.label} of {self.instance}",
                "placeholder": NO_LIMIT,
            }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in BUDGETS:
            if name in self.changed_data and name in cleaned:
                self._compare(name, cleaned[name])
        return cleaned

    def _compare(self, name: str, wanted: Any) -> None:
        now = getattr(self.instance, name)
        seen = self._seen(name)
        if now == wanted:
            return
        if now == seen:
            self.edits.append(Edit(self.instance, name, seen, wanted))
            return
        # From now on this is what the list showed: whoever saves again knows it.
        seen_now = {self[name].html_initial_name: self.fields[name].prepare_value(now)}
        self.data = {field: self.data.get(field) for field in self.data} | seen_now
        last = last_changes.fields_of(self.instance, [name]).get(name)
        old, new, own = (budget(one, self.instance.brand.currency) for one in (seen, now, wanted))
        self.add_error(
            name,
            f"{self.fields[name].label}: {last.actor if last else 'somebody else'} changed it from "
            f"{old} to {new} meanwhile. Save again to make it {own}.",
        )

    def _seen(self, name: str) -> Any:
        shown = self[name]
        given = shown.field.hidden_widget().value_from_datadict(
            self.data, self.files, shown.html_initial_name
        )
        try:
            return shown.field.to_python(given)
        except ValidationError:
            return None

    def validate_constraints(self) -> None:
        """Nothing: the fields know which amounts there are, and each constraint is a query."""


class BudgetsFormSet(forms.BaseModelFormSet):  # type: ignore[type-arg]
    def get_queryset(self) -> Any:
        # The rows of a list have been read, and explained, already.
        return self.queryset if isinstance(self.queryset, list) else super().get_queryset()

    @property
    def edits(self) -> list[Edit]:
        forms: list[Any] = self.forms
        return [edit for form in forms for edit in form.edits]


class BudgetsInList(SavesViews):
    list_editable = list(BUDGETS)
    unsaved = (EDIT,)

    def edits_budgets(self, request: HttpRequest) -> bool:
        """Are the budgets inputs, rather than text?"""
        return (
            (request.GET.get(EDIT) == "budgets" or "_save" in request.POST)
            and IS_POPUP_VAR not in request.GET
            and self.has_change_permission(request)
        )

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        columns: list[Any] = list(super().get_list_display(request))
        if self.edits_budgets(request):  # also where they are not among the columns chosen
            return columns + [budget for budget in BUDGETS if budget not in columns]
        read = {"daily_budget": "daily_limit", "monthly_budget": "monthly_limit"}
        return [read.get(column, column) for column in columns]

    def get_actions(self, request: HttpRequest) -> Any:
        # An action would leave the page, and what was typed.
        return {} if self.edits_budgets(request) else super().get_actions(request)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        rows: Any = super().get_changelist_instance(request)
        rows.edits_budgets = self.edits_budgets(request)
        rows.reading_link = self._link(request, edits=False)
        if not rows.edits_budgets:
            rows.list_editable = ()
            if self.has_change_permission(request) and not rows.is_popup:
                rows.editing_link = self._link(request, edits=True)
        return rows

    def _link(self, request: HttpRequest, *, edits: bool) -> str:
        """The list with budgets as inputs, or as text; in the same order.

        Inputs leave no room for the boxes of actions, so the columns have other places.
        """
        order, query = self.order_of(request), request.GET.copy()
        for name in (EDIT, ORDER_VAR):
            query.pop(name, None)
        if edits:
            query[EDIT] = "budgets"
        if places := self.as_places(self.asked_for(request, query), order):
            query[ORDER_VAR] = places
        return f"?{urlencode(sorted(query.items()))}"

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{"form": BudgetsForm, **kwargs})

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_formset(request, **{"formset": BudgetsFormSet, **kwargs})

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST" and "_save" in request.POST and IS_POPUP_VAR not in request.GET:
            if not self.has_change_permission(request):
                raise PermissionDenied
            if self._save(request):
                link = self._link(request, edits=False)
                return HttpResponseRedirect(f"{request.path}{link.removesuffix('?')}")
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        if isinstance(form, BudgetsForm):  # by way of Django's own, where the view had refused it
            budget_edits.apply(form.edits)
        else:
            super().save_model(request, obj, form, change)

    def _save(self, request: HttpRequest) -> bool:
        """Save what was posted, if it is valid; else the list shows it again, with the errors."""
        formset_class = self.get_changelist_formset(request)
        campaigns = self._get_list_editable_queryset(request, formset_class.get_default_prefix())
        formset = formset_class(request.POST, queryset=campaigns)
        if any(form.instance.pk is None for form in formset.forms):
            self.message_user(
                request,
                "Nothing was saved: a campaign of this page has been deleted since you opened it.",
                messages.ERROR,
            )
            return True
        if not formset.is_valid():
            return False
        try:
            context = budget_edits.apply(formset.edits)
        except ChangedMeanwhile as error:
            self.message_user(request, f"Nothing was saved: {error}", messages.ERROR)
            return True
        for form in formset.forms:
            if form.edits:
                change = self.construct_change_message(request, form, [])
                self.log_change(request, form.instance, change)
        undo = undo_button(request, context, request.path) if formset.edits else ""
        text = format_html("{} {}" if undo else "{}", _saved(formset.edits), undo)
        self.message_user(request, text, messages.SUCCESS)
        return True


def _saved(edits: list[Edit]) -> str:
    """ "2 campaigns changed: Spring: daily budget $75.00 → $90.00; …"."""
    if not edits:
        return "Nothing was changed."
    changes = [
        f"{edit.campaign}: {edit.field.replace('_', ' ')} "
        f"{budget(edit.seen, edit.campaign.brand.currency)} → "
        f"{budget(edit.wanted, edit.campaign.brand.currency)}"
        for edit in edits[:NAMED]
    ]
    more = len(edits) - NAMED
    return (
        f"{counted(len({edit.campaign.pk for edit in edits}))} changed: {'; '.join(changes)}"
        f"{f'; and {more} more' if more > 0 else ''}."
    )
