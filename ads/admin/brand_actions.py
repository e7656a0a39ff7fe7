"""What is done to brands: from their list and from the page of one, after asking.

Each stops or starts many campaigns, so there is always a page before that says which.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ads.admin import buttons
from ads.admin.action_forms import BrandBudgetsForm
from ads.admin.action_pages import (
    AT_MOST,
    AsksFirst,
    Effect,
    Page,
    chosen,
    is_to_be_done,
    up_to,
    way_back,
)
from ads.admin.done import edited_meanwhile, tell
from ads.admin.forecasts import counted
from ads.holds import Hold
from ads.models import Brand, Campaign
from ads.rules.money import format_usd
from ads.services import actions
from ads.services.audit import Seen, last_edits
from ads.services.brand_actions import (
    NOTHING,
    BrandAction,
    ChangeBudgets,
    RunOnToday,
    Switch,
    carry_out_on,
)
from ads.services.budget_changes import BudgetChange
from ads.services.locks import among
from ads.services.what_if import foretell

#: Brands that are chosen at a time.
BRANDS_AT_MOST: Final = 500

#: By the code of an action; {} is "Acme", "3 brands".
PAGES: Final[Mapping[str, Page]] = {
    "pause": Page(
        "Pause all campaigns of {}",
        "Stops every campaign, until somebody resumes them. What each is wanted to do stays as it "
        "is: resumed, just those run that would be running, and what users have paused stays "
        "paused. One click undoes it.",
        "Pause all campaigns",
        "switch",
    ),
    "resume": Page(
        "Resume the campaigns of {}",
        "Lets the campaigns run again that nothing else holds. What users have paused stays "
        "paused.",
        "Resume",
        "switch",
    ),
    "run_on_today": Page(
        "Let {} run on today",
        "What was spent so far today no longer counts against the daily budget of the brand. Each "
        "campaign's own daily budget goes on counting. Reports still show every amount.",
        "Let it run on",
        "waive",
    ),
    "change_budgets": Page(
        "Change the budgets of {}",
        "Takes effect at once. Percentages are rounded to the cent; a budget is never lowered to "
        "less than $0.00, which lets nothing through; no limit stays no limit, unless you set one.",
        "Change the budgets",
    ),
}

_SIMPLE: Final[Mapping[str, BrandAction]] = {
    "pause": Switch(on=False),
    "resume": Switch(on=True),
    "run_on_today": RunOnToday(),
}

_DID: Final = {
    "pause": "Paused {}.",
    "resume": "Resumed {}.",
    "run_on_today": "{}: today starts from zero.",
    "change_budgets": "Changed the budgets of {}.",
}
_WAS_SO: Final = {
    "pause": "already paused",
    "resume": "not paused",
    "run_on_today": "without spend today that counts",
    "change_budgets": "without such a budget, or with just this one",
}


class BrandActions(AsksFirst):
    """The actions on brands; for those who may change them, and for operators."""

    actions = [
        "pause_all_campaigns",
        "resume_campaigns",
        "let_run_on_today",
        "change_their_budgets",
        "export_selected",
    ]

    def has_switch_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return self.has_change_permission(request) or request.user.has_perm("ads.switch_campaign")

    def has_waive_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return self.has_change_permission(request) or request.user.has_perm("ads.waive_spend")

    @admin.action(description="Pause all campaigns …", permissions=["switch"])
    def pause_all_campaigns(
        self, request: HttpRequest, queryset: QuerySet[Brand]
    ) -> HttpResponse | None:
        """Ask, then switch the brands off."""
        return self._first(request, "pause", queryset)

    @admin.action(description="Resume …", permissions=["switch"])
    def resume_campaigns(
        self, request: HttpRequest, queryset: QuerySet[Brand]
    ) -> HttpResponse | None:
        """Ask, then switch the brands on."""
        return self._first(request, "resume", queryset)

    @admin.action(description="Let run on today …", permissions=["waive"])
    def let_run_on_today(
        self, request: HttpRequest, queryset: QuerySet[Brand]
    ) -> HttpResponse | None:
        """Ask, then waive what the brands have spent today."""
        return self._first(request, "run_on_today", queryset)

    @admin.action(description="Change budgets …", permissions=["change"])
    def change_their_budgets(
        self, request: HttpRequest, queryset: QuerySet[Brand]
    ) -> HttpResponse | None:
        """Ask how, and tell what that would do."""
        return self._first(request, "change_budgets", queryset)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("act/<slug:code>/", require_POST(view(self.act)), name="ads_brand_act"),
            *(
                path(
                    f"<int:object_id>/{code.replace('_', '-')}/",
                    view(partial(self.ask_about_one, code=code)),
                    name=f"ads_brand_{code}",
                )
                for code in PAGES
            ),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        response: Any = super().render_change_form(request, context, *args, **kwargs)
        told = response.context_data
        if brand := told.get("stored"):
            explained = told.get("explanation")
            held = {one.hold for one in explained.holding} if explained else set()
            told["buttons"] = buttons.of_brand(
                brand,
                may_switch=self.has_switch_permission(request),
                may_waive=self.has_waive_permission(request),
                may_change=self.has_change_permission(request),
                is_held=Hold.DAILY_BUDGET in held,
            )
        return response  # type: ignore[no-any-return]

    def ask_about_one(self, request: HttpRequest, object_id: int, code: str) -> HttpResponse:
        """The page for one brand; it posts to :meth:`act`."""
        self._check(request, code)
        if not Brand.objects.filter(pk=object_id).exists():
            raise Http404
        back = reverse("admin:ads_brand_change", args=[object_id])
        return self._page(request, code, [object_id], back, _form(code, None))

    def act(self, request: HttpRequest, code: str) -> HttpResponse:
        """Work it out anew, or do it."""
        self._check(request, code)
        ids = chosen(request)
        back = way_back(request, reverse("admin:ads_brand_changelist"))
        if not ids or self._too_many(request, ids):
            return HttpResponseRedirect(back)
        form = _form(code, request.POST)
        if form and form.is_valid() and form.cleaned_data["of_campaigns"]:
            _may_change_campaigns(request)
        if not ((form is None or form.is_valid()) and is_to_be_done(request, form)):
            return self._page(request, code, ids, back, form)
        seen = up_to(request) if form else None
        done = carry_out_on(_action(code, form, seen), ids, timezone.now())
        changed = len(done.changed) or done.campaigns.changed
        left = len(ids) - len(done.changed)
        if form and seen:
            left -= _edited_meanwhile(request, form, seen, ids, done.campaigns.context)
        tell(
            request,
            _DID[code].format(_named(list(done.changed or ids))) if changed else "Nothing changed.",
            done.campaigns,
            changed=changed,
            left=f"{counted(left, 'brand')} left alone: {_WAS_SO[code]}." if left > 0 else "",
            undo=back if code == "pause" else "",
        )
        return HttpResponseRedirect(back)

    def _first(
        self, request: HttpRequest, code: str, queryset: QuerySet[Brand]
    ) -> HttpResponse | None:
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: BRANDS_AT_MOST + 1])
        if self._too_many(request, ids):
            return None
        return self._page(request, code, ids, request.get_full_path(), _form(code, None))

    def _too_many(self, request: HttpRequest, ids: list[int]) -> bool:
        if self.too_many(request, len(ids), BRANDS_AT_MOST, "brands"):
            return True
        # One brand is always taken, whatever its size.
        campaigns = Campaign.objects.filter(brand__in=ids).count() if len(ids) > 1 else 0
        return self.too_many(request, campaigns, AT_MOST, "campaigns (by their brands)")

    def _check(self, request: HttpRequest, code: str) -> None:
        if code not in PAGES:
            raise Http404
        allowed = getattr(self, f"has_{PAGES[code].permission}_permission")
        if not (self.has_view_permission(request) and allowed(request)):
            raise PermissionDenied

    def _page(
        self,
        request: HttpRequest,
        code: str,
        ids: list[int],
        back: str,
        form: BrandBudgetsForm | None,
    ) -> HttpResponse:
        effect = None
        if form is None or (form.is_bound and form.is_valid()):
            seen = last_edits() if form else None
            campaigns = Campaign.objects.filter(brand__in=among(ids))
            forecast = foretell(campaigns, _action(code, form).supposing(), timezone.now())
            effect = Effect(forecast, _of_budgets(form, ids) if form else (), seen)
        page = replace(PAGES[code], title=PAGES[code].title.format(_named(ids)))
        address = reverse("admin:ads_brand_act", args=[code])
        return self.ask(request, page, address, ids, back, form=form, effect=effect)


def _form(code: str, data: Any) -> BrandBudgetsForm | None:
    return BrandBudgetsForm(data) if code == "change_budgets" else None


def _action(code: str, form: BrandBudgetsForm | None, seen: Seen | None = None) -> BrandAction:
    """What is to be done; ``form`` is valid."""
    if form is None:
        return _SIMPLE[code]
    own = form.cleaned_data["of_brand"]
    theirs = form.cleaned_data["of_campaigns"]
    return ChangeBudgets(
        form.daily if own else None,
        form.monthly if own else None,
        actions.ChangeBudgets(form.daily, form.monthly, seen) if theirs else NOTHING,
        seen,
    )


def _edited_meanwhile(
    request: HttpRequest, form: BrandBudgetsForm, seen: Seen, ids: list[int], context: UUID
) -> int:
    """Say which were left alone because somebody edited them; how many brands."""
    if form.cleaned_data["of_campaigns"]:
        theirs = Campaign.objects.filter(brand__in=among(ids))
        edited_meanwhile(request, seen, theirs, context)
    if not form.cleaned_data["of_brand"]:
        return 0
    return edited_meanwhile(request, seen, Brand.objects.filter(pk__in=among(ids)), context)


def _may_change_campaigns(request: HttpRequest) -> None:
    if not request.user.has_perm("ads.change_campaign"):
        raise PermissionDenied


def _named(ids: list[int]) -> str:
    """The name of one brand, or how many there are."""
    names = list(Brand.objects.filter(pk__in=ids[:2]).values_list("name", flat=True))
    return names[0] if len(ids) == 1 and names else counted(len(ids), "brand")


def _of_budgets(form: BrandBudgetsForm, ids: list[int]) -> list[str]:
    brands = Brand.objects.filter(pk__in=among(ids)).order_by()
    campaigns = Campaign.objects.filter(brand__in=among(ids)).order_by()
    found = []
    for word, change in (("daily", form.daily), ("monthly", form.monthly)):
        if change and form.cleaned_data["of_brand"]:
            whose = "The brand's own" if len(ids) == 1 else "The brands' own"
            found += _sums(brands, f"{whose} {word} budget", f"{word}_budget", change)
        if change and form.cleaned_data["of_campaigns"]:
            found += _sums(campaigns, f"Their campaigns' {word} budgets", f"{word}_budget", change)
    return found


def _sums(rows: QuerySet[Any], whose: str, field: str, change: BudgetChange) -> list[str]:
    sums = rows.aggregate(
        before=Sum(field), after=Sum(change.expression(field)), limited=Count(field)
    )
    before = "no limit" if sums["before"] is None else format_usd(sums["before"])
    after = "no limit" if sums["after"] is None else format_usd(sums["after"])
    if before == after:
        return [f"{whose}: stays as it is ({before})."]
    return [f"{whose}: from {before} to {after}{' together' if sums['limited'] > 1 else ''}."]
