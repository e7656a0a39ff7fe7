"""What is done to selected campaigns, and with the buttons of a campaign's page.

Several are previewed first; one campaign is switched at once, and a message says what happened.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from ads.admin.actions import (
    ActionForm,
    AttachForm,
    BudgetsForm,
    ChangedInFilter,
    DetachForm,
    GroupForm,
    LetRunOnForm,
    PriorityForm,
    ScheduleBudgetsForm,
    Undoes,
    asking,
    budgets_of,
    buttons,
    text,
    way_back,
)
from ads.admin.elements import counted
from ads.admin.elements import may as may_do
from ads.holds import as_array
from ads.models import Brand, Campaign
from ads.models.campaigns import Status
from ads.services.bulk import (
    Action,
    AttachSchedule,
    DetachSchedule,
    Done,
    JoinGroup,
    LetRunOn,
    SetPriority,
    SetStatus,
    currencies,
)
from ads.services.delivery import Outcome
from ads.services.history import Seen

PAGES = text.PAGES

#: Those that ask nothing more.
SIMPLE: Final[Mapping[str, Action]] = {
    "activate": SetStatus(Status.ACTIVE),
    "pause": SetStatus(Status.PAUSED),
    "complete": SetStatus(Status.COMPLETED),
    "archive": SetStatus(Status.ARCHIVED),
}


def _chosen(ids: Sequence[int]) -> QuerySet[Campaign]:
    return Campaign.objects.filter(pk__any_of=as_array(ids))


def _schedule_budgets(ids: Sequence[int], data: Any) -> ActionForm:
    brands = Brand.objects.filter(campaigns__any_of=as_array(ids))
    return ScheduleBudgetsForm(currencies(_chosen(ids)), data, brands=brands)


#: The forms of the others, for these campaigns and what was sent.
_FORMS: Final[Mapping[str, Callable[[Sequence[int], Any], ActionForm]]] = {
    "change_budgets": lambda ids, data: BudgetsForm(currencies(_chosen(ids)), data),
    "schedule_budgets": _schedule_budgets,
    "budget_group": GroupForm,
    "change_priority": lambda _, data: PriorityForm(data),
    "attach_schedule": lambda _, data: AttachForm(data),
    "detach_schedule": DetachForm,
    "reset_daily_spend": lambda ids, data: LetRunOnForm(_chosen(ids), data),
}

#: And what is done, of what is filled in.
_FROM_FORM: Final[Mapping[str, Callable[[Any, Seen | None], Action]]] = {
    "change_budgets": budgets_of,
    "schedule_budgets": budgets_of,
    "budget_group": lambda form, _: JoinGroup(form.cleaned_data["group"], form.ids),
    "change_priority": lambda form, _: SetPriority(form.cleaned_data["priority"]),
    "attach_schedule": lambda form, _: AttachSchedule(
        form.cleaned_data["schedule"].pk, form.cleaned_data["enable"]
    ),
    "detach_schedule": lambda form, _: DetachSchedule(form.cleaned_data["schedule"].pk),
    "reset_daily_spend": lambda form, seen: LetRunOn(
        form.terms, form.ends, seen=seen.allowances if seen else None
    ),
}

#: Those of the buttons on a campaign's page.
ONE_CLICK: Final = ("activate", "pause")


class CampaignActions(Undoes):
    pages = PAGES
    for_one = {"reset_daily_spend": "let_run_on", "schedule_budgets": "schedule_budgets"}

    actions = [
        "activate",
        "pause",
        "reset_daily_spend",
        "change_budgets",
        "schedule_budgets",
        "budget_group",
        "change_priority",
        "attach_schedule",
        "detach_schedule",
        "add_label",
        "remove_label",
        "complete",
        "archive",
        "export_selected",
    ]

    def has_attach_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and request.user.has_perm(
            "ads.add_campaignschedule"
        )

    def has_detach_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and request.user.has_perm(
            "ads.delete_campaignschedule"
        )

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [*super().get_list_filter(request), ChangedInFilter]

    activate = asking("activate", PAGES["activate"], "Activate")
    pause = asking("pause", PAGES["pause"], "Pause")
    reset_daily_spend = asking(
        "reset_daily_spend", PAGES["reset_daily_spend"], "Let run on (reset daily spend)"
    )
    change_budgets = asking("change_budgets", PAGES["change_budgets"], "Change budgets")
    schedule_budgets = asking("schedule_budgets", PAGES["schedule_budgets"], "Schedule new budgets")
    budget_group = asking("budget_group", PAGES["budget_group"], "Put into a budget group")
    change_priority = asking("change_priority", PAGES["change_priority"], "Change priority")
    attach_schedule = asking("attach_schedule", PAGES["attach_schedule"], "Attach a schedule")
    detach_schedule = asking("detach_schedule", PAGES["detach_schedule"], "Detach a schedule")
    complete = asking("complete", PAGES["complete"], "Complete")
    archive = asking("archive", PAGES["archive"], "Archive")

    def get_urls(self) -> list[Any]:
        view = require_POST(self.admin_site.admin_view(self.act_on_one))
        return [
            path("<int:object_id>/act/<slug:code>/", view, name="ads_campaign_act_on_one"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        response: Any = super().render_change_form(request, context, *args, **kwargs)
        shown = response.context_data
        if explained := shown.get("explanation"):
            may_waive = self.has_waive_permission(request)
            may = buttons.May(
                switch=self.has_switch_permission(request),
                switch_brand=may_do(request, Brand, "view") and may_do(request, Brand, "switch"),
                waive=may_waive,
                waive_brand=may_waive and request.user.has_perm("ads.view_brand"),
            )
            shown["buttons"] = buttons.of_campaign(explained, may)
        return response  # type: ignore[no-any-return]

    def act_on_one(self, request: HttpRequest, object_id: int, code: str) -> HttpResponse:
        """What a button of a campaign's page does, at once."""
        self.check_action(request, code)
        self.check_shown(request, object_id)
        if code not in ONE_CLICK:
            raise Http404
        back = way_back(request, reverse("admin:ads_campaign_change", args=[object_id]))
        self.carry_out(request, code, [object_id], back, None)
        return HttpResponseRedirect(back)

    def form_of(self, code: str, ids: Sequence[int], data: Any) -> ActionForm | None:
        return _FORMS[code](ids, data) if code in _FORMS else None

    def action_of(self, code: str, form: Any, seen: Seen | None = None) -> Action:
        return _FROM_FORM[code](form, seen) if code in _FROM_FORM else SIMPLE[code]

    def notes(
        self, code: str, ids: Sequence[int], outcome: Outcome, now: datetime, form: Any
    ) -> list[str]:
        found = text.notes(code, ids, outcome, now, form)
        if code == "budget_group":
            found += text.group_notes(self.action_of(code, form), now)
        return found

    def did(self, code: str, ids: Sequence[int], done: Done, form: Any) -> str:
        called = counted(done.changed)
        if code == "reset_daily_spend":
            return text.let_run_on(called, form)
        schedule = form.cleaned_data.get("schedule") if form else None
        return PAGES[code].did.format(called, schedule=schedule)

    def left(self, code: str, ids: Sequence[int], done: Done, edited: int, form: Any) -> str:
        return text.left_unchanged(code, done.outcome, edited=edited)

    def called(self, ids: Sequence[int]) -> str:
        return counted(len(ids))
