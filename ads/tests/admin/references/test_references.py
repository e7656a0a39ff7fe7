"""What platforms know campaigns by, in the admin."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ads.models import Campaign, CampaignReference, Spend, UnknownReference
from ads.tests.admin.pages import add, change, changelist, context_of, errors, formset_errors, save
from ads.tests.factories import CampaignFactory
from ads.tests.services.ledger.support import entry, google, known_as, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(db: None) -> Campaign:
    return CampaignFactory.create(name="Spring", brand__name="Acme")


def inline(number: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "references-TOTAL_FORMS": number + 1,
        **{f"references-{number}-{name}": value for name, value in fields.items()},
    }


@pytest.mark.django_db(transaction=True)
def test_a_campaign_is_given_a_reference_on_its_page_and_what_waited_is_recorded(
    admin: Client, transactional_db: None
) -> None:
    campaign = CampaignFactory.create()
    take(entry(google("7"), 5), now=timezone.now())

    row = inline(platform="google_ads", account="123", reference="7")
    assert save(admin, change(campaign), **row).status_code == 302

    (reference,) = campaign.references.all()
    assert str(reference) == "google_ads / 123 / 7"
    assert Spend.objects.get().campaign == campaign
    assert not UnknownReference.objects.exists()
    page = admin.get(change(campaign)).content.decode()
    # the history of the campaign has its references too
    assert "Platform ID added: google_ads / 123 / 7" in page


def test_a_reference_of_another_campaign_is_refused_beside_it(
    admin: Client, campaign: Campaign
) -> None:
    known_as(CampaignFactory.create(), google("7"))

    row = inline(platform="google_ads", account="123", reference="7")
    response = save(admin, change(campaign), **row)

    formset = response.context_data["inline_admin_formsets"][1].formset
    said = [text for one in formset.errors for texts in one.values() for text in texts]
    assert "another campaign is known by this platform, account and id" in said[0]
    assert formset_errors(response) == []
    assert not campaign.references.exists()


def test_a_reference_is_taken_off_on_the_page_of_its_campaign(
    admin: Client, campaign: Campaign
) -> None:
    known_as(campaign, google("7"))

    response = save(admin, change(campaign), **{"references-0-DELETE": "on"})

    assert response.status_code == 302
    assert not CampaignReference.objects.exists()


def test_all_references_are_listed_and_found(admin: Client, campaign: Campaign) -> None:
    known_as(campaign, google("700"))
    known_as(CampaignFactory.create(name="Autumn"), google("800", account="456"))

    def listed(query: str) -> list[str]:
        rows = context_of(admin, f"{changelist('ads_campaignreference')}?{query}")["cl"]
        return [row.reference for row in rows.result_list]

    assert listed("") == ["700", "800"]
    assert listed("q=700") == ["700"]
    assert listed("q=Autumn") == ["800"]
    assert listed("q=456") == ["800"]
    assert listed(f"campaign__brand__id__exact={campaign.brand_id}") == ["700"]


def test_a_reference_is_added_on_a_page_of_its_own(admin: Client, campaign: Campaign) -> None:
    fields = {"platform": "meta_ads", "reference": "9", "campaign": campaign.pk}

    assert save(admin, add("ads_campaignreference"), **fields).status_code == 302
    again = save(admin, add("ads_campaignreference"), **fields)

    assert errors(again)["reference"] == [
        "Another campaign is known by this platform, account and id."
    ]
    (reference,) = CampaignReference.objects.all()
    assert (reference.platform, reference.account, reference.reference) == ("meta_ads", "", "9")
    assert "created" in admin.get(change(reference)).content.decode()


def test_who_may_not_change_references_sees_them_on_the_campaign_and_changes_none(
    staff: Callable[..., Client], campaign: Campaign
) -> None:
    known_as(campaign, google("7"))
    client = staff("view_campaign", "change_campaign", "view_campaignreference")

    assert "google_ads" in client.get(change(campaign)).content.decode()
    client.post(change(campaign), {"references-0-DELETE": "on"})
    assert client.get(add("ads_campaignreference")).status_code == 403

    assert CampaignReference.objects.exists()
