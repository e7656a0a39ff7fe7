"""What is done to brands, from their list and from the page of one.

Each stops or starts many campaigns, so there is always a preview first.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse

from ads.admin.actions import (
    AT_MOST,
    ActionForm,
    AsksFirst,
    BrandBudgetsForm,
    LetRunOnForm,
    Page,
    ScheduleBrandBudgetsForm,
    asking,
    budgets_of,
    buttons,
    text,
)
from ads.admin.elements import counted
from ads.models import Brand, Campaign
from ads.services.bulk import (
    Action,
    Done,
    LetRunOn,
    SwitchBrands,
    currencies,
)
from ads.services.delivery import Outcome
from ads.services.history import Seen
from ads.services.locks import among

#: Brands that are chosen at a time.
BRANDS_AT_MOST: Final = 500

#: By the code of an action; {} is "Acme", "3 brands".
PAGES: Final[Mapping[str, Page]] = {
    "pause": Page(
        "Pause all campaigns of {}",
        "Every campaign stops until someone resumes the brand. Each keeps its status: campaigns "
        "paused by users stay paused after that. One click undoes it.",
        "Pause all campaigns",
        "Paused {}.",
        "switch",
        "already paused",
        can_be_undone=True,
    ),
    "resume": Page(
        "Resume the campaigns of {}",
        "Campaigns run again unless something else holds them. Campaigns paused by users stay "
        "paused.",
        "Resume",
        "Resumed {}.",
        "switch",
        "not paused",
    ),
    "let_run_on": text.LET_RUN_ON,
    "change_budgets": text.CHANGE_BUDGETS,
    "schedule_budgets": text.SCHEDULE_BUDGETS,
}

_SIMPLE: Final[Mapping[str, Action]] = {
    "pause": SwitchBrands(on=False),
    "resume": SwitchBrands(on=True),
}


class BrandActions(AsksFirst):
    actions = [
        "pause_all_campaigns",
        "resume_campaigns",
        "let_run_on",
        "change_their_budgets",
        "schedule_their_budgets",
        "add_label",
        "remove_label",
        "export_selected",
    ]

    pages = PAGES
    for_one = {code: code for code in PAGES}
    most = BRANDS_AT_MOST
    pause_all_campaigns = asking("pause", PAGES["pause"], "Pause all campaigns")
    resume_campaigns = asking("resume", PAGES["resume"], "Resume")
    let_run_on = asking("let_run_on", PAGES["let_run_on"], "Let run on")
    change_their_budgets = asking("change_budgets", PAGES["change_budgets"], "Change budgets")

    schedule_their_budgets = asking(
        "schedule_budgets", PAGES["schedule_budgets"], "Schedule new budgets"
    )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        response: Any = super().render_change_form(request, context, *args, **kwargs)
        shown = response.context_data
        if brand := shown.get("stored"):
            shown["buttons"] = buttons.of_brand(
                brand,
                may_switch=self.has_switch_permission(request),
                may_waive=self.has_waive_permission(request),
                may_change=self.has_change_permission(request),
            )
        return response  # type: ignore[no-any-return]

    def are_too_many(self, request: HttpRequest, ids: Sequence[int]) -> bool:
        if super().are_too_many(request, ids):
            return True
        # One brand is always taken, whatever its size.
        campaigns = Campaign.objects.filter(brand__in=ids).count() if len(ids) > 1 else 0
        return self.too_many(request, campaigns, AT_MOST, "campaigns (by their brands)")

    def form_of(self, code: str, ids: Sequence[int], data: Any) -> ActionForm | None:
        if code == "let_run_on":
            return LetRunOnForm(Brand.objects.filter(pk__in=among(ids)), data)
        if code == "schedule_budgets":
            brands, theirs = Brand.objects.filter(pk__in=among(ids)), self.campaigns_of(ids)
            return ScheduleBrandBudgetsForm(currencies(theirs, ids), data, brands=brands)
        if code != "change_budgets":
            return None
        return BrandBudgetsForm(currencies(self.campaigns_of(ids), ids), data)

    def check_form(self, request: HttpRequest, form: Any) -> None:
        if form.cleaned_data.get("of_campaigns") and not request.user.has_perm(
            "ads.change_campaign"
        ):
            raise PermissionDenied

    def action_of(self, code: str, form: Any, seen: Seen | None = None) -> Action:
        if form is None:
            return _SIMPLE[code]
        if code == "let_run_on":
            given = seen.allowances if seen else None
            return LetRunOn(form.terms, form.ends, of_brands=True, seen=given)
        given = form.cleaned_data
        return budgets_of(
            form, seen, of_brands=given["of_brand"], of_campaigns=given["of_campaigns"]
        )

    def notes(
        self, code: str, ids: Sequence[int], outcome: Outcome, now: datetime, form: Any
    ) -> list[str]:
        return text.run_on_notes(outcome, form) if code == "let_run_on" else []

    def did(self, code: str, ids: Sequence[int], done: Done, form: Any) -> str:
        brands = done.brands or ids
        called = self.called(brands)
        if code == "let_run_on":
            return text.let_run_on(called, form)
        return PAGES[code].did.format(called)

    def left(self, code: str, ids: Sequence[int], done: Done, edited: int, form: Any) -> str:
        # With campaigns alone chosen, nobody asked to change the brands.
        if form and not form.cleaned_data.get("of_brand", True):
            return ""
        left = len(ids) - len(done.brands) - edited
        if left <= 0:
            return ""
        return f"{counted(left, 'brand')} left unchanged: {PAGES[code].leaves}."

    def called(self, ids: Sequence[int]) -> str:
        names = list(Brand.objects.filter(pk__in=ids[:2]).values_list("name", flat=True))
        return names[0] if len(ids) == 1 and names else counted(len(ids), "brand")
