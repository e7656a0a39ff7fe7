"""What is confirmed is what was looked at: once, and not on top of what others did since."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse

from ads.models import Campaign
from ads.services.history import audit
from ads.tests.admin.pages import act, change, said, save
from ads.tests.factories import BrandFactory, CampaignFactory


def ask(client: Client, *campaigns: Campaign) -> Any:
    """The page on which the budgets of campaigns are changed."""
    return act(client, "ads_campaign", "change_budgets", list(campaigns))


def worked_out(client: Client, asked: Any, **fields: Any) -> dict[str, Any]:
    """What the button sends, once the page has worked out what ``fields`` would do."""
    page = client.post(asked.context["address"], {**dict(asked.context["hidden"]), **fields})
    assert page.context["headline"]
    return {**dict(page.context["hidden"]), **fields, "do": "1"}


TEN_PERCENT = {"daily_how": "raise_percent", "daily_by": "10"}


def test_a_double_click_raises_budgets_once(admin: Client) -> None:
    campaigns = CampaignFactory.create_batch(2, daily_budget=Decimal(10))
    asked = ask(admin, *campaigns)
    address, data = asked.context["address"], worked_out(admin, asked, **TEN_PERCENT)

    first = said(admin.post(address, data, follow=True))
    second = said(admin.post(address, data, follow=True))

    assert first[0].startswith("Changed the budgets of 2 campaigns.")
    assert [text.partition(". ")[0] for text in second] == [
        "Not changed, because edited after the preview: 2 campaigns",
        "Nothing changed",
    ]
    assert [campaign.fresh().daily_budget for campaign in campaigns] == [11, 11]


def test_a_budget_that_somebody_changed_meanwhile_is_not_overwritten(admin: Client) -> None:
    changed, other, unlimited = CampaignFactory.create_batch(3, daily_budget=Decimal(10))
    Campaign.objects.filter(pk=unlimited.pk).update(daily_budget=None)
    asked = ask(admin, changed, other, unlimited)
    data = worked_out(admin, asked, **TEN_PERCENT)
    Campaign.objects.filter(pk=changed.pk).update(daily_budget=Decimal(50))

    told = said(admin.post(asked.context["address"], data, follow=True))

    warned, done = told
    assert warned.startswith("Not changed, because edited after the preview: 1 campaign.")
    assert done.startswith("Changed the budgets of 1 campaign.")
    assert "1 campaign left unchanged: without such a budget" in done
    assert [row.fresh().daily_budget for row in (changed, other)] == [50, 11]


def test_a_page_that_does_not_say_what_it_has_seen_changes_nothing(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(10))
    asked = ask(admin, campaign)
    data = worked_out(admin, asked, **TEN_PERCENT)

    page = admin.post(asked.context["address"], {**data, "up_to": ""})

    assert page.context["headline"]
    assert campaign.fresh().daily_budget == 10


def test_a_double_click_raises_a_brand_s_budgets_and_its_campaigns_once(admin: Client) -> None:
    brand = BrandFactory.create(daily_budget=Decimal(100))
    campaign = CampaignFactory.create(brand=brand, daily_budget=Decimal(10))
    asked = act(admin, "ads_brand", "change_their_budgets", [brand])
    fields = {**TEN_PERCENT, "of_brand": "on", "of_campaigns": "on"}
    data = worked_out(admin, asked, **fields)

    admin.post(asked.context["address"], data, follow=True)
    second = said(admin.post(asked.context["address"], data, follow=True))

    assert [text.partition(". ")[0] for text in second] == [
        "Not changed, because edited after the preview: 1 campaign",
        "Not changed, because edited after the preview: 1 brand",
        "Nothing changed",
    ]
    assert (brand.fresh().daily_budget, campaign.fresh().daily_budget) == (110, 11)


def test_what_was_not_a_pause_is_not_undone_as_one(
    admin: Client, staff: Callable[..., Client]
) -> None:
    campaign = CampaignFactory.create(status="archived")
    save(admin, change(campaign), status="paused")
    events = audit.event_model("CampaignEvent")._default_manager
    (edit,) = events.filter(pgh_obj_id=campaign.pk, status="paused").values_list(
        "pgh_context", flat=True
    )
    operator = staff("view_campaign", "switch_campaign")

    page = operator.get(change(campaign))
    told = operator.post(reverse("admin:ads_campaign_undo", args=[edit]), follow=True)

    assert not any(row["undo"] for row in page.context["happenings"])
    assert said(told) == ["There is nothing to undo."]
    assert campaign.fresh().status == "paused"
