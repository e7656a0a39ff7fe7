"""The undo of a match: the campaign loses the platform ID, and the spend waits again."""

from datetime import timedelta
from typing import Any

import pytest

from ads.models import Campaign, CampaignReference, ReportedTotal, SpendBatch, WaitingSpend
from ads.models.spend import BatchKind
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
    assert batch.sums == {"USD": 45}
    assert totals(campaign)["day", TODAY] == 45

    assert batches.preview(batch, now=LATER).figures.sums == {"USD": 45}
    undo(batch)

    assert totals(campaign)["day", TODAY] == 0
    assert not CampaignReference.objects.exists()
    assert sorted(kept()) == [("7", 5, "fee"), ("7", 40, None)]
    match(right)
    assert totals(right)["day", TODAY] == 45
    assert totals(campaign)["day", TODAY] == 0
    assert not find_drift()
    take(total(google("7"), 41, observed_at=LATER), now=LATER)
    assert totals(right)["day", TODAY] == 46


def outcome(row: Any) -> str:
    """The outcome of one row sent as before."""
    (answer,) = take(row, now=LATER).answers
    return answer.outcome


def test_an_id_is_one_entry_however_often_its_match_is_undone(campaign: Campaign) -> None:
    right = CampaignFactory.create()
    fee = entry(google("7"), 5, date=TODAY, external_id="fee")
    take(fee)
    for _ in range(3):
        undo(match(campaign))
        assert outcome(fee) == "waiting"
        assert kept() == [("7", 5, "fee")]
        assert totals(campaign)["day", TODAY] == 0

    match(right)

    assert outcome(fee) == "duplicate"
    other = entry(google("7"), 6, date=TODAY, external_id="fee")
    assert outcome(other) == "conflict"
    assert totals(right)["day", TODAY] == 5
    assert kept() == []
    lines = ["date,amount,campaign,external_id", f"{TODAY},5,7,fee"]
    plan = Plan(platform="google_ads", account="123", source="etl")
    done = recorded(lines, plan, now=LATER)
    assert (done.duplicates, done.recorded, done.batch_id) == (1, 0, None)
    undo(SpendBatch.objects.filter(kind=BatchKind.MATCH).latest("pk"))
    assert totals(right)["day", TODAY] == 0
    done = recorded(lines, plan, now=LATER)
    assert (done.waiting_rows, kept()) == (1, [("7", 5, "fee")])
    assert not find_drift()


def test_an_id_that_was_discarded_after_the_undo_can_come_again(campaign: Campaign) -> None:
    fee = entry(google("7"), 5, date=TODAY, external_id="fee")
    take(fee)
    undo(match(campaign))
    WaitingSpend.objects.update(discarded_at=LATER)

    (answer,) = take(entry(campaign, 5, date=TODAY, external_id="fee"), now=LATER).answers
    assert answer.outcome == "conflict"
    assert "its match was undone and it was discarded" in str(answer.error)
    assert outcome(fee) == "waiting"
    match(campaign)

    assert totals(campaign)["day", TODAY] == 5
    assert outcome(fee) == "duplicate"


def test_what_waits_again_is_as_it_was(campaign: Campaign) -> None:
    take(total(google("7", name="Spring"), 40, currency="USD"))
    take(entry(google("7"), 5, occurred_at=NOON, external_id="click"))
    waits = WaitingSpend.objects.order_by("pk")
    waits.filter(kind="day_total").update(timezone="America/New_York")
    campaign.brand.timezone = "America/New_York"
    campaign.brand.save()
    skip = ("id", "unknown_id")
    before = [{k: v for k, v in row.items() if k not in skip} for row in waits.values()]

    undo(match(campaign))

    after = [{k: v for k, v in row.items() if k not in skip} for row in waits.values()]
    assert after == before
    assert unknown().name == "Spring"


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


def test_totals_that_it_skipped_wait_again(campaign: Campaign) -> None:
    right = CampaignFactory.create()
    take(total(campaign, 30), sender=Sender("other"))
    take(total(google("7"), 40), total(google("7"), 5, date=TODAY - timedelta(days=1)))

    undo(match(campaign, on_overlap=OnOverlap.SKIP))

    assert totals(campaign)["day", TODAY] == 30
    assert sorted(kept()) == [("7", 5, None), ("7", 40, None)]
    match(right)
    assert totals(right)["day", TODAY] == 40


def test_a_match_that_skipped_everything_is_undone_likewise(campaign: Campaign) -> None:
    right = CampaignFactory.create()
    take(total(campaign, 30), sender=Sender("other"))
    take(total(google("7", name="Spring"), 40))
    batch = match(campaign, on_overlap=OnOverlap.SKIP)
    assert (batch.rows, batch.sums, kept()) == (1, {}, [])

    preview = batches.preview(batch, now=LATER)
    assert (preview.in_the_way, preview.figures.rows) == ([], 0)
    assert preview.notes == [
        "The platform ID is taken from the campaign, and its spend waits again to be matched."
    ]
    undo(batch)

    assert totals(campaign)["day", TODAY] == 30
    assert kept() == [("7", 40, None)]
    assert unknown().name == "Spring"
    assert not CampaignReference.objects.exists()
    match(right)
    assert [totals(each)["day", TODAY] for each in (campaign, right)] == [30, 40]
    assert not find_drift()


def test_a_match_that_could_record_nothing_leaves_no_batch(campaign: Campaign) -> None:
    take(total(campaign, 30), sender=Sender("other"))
    take(total(google("7"), 40))

    with acting_as("olivia"):
        registry.match(unknown(), campaign, now=LATER)

    assert kept() == [("7", 40, None)]
    assert not SpendBatch.objects.filter(kind=BatchKind.MATCH).exists()


def test_an_import_whose_rows_were_matched_is_undone_after_the_match(campaign: Campaign) -> None:
    for amount in (9, 10):
        lines = ["date,amount,campaign", f"{TODAY},{amount},7"]
        done = recorded(lines, Plan(platform="google_ads"), now=NOON)
    imported = SpendBatch.objects.get(pk=done.batch_id or 0)
    batch = match(campaign)

    assert f"matched since: batch {batch.pk}" in why_not(imported)

    undo(batch)
    assert WaitingSpend.objects.get().batch == imported
    assert undo(imported).figures.waiting == 1
    assert [amount for _, amount, _ in kept()] == [9]  # as the import before it said


def test_the_undo_of_a_match_is_not_undone(campaign: Campaign) -> None:
    take(total(google("7"), 40))

    assert "Match the platform ID again" in why_not(undo(match(campaign)).batch)


def test_days_reported_since_are_in_the_way(campaign: Campaign) -> None:
    take(total(google("7"), 40))
    batch = match(campaign)
    take(total(google("7"), 41, observed_at=LATER), now=LATER)

    assert "source etl has reported it since" in why_not(batch)


def test_other_days_that_came_in_under_the_id_since_are_in_the_way(campaign: Campaign) -> None:
    take(total(google("7"), 40, date=TODAY - timedelta(days=1)))
    batch = match(campaign)
    lines = ["date,amount,campaign", f"{TODAY},30,7"]
    plan = Plan(platform="google_ads", account="123")
    imported = SpendBatch.objects.get(pk=recorded(lines, plan, now=LATER).batch_id or 0)
    again = ["date,amount,campaign", f"{TODAY},31,7"]
    undo(SpendBatch.objects.get(pk=recorded(again, plan, now=LATER).batch_id or 0))

    assert f"by batch {imported.pk} (import). Undo that batch first." in why_not(batch)
    undo(imported)
    undo(batch)

    assert kept() == [("7", 40, None)]
    assert totals(campaign)["month", TODAY.replace(day=1)] == 0


def test_they_are_not_once_the_campaign_has_lost_the_id(campaign: Campaign) -> None:
    take(total(google("7"), 40, date=TODAY - timedelta(days=1)))
    batch = match(campaign)
    take(total(google("7"), 30, observed_at=LATER), now=LATER + timedelta(minutes=1))
    assert "source etl has reported it since" in why_not(batch)
    CampaignReference.objects.all().delete()

    undo(batch)

    assert kept() == [("7", 40, None)]
    assert totals(campaign)["day", TODAY] == 30
