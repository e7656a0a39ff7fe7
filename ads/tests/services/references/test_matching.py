"""An unknown reference is matched to a campaign, and what had come in under it is recorded."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from ads.models import Campaign, CampaignReference, Spend, UnknownReference, WaitingSpend
from ads.services import InvalidSpend
from ads.services.actor import acting_as
from ads.services.errors import InvalidReference
from ads.services.ledger.verification import find_drift
from ads.services.references import registry
from ads.services.references.release import Settled
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.ledger.support import (
    TODAY,
    Sender,
    correct,
    entry,
    google,
    kept,
    known_as,
    limited_to,
    outcomes,
    recorded,
    take,
    total,
    unknown,
)
from ads.tests.support import NOON, delivers, enforce_all, switches, totals

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LATER = NOON + DAY


@pytest.fixture
def campaign() -> Campaign:
    """Delivers, with 75 dollars a day."""
    campaign = CampaignFactory.create(daily_budget=75)
    enforce_all(NOON)
    return campaign


def match(campaign: Campaign, now: Any = NOON, reference: str = "7") -> Settled:
    return registry.match(unknown(reference), campaign, now=now)


def test_what_waited_is_recorded_as_it_came_and_stops_the_campaign(campaign: Campaign) -> None:
    yesterday = TODAY - DAY
    take(
        entry(google("7"), 10, external_id="a", date=yesterday, description="click"),
        entry(google("7"), 70, external_id="b"),
        entry(google("7"), 20, occurred_at=NOON - DAY),
        entry(google("8"), 1),
    )
    take(entry(google("7"), 5), sender=Sender("other"))

    settled = match(campaign, NOON + timedelta(hours=1))

    assert (settled.recorded, settled.refused, settled.failed) == (4, 0, ())
    assert settled.enforced.stopped == 1
    assert switches(campaign)[1:] == [(False, ["daily_budget"])]
    assert set(recorded()) == {
        (10, yesterday, "a"),
        (70, TODAY, "b"),
        (20, yesterday, None),
        (5, TODAY, None),
    }
    first, second = Spend.objects.exclude(external_id=None).order_by("external_id")
    third = Spend.objects.get(amount=20)
    assert (first.source, first.description, first.kind) == ("etl", "click", "entry")
    assert (second.occurred_at, third.occurred_at) == (NOON, NOON - DAY)
    assert kept() == [("8", 1, None)]
    assert [one.reference for one in UnknownReference.objects.all()] == ["8"]
    assert find_drift() == []


def test_an_entry_counts_on_the_day_it_came_in_however_late_it_is_matched(
    campaign: Campaign,
) -> None:
    take(entry(google("7"), 100))

    match(campaign, NOON + 5 * DAY)

    assert recorded() == [(100, TODAY, None)]
    assert delivers(campaign)


def test_sent_again_after_it_was_matched_it_is_a_duplicate(campaign: Campaign) -> None:
    row = entry(google("7"), 10, external_id="a")
    take(row)
    match(campaign)

    assert outcomes(take(row, now=LATER)) == ["duplicate"]
    assert recorded() == [(10, TODAY, "a")]


def test_corrections_that_waited_are_recorded_as_corrections(campaign: Campaign) -> None:
    take(entry(google("7"), 80, external_id="a"))
    correct(entry(google("7"), -10, description="Refund", date=TODAY, external_id="b"))

    match(campaign)

    amounts = dict(Spend.objects.values_list("kind", "amount"))
    assert amounts == {"entry": 80, "correction": -10}
    assert delivers(campaign)
    assert totals(campaign)["day", TODAY] == 70


def test_day_totals_that_waited_are_recorded_with_when_they_were_observed(
    campaign: Campaign,
) -> None:
    take(total(google("7"), 5, observed_at=NOON - timedelta(minutes=1)))
    take(total(google("7"), 80), total(google("7"), 3, date=TODAY - DAY))

    match(campaign)

    assert sorted(recorded()) == [(3, TODAY - DAY, None), (80, TODAY, None)]
    assert not delivers(campaign)
    assert kept() == []
    assert outcomes(take(total(google("7"), 9, observed_at=NOON - timedelta(seconds=1)))) == [
        "older"
    ]
    assert outcomes(take(total(google("7"), 81))) == ["recorded"]
    assert totals(campaign)["day", TODAY] == 81


def test_from_then_on_the_campaign_is_known_by_it_and_that_is_on_record(
    campaign: Campaign,
) -> None:
    take(entry(google("7"), 1))

    with acting_as("ann"):
        match(campaign)

    (carried,) = campaign.references.all()
    assert (carried.platform, carried.account, carried.reference) == ("google_ads", "123", "7")
    (event,) = apps.get_model("ads", "CampaignReferenceEvent")._default_manager.all()
    assert (event.campaign_id, event.pgh_context.metadata["actor"]) == (campaign.pk, "ann")
    assert outcomes(take(entry(google("7"), 1))) == ["recorded"]


def test_what_the_ledger_refuses_goes_on_waiting_and_says_why() -> None:
    campaign = CampaignFactory.create(brand__timezone="Pacific/Honolulu")
    take(entry(campaign, 1, external_id="a"))
    WaitingSpend.objects.all().delete()
    take(
        entry(google("7"), 5, external_id="b", date="2024-05-17"),
        entry(google("7"), 6, external_id="c"),
    )
    take(total(google("7"), 7, date="2024-05-17"))
    # Recorded for the campaign by its id meanwhile, with another amount.
    take(entry(campaign, 60, external_id="c"))

    settled = match(campaign)

    assert (settled.recorded, settled.refused) == (0, 3)
    refusals = dict(WaitingSpend.objects.values_list("amount", "refusal"))
    tomorrow = "is later than tomorrow in the brand's timezone (Pacific/Honolulu: 2024-05-16)"
    assert tomorrow in refusals[Decimal(5)]
    assert tomorrow in refusals[Decimal(7)]
    assert "already used with amount 60, now it comes with 6." in refusals[Decimal(6)]
    assert sorted(row[0] for row in recorded()) == [1, 60]
    # The next day the two days have come; what is in conflict stays.
    later = registry.record_waiting(LATER)
    assert (later.recorded, later.refused) == (2, 1)
    assert [row[1:] for row in kept()] == [(6, "c")]
    assert registry.record_waiting(LATER) == Settled(refused=1)


def test_a_row_recorded_for_the_campaign_meanwhile_counts_once(campaign: Campaign) -> None:
    take(entry(google("7"), 6, external_id="a"))
    take(entry(campaign, 6, external_id="a"), now=NOON + timedelta(minutes=5))

    assert match(campaign, LATER).recorded == 1

    assert recorded() == [(6, TODAY, "a")]
    assert kept() == []


def test_a_reference_of_another_campaign_is_not_taken_from_it(campaign: Campaign) -> None:
    other = CampaignFactory.create(name="Spring", brand__name="Acme")
    take(entry(google("7"), 5), sender=limited_to(campaign.brand))
    known_as(other, google("7"))

    with pytest.raises(InvalidReference) as refusal:
        match(campaign)

    assert refusal.value.field == "reference"
    assert f'campaign {other.pk} ("Spring" of Acme) has this ID' in str(refusal.value)
    assert len(kept()) == 1
    assert not Spend.objects.exists()
    assert not campaign.references.exists()


def test_what_a_limited_sender_sent_is_matched_to_its_brands_alone(campaign: Campaign) -> None:
    other = CampaignFactory.create()
    take(entry(google("7"), 5), sender=limited_to(campaign.brand))

    with pytest.raises(InvalidReference) as refusal:
        match(other)

    assert refusal.value.field == "campaign"
    assert len(kept()) == 1
    assert not CampaignReference.objects.exists()
    assert match(campaign).recorded == 1


def test_the_brand_of_a_reference_decides_whose_waiting_rows_it_takes(campaign: Campaign) -> None:
    """Of three senders, one is limited to another brand; what that one sent waits on."""
    foreign = BrandFactory.create()
    take(entry(google("7"), 1))
    take(entry(google("7"), 2), sender=limited_to(campaign.brand, source="own"))
    take(entry(google("7"), 4), sender=limited_to(foreign, source="foreign"))

    settled = registry.match(UnknownReference.objects.get(only_brands=None), campaign, now=NOON)

    assert settled.recorded == 2
    assert totals(campaign)["day", TODAY] == 3
    assert [row[1] for row in kept()] == [4]
    assert registry.record_waiting(LATER) == Settled()


def test_matched_twice_is_said_and_does_nothing(campaign: Campaign) -> None:
    take(entry(google("7"), 5))
    row = unknown()
    registry.match(row, campaign, now=NOON)

    with pytest.raises(InvalidReference, match="matched already"):
        registry.match(row, campaign, now=NOON)

    assert totals(campaign)["day", TODAY] == 5


def test_matching_inside_a_transaction_is_taken_back_with_it(campaign: Campaign) -> None:
    take(entry(google("7"), 80))

    def match_and_fail() -> None:
        match(campaign)
        assert not delivers(campaign)
        raise ConnectionError("the page fails after that")

    with pytest.raises(ConnectionError), transaction.atomic():
        match_and_fail()

    assert len(kept()) == 1
    assert not Spend.objects.exists()
    assert not CampaignReference.objects.exists()
    assert delivers(campaign)


def test_what_is_discarded_is_never_recorded_and_says_who_and_why(campaign: Campaign) -> None:
    take(entry(google("7"), 5, external_id="a"), entry(google("7"), 6), entry(google("8"), 7))

    with acting_as("ann"):
        assert registry.discard(unknown(), because="A test account.", now=LATER) == 2

    for row in WaitingSpend.objects.exclude(discarded_at=None):
        assert (row.discarded_at, row.discarded_by) == (LATER, "ann")
        assert row.discarded_because == "A test account."
    known_as(campaign, google("7"))
    assert registry.record_waiting(LATER) == Settled()
    assert not Spend.objects.exists()
    assert [row[0] for row in kept()] == ["8"]


def test_what_comes_in_after_that_waits_anew(campaign: Campaign) -> None:
    take(entry(google("7"), 5, external_id="a"), entry(google("7"), 6))
    registry.discard(unknown(), because="A test account.", now=NOON)

    take(entry(google("7"), 7, external_id="a"))

    assert kept() == [("7", 7, "a")]
    assert match(campaign).recorded == 1
    assert recorded() == [(7, TODAY, "a")]
    assert WaitingSpend.objects.count() == 2


@pytest.mark.parametrize("because", ["", " ", "x" * 501])
def test_discarding_needs_a_reason(because: str) -> None:
    take(entry(google("7"), 5))

    with pytest.raises(InvalidSpend, match=r"^because: "):
        registry.discard(unknown(), because=because, now=NOON)

    assert len(kept()) == 1
