"""The undo of a match: the campaign loses the platform ID, and the spend waits again."""

from datetime import timedelta
from typing import Any

import pytest

from ads.models import Campaign, CampaignReference, ReportedTotal, SpendBatch, WaitingSpend
from ads.models.batches import BatchKind
from ads.services import batches
from ads.services.actor import acting_as
from ads.services.batches import Undone
from ads.services.imports import Plan
from ads.services.ledger import OnOverlap
from ads.services.ledger.verification import find_drift
from ads.services.references import registry
from ads.tests.factories import CampaignFactory
from ads.tests.services.batches.test_undo_import import why_not
from ads.tests.services.imports.support import recorded
from ads.tests.services.ledger.support import (
    TODAY,
    Sender,
    entry,
    google,
    kept,
    take,
    total,
    unknown,
)
from ads.tests.support import NOON, totals

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def campaign() -> Campaign:
    return CampaignFactory.create()


def match(campaign: Campaign, **more: Any) -> SpendBatch:
    with acting_as("olivia"):
        registry.match(unknown(), campaign, now=LATER, **more)
    return SpendBatch.objects.filter(kind=BatchKind.MATCH).latest("pk")


def undo(batch: SpendBatch) -> Undone:
    with acting_as("max"):
        return batches.undo(batch, reason="wrong campaign", now=LATER + timedelta(hours=1))


def test_it_can_be_matched_with_the_right_campaign(campaign: Campaign) -> None:
    right = CampaignFactory.create()
    take(total(google("7"), 40))
    take(entry(google("7"), 5, date=TODAY, external_id="fee"))
    batch = match(campaign)
    assert (batch.rows, batch.recorded_by) == (2, "olivia")
    assert batch.amount == 45
    assert totals(campaign)["day", TODAY] == 45

    assert batches.preview(batch, now=LATER).figures.amount == 45
    undo(batch)

    assert totals(campaign)["day", TODAY] == 0
    assert not CampaignReference.objects.exists()
    assert sorted(kept()) == [("7", 5, None), ("7", 40, None)]
    match(right)
    assert totals(right)["day", TODAY] == 45
    assert totals(campaign)["day", TODAY] == 0
    assert not find_drift()
    take(total(google("7"), 41, observed_at=LATER), now=LATER)
    assert totals(right)["day", TODAY] == 46


def test_matched_with_the_same_campaign_again_it_counts_again(campaign: Campaign) -> None:
    take(total(google("7"), 40))
    undo(match(campaign))

    match(campaign)

    assert totals(campaign)["day", TODAY] == 40
    assert SpendBatch.objects.filter(kind=BatchKind.MATCH).count() == 2


def test_totals_that_it_replaced_come_back(campaign: Campaign) -> None:
    take(total(campaign, 30), sender=Sender("other"))
    take(total(google("7"), 40))
    batch = match(campaign, on_overlap=OnOverlap.REPLACE)
    assert totals(campaign)["day", TODAY] == 40

    undo(batch)

    assert totals(campaign)["day", TODAY] == 30
    assert ReportedTotal.objects.get(source="other").replaced_by == ""
    assert kept() == [("7", 40, None)]


def test_an_import_whose_rows_were_matched_is_undone_after_the_match(campaign: Campaign) -> None:
    lines = ["date,amount,campaign", f"{TODAY},10,7"]
    done = recorded(lines, Plan(platform="google_ads"), now=NOON)
    imported = SpendBatch.objects.get(pk=done.batch_id or 0)
    batch = match(campaign)
    assert batch.brought_by == [imported.pk]

    assert f"matched since: batch {batch.pk}" in why_not(imported)

    undo(batch)
    assert WaitingSpend.objects.get().batch == imported
    assert undo(imported).figures.waiting == 1
    assert kept() == []


def test_the_undo_of_a_match_is_not_undone(campaign: Campaign) -> None:
    take(total(google("7"), 40))

    assert "Match the platform ID again" in why_not(undo(match(campaign)).batch)


def test_days_reported_since_are_in_the_way(campaign: Campaign) -> None:
    take(total(google("7"), 40))
    batch = match(campaign)
    take(total(google("7"), 41, observed_at=LATER), now=LATER)

    assert "source etl has reported it since" in why_not(batch)
