"""Ctrl+K finds what there is to see and to do, and says so where there is nothing."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ads.models import CampaignReference
from ads.services import BudgetService
from ads.tests.admin.pages import change, changelist, context_of
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import enforce_all

pytestmark = pytest.mark.django_db


def found(client: Client, text: str) -> list[tuple[str, str]]:
    """Titles and addresses of what is found."""
    response = client.get(reverse("admin:search"), {"s": text, "extended": "1"})
    return [(result.title, result.link) for result in response.context["results"]]


def test_brands_campaigns_and_schedules_are_found_by_parts_of_their_names(admin: Client) -> None:
    brand = BrandFactory.create(name="Spring Water")
    campaign = CampaignFactory.create(name="Spring sale – Search")
    schedule = ScheduleFactory.create(name="Spring evenings")

    assert found(admin, "SPRING") == [
        ("Spring Water", change(brand)),
        ("Spring sale – Search", change(campaign)),
        ("Spring evenings", change(schedule)),
    ]
    assert found(admin, "search spring") == [("Spring sale – Search", change(campaign))]


@pytest.mark.parametrize("typed", ["123-456-7890", "1234567890", "123456", "  123-456 "])
@pytest.mark.parametrize("stored", ["123-456-7890", "1234567890"])
def test_a_campaign_is_found_by_its_platform_id_with_or_without_dashes(
    admin: Client, stored: str, typed: str
) -> None:
    campaign = CampaignFactory.create(name="Spring")
    CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", account="1", reference=stored
    )

    assert found(admin, typed) == [("Spring", change(campaign))]


def test_lists_and_actions_are_found_by_their_titles(admin: Client) -> None:
    assert found(admin, "import spend") == [("Import spend", reverse("admin:ads_spendimport_add"))]
    assert found(admin, "change history")[0][0] == "Change history"
    assert ("Unmatched campaigns", changelist("ads_unknownreference")) in found(admin, "unmatched")
    assert found(admin, "pause all campaigns of a brand") == [
        ("Brands: pause all campaigns", changelist("ads_brand"))
    ]
    assert ("Add campaign", reverse("admin:ads_campaign_add")) in found(admin, "add campaign")
    assert found(admin, "correction") == [
        ("Spend entries: new correction", reverse("admin:ads_spend_new_correction"))
    ]
    assert found(admin, "campaigns by file") == [
        ("Campaigns: set up by file", reverse("admin:ads_campaign_set_up_by_file"))
    ]


@pytest.mark.parametrize("model", ["campaign", "spend", "spendtotal", "reportedtotal",
                                   "deliverychange"])  # fmt: skip
def test_lists_find_a_campaign_by_words_of_its_name_in_any_order(admin: Client, model: str) -> None:
    campaign = CampaignFactory.create(name="Gift cards – Search")
    enforce_all(timezone.now())
    BudgetService.report_day_total(
        campaign, timezone.now().date(), 1, source="etl", observed_at=timezone.now()
    )

    def count(text: str) -> int:
        rows = context_of(admin, changelist(f"ads_{model}"), {"q": text})["cl"]
        return int(rows.result_count)

    assert count("search gift") == count("Gift cards – Search") > 0
    assert count("search video") == 0


def test_only_what_one_may_see_and_do_is_found(staff: Callable[..., Client]) -> None:
    brand = BrandFactory.create(name="Pause and play")
    CampaignFactory.create(name="Pause")

    assert found(staff("view_brand"), "pause") == [("Pause and play", change(brand))]
    assert found(staff("view_brand"), "add") == []


def test_where_nothing_is_found_it_is_said(admin: Client) -> None:
    page = admin.get(reverse("admin:search"), {"s": "<b>nowhere", "extended": "1"})

    assert "Nothing found for “&lt;b&gt;nowhere”" in page.content.decode()


def test_what_is_added_after_a_search_is_found_at_once(admin: Client) -> None:
    BrandFactory.create(name="Acme one")
    assert len(found(admin, "acme")) == 1

    BrandFactory.create(name="Acme two")

    assert len(found(admin, "acme")) == 2
