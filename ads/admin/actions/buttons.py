"""The buttons at the top of a page: what can be done now, and what that would do."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from ads.admin.actions.preview_text import WHY
from ads.holds import Hold
from ads.models import Brand, Campaign
from ads.models.campaigns import Status
from ads.services.delivery import ACTIVATABLE
from ads.services.explain import Explanation


@dataclass(frozen=True, slots=True)
class Button:
    """One button; ``asks``: it leads to a page with a preview, otherwise it acts at once."""

    label: str
    #: What it would do, in a sentence.
    says: str
    address: str
    asks: bool = False
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class May:
    switch: bool
    switch_brand: bool
    waive: bool
    waive_brand: bool


def of_campaign(explained: Explanation, may: May) -> list[Button]:
    """What makes sense for a campaign as it is; no query."""
    campaign = explained.campaign

    def at_once(label: str, code: str, says: str, *, is_first: bool = False) -> Button:
        address = reverse("admin:ads_campaign_act_on_one", args=[campaign.pk, code])
        return Button(label, says, address, is_first=is_first)

    found = []
    if may.switch_brand and not campaign.brand.is_active:
        says = "Shows a preview first. Campaigns start unless something else holds them."
        page = reverse("admin:ads_campaign_change", args=[campaign.pk])
        back = urlencode({"back": page})
        address = f"{reverse('admin:ads_brand_resume', args=[campaign.brand_id])}?{back}"
        found.append(Button("Resume the brand", says, address, asks=True, is_first=True))
    if may.switch and campaign.status == Status.ACTIVE and campaign.brand.is_active:
        says = "Stops it" if campaign.is_active else "Keeps it off"
        found.append(at_once("Pause", "pause", f"{says} until someone activates it."))
    elif may.switch and campaign.status in ACTIVATABLE and campaign.status != Status.ACTIVE:
        says = _once_active(explained)
        is_first = campaign.brand.is_active
        found.append(at_once("Activate", "activate", says, is_first=is_first))
    if may.waive and _has_budget(campaign):
        says = "Allows more than its budget, for a time. Shows a preview first."
        address = reverse("admin:ads_campaign_let_run_on", args=[campaign.pk])
        found.append(Button("Let it run on", says, address, asks=True))
    codes = {held.code for held in explained.holds}
    if may.waive_brand and codes & {Hold.BRAND_DAILY_BUDGET, Hold.BRAND_MONTHLY_BUDGET}:
        found.append(
            Button(
                f"Let all of {campaign.brand} run on",
                "A budget of the brand is used up. Shows a preview first.",
                reverse("admin:ads_brand_let_run_on", args=[campaign.brand_id]),
                asks=True,
            )
        )
    return found


def _has_budget(owner: Brand | Campaign) -> bool:
    return owner.daily_budget is not None or owner.monthly_budget is not None


def _once_active(explained: Explanation) -> str:
    """What activating it does: that lifts one hold, and no other depends on the status."""
    holds = [hold for held in explained.holds if (hold := Hold(held.code)) != Hold.STATUS]
    if not holds:
        return "Starts it now."
    return f"It would stay off: {', '.join(WHY.get(hold, hold.label) for hold in holds)}."


def of_brand(brand: Brand, *, may_switch: bool, may_waive: bool, may_change: bool) -> list[Button]:
    """What makes sense for a brand as it is."""

    def asks(label: str, code: str, says: str, *, is_first: bool = False) -> Button:
        address = reverse(f"admin:ads_brand_{code}", args=[brand.pk])
        return Button(label, says, address, asks=True, is_first=is_first)

    found = []
    if may_switch and brand.is_active:
        says = "Shows a preview first. Campaigns paused by users stay paused."
        found.append(asks("Pause all campaigns", "pause", says))
    elif may_switch:
        says = "Shows a preview first. Campaigns start unless something else holds them."
        found.append(asks("Resume", "resume", says, is_first=True))
    if may_waive and _has_budget(brand):
        says = "Allows more than its budget, for a time. Shows a preview first."
        found.append(asks("Let it run on", "let_run_on", says))
    if may_change:
        says = "By percent or amount: its own, those of its campaigns, or both."
        found.append(asks("Change budgets", "change_budgets", says))
    return found
