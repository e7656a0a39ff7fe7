"""The admin of campaigns."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from ads.admin.base import (
    KEPT,
    ConfigurationAdmin,
    Instead,
    KeepsWhatHasSpend,
    ScheduleInline,
)
from ads.admin.campaigns.actions import CampaignActions
from ads.admin.campaigns.budgets import BudgetsInList
from ads.admin.campaigns.columns import CampaignColumns
from ads.admin.campaigns.detail import CampaignPage
from ads.admin.campaigns.filters import LIST_FILTER
from ads.admin.elements import ConfigurationForm
from ads.admin.plans import PlansBudgets
from ads.admin.references import ReferenceInline, say_what_is_left
from ads.admin.setup import SetsUpByFile, of_campaigns
from ads.admin.spend import CorrectsCampaign
from ads.admin.team import Labeled, TakesNotes
from ads.models import BudgetGroup, Campaign, CampaignReference, ReportedTotal, Spend
from ads.models.campaigns import Status
from ads.services import restored, visible
from ads.services.explain import hold_sentences
from ads.services.exports import Export, kinds


class CampaignForm(ConfigurationForm):
    """A campaign; its name must be unique in its brand also when the brand is read-only."""

    def clean_budget_group(self) -> BudgetGroup | None:
        group: BudgetGroup | None = self.cleaned_data["budget_group"]
        brand = self.instance.brand if self.instance.pk else self.cleaned_data.get("brand")
        if group is not None and brand is not None and group.brand_id != brand.pk:
            raise ValidationError(
                f"{group} is a budget group of {group.brand}, and campaigns of one brand share a "
                f"budget. Choose a group of {brand}."
            )
        return group

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"brand"} if self.instance.pk else excluded


@admin.register(Campaign)
class CampaignAdmin(
    CampaignActions,
    BudgetsInList,
    CampaignColumns,
    CampaignPage,
    Labeled,
    TakesNotes,
    CorrectsCampaign,
    PlansBudgets,
    SetsUpByFile,
    KeepsWhatHasSpend,
    ConfigurationAdmin[Campaign],
):
    about = (
        "Every campaign, its state and what is stopping it. “Active” is running now; one on hold "
        "comes back when its hold ends."
    )
    form = CampaignForm
    inlines = [ScheduleInline, ReferenceInline]
    list_filter = LIST_FILTER
    search_fields = ["name", "brand__name"]
    search_help_text = "Campaign or brand"
    autocomplete_fields = ["brand", "budget_group"]
    fieldsets = [
        (None, {"fields": ["name", "brand", "status"]}),
        (
            "Budgets",
            {
                "fields": [
                    ("daily_budget", "monthly_budget"),
                    ("total_budget", "budget_group"),
                    "priority",
                ]
            },
        ),
        ("Flight", {"fields": [("start_date", "end_date")]}),
        ("Hours", {"fields": ["is_dayparting_enabled"]}),
        (
            KEPT,
            {"fields": ["is_active", ("created", "updated")], "classes": ["collapse"]},
        ),
    ]

    def export_of(self, rows: QuerySet[Campaign]) -> Export:
        names_people = visible.brand_ids() is None
        return kinds.of_summary(timezone.now(), campaigns=rows, names_people=names_people)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        # Each row and each form shows its amounts in the brand's currency.
        return super().get_queryset(request).select_related("brand__account_manager")

    def setup_of(self, rows: QuerySet[Campaign]) -> Export:
        return of_campaigns(rows)

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> list[str]:
        # A campaign belongs to one brand for life; the database refuses anything else.
        return [*(["brand"] if obj else []), "is_active", "created", "updated"]

    def instead(self, request: HttpRequest) -> Instead | None:
        if not self.has_change_permission(request):
            return None
        return Instead(
            "Archive it instead",
            "An archived campaign never runs; its spend stays on record. You see a preview first.",
            "admin:ads_campaign_act",
            "archive",
        )

    def obstacles(self, objs: Iterable[Campaign]) -> list[str]:
        spend, reported = (
            model._default_manager.filter(campaign=OuterRef("pk"))
            for model in (Spend, ReportedTotal)
        )
        campaigns = Campaign.objects.filter(pk__in=[campaign.pk for campaign in objs])
        return [
            f"{campaign} has spend on record. Archive it instead."
            for campaign in campaigns.filter(Exists(spend) | Exists(reported))
        ]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().changeform_view(request, *args, **kwargs)
        # Committed by now, and so enforced.
        saved = getattr(request, "saved_campaign", None)
        if saved is not None:
            self._tell(request, *saved)
        return response

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        is_extended = change and {"status", "end_date"} & {*form.changed_data} == {"end_date"}
        # ``is_active`` as read under the lock of this edit.
        saved = (obj, obj.is_active, is_extended)
        request.saved_campaign = saved  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is CampaignReference:
            saved = [*formset.new_objects, *(one for one, _ in formset.changed_objects)]
            say_what_is_left(request, saved)

    def _tell(
        self, request: HttpRequest, saved: Campaign, delivered: bool, is_extended: bool
    ) -> None:
        campaign = Campaign.objects.select_related("brand").filter(pk=saved.pk).first()
        if campaign is None:
            return
        if campaign.is_active:
            if not delivered:
                self.message_user(request, f"{campaign} now delivers.", messages.SUCCESS)
        elif delivered:
            self.message_user(request, f"{campaign} has stopped: {_why(campaign)}")
        elif campaign.status == Status.ACTIVE:
            self.message_user(request, f"{campaign} stays off: {_why(campaign)}", messages.WARNING)
        elif campaign.status == Status.COMPLETED and is_extended:
            says = (
                f"{campaign} stays completed, whatever its end date. Activate it to run it again."
            )
            self.message_user(request, says, messages.WARNING)


def _why(campaign: Campaign) -> str:
    why = hold_sentences([campaign], timezone.now()).get(campaign.pk)
    if why is None:
        return "its brand has an invalid timezone."
    return f"{'; '.join(why)}." if why else f"it starts {restored.when_it_starts()}."
