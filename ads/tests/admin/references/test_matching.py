"""Unmatched campaigns in the admin: matched to a campaign, old or new."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from ads.models import Brand, Campaign, CampaignReference, DeliveryChange, Spend, WaitingSpend
from ads.tests.admin.pages import act, context_of, said
from ads.tests.admin.references.support import LIST, listed, page_of, text_of, waiting
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.ledger.support import entry, google, kept, known_as, limited_to, take
from ads.tests.support import delivers

pytestmark = pytest.mark.django_db


def test_what_will_be_recorded_and_used_up_is_shown_before_it_is_done(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    take(entry(google("7"), 80), now=now)

    page = text_of(admin.get(page_of(waiting(), "match_campaign"), {"campaign": campaign.pk}))

    assert "Match to Spring of Acme" in page
    assert "1 row" in page
    assert "The daily budget of Spring would be used up: $80.00 of $75.00" in page
    assert not Spend.objects.exists()
    assert delivers(campaign)


def test_a_budget_that_is_not_used_up_is_not_mentioned(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    Brand.objects.update(monthly_budget=100)
    yesterday = (now - timedelta(days=40)).date()
    take(entry(google("7"), 74), entry(google("7"), 500, date=yesterday), now=now)

    page = text_of(admin.get(page_of(waiting(), "match_campaign"), {"campaign": campaign.pk}))

    assert "No budget will be used up." in page


def test_a_brands_budget_that_would_be_used_up_is_told(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    Brand.objects.update(daily_budget=50)
    take(entry(google("7"), 60), now=now)

    page = text_of(admin.get(page_of(waiting(), "match_campaign"), {"campaign": campaign.pk}))

    assert "The daily budget of brand Acme would be used up: $60.00 of $50.00" in page
    assert "budget of Spring" not in page


def test_matching_records_what_waits_stops_the_campaign_and_says_so(
    admin: Client, operator: User, campaign: Campaign, now: Any
) -> None:
    take(entry(google("7"), 80), entry(google("7"), 1), now=now)

    response = admin.post(
        page_of(waiting(), "match_campaign"), {"campaign": campaign.pk}, follow=True
    )

    assert said(response) == [
        "google_ads / 123 / 7 is matched to Spring: 2 rows recorded, 1 campaign paused."
    ]
    assert sum(Spend.objects.values_list("amount", flat=True)) == 81
    assert not delivers(campaign)
    assert DeliveryChange.objects.latest("id").actor == operator.username
    assert campaign.references.get().reference == "7"
    assert listed(admin) == []


def test_rows_that_cannot_be_recorded_stay_and_their_page_says_why(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    take(entry(google("7"), 5), now=now)
    WaitingSpend.objects.update(date=now.date() + timedelta(days=5))

    response = admin.post(
        page_of(waiting(), "match_campaign"), {"campaign": campaign.pk}, follow=True
    )

    (message,) = said(response)
    assert "0 rows recorded. 1 row could not be recorded: date:" in message
    assert response.redirect_chain[-1][0] == page_of(waiting())
    assert "This is a platform ID of" in text_of(response)
    (row,) = listed(admin)
    assert (row.waits.refused, row.carrier) == (1, campaign)
    assert "matched to Spring – Acme" in text_of(admin.get(LIST))


def test_who_is_limited_to_a_brand_is_only_matched_to_its_campaigns(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    own = CampaignFactory.create(name="Spring two")
    take(entry(google("7"), 5), sender=limited_to(own.brand), now=now)
    unknown = waiting()

    typed = {"of": "campaigns", "term": f"two {own.brand.name} spr"}
    offered = admin.get(page_of(unknown, "candidates"), typed).json()
    brands = admin.get(page_of(unknown, "candidates"), {"of": "brands"}).json()
    refused = admin.post(page_of(unknown, "match_campaign"), {"campaign": campaign.pk})

    assert offered["results"] == [{"id": str(own.pk), "text": f"Spring two – {own.brand.name}"}]
    assert [brand["id"] for brand in brands["results"]] == [str(own.brand_id)]
    assert "There is no such campaign in the possible brands." in text_of(refused)
    assert not CampaignReference.objects.exists()
    assert kept() == [("7", 5, None)]


def test_a_reference_that_a_foreign_campaign_carries_is_explained(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    known_as(campaign, google("7"))
    own = CampaignFactory.create()
    take(entry(google("7"), 5), sender=limited_to(own.brand), now=now)

    page = text_of(admin.get(page_of(waiting())))
    response = admin.post(page_of(waiting(), "match_campaign"), {"campaign": own.pk}, follow=True)

    assert "The sender of this spend may not write to that brand" in page
    assert "remove it there first" in said(response)[0]
    assert kept() == [("7", 5, None)]


def test_it_is_matched_to_a_new_campaign(admin: Client, campaign: Campaign, now: Any) -> None:
    take(entry(google("7", name="Winter"), 5), now=now)
    address = page_of(waiting(), "match_new")

    form = context_of(admin, address)["form"]
    assert form["name"].value() == "Winter"
    assert form["status"].value() == "draft"
    # The only brand is chosen; on the page for an old campaign, none is.
    assert f'<option value="{campaign.brand_id}" selected' in str(form["brand"])
    form = context_of(admin, page_of(waiting(), "match_campaign"))["form"]
    assert '<option value="" selected' in str(form["campaign"])
    response = admin.post(
        address, {"brand": campaign.brand_id, "name": "Winter", "status": "draft"}, follow=True
    )

    assert said(response) == ["google_ads / 123 / 7 is matched to Winter: 1 row recorded."]
    made = Campaign.objects.get(name="Winter")
    assert (made.brand, made.status) == (campaign.brand, "draft")
    assert Spend.objects.get().campaign == made


def test_a_new_campaign_that_cannot_be_is_refused_and_nothing_is_made(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    take(entry(google("7"), 5), sender=limited_to(campaign.brand), now=now)
    other = BrandFactory.create()
    address = page_of(waiting(), "match_new")
    form = {"brand": campaign.brand_id, "name": "Spring", "status": "draft"}

    taken = admin.post(address, form)
    foreign = admin.post(address, {**form, "brand": other.pk, "name": "Winter"})
    nameless = admin.post(address, {**form, "name": ""})
    archived = admin.post(address, {**form, "name": "Winter", "status": "archived"})

    assert taken.context["form"].errors == {
        "name": ["The brand already has a campaign of this name."]
    }
    assert "brand" in foreign.context["form"].errors
    assert "name" in nameless.context["form"].errors
    assert "status" in archived.context["form"].errors
    assert Campaign.objects.get() == campaign
    assert kept() == [("7", 5, None)]


def test_a_reference_matched_meanwhile_makes_no_campaign(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    take(entry(google("7"), 5), now=now)
    known_as(campaign, google("7"))

    form = {"brand": campaign.brand_id, "name": "Winter", "status": "draft"}
    response = admin.post(page_of(waiting(), "match_new"), form, follow=True)

    assert said(response)[0].startswith("Nothing was matched.")
    assert not Campaign.objects.filter(name="Winter").exists()


def test_all_that_have_the_name_of_one_campaign_are_matched_at_once(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    autumn = CampaignFactory.create(name="Autumn")
    take(
        entry(google("1", name="Spring"), 1),
        entry(google("2", name="Autumn"), 2),
        entry(google("3", name="Autumn"), 3),
        entry(google("4", name="Nobody"), 4),
        now=now,
    )
    address = reverse("admin:ads_unknownreference_match_by_name")

    pairs = context_of(admin, address)["pairs"]
    assert [(pair["campaign"], pair["amount"]) for pair in pairs] == [
        (campaign, "$1.00"),
        (autumn, "$2.00"),
        (autumn, "$3.00"),
    ]
    ticked = [pair["value"] for pair in pairs if pair["amount"] != "$3.00"]
    response = admin.post(address, {"pair": ticked}, follow=True)

    assert said(response) == ["2 platform IDs matched: 2 rows recorded."]
    assert kept() == [("3", 3, None), ("4", 4, None)]
    assert Spend.objects.get(campaign=campaign).amount == 1


def test_only_those_selected_are_offered_by_the_action(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    take(entry(google("1", name="Spring")), entry(google("2", name="Spring")), now=now)

    response = act(admin, "ads_unknownreference", "match_selected", [waiting("2")])

    assert [pair["reference"] for pair in response.context["pairs"]] == ["google_ads / 123 / 2"]
    assert not Spend.objects.exists()


def test_one_that_cannot_be_matched_does_not_keep_the_others_from_it(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    take(entry(google("1")), entry(google("2")), now=now)
    known_as(CampaignFactory.create(), google("1"))
    pairs = [f"{waiting('1').pk}:{campaign.pk}", f"{waiting('2').pk}:{campaign.pk}"]
    nonsense = ["1:", "x:y", "999999999:1", f"{10**30}:{campaign.pk}"]

    response = admin.post(
        reverse("admin:ads_unknownreference_match_by_name"),
        {"pair": [*nonsense, *pairs]},
        follow=True,
    )

    first, second = said(response)
    assert first == "1 platform ID matched: 1 row recorded."
    assert second.startswith("1 not matched: reference:")
    assert kept() == [("1", 1, None)]
