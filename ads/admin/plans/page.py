"""The plan of a brand or a campaign: a table of months, previewed before it is saved."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget

from ads.admin.actions import preview_text
from ads.admin.elements import AdminMixin, MoneyFormField, budget
from ads.models import Brand, Campaign
from ads.models.budgets import Carry
from ads.rules.calendar import UnknownTimezone
from ads.rules.money import format_money
from ads.services import plans

#: The button that saves, and the parameter that fills in what was planned before the last edit.
DO, UNDO = "do", "undo"


class PlanForm(forms.Form):
    carries = forms.ChoiceField(
        label="Carried forward",
        choices=Carry.choices,
        widget=UnfoldAdminSelectWidget,
        help_text="What each month takes over from the month before. It is worked out when the "
        f"month begins, and again while late spend comes in, for {plans.LATE_DAYS} days.",
    )

    def __init__(self, months: list[plans.Month], currency: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.months = {f"m{month.month:%Y_%m}": month for month in months}
        for name, month in self.months.items():
            field = MoneyFormField(
                label=f"{month.month:%B %Y}", required=False, help_text=month.says
            )
            field.show_currency(currency)
            self.fields[name] = field

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in self.months:
            field: Any = self.fields[name]
            if name not in self.errors and (
                refusal := field.in_another(self[name].data, self.currency)
            ):
                self.add_error(name, refusal)
        return cleaned

    @property
    def amounts(self) -> dict[date, Decimal | None]:
        return {month.month: self.cleaned_data[name] for name, month in self.months.items()}

    def signature(self) -> str:
        return "\n".join(f"{name}={self[name].value() or ''}" for name in self.fields)


class PlansBudgets(AdminMixin[Any]):
    """The page ``…/plan/`` of a brand or a campaign."""

    def get_urls(self) -> list[URLPattern]:
        name = f"ads_{self.opts.model_name}_plan"
        view = self.admin_site.admin_view(self.plan)
        return [path("<int:object_id>/plan/", view, name=name), *super().get_urls()]

    def plan(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        owner: Brand | Campaign | None = self.get_queryset(request).filter(pk=object_id).first()
        if owner is None:
            raise Http404
        now, page = (
            timezone.now(),
            reverse(f"admin:ads_{self.opts.model_name}_plan", args=[object_id]),
        )
        back = reverse(f"admin:ads_{self.opts.model_name}_change", args=[object_id])
        brand = owner if isinstance(owner, Brand) else owner.brand
        try:
            months = plans.by_month.months(owner, now)
        except UnknownTimezone as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(back)
        if request.method == "POST":
            form = PlanForm(months, brand.currency, request.POST)
        else:
            before = plans.by_month.before_last_edit(owner, now) if UNDO in request.GET else None
            form = PlanForm(months, brand.currency, initial=_initial(owner, months, before))
        preview, seen = None, ""
        if form.is_bound and form.is_valid():
            asked = (owner, form.amounts, form.cleaned_data["carries"], now)
            with _errors_in(form):
                preview = plans.by_month.preview(*asked)
                seen = _seen(form, preview)
                if preview and DO in request.POST and request.POST.get("seen") == seen:
                    plans.by_month.save(*asked)
                    self.message_user(request, f"Saved the plan of {owner}.", messages.SUCCESS)
                    return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": owner,
            "title": f"Budget plan of {owner}",
            "owner": owner,
            "form": form,
            "present": budget(owner.monthly_budget, brand.currency),
            "month_fields": [form[name] for name in form.months],
            "back": back,
            "seen": seen,
            "do": DO,
            "undo": f"{page}?{UNDO}=1" if plans.by_month.plan_of(owner) else "",
            "media": self.media,
            "gaps": plans.by_month.gaps(
                owner,
                {one.month: one.amount for one in months} if preview is None else form.amounts,
            ),
            **(_previewed(preview, brand.currency) if preview is not None else {}),
        }
        return TemplateResponse(request, "ads/admin/plan.html", context)


@contextmanager
def _errors_in(form: PlanForm) -> Iterator[None]:
    """Why there cannot be such a plan is said beside the month."""
    try:
        yield
    except plans.InvalidPlan as error:
        name = f"m{error.month:%Y_%m}"
        form.add_error(name if name in form.fields else None, str(error))


def _initial(
    owner: Brand | Campaign,
    months: list[plans.Month],
    before: tuple[Mapping[date, Decimal | None], str] | None,
) -> dict[str, Any]:
    stored = plans.by_month.plan_of(owner)
    amounts = before[0] if before else {month.month: month.amount for month in months}
    found: dict[str, Any] = {f"m{month:%Y_%m}": amount for month, amount in amounts.items()}
    carries = before[1] if before else stored.carries if stored else Carry.NOTHING
    return {**found, "carries": carries}


def _seen(form: PlanForm, preview: plans.PlanPreview) -> str:
    """What was entered, and from what it changes: if somebody saves meanwhile, it is shown anew."""
    before = [f"{one.month:%Y-%m} was {one.old}" for one in preview.changes]
    return ";".join([*form.signature().split("\n"), *before, f"carries was {preview.carries[0]}"])


def _previewed(preview: plans.PlanPreview, currency: str) -> dict[str, Any]:
    def words(amount: Decimal | None) -> str:
        return "not planned" if amount is None else format_money(amount, currency)

    notes = [
        f"{change.month:%B %Y}: a budget of zero, so nothing runs."
        for change in preview.changes
        if change.new == 0
    ]
    before, after = (Carry(one).label.lower() for one in preview.carries)
    if before != after:
        notes.append(f"Carried forward: {after} (was: {before}).")
    at_once = bool(preview.says)
    return {
        "is_previewed": True,
        "changes": [
            {"month": f"{one.month:%B %Y}", "old": words(one.old), "new": words(one.new)}
            for one in preview.changes
        ],
        "nothing": not preview,
        "at_once": f"At once: {preview.says}." if at_once else "",
        "headline": preview_text.headline(preview.outcome) if at_once else "",
        "lines": preview_text.lines(preview.outcome) if at_once else [],
        "notes": notes,
    }
