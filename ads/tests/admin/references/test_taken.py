"""Matching a campaign of which others had the platform ID: what they lose is said before."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from ads.models import Campaign, CampaignReference, SpendBatch, WaitingSpend
from ads.models.spend import BatchKind
from ads.tests.admin.pages import said
from ads.tests.admin.references.support import page_of, text_of, waiting
from ads.tests.commands.support import say
from ads.tests.factories import CampaignFactory
from ads.tests.services.ledger.support import Sender, google, known_as, take, total
from ads.tests.support import delivers, enforce_all, totals

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(campaign: Campaign, now: Any) -> Campaign:
    """Had the ID, under which it has used up its budget; the same days wait."""
    other = CampaignFactory.create(name="Autumn", brand=campaign.brand, daily_budget=60)
    known_as(other, google("7"))
    eve = now - timedelta(days=1)
    days = (now.date(), 60), (eve.date(), 50)
    take(*(total(google("7"), by, date=day, observed_at=eve) for day, by in days), now=now)
    enforce_all(now)
    CampaignReference.objects.all().delete()
    again = [
        total(google("7", name="Spring"), by + 5, date=day, observed_at=now) for day, by in days
    ]
    take(*again, now=now)
    return other


def shown(admin: Client, campaign: Campaign) -> str:
    return text_of(admin.get(page_of(waiting(), "match_campaign"), {"campaign": campaign.pk}))


def test_the_preview_says_what_the_other_campaign_loses_and_what_starts(
    admin: Client, campaign: Campaign, other: Campaign, now: Any
) -> None:
    eve, day = now.date() - timedelta(days=1), now.date()
    loses = (
        f"Autumn of Acme had this platform ID before: $110.00 on 2 days ({eve} – {day}) is taken "
        "from it."
    )
    assert not delivers(other)

    assert loses in shown(admin, campaign)
    assert "That would start Autumn." in shown(admin, campaign)
    assert loses in text_of(admin.get(page_of(waiting(), "match_new")))
    by_name = text_of(admin.get(reverse("admin:ads_unknownreference_match_by_name")))
    assert loses in by_name
    assert "That would start Autumn." in by_name

    page = page_of(waiting(), "match_campaign")
    (text,) = said(admin.post(page, {"campaign": campaign.pk}, follow=True))
    assert "$110.00 taken from campaigns that had the ID before, 1 campaign started." in text
    assert [totals(each).get(("day", day), 0) for each in (other, campaign)] == [0, 65]
    assert delivers(other)

    match = SpendBatch.objects.get(kind=BatchKind.MATCH)
    undo = text_of(admin.get(reverse("admin:ads_spendbatch_undo", args=[match.pk])))
    cells = [strip_tags(cell) for cell in re.findall(r"<td.*?</td>", undo)]
    changes = ["Spring", "Acme", "-$120.00", "Autumn", "Acme", "$110.00"]
    assert cells[:6] == changes
    assert " ".join(changes[3:]) in " ".join(
        say("undo_batch", str(match.pk), "--dry-run").replace("│", " ").split()
    )


def test_who_gets_the_id_back_loses_nothing(
    admin: Client, campaign: Campaign, other: Campaign
) -> None:
    page = shown(admin, other)

    assert "had this platform ID" not in page
    assert "would start" not in page


def test_days_that_stay_are_not_among_what_is_lost(
    admin: Client, campaign: Campaign, other: Campaign, now: Any
) -> None:
    campaign.start_date = now.date()
    campaign.save()
    assert f"$60.00 on 1 day ({now.date()}) is taken from it." in shown(admin, campaign)

    WaitingSpend.objects.update(observed_at=now - timedelta(days=2))
    assert "had this platform ID" not in shown(admin, campaign)


def test_days_that_may_be_skipped_are_named_as_such(
    admin: Client, campaign: Campaign, other: Campaign, now: Any
) -> None:
    take(total(campaign, 1, date=now.date(), observed_at=now), sender=Sender("hand"), now=now)

    assert "is taken from it, unless it is skipped." in shown(admin, campaign)


def test_days_of_another_timezone_stay_where_they_are(
    admin: Client, campaign: Campaign, other: Campaign
) -> None:
    WaitingSpend.objects.update(timezone="Asia/Tokyo")

    assert "had this platform ID" not in shown(admin, campaign)
