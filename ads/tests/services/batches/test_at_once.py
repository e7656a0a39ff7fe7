"""Undoing while somebody else records: one waits for the other, and nothing is done by half."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from ads.models import (
    Campaign,
    ReportedTotal,
    Spend,
    SpendBatch,
    UnknownReference,
    WaitingSpend,
)
from ads.models.spend import BatchKind
from ads.services import batches
from ads.services.batches import CannotUndo
from ads.services.ledger import Correction, corrections, record
from ads.services.ledger.verification import find_drift
from ads.services.new_batch import NewBatch
from ads.services.references import registry, release
from ads.tests.factories import CampaignFactory
from ads.tests.services.batches.test_undo_import import ENTRIES, TOTALS, imported
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
from ads.tests.support import NOON, at_once, await_blocked, held_open, totals

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def campaign() -> Campaign:
    return CampaignFactory.create()


def undo(batch: SpendBatch, answers: list[Any]) -> None:
    try:
        answers.append(batches.undo(batch, reason="wrong", now=LATER).figures.sums["USD"])
    except CannotUndo as error:
        answers.append(str(error))


def test_of_two_undos_at_once_one_is_refused(campaign: Campaign) -> None:
    batch = imported(TOTALS, (TODAY, 30, campaign.pk))
    answers: list[Any] = []

    with held_open(lambda: undo(batch, answers)) as commit, at_once() as start:
        second = start(lambda: undo(batch, answers))
        await_blocked()
        commit()
        second.result(timeout=20)

    assert answers[0] == 30
    assert "It was undone on" in answers[1]
    assert totals(campaign)["day", TODAY] == 0


def test_an_undo_while_a_newer_import_is_recording_waits_and_is_refused(
    campaign: Campaign,
) -> None:
    batch = imported(TOTALS, (TODAY, 30, campaign.pk))
    answers: list[Any] = []

    with (
        held_open(lambda: imported(TOTALS, (TODAY, 45, campaign.pk), minutes=5)) as commit,
        at_once() as start,
    ):
        second = start(lambda: undo(batch, answers))
        await_blocked()
        commit()
        second.result(timeout=20)

    assert "reported again since by batch" in answers[0]
    assert totals(campaign)["day", TODAY] == 45
    assert Spend.objects.count() == 2


def test_an_undo_does_not_wait_for_a_long_import_for_ever(campaign: Campaign) -> None:
    batch = imported(TOTALS, (TODAY, 30, campaign.pk))
    answers: list[Any] = []

    def impatient() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        undo(batch, answers)

    with (
        held_open(lambda: imported(TOTALS, (TODAY, 45, campaign.pk), minutes=5)) as commit,
        at_once() as start,
    ):
        start(impatient).result(timeout=20)
        commit()

    assert "Spend of the same days is being recorded. Try again in a minute." in answers[0]
    assert totals(campaign)["day", TODAY] == 45


def test_a_newer_import_while_an_undo_is_recording_waits_and_counts(campaign: Campaign) -> None:
    batch = imported(TOTALS, (TODAY, 30, campaign.pk))
    answers: list[Any] = []

    with held_open(lambda: undo(batch, answers)) as commit, at_once() as start:
        second = start(lambda: imported(TOTALS, (TODAY, 45, campaign.pk), minutes=5))
        await_blocked()
        commit()
        second.result(timeout=20)

    assert answers == [30]
    assert totals(campaign)["day", TODAY] == 45
    assert ReportedTotal.objects.get().amount == 45
    assert not find_drift()


def test_totals_come_back_once_where_another_source_is_just_reporting(campaign: Campaign) -> None:
    first = imported(TOTALS, (TODAY, 30, campaign.pk), source="file")
    undone = batches.undo(first, reason="wrong", now=LATER).batch
    answers: list[Any] = []

    with (
        held_open(lambda: take(total(campaign, 31), sender=Sender("other"))) as commit,
        at_once() as start,
    ):
        second = start(lambda: undo(undone, answers))
        await_blocked()
        commit()
        second.result(timeout=20)

    assert "source other has reported it since" in answers[0]
    assert totals(campaign)["day", TODAY] == 31
    assert not find_drift()


def test_another_source_that_reports_while_totals_come_back_is_an_overlap(
    campaign: Campaign,
) -> None:
    first = imported(TOTALS, (TODAY, 30, campaign.pk), source="file")
    undone = batches.undo(first, reason="wrong", now=LATER).batch
    answers: list[Any] = []

    with held_open(lambda: undo(undone, answers)) as commit, at_once() as start:
        second = start(
            lambda: answers.append(take(total(campaign, 31), sender=Sender("other")).answers)
        )
        await_blocked()
        commit()
        second.result(timeout=20)

    ((answer,),) = answers[1:]
    assert answer.outcome == "overlap"
    assert totals(campaign)["day", TODAY] == 30
    assert not find_drift()


def test_two_rests_of_a_match_at_once_are_added_to_its_batch(campaign: Campaign) -> None:
    take(entry(google("7"), 1, date=TODAY))
    registry.match(unknown(), campaign, now=NOON)
    for source, brands in (("etl", None), ("limited", [campaign.brand_id])):
        WaitingSpend.objects.create(
            unknown=UnknownReference.objects.create(
                platform="google_ads", account="123", reference="7", only_brands=brands
            ),
            kind="entry",
            amount=2,
            date=TODAY,
            source=source,
            received_at=NOON,
        )
    one, other = UnknownReference.objects.order_by("pk")

    def rest(of: UnknownReference) -> None:
        release._record_batch(of.pk, of.waiting.get().source, Spend.Kind.ENTRY, 0, NOON, None)

    with held_open(lambda: rest(one)) as commit, at_once() as start:
        second = start(lambda: rest(other))
        await_blocked()
        commit()
        second.result(timeout=20)

    batch = SpendBatch.objects.get(kind=BatchKind.MATCH)
    assert batch.rows == 3
    assert batch.sums == {"USD": 5}


def test_an_entry_that_is_being_corrected_is_not_taken_back_twice(campaign: Campaign) -> None:
    batch = imported(ENTRIES, (TODAY, 10, campaign.pk, "a"))
    one = Spend.objects.select_related("campaign__brand").get()
    answers: list[Any] = []

    def correct() -> None:
        correction = Correction(one.campaign, TODAY, Decimal(-10), "invalid", one)
        corrections.record(correction, external_id="x", now=NOON)

    with held_open(correct) as commit, at_once() as start:
        second = start(lambda: undo(batch, answers))
        await_blocked()
        commit()
        second.result(timeout=20)

    assert "has been corrected since" in answers[0]
    assert totals(campaign)["day", TODAY] == 0
    assert Spend.objects.count() == 2


def test_spend_that_waits_while_a_match_is_undone_waits_on(campaign: Campaign) -> None:
    take(total(google("7"), 40))
    registry.match(unknown(), campaign, now=NOON)
    batch = SpendBatch.objects.get(kind=BatchKind.MATCH)
    answers: list[Any] = []

    def report() -> None:
        yesterday = TODAY - timedelta(days=1)
        record(
            [total(google("8"), 5), total(google("7"), 6, date=yesterday)],
            **Sender("etl")._asdict(),
            now=LATER,
            kind=Spend.Kind.DAY_TOTAL,
            together=NewBatch(BatchKind.API, "etl"),
        )

    with held_open(lambda: undo(batch, answers)) as commit, at_once() as start:
        second = start(report)
        await_blocked()
        commit()
        second.result(timeout=20)

    assert answers == [40]
    sums = {day: amount for (period, day), amount in totals(campaign).items() if period == "day"}
    # The report was placed before the undo, so its other day stays with the campaign.
    assert sums == {TODAY: 0, TODAY - timedelta(days=1): 6}
    assert sorted(entry[:2] for entry in kept()) == [("7", 40), ("8", 5)]
    assert not find_drift()
