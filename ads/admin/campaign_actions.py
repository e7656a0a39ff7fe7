"""What is done to selected campaigns, and with the buttons of a campaign's page.

Several are asked about first, with what would start and stop; one campaign is switched at once,
and the message says what became of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ads.admin.action_forms import ActionForm, AttachForm, BudgetsForm, DetachForm
from ads.admin.action_pages import (
    AT_MOST,
    AsksFirst,
    Effect,
    chosen,
    is_to_be_done,
    up_to,
    way_back,
)
from ads.admin.action_text import PAGES, did, left_as_they_are, notes
from ads.admin.buttons import May, of_campaign
from ads.admin.done import ChangedInFilter, edited_meanwhile, tell
from ads.admin.forecasts import counted
from ads.admin.undoing import Undoes
from ads.models import Campaign
from ads.models.campaign import Status
from ads.services.actions import (
    AttachSchedule,
    ChangeBudgets,
    DetachSchedule,
    ResetDailySpend,
    SetStatus,
)
from ads.services.audit import Seen, last_edits
from ads.services.bulk import Action, carry_out
from ads.services.locks import among
from ads.services.what_if import foretell

#: Those that ask nothing more.
SIMPLE: Final[Mapping[str, Action]] = {
    "activate": SetStatus(Status.ACTIVE),
    "pause": SetStatus(Status.PAUSED),
    "reset_daily_spend": ResetDailySpend(),
    "complete": SetStatus(Status.COMPLETED),
    "archive": SetStatus(Status.ARCHIVED),
}

#: Those of the buttons on a campaign's page.
ONE_CLICK: Final = ("activate", "pause", "reset_daily_spend")

_LIST: Final = "admin:ads_campaign_changelist"


class CampaignActions(Undoes, AsksFirst):
    """The actions on campaigns; for those who may change them, and for operators."""

    actions = [
        "activate",
        "pause",
        "reset_daily_spend",
        "change_budgets",
        "attach_schedule",
        "detach_schedule",
        "complete",
        "archive",
        "export_selected",
    ]

    def has_switch_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return self.has_change_permission(request) or request.user.has_perm("ads.switch_campaign")

    def has_waive_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return self.has_change_permission(request) or request.user.has_perm("ads.waive_spend")

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

    @admin.action(description="Activate …", permissions=["switch"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        """Ask, then set the status to active."""
        return self._first(request, "activate", queryset)

    @admin.action(description="Pause …", permissions=["switch"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        """Ask, then set the status to paused."""
        return self._first(request, "pause", queryset)

    @admin.action(description="Let run on today (reset daily spend) …", permissions=["waive"])
    def reset_daily_spend(
        self, request: HttpRequest, queryset: QuerySet[Campaign]
    ) -> HttpResponse | None:
        """Ask, then waive what was spent today; reports still show it."""
        return self._first(request, "reset_daily_spend", queryset)

    @admin.action(description="Change budgets …", permissions=["change"])
    def change_budgets(
        self, request: HttpRequest, queryset: QuerySet[Campaign]
    ) -> HttpResponse | None:
        """Ask how, and tell what that would do."""
        return self._first(request, "change_budgets", queryset)

    @admin.action(description="Attach a schedule …", permissions=["attach"])
    def attach_schedule(
        self, request: HttpRequest, queryset: QuerySet[Campaign]
    ) -> HttpResponse | None:
        """Ask which, and tell what that would do."""
        return self._first(request, "attach_schedule", queryset)

    @admin.action(description="Detach a schedule …", permissions=["detach"])
    def detach_schedule(
        self, request: HttpRequest, queryset: QuerySet[Campaign]
    ) -> HttpResponse | None:
        """Ask which, and tell what that would do."""
        return self._first(request, "detach_schedule", queryset)

    @admin.action(description="Complete …", permissions=["change"])
    def complete(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        """Ask, then set the status to completed."""
        return self._first(request, "complete", queryset)

    @admin.action(description="Archive …", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        """Ask, then set the status to archived."""
        return self._first(request, "archive", queryset)

    def get_urls(self) -> list[Any]:
        post = require_POST
        return [
            path(
                "act/<slug:code>/",
                post(self.admin_site.admin_view(self.act)),
                name="ads_campaign_act",
            ),
            path(
                "<int:object_id>/act/<slug:code>/",
                post(self.admin_site.admin_view(self.act_on_one)),
                name="ads_campaign_act_on_one",
            ),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        response: Any = super().render_change_form(request, context, *args, **kwargs)
        told = response.context_data
        if explained := told.get("explanation"):
            may_waive = self.has_waive_permission(request)
            may = May(
                switch=self.has_switch_permission(request),
                waive=may_waive,
                waive_brand=may_waive and request.user.has_perm("ads.view_brand"),
            )
            told["buttons"] = of_campaign(explained, may)
        return response  # type: ignore[no-any-return]

    def _first(
        self, request: HttpRequest, code: str, queryset: QuerySet[Campaign]
    ) -> HttpResponse | None:
        """The page for those that were selected in the list."""
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: AT_MOST + 1])
        if self.too_many(request, len(ids), AT_MOST, "campaigns"):
            return None
        return self._page(request, code, ids, request.get_full_path(), _form(code, ids, None))

    def act(self, request: HttpRequest, code: str) -> HttpResponse:
        """Work it out anew, or do it."""
        self._check(request, code)
        ids = chosen(request)
        back = way_back(request, reverse(_LIST))
        if not ids or self.too_many(request, len(ids), AT_MOST, "campaigns"):
            return HttpResponseRedirect(back)
        form = _form(code, ids, request.POST)
        is_complete = form is None or form.is_valid()
        if not (is_complete and is_to_be_done(request, form)):
            return self._page(request, code, ids, back, form)
        action = _action(code, form, up_to(request))
        self._do(request, code, action, ids, back, form)
        return HttpResponseRedirect(back)

    def act_on_one(self, request: HttpRequest, object_id: int, code: str) -> HttpResponse:
        """What a button of a campaign's page does, at once."""
        self._check(request, code)
        if code not in ONE_CLICK or not Campaign.objects.filter(pk=object_id).exists():
            raise Http404
        back = way_back(request, reverse("admin:ads_campaign_change", args=[object_id]))
        self._do(request, code, SIMPLE[code], [object_id], back, None)
        return HttpResponseRedirect(back)

    def _do(
        self,
        request: HttpRequest,
        code: str,
        action: Action,
        ids: list[int],
        back: str,
        form: ActionForm | None,
    ) -> None:
        """Do it, and say what was done."""
        done = carry_out(action, ids, timezone.now())
        later = 0
        if isinstance(action, ChangeBudgets) and action.seen:
            campaigns = Campaign.objects.filter(pk__in=among(ids))
            later = edited_meanwhile(request, action.seen, campaigns, done.context)
        tell(
            request,
            did(code, done, form),
            done,
            changed=done.changed,
            left=left_as_they_are(code, done.outcome, later=later),
            undo=back if code == "pause" else "",
        )

    def _check(self, request: HttpRequest, code: str) -> None:
        if code not in PAGES:
            raise Http404
        allowed: Callable[[HttpRequest], bool] = getattr(
            self, f"has_{PAGES[code].permission}_permission"
        )
        if not (self.has_view_permission(request) and allowed(request)):
            raise PermissionDenied

    def _page(
        self,
        request: HttpRequest,
        code: str,
        ids: list[int],
        back: str,
        form: ActionForm | None,
    ) -> HttpResponse:
        effect = None
        if form is None or (form.is_bound and form.is_valid()):
            action, seen = _action(code, form), last_edits() if form else None
            now = timezone.now()
            campaigns = Campaign.objects.filter(pk__in=among(ids))
            forecast = foretell(campaigns, action.supposing(), now)
            effect = Effect(forecast, notes(code, action, ids, forecast, now), seen)
        page = PAGES[code]
        many = counted(len(ids))
        page = replace(page, title=page.title.format(many), yes=page.yes.format(many))
        address = reverse("admin:ads_campaign_act", args=[code])
        return self.ask(request, page, address, ids, back, form=form, effect=effect)


def _form(code: str, ids: list[int], data: Any) -> ActionForm | None:
    if code == "change_budgets":
        return BudgetsForm(data)
    if code == "attach_schedule":
        return AttachForm(data)
    if code == "detach_schedule":
        return DetachForm(ids, data)
    return None


def _action(code: str, form: Any, seen: Seen | None = None) -> Action:
    """What is to be done; ``form`` is valid."""
    if code == "change_budgets":
        return ChangeBudgets(form.daily, form.monthly, seen)
    if code == "attach_schedule":
        return AttachSchedule(form.cleaned_data["schedule"].pk, form.cleaned_data["enable"])
    if code == "detach_schedule":
        return DetachSchedule(form.cleaned_data["schedule"].pk)
    return SIMPLE[code]
