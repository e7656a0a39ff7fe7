"""Accounts and campaigns as they are on their platforms."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import action

from ads.admin.base import ReadOnlyAdmin
from ads.admin.connections import text
from ads.admin.elements import ChoiceFilter, RowFilter, ago, column, the_row
from ads.models import Campaign, PlatformAccount, PlatformCampaign
from ads.services import freshness, platforms
from ads.services.connections import InvalidConnection, kinds, lifecycle

#: Campaigns on the page of an account; the list has all of them.
SHOWN = 100


class ReadFilter(ChoiceFilter):
    title = "reading"
    parameter_name = "reading"
    CHOICES = [("yes", "Read"), ("failing", "Read, and failing"), ("no", "Not read")]

    def pick(self, request: HttpRequest, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        if chosen == "failing":
            return rows.filter(is_read=True, failing_since__isnull=False)
        return rows.filter(is_read=chosen == "yes")


@admin.register(PlatformAccount)
class PlatformAccountAdmin(ReadOnlyAdmin[PlatformAccount]):
    about = (
        "The accounts that connections reach, with how fresh their spend is. An account that is "
        "not read is never asked for spend, nor told to stop or start campaigns."
    )
    list_title = "Platform accounts"
    list_display = ["name_or_id", "kind", "connection", "reading", "fresh", "problem_or_state"]
    list_select_related = ["connection"]
    list_filter = [("connection", RowFilter), ReadFilter]
    search_fields = ["name", "=remote_id"]
    search_help_text = "Name, or the whole ID on the platform"
    fields = [
        ("connection", "kind"),
        ("name", "remote_id"),
        ("timezone", "currency"),
        ("parent", "source"),
        ("reading", "fresh"),
        "problem_or_state",
        "reconciled",
    ]
    actions = ["read_accounts", "stop_reading"]
    actions_detail = ["switch_reading"]
    change_form_outer_after_template = "ads/admin/platform_campaigns.html"

    def has_switch_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        allowed: bool = request.user.has_perm("ads.change_platformaccount")
        return allowed

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlatformAccount]:
        return super().get_queryset(request).select_related("connection")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        if account := context.get("original"):
            campaigns = account.campaigns.order_by("gone_at", "name", "remote_id")
            shown = list(campaigns[: SHOWN + 1])
            owners = platforms.matched(account, [one.remote_id for one in shown]).owners
            ours = Campaign.objects.select_related("brand").in_bulk(
                [owners[one.remote_id].campaign_id for one in shown if one.remote_id in owners]
            )
            context["campaigns"] = [
                {
                    "name": one.name or one.remote_id,
                    "id": one.remote_id,
                    "there": text.there(one),
                    "status": one.status,
                    "budget": text.remote_budget(one, account.currency),
                    "ours": ours.get(owners[one.remote_id].campaign_id)
                    if one.remote_id in owners
                    else None,
                }
                for one in shown[:SHOWN]
            ]
            context["more"] = len(shown) > SHOWN
            context["campaigns_link"] = (
                f"{reverse('admin:ads_platformcampaign_changelist')}"
                f"?account__id__exact={account.pk}"
            )
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[return-value]

    @admin.action(description="Read", permissions=["switch"])
    def read_accounts(self, request: HttpRequest, queryset: QuerySet[PlatformAccount]) -> None:
        self._switch(request, queryset, is_read=True)

    @admin.action(description="Stop reading", permissions=["switch"])
    def stop_reading(self, request: HttpRequest, queryset: QuerySet[PlatformAccount]) -> None:
        self._switch(request, queryset, is_read=False)

    @action(description="Switch reading", url_path="reading", permissions=["switch"])
    def switch_reading(self, request: HttpRequest, object_id: str) -> HttpResponse:
        account = the_row(self, request, object_id)
        is_read = not account.is_read
        back = reverse("admin:ads_platformaccount_change", args=[account.pk])
        if request.method == "POST" and "confirmed" in request.POST:
            only = PlatformAccount.objects.filter(pk=account.pk)
            self._switch(request, only, is_read=request.POST["confirmed"] == "on")
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": f"{'Read' if is_read else 'Stop reading'} {account}",
            "text": "Its spend is read every few minutes, and campaigns that have one of its "
            "platform IDs are stopped and started there."
            if is_read
            else "Its spend is no longer read, and its campaigns are no longer stopped or started "
            "there. What was recorded stays.",
            "yes": "Read it" if is_read else "Stop reading",
            "hidden": [("confirmed", "on" if is_read else "off")],
            "back": back,
        }
        return TemplateResponse(request, "ads/admin/confirm.html", context)

    def _switch(
        self, request: HttpRequest, accounts: QuerySet[PlatformAccount], *, is_read: bool
    ) -> None:
        ids = list(accounts.values_list("pk", flat=True))
        try:
            count = lifecycle.read(ids, is_read=is_read, now=timezone.now())
        except InvalidConnection as error:
            self.message_user(request, f"Nothing was changed. {error}", messages.ERROR)
            return
        for one in PlatformAccount.objects.filter(pk__in=ids) if count else ():
            self.log_change(request, one, [{"changed": {"fields": ["spend is read"]}}])
        what = "is" if count == 1 else "are"
        words = f"{what} read from now on" if is_read else f"{what} no longer read"
        said = f"{count:,} account{'' if count == 1 else 's'} {words}."
        self.message_user(request, said, messages.SUCCESS if count else messages.WARNING)
        kept = "" if is_read else lifecycle.caps_kept(PlatformAccount.objects.filter(pk__in=ids))
        if kept:
            self.message_user(request, kept, messages.WARNING)

    @admin.display(description="account", ordering="name")
    def name_or_id(self, account: PlatformAccount) -> str:
        return account.name or account.remote_id

    kind = column("platform", lambda account: kinds.name(account.platform), ordering="platform")
    reading = column("reading", text.reading)
    fresh = column("fresh until", lambda account: text.freshness(account, timezone.now()))

    @admin.display(description="problem")
    def problem_or_state(self, account: PlatformAccount) -> SafeString | str:
        return text.sentence(account.problem or account.state)

    @admin.display(description="sums compared")
    def reconciled(self, account: PlatformAccount) -> str:
        """Each night: the account's total, its campaigns' and what was recorded."""
        return platforms.in_short(account) or "No difference is known."


class ThereFilter(ChoiceFilter):
    title = "on the platform"
    parameter_name = "there"
    CHOICES = [("on", "On"), ("off", "Off"), ("gone", "Gone")]

    def pick(self, request: HttpRequest, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        if chosen == "gone":
            return rows.filter(gone_at__isnull=False)
        return rows.filter(gone_at=None, is_on=chosen == "on")


@admin.register(PlatformCampaign)
class PlatformCampaignAdmin(ReadOnlyAdmin[PlatformCampaign]):
    about = (
        "Campaigns as they were last seen on their platforms. A platform ID connects one with a "
        "campaign here."
    )
    list_display = ["name_or_id", "of_account", "there", "status", "budget", "seen"]
    list_select_related = ["account"]
    list_filter = [("account", RowFilter), ThereFilter]
    search_fields = ["name", "=remote_id"]
    search_help_text = "Name, or the whole ID on the platform"
    fields = [
        ("name", "remote_id"), "of_account", ("there", "status"), ("budget", "seen"), "gone_at",
    ]  # fmt: skip

    name_or_id = column("campaign", lambda campaign: campaign.name or campaign.remote_id)

    @admin.display(description="account", ordering="account")
    def of_account(self, campaign: PlatformCampaign) -> str:
        return freshness.account_name(campaign.account)

    there = column("state there", text.there)

    @admin.display(description="daily budget there")
    def budget(self, campaign: PlatformCampaign) -> str:
        return text.remote_budget(campaign, campaign.account.currency)

    seen = column("seen", lambda campaign: ago(campaign.seen_at, timezone.now()))
