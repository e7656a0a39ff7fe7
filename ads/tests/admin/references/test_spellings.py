"""IDs in any spelling: on the page of an import, in forms, lists and the search."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from time_machine import TimeMachineFixture

from ads.models import Campaign
from ads.services import CampaignService
from ads.services.imports import uploads
from ads.tests.admin.imports.pages import check, confirm, page, sent
from ads.tests.admin.pages import add, change, changelist, context_of, errors, save
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.parsing.spellings import ID, NOW, SIX
from ads.tests.services.imports.support import ledger

pytestmark = [pytest.mark.real_clock, pytest.mark.django_db]


@pytest.fixture
def campaign(db: None) -> Campaign:
    campaign = CampaignFactory.create(name="Spring", brand__name="Acme")
    CampaignService.add_reference(campaign, "meta_ads", ID)
    return campaign


def test_the_page_shows_and_records_all(
    admin: Client, campaign: Campaign, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(NOW)
    one = sent(admin, "\n".join(SIX) + "\n")
    check(one)
    assert "as a spreadsheet or another program writes them" in page(admin, one)

    confirm(admin, one)
    uploads.record(one.pk, timezone.now)

    assert sum(ledger().values()) == 1800


def test_the_admin_keeps_and_finds_an_id_in_one_spelling(admin: Client, campaign: Campaign) -> None:
    fields = {"platform": "google_ads", "campaign": campaign.pk}
    given = {**fields, "account": "123-456-7890", "reference": '="77"'}
    assert save(admin, add("ads_campaignreference"), **given).status_code == 302
    assert campaign.references.filter(account="1234567890", reference="77").exists()

    again = save(admin, add("ads_campaignreference"), **{**given, "account": "1234567890"})
    assert "nother campaign is known by this platform" in str(errors(again))
    shortened = save(admin, add("ads_campaignreference"), **{**given, "reference": "1.2E+17"})
    assert "1.2E+17 is a number without its last digits" in str(errors(shortened))

    listed = changelist("ads_campaignreference")
    for query in ("q=123-456-7890", f"q=c:{ID}", "account__icontains=123-456-7890"):
        assert context_of(admin, f"{listed}?{query}")["cl"].result_count == 1, query
    found = admin.get(reverse("admin:search"), {"s": f"'{ID}", "extended": "1"})
    assert [result.title for result in found.context["results"]] == ["Spring"]


def test_an_id_left_apart_is_named_in_the_list(admin: Client, campaign: Campaign) -> None:
    other = CampaignFactory.create(name="Autumn", brand=campaign.brand)
    added = CampaignService.add_reference(other, "meta_ads", "1")
    with connection.cursor() as cursor:  # as an upgrade leaves them
        cursor.execute(
            "UPDATE ads_campaignreference SET reference = concat('''', %s) WHERE id = %s",
            [ID, added.pk],
        )
    listed = admin.get(changelist("ads_campaignreference")).content.decode()

    assert f"Platform ID meta_ads / {ID} of Autumn is written as" in listed
    assert "Open and save it, or remove it." in listed
    refused = save(admin, change(added))
    assert "nother campaign is known" in str(errors(refused))

    campaign.references.all().delete()
    assert save(admin, change(added)).status_code == 302
    assert other.references.get().reference == ID
    assert "is written as" not in admin.get(changelist("ads_campaignreference")).content.decode()
