"""The buttons at the top of a page: what can be done now, and what that would do."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from ads.admin.actions.preview_text import WHY
from ads.holds import Hold, Supposing
from ads.models import Brand, Campaign
from ads.models.campaign import Status
from ads.services.bulk import ResetDailySpend, SetStatus
from ads.services.delivery import ACTIVATABLE, holds_of_one
from ads.services.explain import Explanation


@dataclass(frozen=True, slots=True)
class Button:
    """One of them; ``asks``: it leads to a page that asks, otherwise it is done at once."""

    label: str
    #: What it would do, in a sentence.
    says: str
    address: str
    asks: bool = False
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class May:
    """What the user may do."""

    switch: bool
    switch_brand: bool
    waive: bool
    waive_brand: bool


def of_campaign(explained: Explanation, may: May) -> list[Button]:
    """What makes sense for a campaign as it is; three queries at most."""
    campaign, now = explained.campaign, explained.at
    found = []
    if may.switch_brand and not campaign.brand.is_active:
        says = "Shows first which of its campaigns start: those that nothing else holds."
        page = reverse("admin:ads_campaign_change", args=[campaign.pk])
        back = urlencode({"back": page})
        address = f"{_asks(campaign.brand, 'resume')}?{back}"
        found.append(Button("Resume the brand", says, address, asks=True, is_first=True))
    if may.switch and campaign.status == Status.ACTIVE and campaign.brand.is_active:
        says = "Stops it" if campaign.is_active else "Keeps it off"
        found.append(
            Button("Pause", f"{says} until somebody activates it.", _at_once(campaign, "pause"))
        )
    elif may.switch and campaign.status in ACTIVATABLE and campaign.status != Status.ACTIVE:
        says = _foretold(campaign, SetStatus(Status.ACTIVE).supposing(), now)
        address = _at_once(campaign, "activate")
        found.append(Button("Activate", says, address, is_first=campaign.brand.is_active))
    codes = {held.code for held in explained.holds}
    if may.waive and Hold.DAILY_BUDGET in codes:
        says = _foretold(campaign, ResetDailySpend().supposing(), now)
        found.append(Button("Let it run on today", says, _at_once(campaign, "reset_daily_spend")))
    if may.waive_brand and Hold.BRAND_DAILY_BUDGET in codes:
        found.append(
            Button(
                f"Let all of {campaign.brand} run on today",
                "The brand's daily budget holds it: shows first what that would start.",
                reverse("admin:ads_brand_run_on_today", args=[campaign.brand_id]),
                asks=True,
            )
        )
    return found


def _at_once(campaign: Campaign, code: str) -> str:
    return reverse("admin:ads_campaign_act_on_one", args=[campaign.pk, code])


def _foretold(campaign: Campaign, supposing: Supposing, now: datetime) -> str:
    holds = holds_of_one(campaign, supposing, now)
    if not holds:
        return "Starts it now."
    return f"It would stay off: {', '.join(WHY.get(hold, hold.label) for hold in holds)}."


def of_brand(
    brand: Brand, *, may_switch: bool, may_waive: bool, may_change: bool, is_held: bool
) -> list[Button]:
    """What makes sense for a brand as it is; ``is_held`` by its own daily budget."""
    found = []
    if may_switch and brand.is_active:
        says = "Shows first which campaigns stop. What users have paused stays paused."
        found.append(Button("Pause all campaigns", says, _asks(brand, "pause"), asks=True))
    elif may_switch:
        says = "Shows first which campaigns start: those that nothing else holds."
        found.append(Button("Resume", says, _asks(brand, "resume"), asks=True, is_first=True))
    if may_waive and is_held:
        says = "What it has spent today no longer counts; shows first what that starts."
        found.append(Button("Let it run on today", says, _asks(brand, "run_on_today"), asks=True))
    if may_change:
        says = "By percent or amount: its own, and those of its campaigns."
        found.append(Button("Change budgets", says, _asks(brand, "change_budgets"), asks=True))
    return found


def _asks(brand: Brand, code: str) -> str:
    return reverse(f"admin:ads_brand_{code}", args=[brand.pk])
