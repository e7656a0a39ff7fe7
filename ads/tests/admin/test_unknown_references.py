"""Unknown references in the admin: seen, matched, discarded."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ads.models import (
    Brand,
    Campaign,
    CampaignReference,
    DeliveryChange,
    Spend,
    UnknownReference,
    WaitingSpend,
)
from ads.tests.admin.pages import act, changelist, said
from ads.tests.engine.support import delivers, enforce_all
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.intake.support import entry, google, kept, known_as, limited_to, take

pytestmark = pytest.mark.django_db

LIST = "/admin/ads/unknownreference/"


@pytest.fixture
def now() -> Any:
    return timezone.now()


@pytest.fixture
def campaign(now: Any) -> Campaign:
    """Delivers, with 75 dollars a day."""
    campaign = CampaignFactory.create(name="Spring", brand__name="Acme", daily_budget=75)
    enforce_all(now)
    return campaign


def page_of(unknown: UnknownReference, action: str = "change") -> str:
    return reverse(f"admin:ads_unknownreference_{action}", args=[unknown.pk])


def waiting(reference: str = "7") -> UnknownReference:
    return UnknownReference.objects.get(reference=reference)


def listed(client: Client, query: str = "") -> list[Any]:
    return list(client.get(f"{LIST}?{query}").context["cl"].result_list)


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_list_says_what_waits_from_where_and_who_seems_to_be_meant(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    today = now.date()
    take(
        entry(google("7", name="Spring"), "1.50", date=today - timedelta(days=3)),
        entry(google("7", name="Spring"), 2, date=today),
        now=now,
    )
    take(entry(google("8", name="Spring"), 4), sender=limited_to(BrandFactory.create()), now=now)

    first, second = listed(admin)

    assert (first.waits.rows, first.waits.amount) == (2, 3.5)
    assert (first.waits.first, first.waits.last) == (today - timedelta(days=3), today)
    assert first.waits.sources == ("etl",)
    assert first.suggested == campaign
    assert first.whose == "any brand's"
    assert second.suggested is None
    assert second.whose == Brand.objects.exclude(pk=campaign.brand_id).get().name
    page = text_of(admin.get(LIST))
    assert "$3.50" in page
    assert f"{page_of(first, 'match_campaign')}?campaign={campaign.pk}" in page


def test_a_name_that_two_campaigns_have_suggests_none(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    other = CampaignFactory.create(name="Spring")
    take(entry(google("7", name="Spring")), now=now)
    take(entry(google("8", name="Spring")), sender=limited_to(other.brand), now=now)

    first, second = listed(admin)

    assert first.suggested is None
    assert second.suggested == other


def test_the_list_takes_the_same_number_of_queries_for_any_number_of_rows(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            admin.get(LIST)
        return len(captured)

    take(entry(google("0", name="Spring")), now=now)
    take(entry(google("x")), sender=limited_to(campaign.brand), now=now)
    few = queries()
    take(*(entry(google(str(number), name="Spring")) for number in range(1, 12)), now=now)

    assert queries() == few


def test_the_menu_counts_what_waits(admin: Client, campaign: Campaign, now: Any) -> None:
    def badge() -> Any:
        groups = admin.get(LIST).context["sidebar_navigation"]
        (item,) = (i for g in groups for i in g["items"] if i["title"] == "Unknown references")
        return item["badge"]

    assert badge() == ""
    take(entry(google("7")), entry(google("7")), entry(google("8")), now=now)
    assert badge() == "2"


def test_the_page_of_a_reference_shows_each_row_and_why_it_was_refused(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    take(entry(google("7"), "0.000125", external_id="a-1", description="<b>click</b>"), now=now)
    WaitingSpend.objects.update(refusal="date: it is later than tomorrow.")

    page = text_of(admin.get(page_of(waiting())))

    assert "$0.000125" in page
    assert "a-1" in page
    assert "&lt;b&gt;click&lt;/b&gt;" in page
    assert "date: it is later than tomorrow." in page
    assert "1 row refused" in text_of(admin.get(LIST))
    assert len(listed(admin, "waits=refused")) == 1


def test_what_will_be_recorded_and_used_up_is_shown_before_it_is_done(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    take(entry(google("7"), 80), now=now)

    page = text_of(admin.get(page_of(waiting(), "match_campaign"), {"campaign": campaign.pk}))

    assert "It is Spring of Acme" in page
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

    assert "No budget is used up by it." in page


def test_a_brands_budget_that_would_be_used_up_is_told(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    Brand.objects.update(daily_budget=50)
    take(entry(google("7"), 60), now=now)

    page = text_of(admin.get(page_of(waiting(), "match_campaign"), {"campaign": campaign.pk}))

    assert "The daily budget of all of Acme would be used up: $60.00 of $50.00" in page
    assert "budget of Spring" not in page


def test_matching_records_what_waits_stops_the_campaign_and_says_so(
    admin: Client, operator: User, campaign: Campaign, now: Any
) -> None:
    take(entry(google("7"), 80), entry(google("7"), 1), now=now)

    response = admin.post(
        page_of(waiting(), "match_campaign"), {"campaign": campaign.pk}, follow=True
    )

    assert said(response) == [
        "google_ads / 123 / 7 is Spring from now on: 2 rows recorded, 1 campaign stopped."
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
    assert "It is what" in text_of(response)
    (row,) = listed(admin)
    assert (row.waits.refused, row.carrier) == (1, campaign)
    assert "is Spring – Acme" in text_of(admin.get(LIST))


def test_who_is_limited_to_a_brand_is_only_matched_to_its_campaigns(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    own = CampaignFactory.create(name="Spring two")
    take(entry(google("7"), 5), sender=limited_to(own.brand), now=now)
    unknown = waiting()

    offered = admin.get(page_of(unknown, "candidates"), {"of": "campaigns", "term": "spr"}).json()
    brands = admin.get(page_of(unknown, "candidates"), {"of": "brands"}).json()
    refused = admin.post(page_of(unknown, "match_campaign"), {"campaign": campaign.pk})

    assert offered["results"] == [{"id": str(own.pk), "text": f"Spring two – {own.brand.name}"}]
    assert [brand["id"] for brand in brands["results"]] == [str(own.brand_id)]
    assert "There is no such campaign in a brand that can be meant." in text_of(refused)
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

    assert "Whoever sent this may not write to that brand" in page
    assert "take it off there first" in said(response)[0]
    assert kept() == [("7", 5, None)]


def test_it_is_matched_to_a_new_campaign(admin: Client, campaign: Campaign, now: Any) -> None:
    take(entry(google("7", name="Winter"), 5), now=now)
    address = page_of(waiting(), "match_new")

    form = admin.get(address).context["form"]
    assert form["name"].value() == "Winter"
    assert form["status"].value() == "draft"
    response = admin.post(
        address, {"brand": campaign.brand_id, "name": "Winter", "status": "draft"}, follow=True
    )

    assert said(response) == ["google_ads / 123 / 7 is Winter from now on: 1 row recorded."]
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

    pairs = admin.get(address).context["pairs"]
    assert [(pair["campaign"], pair["usd"]) for pair in pairs] == [
        (campaign, "$1.00"),
        (autumn, "$2.00"),
        (autumn, "$3.00"),
    ]
    ticked = [pair["value"] for pair in pairs if pair["usd"] != "$3.00"]
    response = admin.post(address, {"pair": ticked}, follow=True)

    assert said(response) == ["2 references matched: 2 rows recorded."]
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
    assert first == "1 reference matched: 1 row recorded."
    assert second.startswith("1 not matched: reference:")
    assert kept() == [("1", 1, None)]


def test_discarding_asks_why_and_keeps_who_said_so(
    admin: Client, operator: User, campaign: Campaign, now: Any
) -> None:
    take(entry(google("7"), 5), entry(google("7"), 6), now=now)
    address = page_of(waiting(), "discard")

    assert "2 rows ($11.00 in all) will never be recorded" in text_of(admin.get(address))
    assert "This field is required." in text_of(admin.post(address, {"because": " "}))
    assert WaitingSpend.objects.filter(discarded_at=None).count() == 2
    response = admin.post(address, {"because": "A test account."}, follow=True)

    assert said(response) == ["2 rows discarded."]
    rows = WaitingSpend.objects.values_list("discarded_by", "discarded_because")
    assert set(rows) == {(operator.username, "A test account.")}
    assert listed(admin) == []
    (row,) = listed(admin, "waits=discarded")
    assert row.waits.discarded == 2
    assert "Discarded by olivia: A test account." in text_of(admin.get(page_of(row)))


def test_several_are_discarded_for_one_reason(admin: Client, campaign: Campaign, now: Any) -> None:
    take(entry(google("1"), 5), entry(google("2"), 6), entry(google("3"), 7), now=now)
    rows = [waiting("1"), waiting("2")]

    asked = act(admin, "ads_unknownreference", "discard_selected", rows)
    hidden = {"action": "discard_selected", "_selected_action": [row.pk for row in rows]}
    response = admin.post(LIST, {**hidden, "because": "Not ours."}, follow=True)

    assert "2 rows ($11.00 in all)" in text_of(asked)
    assert said(response) == ["2 rows discarded."]
    assert kept() == [("3", 7, None)]


ACTIONS = ["match_campaign", "match_new", "discard"]


def test_who_may_only_look_is_offered_nothing_and_may_do_nothing(
    staff: Callable[..., Client], campaign: Campaign, now: Any
) -> None:
    take(entry(google("7", name="Spring"), 5), now=now)
    client = staff("view_unknownreference")
    unknown = waiting()

    page = text_of(client.get(page_of(unknown)))
    for action in ACTIONS:
        assert page_of(unknown, action) not in page
        assert client.get(page_of(unknown, action)).status_code == 403
        form = {"campaign": campaign.pk, "because": "x"}
        assert client.post(page_of(unknown, action), form).status_code == 403
    assert client.get(page_of(unknown, "candidates")).status_code == 403
    by_name = reverse("admin:ads_unknownreference_match_by_name")
    assert client.post(by_name, {"pair": [f"{unknown.pk}:{campaign.pk}"]}).status_code == 403
    for action in ("match_selected", "discard_selected"):
        act(client, "ads_unknownreference", action, [unknown])

    assert kept() == [("7", 5, None)]
    assert not CampaignReference.objects.exists()


def test_who_may_give_references_may_match_but_make_no_campaign(
    staff: Callable[..., Client], campaign: Campaign, now: Any
) -> None:
    take(entry(google("7"), 5), now=now)
    client = staff("view_unknownreference", "add_campaignreference")
    unknown = waiting()

    assert client.get(page_of(unknown, "match_new")).status_code == 403
    assert client.get(page_of(unknown, "discard")).status_code == 403
    response = client.post(page_of(unknown, "match_campaign"), {"campaign": campaign.pk})

    assert response.status_code == 302
    assert Spend.objects.get().campaign == campaign


def test_one_that_is_not_there_is_not_found_or_leads_back_to_the_list(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    for action in (*ACTIONS, "candidates"):
        address = reverse(f"admin:ads_unknownreference_{action}", args=[4711])
        assert admin.get(address).status_code == 404


def test_waiting_spend_is_listed_and_read_only(admin: Client, campaign: Campaign, now: Any) -> None:
    take(entry(google("7"), 5, external_id="a-1"), entry(google("8"), 6), now=now)
    row = WaitingSpend.objects.get(external_id="a-1")

    page = admin.get(f"{changelist('ads_waitingspend')}?q=a-1")
    assert list(page.context["cl"].result_list) == [row]
    of_one = f"{changelist('ads_waitingspend')}?unknown__id__exact={waiting('8').pk}"
    assert [one.amount for one in admin.get(of_one).context["cl"].result_list] == [6]
    address = reverse("admin:ads_waitingspend_change", args=[row.pk])
    assert "$5.00" in text_of(admin.get(address))
    assert admin.post(address, {"amount": 1}).status_code == 403
    assert admin.get(reverse("admin:ads_waitingspend_add")).status_code == 403
