"""What platforms know campaigns by, in the admin."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from ads.models import Campaign, CampaignReference, Spend, UnknownReference
from ads.services import visible
from ads.services.references import left_behind
from ads.tests.admin.pages import add, change, changelist, context_of, errors, formset_errors, save
from ads.tests.factories import CampaignFactory
from ads.tests.services.ledger.support import TODAY, entry, google, known_as, take, total

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


@pytest.mark.parametrize("page", ["of its own", "of the campaign"])
def test_moving_an_id_says_what_is_on_record_for_whoever_had_it(
    admin: Client, campaign: Campaign, page: str
) -> None:
    """The days may be reported again, or stay there."""
    before = CampaignFactory.create(name="Winter", brand=campaign.brand)
    carried = known_as(before, google("7"))
    take(total(google("7"), 60), total(google("7"), 30, date=TODAY - timedelta(days=1)))
    if page == "of its own":
        response = save(admin, change(carried), campaign=campaign.pk)
    else:
        carried.delete()
        row = inline(platform="google_ads", account="123", reference="7")
        response = save(admin, change(campaign), **row)

    assert str(next(iter(get_messages(response.wsgi_request)))) == (
        "google_ads / 123 / 7 was the ID of Winter (Acme) before. $90.00 of 2024-05-14 to "
        "2024-05-15 is on record there. Days that are reported again will count for the campaign "
        "that has the ID now."
    )
    with visible.limited([]):
        assert left_behind([campaign.references.get().pk]) == []


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
