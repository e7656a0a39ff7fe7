"""The list of labels: made, renamed, colored and deleted."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ads.admin.base import KEPT, ConfigurationAdmin, ShowsAudit
from ads.admin.elements import NOTHING, column, picked
from ads.admin.team.filters import LABEL
from ads.admin.team.labeling import label_badge
from ads.models import BrandLabel, CampaignLabel, Label
from ads.services import visible


@admin.register(Label)
class LabelAdmin(ShowsAudit, ConfigurationAdmin[Label]):
    about = (
        "Words of your own on brands and campaigns, to find and filter them by. Labels change "
        "nothing about delivery. Put them on from the lists or pages of brands and campaigns."
    )
    list_display = ["name", "look", "on_campaigns", "on_brands"]
    search_fields = ["name"]
    search_help_text = "Name"
    fieldsets = [
        (None, {"fields": [("name", "color")]}),
        (KEPT, {"fields": [("created_at", "updated_at")], "classes": ["collapse"]}),
    ]
    readonly_fields = ["created_at", "updated_at"]
    help_texts = {"color": "How it looks on screens."}
    events = {"LabelEvent": "pgh_obj_id"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Label]:
        counted: QuerySet[Any] = super().get_queryset(request).annotate(
            campaign_count=_count(CampaignLabel, "campaign__brand"),
            brand_count=_count(BrandLabel, "brand"),
        )  # fmt: skip
        return counted

    # Labels are shared, so they are not those of somebody who is limited to brands; who may add
    # them does so by putting one on.
    def has_add_permission(self, request: HttpRequest) -> bool:
        return visible.brand_ids() is None and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Label | None = None) -> bool:
        return visible.brand_ids() is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Label | None = None) -> bool:
        return visible.brand_ids() is None and super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Counted: any number of campaigns may have it."""
        labels = list(objs)
        found, counts = [str(label) for label in labels], {"labels": len(labels)}
        for model, what in ((CampaignLabel, "campaigns"), (BrandLabel, "brands")):
            if count := model._default_manager.filter(label__in=labels).count():
                found.append(f"Taken off {count:,} {what}.")
        return found, counts, set(), []

    look = column("looks like", lambda label: label_badge(label.name, label.color))

    @admin.display(description="campaigns", ordering="campaign_count")
    def on_campaigns(self, label: Any) -> SafeString | str:
        return _link("campaign", label, label.campaign_count)

    @admin.display(description="brands", ordering="brand_count")
    def on_brands(self, label: Any) -> SafeString | str:
        return _link("brand", label, label.brand_count)


def _count(through: Any, brand: str) -> Coalesce:
    links = through.objects.filter(label=OuterRef("pk")).order_by()
    if (ids := visible.brand_ids()) is not None:
        links = links.filter(**{f"{brand}__in": ids})
    counted = links.values("label").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)


def _link(model: str, label: Label, count: int) -> SafeString | str:
    if not count:
        return NOTHING
    address = picked(f"admin:ads_{model}_changelist", **{LABEL: str(label.pk)})
    return format_html('<a class="ads-link" href="{}">{}</a>', address, f"{count:,}")
