"""Spend is corrected on pages that show beforehand what it does; the ledger is only added to."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ads.models import Campaign, Spend
from ads.services import BudgetService, SpendEntry
from ads.services.actor import acting_as
from ads.tests.admin.pages import change, changelist, said
from ads.tests.factories import CampaignFactory

pytestmark = pytest.mark.django_db


def page_of(entry: Spend) -> str:
    return reverse("admin:ads_spend_correct", args=[entry.pk])


NEW = "/admin/ads/spend/new-correction/"


def opened(client: Client, url: str) -> dict[str, Any]:
    """What a browser would send from the page, without a button."""
    return sent_from(client.get(url))


def sent_from(response: Any) -> dict[str, Any]:
    context = response.context
    form = context["form"]
    values = {field.html_name: field.value() for field in form}
    values["campaign"] = getattr(values.get("campaign"), "pk", values.get("campaign"))
    hidden = {"token": form.token, "seen": context["seen"], "shown": context["shown"]}
    return {name: text for name, text in {**values, **hidden}.items() if text is not None}


@pytest.fixture
def campaign() -> Campaign:
    return CampaignFactory.create(name="Spring", daily_budget=Decimal(10))


@pytest.fixture
def entry(campaign: Campaign) -> Spend:
    return BudgetService.record_spend(campaign, Decimal(12), "Clicks")


def test_an_entry_is_corrected_as_was_shown_beforehand(
    admin: Client, campaign: Campaign, entry: Spend
) -> None:
    page = admin.get(page_of(entry))
    text = page.content.decode()
    assert sent_from(page)["amount"] == "-12.00"
    assert "<b>Starts:</b> Spring." in text
    assert "$12.00" in text
    assert Spend.objects.count() == 1

    sent = {**sent_from(page), "reason": "Invalid clicks", "record": ""}
    response = admin.post(page_of(entry), sent)

    made = Spend.objects.get(kind="correction")
    assert (made.amount, made.date) == (-12, entry.date)
    assert made.description == f"Correction of entry {entry.pk}: Invalid clicks"
    assert campaign.fresh().is_active
    assert response.headers["Location"] == change(made)
    shown = admin.get(change(made))
    assert said(shown) == [f"Recorded: -$12.00 for Spring on {entry.date}. 1 campaign started."]
    assert f'href="{change(entry)}">entry {entry.pk}' in shown.content.decode()
    assert "Recorded by <b>olivia</b>" in shown.content.decode()
    of_entry = admin.get(change(entry)).content.decode()
    assert "<td>olivia</td>" in of_entry
    assert "With its corrections the entry comes to <b>$0.00</b>" in of_entry


def test_a_correction_that_a_key_recorded_names_the_key(admin: Client, campaign: Campaign) -> None:
    row = SpendEntry(campaign.pk, "-1", "Credit note", timezone.now().date(), external_id="c-1")
    with acting_as("key: billing"):
        BudgetService.take_corrections([row], source="billing")

    page = admin.get(change(Spend.objects.get())).content.decode()
    assert "It is a correction" in page
    assert "Recorded by <b>API key billing</b>." in page


def test_a_double_click_records_once(admin: Client, entry: Spend) -> None:
    sent = {**opened(admin, page_of(entry)), "reason": "Invalid clicks", "record": ""}

    first, second = (admin.post(page_of(entry), sent) for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert Spend.objects.filter(kind="correction").count() == 1
    assert "it was not recorded again" in said(admin.get(changelist("ads_spend")))[1]


def test_what_is_recorded_is_what_was_shown(admin: Client, entry: Spend) -> None:
    sent = {**opened(admin, page_of(entry)), "reason": "Invalid clicks", "record": ""}

    changed = admin.post(page_of(entry), {**sent, "amount": "-2"})

    assert "the preview has changed" in changed.content.decode()
    assert Spend.objects.count() == 1
    assert admin.post(page_of(entry), {**sent_from(changed), "record": ""}).status_code == 302
    assert Spend.objects.get(kind="correction").amount == -2


def test_looking_records_nothing_and_asks_for_no_reason(admin: Client, entry: Spend) -> None:
    response = admin.post(page_of(entry), {**opened(admin, page_of(entry)), "look": ""})

    assert response.status_code == 200
    assert response.context["form"].errors == {}
    assert Spend.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("amount", "0", "Enter an amount other than zero."),
        ("amount", "-1e5", "exponent"),
        ("amount", "", "required"),
        ("reason", "", "required"),
        ("reason", "x" * 451, "450"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    admin: Client, entry: Spend, field: str, text: str, reason: str
) -> None:
    sent = {**opened(admin, page_of(entry)), "reason": "Invalid", "record": "", field: text}

    response = admin.post(page_of(entry), sent)

    assert list(response.context["form"].errors) == [field]
    assert reason in response.context["form"].errors[field][0]
    assert Spend.objects.count() == 1


def test_what_is_left_of_an_entry_is_offered(admin: Client, entry: Spend) -> None:
    sent = {**opened(admin, page_of(entry)), "amount": "-2", "reason": "Some", "look": ""}
    looked = admin.post(page_of(entry), sent)
    admin.post(page_of(entry), {**sent_from(looked), "record": ""})

    page = admin.get(page_of(entry))

    assert sent_from(page)["amount"] == "-10.00"
    assert "Earlier corrections" in page.content.decode()


def test_what_an_entry_comes_to_is_the_sum_of_all_that_followed(
    admin: Client, entry: Spend
) -> None:
    for wrong, amount in ((entry, "-12"), (None, "10")):
        page = page_of(wrong or Spend.objects.latest("pk"))
        looked = admin.post(page, {**opened(admin, page), "amount": amount, "reason": "Some"})
        admin.post(page, {**sent_from(looked), "record": ""})

    told = admin.get(change(entry)).content.decode()

    assert "With its corrections the entry comes to <b>$10.00</b>" in told
    assert sent_from(admin.get(page_of(entry)))["amount"] == "-10.00"


def test_who_corrects_what_has_been_corrected_meanwhile_is_told(
    admin: Client, entry: Spend
) -> None:
    both = [opened(admin, page_of(entry)) for _ in range(2)]

    answers = [
        admin.post(page_of(entry), {**sent, "reason": "Invalid", "record": ""}) for sent in both
    ]

    assert [answer.status_code for answer in answers] == [302, 200]
    assert "someone else has corrected this entry" in answers[1].content.decode()
    assert Spend.objects.filter(kind="correction").count() == 1


def test_a_campaigns_day_is_corrected_from_its_page(
    admin: Client, campaign: Campaign, entry: Spend
) -> None:
    way = reverse("admin:ads_campaign_new_correction", args=[campaign.pk])
    assert f'href="{way}"' in admin.get(change(campaign)).content.decode()
    address = admin.get(way).headers["Location"]
    sent = {**opened(admin, address), "date": str(entry.date), "amount": "-5", "look": ""}
    assert sent["campaign"] == campaign.pk

    looked = admin.post(address, sent)
    admin.post(address, {**sent_from(looked), "reason": "Refund", "record": ""})

    made = Spend.objects.get(kind="correction")
    assert (made.campaign, made.amount, made.description) == (campaign, -5, "Refund")


def test_a_day_that_has_not_come_is_refused_beside_its_field(
    admin: Client, campaign: Campaign
) -> None:
    sent = {"campaign": campaign.pk, "date": "2999-01-01", "amount": "-5", "reason": "x"}
    looked = admin.post(NEW, {**sent, "look": ""})

    response = admin.post(NEW, {**sent_from(looked), "record": ""})

    assert "later than tomorrow" in response.context["form"].errors["date"][0].lower()
    assert not Spend.objects.exists()


@pytest.mark.parametrize("permissions", [["view_spend"], ["view_spend", "change_campaign"]])
def test_who_may_not_correct_is_neither_offered_it_nor_let(
    staff: Callable[..., Client], entry: Spend, permissions: list[str]
) -> None:
    client = staff(*permissions)

    assert client.get(page_of(entry)).status_code == 403
    assert client.post(page_of(entry), {"amount": "-12", "record": ""}).status_code == 403
    assert client.post(NEW, {"amount": "-12", "record": ""}).status_code == 403
    for page in (changelist("ads_spend"), change(entry)):
        assert "/correct/" not in client.get(page).content.decode()
        assert "/new-correction/" not in client.get(page).content.decode()
    assert Spend.objects.count() == 1


def test_an_entry_that_there_is_not_cannot_be_corrected(admin: Client) -> None:
    assert admin.get("/admin/ads/spend/4711/correct/").status_code == 404
    assert admin.get(f"/admin/ads/spend/{'9' * 40}/correct/").status_code == 404
    assert admin.get(f"{NEW}?campaign=4711").status_code == 200
