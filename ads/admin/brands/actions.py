"""What is done to brands: from their list and from the page of one, after asking.

Each stops or starts many campaigns, so there is always a page before that says which.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from ads.admin.actions import (
    AT_MOST,
    AsksFirst,
    BrandBudgetsForm,
    Effect,
    Page,
    asking,
    buttons,
    counted,
    edited_meanwhile,
    tell,
    text,
    up_to,
    way_back,
)
from ads.holds import Hold
from ads.models import Brand, Campaign
from ads.rules.money import format_usd
from ads.services.bulk import (
    NOTHING,
    BrandAction,
    BudgetChange,
    ChangeBrandBudgets,
    RunOnToday,
    Switch,
    actions,
    carry_out_on,
    sums,
)
from ads.services.delivery import foretell
from ads.services.history import Seen, last_edits
from ads.services.locks import among

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
    "change_budgets": text.PAGES["change_budgets"],
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
    "change_budgets": text.BUDGET_STAYS,
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

    pages = PAGES
    most = BRANDS_AT_MOST
    pause_all_campaigns = asking("pause", PAGES["pause"], "Pause all campaigns")
    resume_campaigns = asking("resume", PAGES["resume"], "Resume")
    let_run_on_today = asking("run_on_today", PAGES["run_on_today"], "Let run on today")
    change_their_budgets = asking("change_budgets", PAGES["change_budgets"], "Change budgets")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
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
        self.check_action(request, code)
        if not Brand.objects.filter(pk=object_id).exists():
            raise Http404
        back = way_back(request, reverse("admin:ads_brand_change", args=[object_id]))
        form = self.form_of(code, [object_id], None)
        return self.ask(request, code, [object_id], back, form)

    def are_too_many(self, request: HttpRequest, ids: Sequence[int]) -> bool:
        if super().are_too_many(request, ids):
            return True
        # One brand is always taken, whatever its size.
        campaigns = Campaign.objects.filter(brand__in=ids).count() if len(ids) > 1 else 0
        return self.too_many(request, campaigns, AT_MOST, "campaigns (by their brands)")

    def form_of(self, code: str, ids: Sequence[int], data: Any) -> BrandBudgetsForm | None:
        return BrandBudgetsForm(data) if code == "change_budgets" else None

    def check_form(self, request: HttpRequest, form: Any) -> None:
        if form.cleaned_data["of_campaigns"] and not request.user.has_perm("ads.change_campaign"):
            raise PermissionDenied

    def effect_of(self, code: str, ids: Sequence[int], form: Any) -> Effect:
        seen = last_edits() if form else None
        campaigns = Campaign.objects.filter(brand__in=among(ids))
        action = _action(code, form)
        forecast = foretell(campaigns, action.supposing(), timezone.now(), brings=action.brings)
        return Effect(forecast, _of_budgets(form, ids) if form else (), seen)

    def carry_out(
        self, request: HttpRequest, code: str, ids: list[int], back: str, form: Any
    ) -> None:
        seen = up_to(request) if form else None
        done = carry_out_on(_action(code, form, seen), ids, timezone.now())
        changed = len(done.changed) or done.campaigns.changed
        # With campaigns alone chosen, nobody asked to change the brands.
        is_of_brands = form is None or form.cleaned_data["of_brand"]
        left = len(ids) - len(done.changed) if is_of_brands else 0
        if form and seen:
            left -= _edited_meanwhile(request, form, seen, ids, done.campaigns.context)
        called = self.called(list(done.changed or ids))
        tell(
            request,
            _DID[code].format(called) if changed else "Nothing changed.",
            done.campaigns,
            changed=changed,
            left=f"{counted(left, 'brand')} left alone: {_WAS_SO[code]}." if left > 0 else "",
            undo=back if code == "pause" else "",
        )

    def called(self, ids: Sequence[int]) -> str:
        """The name of one brand, or how many there are."""
        names = list(Brand.objects.filter(pk__in=ids[:2]).values_list("name", flat=True))
        return names[0] if len(ids) == 1 and names else counted(len(ids), "brand")


def _action(code: str, form: BrandBudgetsForm | None, seen: Seen | None = None) -> BrandAction:
    """What is to be done; ``form`` is valid."""
    if form is None:
        return _SIMPLE[code]
    own = form.cleaned_data["of_brand"]
    theirs = form.cleaned_data["of_campaigns"]
    return ChangeBrandBudgets(
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


def _of_budgets(form: BrandBudgetsForm, ids: Sequence[int]) -> list[str]:
    brands = Brand.objects.filter(pk__in=among(ids)).order_by()
    campaigns = Campaign.objects.filter(brand__in=among(ids)).order_by()
    found = []
    for word, change in (("daily", form.daily), ("monthly", form.monthly)):
        if change and form.cleaned_data["of_brand"]:
            whose = "The brand's own" if len(ids) == 1 else "The brands' own"
            found += _sums(brands, f"{whose} {word} budget", word, change)
        if change and form.cleaned_data["of_campaigns"]:
            found += _sums(campaigns, f"Their campaigns' {word} budgets", word, change)
    return found


def _sums(rows: QuerySet[Any], whose: str, word: str, change: BudgetChange) -> list[str]:
    budgets = sums(rows, f"{word}_budget", change)
    before = "no limit" if budgets.before is None else format_usd(budgets.before)
    after = "no limit" if budgets.after is None else format_usd(budgets.after)
    if before == after:
        told = f"{whose}: no change ({before})."
    else:
        told = f"{whose}: from {before} to {after}{' together' if budgets.limited > 1 else ''}."
    return [told, *text.too_large(rows.model, word, budgets)]
