"""An import is undone as a whole: by corrections, once, with who and why."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign, ReportedTotal, Spend, SpendBatch, UnknownReference, WaitingSpend
from ads.models.campaigns import Status
from ads.models.spend import BatchKind
from ads.services import batches
from ads.services.actor import acting_as
from ads.services.batches import CannotUndo, Undone
from ads.services.campaign_lookup import Reference
from ads.services.errors import InvalidSpend
from ads.services.imports import Plan
from ads.services.ledger import OnOverlap
from ads.services.ledger.verification import find_drift
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import recorded
from ads.tests.services.ledger.support import TODAY, Sender, entry, google, known_as, take, total
from ads.tests.support import NOON, delivers, enforce_all, totals

pytestmark = pytest.mark.django_db

TOTALS = "date,amount,campaign"
ENTRIES = "date,amount,campaign,external_id"


@pytest.fixture
def campaign() -> Campaign:
    return CampaignFactory.create(daily_budget=50, status=Status.ACTIVE)


def imported(header: str, *rows: Any, minutes: int = 0, **plan: Any) -> SpendBatch:
    lines = [header, *(",".join(map(str, row)) for row in rows)]
    done = recorded(lines, Plan(**plan), now=NOON + timedelta(minutes=minutes))
    return SpendBatch.objects.get(pk=done.batch_id or 0)


def undo(batch: SpendBatch, reason: str = "wrong file") -> Undone:
    with acting_as("olivia"):
        return batches.undo(batch, reason=reason, now=NOON + timedelta(hours=1))


def why_not(batch: SpendBatch) -> str:
    before = list(Spend.objects.values_list("pk")), list(ReportedTotal.objects.values_list())
    assert batches.preview(batch, now=NOON).in_the_way
    with pytest.raises(CannotUndo) as error:
        undo(batch)
    assert before == (
        list(Spend.objects.values_list("pk")),
        list(ReportedTotal.objects.values_list()),
    )
    return str(error.value)


def test_day_totals_go_back_to_what_they_were_and_can_be_imported_again(
    campaign: Campaign,
) -> None:
    first = imported(TOTALS, (TODAY, 30, campaign.pk))
    second = imported(TOTALS, (TODAY, 45, campaign.pk), minutes=5)

    done = undo(second)

    assert done.figures.rows == 1
    assert done.figures.sums == {"USD": 15}
    assert totals(campaign)["day", TODAY] == 30
    known = ReportedTotal.objects.get()
    assert (known.amount, known.observed_at) == (30, NOON)
    undo(first)
    assert totals(campaign)["day", TODAY] == 0
    imported(TOTALS, (TODAY, 45, campaign.pk), minutes=5)
    assert totals(campaign)["day", TODAY] == 45
    assert not find_drift()


def test_each_row_gets_a_correction_with_who_and_why(campaign: Campaign) -> None:
    batch = imported(ENTRIES, (TODAY, 10, campaign.pk, "a"), (TODAY, 20, campaign.pk, "b"))

    done = undo(batch, "sent twice")

    made = Spend.objects.filter(batch=done.batch).order_by("pk")
    first = Spend.objects.get(external_id="a")
    assert [one.amount for one in made] == [-10, -20]
    assert made[0].description == (
        f"Correction of entry {first.pk}: undone with batch {batch.pk}: sent twice"
    )
    assert {(one.kind, one.recorded_by) for one in made} == {("correction", "olivia")}
    assert (done.batch.kind, done.batch.undoes, done.batch.reason) == (
        BatchKind.UNDO,
        batch,
        "sent twice",
    )


def test_a_batch_is_undone_once(campaign: Campaign) -> None:
    batch = imported(TOTALS, (TODAY, 30, campaign.pk))
    undo(batch)

    assert "It was undone on 2" in why_not(batch)
    assert "by olivia" in why_not(batch)


def test_a_reason_is_required(campaign: Campaign) -> None:
    batch = imported(TOTALS, (TODAY, 30, campaign.pk))

    with pytest.raises(InvalidSpend, match="reason"):
        undo(batch, "  ")
    with pytest.raises(InvalidSpend, match="reason"):
        undo(batch, "x" * 401)


def test_what_it_stopped_starts_and_the_preview_says_so(campaign: Campaign) -> None:
    enforce_all(NOON)
    batch = imported(TOTALS, (TODAY, 60, campaign.pk))
    assert not delivers(campaign)

    preview = batches.preview(batch, now=NOON)
    assert (preview.would_start, preview.would_stop) == (1, 0)
    assert preview.switches[0][0] == campaign
    assert not delivers(campaign)

    assert undo(batch).enforced.started == 1
    assert delivers(campaign)


def test_replaced_totals_come_back(campaign: Campaign) -> None:
    take(total(campaign, 40), sender=Sender("other"))
    batch = imported(
        TOTALS, (TODAY, 45, campaign.pk), minutes=1, source="file", answers={"overlap": "replace"}
    )
    assert totals(campaign)["day", TODAY] == 45

    undo(batch)

    assert totals(campaign)["day", TODAY] == 40
    other = ReportedTotal.objects.get(source="other")
    assert (other.amount, other.replaced_by, other.observed_at) == (40, "", NOON)
    assert not ReportedTotal.objects.get(source="file").amount


def test_replaced_totals_do_not_come_back_beside_a_third_source(campaign: Campaign) -> None:
    take(total(campaign, 40), sender=Sender("other"))
    batch = imported(
        TOTALS, (TODAY, 45, campaign.pk), minutes=1, source="file", answers={"overlap": "replace"}
    )
    third = total(campaign, 5, observed_at=NOON + timedelta(minutes=2))
    take(
        third,
        sender=Sender("third"),
        on_overlap=OnOverlap.ADD,
        now=NOON + timedelta(minutes=2),
    )

    assert "source third has reported it since" in why_not(batch)
    assert totals(campaign)["day", TODAY] == 50


def test_an_undo_of_an_undo_does_not_bring_totals_back_beside_newer_ones(
    campaign: Campaign,
) -> None:
    undone = undo(imported(TOTALS, (TODAY, 30, campaign.pk), source="file"))
    take(total(campaign, 31), sender=Sender("other"))

    assert "source other has reported it since" in why_not(undone.batch)
    assert totals(campaign)["day", TODAY] == 31


def test_totals_of_another_platform_are_not_in_the_way(campaign: Campaign) -> None:
    known_as(campaign, google("7"))
    known_as(campaign, Reference("meta", "", "8"))
    plan: Any = {"platform": "google_ads", "account": "123", "source": "file"}
    undone = undo(imported(TOTALS, (TODAY, 30, "7"), **plan))
    take(total(Reference("meta", "", "8"), 31), sender=Sender("other"))

    undo(undone.batch, "it was right")

    assert totals(campaign)["day", TODAY] == 61


def test_what_counted_beside_it_before_is_not_in_the_way(campaign: Campaign) -> None:
    take(total(campaign, 40), sender=Sender("other"))
    batch = imported(
        TOTALS, (TODAY, 45, campaign.pk), minutes=1, source="file", answers={"overlap": "add"}
    )
    undone = undo(batch)
    take(
        total(campaign, 41, observed_at=NOON + timedelta(minutes=5)),
        sender=Sender("other"),
        now=NOON + timedelta(minutes=6),
    )

    undo(undone.batch, "it was right")

    assert totals(campaign)["day", TODAY] == 86


def test_figures_are_by_currency(campaign: Campaign) -> None:
    euros = CampaignFactory.create(brand__currency="EUR")
    batch = imported(TOTALS, (TODAY, 30, campaign.pk), (TODAY, 7, euros.pk))
    assert batch.sums == {"EUR": 7, "USD": 30}

    done = undo(batch)

    assert done.figures.sums == {"EUR": 7, "USD": 30}
    assert done.batch.sums == {"EUR": -7, "USD": -30}
    assert done.figures.campaigns == 2
    assert done.figures.seen == "2 rows; EUR 7.00, USD 30.00; 0 waiting"


def test_it_is_refused_where_the_same_days_were_reported_since(campaign: Campaign) -> None:
    first = imported(TOTALS, (TODAY, 30, campaign.pk))
    second = imported(TOTALS, (TODAY, 45, campaign.pk), minutes=5)

    assert f"reported again since by batch {second.pk}" in why_not(first)

    undo(second)
    undo(first)
    assert totals(campaign)["day", TODAY] == 0


def test_it_is_refused_where_the_same_figure_was_reported_since(campaign: Campaign) -> None:
    first = imported(TOTALS, (TODAY, 30, campaign.pk))
    second = imported(TOTALS, (TODAY, 30, campaign.pk), minutes=5)

    assert f"batch {second.pk}" in why_not(first)


def test_it_is_refused_where_python_reported_since(campaign: Campaign) -> None:
    batch = imported(TOTALS, (TODAY, 30, campaign.pk), source="a")
    take(
        total(campaign, 31, observed_at=NOON + timedelta(minutes=5)),
        sender=Sender("a"),
        now=NOON + timedelta(minutes=6),
    )

    assert "source a has reported it since" in why_not(batch)


@pytest.mark.parametrize(
    ("header", "more"), [(ENTRIES, ["a"]), (TOTALS, [])], ids=["entry", "day total"]
)
def test_it_is_refused_where_an_entry_was_corrected_since(
    campaign: Campaign, header: str, more: list[str]
) -> None:
    from ads.services.ledger import Correction, corrections

    batch = imported(header, (TODAY, 10, campaign.pk, *more))
    one = Spend.objects.get()
    corrections.record(
        Correction(campaign, TODAY, Decimal(-4), "half", one), external_id="x", now=NOON
    )

    assert f"Entry {one.pk} has been corrected since" in why_not(batch)


def test_what_waits_is_discarded(campaign: Campaign) -> None:
    lines = ["date,amount,campaign", f"{TODAY},10,777"]
    done = recorded(lines, Plan(platform="google_ads"), now=NOON)
    batch = SpendBatch.objects.get(pk=done.batch_id or 0)

    assert undo(batch).figures.waiting == 1

    assert WaitingSpend.objects.get().discarded_by == "olivia"
    again = recorded(lines, Plan(platform="google_ads"), now=NOON)
    assert again.waiting_rows == 1
    assert WaitingSpend.objects.filter(discarded_at=None).count() == 1
    assert UnknownReference.objects.count() == 1


def test_what_had_waited_before_waits_again(campaign: Campaign) -> None:
    def took(amount: int, minutes: int) -> SpendBatch:
        row = (TODAY, amount, 777)
        return imported(TOTALS, row, minutes=minutes, platform="google_ads")

    def waits() -> list[Any]:
        rows = WaitingSpend.objects.filter(discarded_at=None)
        return list(rows.values_list("amount", "batch"))

    first, same, newer = took(10, 0), took(10, 5), took(12, 10)

    said = batches.preview(newer, now=NOON).notes
    assert said == ["Of the waiting rows, 1 had been reported before: they wait again as they did."]
    undo(newer)
    assert waits() == [(10, same.pk)]
    newest = took(13, 15)
    undo(same)
    assert waits() == [(13, newest.pk)]
    undo(newest)
    assert waits() == [(10, first.pk)]
    assert batches.preview(first, now=NOON).notes == []
    undo(first)
    assert waits() == []


def test_undoing_the_undo_counts_again(campaign: Campaign) -> None:
    batch = imported(ENTRIES, (TODAY, 10, campaign.pk, "a"))
    first = undo(batch)
    assert totals(campaign)["day", TODAY] == 0

    again = undo(first.batch, "it was right")

    assert totals(campaign)["day", TODAY] == 10
    batch.refresh_from_db()
    assert batch.counts
    assert f"Undo batch {again.batch.pk} instead" in why_not(batch)
    undo(again.batch)
    assert totals(campaign)["day", TODAY] == 0


def test_undone_entries_say_what_to_do_when_they_come_again(campaign: Campaign) -> None:
    batch = imported(ENTRIES, (TODAY, 10, campaign.pk, "a"), source="etl")
    undone = undo(batch)

    (answer,) = take(entry(campaign, 10, date=TODAY, external_id="a")).answers
    assert answer.outcome == "conflict"
    assert f"undo batch {undone.batch.pk} to count it again" in str(answer.error)

    from ads.tests.services.imports.support import refused

    lines = [ENTRIES, f"{TODAY},10,{campaign.pk},a"]
    assert f"undo batch {undone.batch.pk} to count it again" in refused(lines, Plan(source="etl"))


def test_an_import_of_nothing_new_is_no_batch(campaign: Campaign) -> None:
    imported(ENTRIES, (TODAY, 10, campaign.pk, "a"))

    lines = [ENTRIES, f"{TODAY},10,{campaign.pk},a"]
    assert recorded(lines, now=NOON).batch_id is None
