"""Budgets that are edited in the list of campaigns."""

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms.utils import flatatt
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from ads.admin.elements import ConfigurationForm, budget
from ads.models import Campaign
from ads.services.bulk import ChangedMeanwhile, Edit, budget_edits
from ads.services.history import last_changes

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Campaign]
else:
    _Admin = object

BUDGETS: Final = ("daily_budget", "monthly_budget")

#: Changes told one by one.
TOLD: Final = 5


class QuickInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """An input written without a template: of a page of campaigns, they took half the time."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        return _written(self.get_context(name, value, attrs)["widget"])


class QuickHiddenInput(forms.HiddenInput):
    """The same of one that nobody sees."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        return _written(self.get_context(name, value, {})["widget"])


def _written(widget: dict[str, Any]) -> SafeString:
    value = {} if widget["value"] is None else {"value": widget["value"]}
    attributes = {"type": widget["type"], "name": widget["name"], **value, **widget["attrs"]}
    return format_html("<input{}>", flatatt(attributes))


class BudgetsForm(ConfigurationForm):
    """The budgets of one campaign, and beside them what they were when the list was opened.

    Only what differs from that was changed by the person who saves, whatever the database has by
    now.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Untouched, it is not looked at: a page of campaigns would be checked for one of them.
        super().__init__(
            *args, **{**kwargs, "empty_permitted": True, "use_required_attribute": False}
        )
        self.edits: list[Edit] = []
        for name in BUDGETS:
            field = self.fields[name]
            field.help_text = ""  # the list has no room for it, and nothing may refer to it
            field.show_hidden_initial = True
            field.hidden_widget = QuickHiddenInput
            field.widget = QuickInput(
                attrs={
                    "inputmode": "decimal",
                    "aria-label": f"{field.label} of {self.instance}",
                    "placeholder": budget(None),
                }
            )

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
        # From now on this is what was seen: whoever saves again knows it.
        seen_now = {self[name].html_initial_name: self.fields[name].prepare_value(now)}
        self.data = {field: self.data.get(field) for field in self.data} | seen_now
        last = last_changes.fields_of(self.instance, [name]).get(name)
        self.add_error(
            name,
            f"It is {budget(now)} since {last.actor if last else 'somebody else'} changed it; the "
            f"list showed you {budget(seen)}. Save again to make it {budget(wanted)}.",
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
    """The forms of the rows that are shown."""

    def get_queryset(self) -> Any:
        # The rows of a list have been read, and explained, already.
        return self.queryset if isinstance(self.queryset, list) else super().get_queryset()

    @property
    def edits(self) -> list[Edit]:
        forms: list[Any] = self.forms
        return [edit for form in forms for edit in form.edits]


class BudgetsInList(_Admin):
    """Saves the budgets that were changed in a list, and says which; no others are touched."""

    list_editable = list(BUDGETS)

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
                return HttpResponseRedirect(request.get_full_path())
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        if isinstance(form, BudgetsForm):  # by way of Django's own, where the view had refused it
            budget_edits.apply(form.edits)
        else:
            super().save_model(request, obj, form, change)

    def _save(self, request: HttpRequest) -> bool:
        """Save what was posted, if it can be; else the list shows it again, with what is wrong."""
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
            budget_edits.apply(formset.edits)
        except ChangedMeanwhile as error:
            self.message_user(request, f"Nothing was saved: {error}", messages.ERROR)
            return True
        for form in formset.forms:
            if form.edits:
                change = self.construct_change_message(request, form, [])
                self.log_change(request, form.instance, change)
        self.message_user(request, _told(formset.edits), messages.SUCCESS)
        return True


def _told(edits: list[Edit]) -> str:
    """ "2 campaigns changed: Spring: daily budget $75.00 → $90.00; …"."""
    count = len({edit.campaign.pk for edit in edits})
    if not count:
        return "Nothing was changed."
    told = [
        f"{edit.campaign}: {edit.field.replace('_', ' ')} {budget(edit.seen)} → "
        f"{budget(edit.wanted)}"
        for edit in edits[:TOLD]
    ]
    more = len(edits) - TOLD
    return (
        f"{count} campaign{'' if count == 1 else 's'} changed: {'; '.join(told)}"
        f"{f'; and {more} more' if more > 0 else ''}."
    )
