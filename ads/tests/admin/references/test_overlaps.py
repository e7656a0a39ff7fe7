"""Matching waiting day totals of which others are on record: shown, and asked about."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ads.models import Campaign, WaitingSpend
from ads.services import BudgetService, Reference
from ads.tests.admin.pages import said
from ads.tests.admin.references.support import page_of, text_of, waiting
from ads.tests.services.ledger.support import Sender, google, take, total
from ads.tests.support import totals

pytestmark = pytest.mark.django_db


@pytest.fixture
def today(campaign: Campaign, now: Any) -> Any:
    """On which $40.00 are on record by hand, a fee of $3.00, and $45.00 wait for the campaign."""
    day = now.date()
    take(total(campaign, 40, date=day, observed_at=now), sender=Sender("hand"), now=now)
    BudgetService.record_spend(campaign, 3, "A fee", date=day)
    take(total(google("7", name="Spring"), 45, date=day, observed_at=now), now=now)
    return day


def test_the_preview_shows_what_is_on_record_and_asks(
    admin: Client, campaign: Campaign, today: Any
) -> None:
    page = text_of(admin.get(page_of(waiting(), "match_campaign"), {"campaign": campaign.pk}))

    assert "On record for the same days" in page
    assert "Overlap: $45.00 on 1 day; already on record: $40.00 by hand." in page
    for cell in ("hand", "Day totals", "$40.00", "Entries and corrections", "$3.00"):
        assert cell in page
    for choice in ("Add: it is other money", "Replace: the other", "Skip: what is on record"):
        assert choice in page


def test_nothing_is_matched_until_there_is_a_choice(
    admin: Client, campaign: Campaign, today: Any
) -> None:
    page = text_of(admin.post(page_of(waiting(), "match_campaign"), {"campaign": campaign.pk}))

    assert "Choose what becomes of the overlap." in page
    assert not campaign.references.exists()
    assert totals(campaign)["day", today] == 43


@pytest.mark.parametrize(
    ("choice", "sum_of_day", "text"),
    [
        ("add", 88, "1 row recorded"),
        ("replace", 48, "1 row recorded, $40.00 taken back"),
        ("skip", 43, "0 rows recorded, 1 row skipped"),
    ],
)
def test_what_was_chosen_is_done_and_told(
    admin: Client, campaign: Campaign, today: Any, choice: str, sum_of_day: int, text: str
) -> None:
    response = admin.post(
        page_of(waiting(), "match_campaign"),
        {"campaign": campaign.pk, "on_overlap": choice},
        follow=True,
    )

    (message,) = said(response)
    assert f"is matched to Spring: {text}" in message
    assert totals(campaign)["day", today] == sum_of_day


def test_what_was_released_without_a_choice_waits_and_its_page_offers_it(
    admin: Client, campaign: Campaign, today: Any
) -> None:
    unknown = waiting()
    campaign.references.create(platform="google_ads", account="123", reference="7")
    BudgetService.record_spend(campaign, 1)
    WaitingSpend.objects.update(refusal="on_overlap: refused")

    page = text_of(admin.get(page_of(unknown)))

    address = f"{page_of(unknown, 'match_campaign')}?campaign={campaign.pk}"
    assert f'<a href="{address}">Choose what becomes of the overlap</a>' in page
    admin.post(address, {"campaign": campaign.pk, "on_overlap": "replace"})
    assert totals(campaign)["day", today] == 49


def test_many_are_asked_about_one_by_one_and_those_without_a_choice_wait(
    admin: Client, campaign: Campaign, today: Any, now: Any
) -> None:
    other = Reference("meta_ads", "", "8", "Spring")
    take(total(other, 5, date=today, observed_at=now), now=now)
    one, two = waiting("7"), waiting("8")
    address = reverse("admin:ads_unknownreference_match_by_name")

    page = text_of(admin.get(address))
    assert page.count("already on record: $40.00 by hand") == 2
    assert f'name="on_overlap-{one.pk}"' in page
    response = admin.post(
        address,
        {
            "pair": [f"{one.pk}:{campaign.pk}", f"{two.pk}:{campaign.pk}"],
            f"on_overlap-{one.pk}": "replace",
        },
        follow=True,
    )

    (message,) = said(response)
    assert message.startswith("2 platform IDs matched: 2 rows recorded, $40.00 taken back")
    assert totals(campaign)["day", today] == 53


def test_without_an_overlap_nothing_is_asked(admin: Client, campaign: Campaign, now: Any) -> None:
    take(total(google("7", name="Spring"), 5, date=now.date(), observed_at=now), now=now)

    page = text_of(admin.get(page_of(waiting(), "match_campaign"), {"campaign": campaign.pk}))
    many = text_of(admin.get(reverse("admin:ads_unknownreference_match_by_name")))

    assert "on_overlap" not in page + many
    assert "On record" not in page
