"""The forms of actions on campaigns and brands."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from ads.admin.elements import MoneyFormField
from ads.models import Brand, BudgetGroup, Campaign, DaypartingSchedule
from ads.models.spend import Period
from ads.rules.allowances import InvalidAllowance, Terms
from ads.rules.money import InvalidAmount
from ads.services import visible
from ads.services.bulk import AMOUNTS, BudgetChange, How
from ads.services.delivery import Ends, bulk_allowances
from ads.services.locks import among

_LEAVE = ("", "Leave as it is")
_WITHOUT_NUMBER = {"", How.NO_LIMIT.value}


class ActionForm(forms.Form):
    """The form of an action; its signature tells whether something else was confirmed than seen."""

    def signature(self) -> str:
        """Everything that is filled in, and when it ends, as text."""
        return self._filled_in() + self.ends_at()

    def why_new(self, seen: str) -> str:
        """Why the preview is another than the one with the signature ``seen``."""
        if seen.startswith(self._filled_in()):
            return "The day has turned since the preview, so check the new one first."
        return "The form was edited, so check the new preview first."

    def ends_at(self) -> str:
        """The instants at which what is filled in ends, as text; "" if it does not."""
        return ""

    def _filled_in(self) -> str:
        return "".join(f"{name}={self[name].value() or ''}\n" for name in self.fields)


class NumberField(MoneyFormField):
    """A percentage or an amount; a sign of either may stand beside it."""

    def digits(self, text: str) -> str:
        return super().digits(text.removesuffix("%").strip())


class _How(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=[_LEAVE, *How.choices],
            required=False,
            widget=UnfoldAdminSelectWidget,
            **kwargs,
        )


class BudgetsForm(ActionForm):
    """How budgets change; ``daily``, ``monthly`` and ``total`` once it is valid."""

    daily_how = _How(label="Daily budgets")
    daily_by = NumberField(label="Daily: percent or amount", required=False)
    monthly_how = _How(label="Monthly budgets")
    monthly_by = NumberField(label="Monthly: percent or amount", required=False)

    total_how = _How(label="Total budgets")
    total_by = NumberField(label="Total: percent or amount", required=False)

    daily: BudgetChange | None = None
    monthly: BudgetChange | None = None
    total: BudgetChange | None = None

    def __init__(self, currencies: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Of the budgets that it is about.
        self.currencies = currencies
        for period, one in (("daily", " a day"), ("monthly", " a month"), ("total", "")):
            if f"{period}_by" not in self.fields:
                continue
            amount = f"{currencies[0]}{one}" if len(currencies) == 1 else "an amount"
            self.fields[f"{period}_by"].help_text = f"Percent, or {amount}."

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self.daily = self._change("daily")
        self.monthly = self._change("monthly")
        if "total_how" in self.fields:
            self.total = self._change("total")
        if not (self.daily or self.monthly or self.total or self.errors):
            self.add_error("daily_how", "Choose how the budgets change.")
        return cleaned

    def _change(self, period: str) -> BudgetChange | None:
        how = self.cleaned_data.get(f"{period}_how") or ""
        by: Decimal | None = self.cleaned_data.get(f"{period}_by")
        field = f"{period}_by"
        if field in self.errors:
            return None
        if how in _WITHOUT_NUMBER:
            if by is not None:
                what = "No number is needed here" if how else "Choose how the budgets change"
                self.add_error(field, f"{what}, or leave this empty.")
            return BudgetChange(How.NO_LIMIT) if how and by is None else None
        if by is None:
            self.add_error(field, "Enter a percentage or an amount.")
            return None
        if refusal := self._in_another(How(how), field):
            self.add_error(field, refusal)
            return None
        try:
            return BudgetChange(How(how), by)
        except InvalidAmount as error:
            named = InvalidAmount(str(self.fields[field].label), error.value, error.reason)
            self.add_error(field, str(named))
        return None

    def _in_another(self, how: How, name: str) -> str:
        """Why it cannot be an amount in the currency of all of these budgets; "" if it can."""
        if how not in AMOUNTS:
            return ""
        if len(self.currencies) > 1:
            return (
                f"These budgets are in {', '.join(self.currencies[:-1])} and "
                f"{self.currencies[-1]}, and one amount is not the same in each. Change them by "
                "percent, or choose those in one currency."
            )
        field: Any = self.fields[name]
        return "".join(field.in_another(self[name].data, each) for each in self.currencies)


class BrandBudgetsForm(BudgetsForm):
    """The same for brands, their campaigns, or both."""

    total_how = total_by = None  # type: ignore[assignment]  # campaigns alone have one

    of_brand = forms.BooleanField(
        label="The brand's own budgets",
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
        help_text="The limit for all its campaigns together.",
    )
    of_campaigns = forms.BooleanField(
        label="The budgets of each of its campaigns",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Off: its campaigns keep their budgets. On: each of theirs changes too.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not (cleaned.get("of_brand") or cleaned.get("of_campaigns")):
            self.add_error("of_brand", "Choose the brand's budgets, its campaigns', or both.")
        return cleaned


class LetRunOnForm(ActionForm):
    """How much beyond which budget, until when and why; ``terms`` and ``ends`` once it is valid."""

    period = forms.ChoiceField(
        label="Budget",
        choices=[(Period.DAY, "Daily budget, today"), (Period.MONTH, "Monthly budget, this month")],
        widget=UnfoldAdminSelectWidget,
    )
    amount = MoneyFormField(
        label="Allow beyond the budget",
        required=False,
        help_text="Empty: as much as has been spent so far, so the budget starts anew.",
    )
    until = forms.CharField(
        label="Until",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="A time in the brand's timezone, such as 18:00 or 2026-11-28 18:00, or midnight. "
        "Empty: the end of the day or of the month.",
    )
    reason = forms.CharField(
        label="Reason",
        widget=UnfoldAdminTextInputWidget,
        help_text="It stays in the history with your name.",
        error_messages={"required": "Say why, for the history."},
    )

    terms: Terms | None = None
    ends: Ends | None = None
    #: Of the amount; "" without one.
    currency = ""

    def __init__(self, rows: QuerySet[Any], data: Any, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self._rows, self.now = rows, timezone.now()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            self.terms = Terms(
                cleaned["period"], cleaned["amount"], cleaned["until"], cleaned["reason"]
            )
            self._check_budgets(self.terms)
            path = {} if self._rows.model is Brand else {"campaigns__in": self._rows.values("pk")}
            brands = Brand.objects.filter(**path) if path else self._rows
            if self.terms.amount is not None:
                self.currency = bulk_allowances.one_currency(self.terms.amount, brands)
            self.ends = Ends.of(self.terms, brands, self.now)
        except InvalidAllowance as error:
            self.add_error(error.field, f"{error.reason[:1].upper()}{error.reason[1:]}")
        return cleaned

    def ends_at(self) -> str:
        if self.terms is None or self.ends is None:
            return ""
        return " ".join(self.ends.instants(self.terms.period, self.now))

    def _check_budgets(self, terms: Terms) -> None:
        budget = Period(terms.period).budget
        if terms.amount is None or self._rows.filter(**{f"{budget}__isnull": False}).exists():
            return
        rows = self._rows[:2]
        named = rows[0].name if len(rows) == 1 else "none of them"
        has = "has no" if len(rows) == 1 else "has a"
        reason = f"{named} {has} {budget.replace('_', ' ')}, so there is no limit to raise."
        raise InvalidAllowance("amount", terms.amount, reason)


class GroupForm(ActionForm):
    """Which budget group the campaigns ``ids`` are to share; none: they leave theirs."""

    group = forms.ModelChoiceField(
        BudgetGroup.objects.all(),
        label="Budget group",
        required=False,
        empty_label="None: take them out of their group",
        widget=UnfoldAdminSelect2Widget,
        help_text="Of their brand. It is made under “Budget groups”.",
    )

    def __init__(self, ids: Sequence[int], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ids = ids
        brands = Campaign.objects.filter(pk__in=among(ids)).values("brand")
        field: Any = self.fields["group"]
        field.queryset = visible.rows(BudgetGroup.objects.filter(brand__in=brands)).select_related(
            "brand"
        )
        field.label_from_instance = lambda group: f"{group.name} ({group.brand.name})"


class PriorityForm(ActionForm):
    priority = Campaign._meta.get_field("priority").formfield(
        initial=None,
        min_value=-(2**15),
        max_value=2**15 - 1,
        widget=UnfoldAdminIntegerFieldWidget,
    )


class AttachForm(ActionForm):
    schedule = forms.ModelChoiceField(
        DaypartingSchedule.objects.none(),
        widget=UnfoldAdminSelect2Widget,
        error_messages={"required": "Choose the schedule."},
        help_text="They keep their other schedules; those with the highest priority decide.",
    )
    enable = forms.BooleanField(
        label="Run only in their hours",
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Switches dayparting on where it is off; without it, schedules have no effect.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["schedule"]
        field.queryset = visible.rows(DaypartingSchedule.objects.order_by("name"))


class DetachForm(ActionForm):
    schedule = forms.ModelChoiceField(
        DaypartingSchedule.objects.none(),
        widget=UnfoldAdminSelect2Widget,
        error_messages={"required": "Choose the schedule."},
        help_text="A campaign without another schedule then runs at any hour.",
    )

    def __init__(self, ids: Sequence[int], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["schedule"]
        attached = DaypartingSchedule.objects.filter(campaigns__in=among(ids)).distinct()
        field.queryset = attached.order_by("name")
