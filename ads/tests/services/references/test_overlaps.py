"""Matching spend of which the campaign's days are on record already."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from ads.models import Campaign, ReportedTotal, UnknownReference, WaitingSpend
from ads.services import BudgetService, OnOverlap, Reference
from ads.services.actor import acting_as
from ads.services.imports import Plan
from ads.services.ledger import OnRecord
from ads.services.ledger.verification import find_drift
from ads.services.references import Overlaps, registry, unmatched
from ads.services.references.release import Settled
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import recorded
from ads.tests.services.ledger.support import (
    TODAY,
    Sender,
    entry,
    known_as,
    outcomes,
    take,
    total,
    unknown,
)
from ads.tests.support import NOON, at, delivers, enforce_all, totals

pytestmark = pytest.mark.django_db

CASES = Path(settings.BASE_DIR).parent / "shared" / "data" / "cases"
HEADER = "Campaign name,Day,Amount spent (USD)"
BEFORE = [HEADER, "P4 Spring,2026-11-24,70.00", "P4 Spring,2026-11-25,80.00"]
AFTER = [
    HEADER,
    "P4 Spring | v2,2026-11-24,70.00",
    "P4 Spring | v2,2026-11-25,80.00",
    "P4 Spring | v2,2026-11-26,90.00",
]
META = Plan(format="meta_ads")  # others have the same columns
LATER = at("2026-11-28 12:00")
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def campaign() -> Campaign:
    """Delivers, with 75 dollars a day."""
    campaign = CampaignFactory.create(daily_budget=75)
    enforce_all(NOON)
    return campaign


def meta(reference: str) -> Reference:
    return Reference("meta_ads", "", reference)


def month(campaign: Campaign) -> Decimal:
    return sum(
        (amount for (period, _), amount in totals(campaign).items() if period == "month"),
        start=Decimal(0),
    )


def what_waits() -> list[Any]:
    return list(WaitingSpend.objects.order_by("date").values_list("date", "amount", "refusal"))


# A campaign that was renamed on its platform ------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "sum_of_month", "settled"),
    [
        (OnOverlap.REPLACE, 240, Settled(recorded=3, taken_back={"USD": Decimal(-150)})),
        (OnOverlap.ADD, 390, Settled(recorded=3)),
        (OnOverlap.SKIP, 240, Settled(recorded=1, skipped=2)),
    ],
)
def test_a_renamed_campaign_counts_as_was_chosen(
    campaign: Campaign, choice: OnOverlap, sum_of_month: int, settled: Settled
) -> None:
    renamed_is_counted_as_was_chosen(BEFORE, AFTER, campaign, choice, sum_of_month, settled)


@pytest.mark.skipif(not CASES.is_dir(), reason="the folder of cases is not there")
def test_the_files_of_a_renamed_campaign_come_to_240_dollars(campaign: Campaign) -> None:
    before, after = (
        (CASES / f"{name}-rename.csv").read_bytes()
        for name in ("15a-meta-before", "15b-meta-after")
    )
    settled = Settled(recorded=3, taken_back={"USD": Decimal(-150)})
    renamed_is_counted_as_was_chosen(before, after, campaign, OnOverlap.REPLACE, 240, settled)


def renamed_is_counted_as_was_chosen(
    before: Any, after: Any, campaign: Campaign, choice: OnOverlap, total: int, settled: Settled
) -> None:
    recorded(before, META, now=LATER)
    registry.match(unknown("P4 Spring"), campaign, now=LATER)
    recorded(after, META, now=LATER + timedelta(minutes=1))
    row = unknown("P4 Spring | v2")

    assert unmatched.overlaps([(row, campaign)]) == {
        row.pk: Overlaps(
            2, {"USD": Decimal(150)}, {"meta_ads under another ID": {"USD": Decimal(150)}}
        )
    }
    (known,) = unmatched.on_record(row, campaign)
    assert (known.source, known.platform, known.days) == ("meta_ads", "meta_ads", 2)
    assert known.amount == 150
    done = registry.match(row, campaign, now=LATER, on_overlap=choice)

    assert (done.recorded, done.skipped, done.taken_back, done.refused) == (
        settled.recorded, settled.skipped, settled.taken_back, 0,
    )  # fmt: skip
    assert month(campaign) == total
    assert not WaitingSpend.objects.filter(discarded_at=None).exists()
    assert find_drift() == []


# Without a choice ---------------------------------------------------------------------------------


def test_without_a_choice_only_the_overlap_goes_on_waiting_until_there_is_one(
    campaign: Campaign,
) -> None:
    BudgetService.report_day_total(
        campaign, YESTERDAY, 40, source="hand", observed_at=NOON - timedelta(hours=1)
    )
    take(total(meta("1"), 45, date=YESTERDAY), total(meta("1"), 7))
    take(entry(meta("1"), 3))

    settled = registry.match(unknown("1"), campaign, now=NOON)

    assert (settled.recorded, settled.refused) == (2, 1)
    ((day, amount, refusal),) = what_waits()
    assert (day, amount) == (YESTERDAY, 45)
    assert (
        f"campaign {campaign.pk} on {YESTERDAY}: source etl reports $45.00, and on record is "
        "$40.00 by hand" in refusal
    )
    assert registry.record_waiting(NOON).refused == 1  # the periodic task asks nobody
    assert totals(campaign)["day", YESTERDAY] == 40

    again = registry.match(unknown("1"), campaign, now=NOON, on_overlap=OnOverlap.REPLACE)

    assert again == Settled(recorded=1, taken_back={"USD": Decimal(-40)})
    assert totals(campaign)["day", YESTERDAY] == 45
    assert not UnknownReference.objects.exists()


def test_a_campaign_given_a_second_id_keeps_its_overlap_waiting(
    campaign: Campaign, django_capture_on_commit_callbacks: Any
) -> None:
    known_as(campaign, meta("1"))
    take(total(meta("1"), 40), total(meta("2"), 45))

    with django_capture_on_commit_callbacks(execute=True):
        known_as(campaign, meta("2"))

    ((_, amount, refusal),) = what_waits()
    assert amount == 45
    assert "$40.00 by etl under another ID" in refusal
    assert registry.match(unknown("2"), campaign, now=NOON, on_overlap=OnOverlap.ADD).recorded == 1
    assert totals(campaign)["day", TODAY] == 85
    # It is another one of the campaign's, so its later reports are not asked about.
    take(total(meta("2"), 50), total(meta("1"), 41))
    assert totals(campaign)["day", TODAY] == 91


def test_what_is_skipped_is_discarded_by_whoever_matched(campaign: Campaign) -> None:
    take(total(campaign, 40), sender=Sender("hand"))
    take(total(meta("1"), 45))

    with acting_as("kim"):
        settled = registry.match(unknown("1"), campaign, now=NOON, on_overlap=OnOverlap.SKIP)

    assert (settled.recorded, settled.skipped) == (0, 1)
    row = WaitingSpend.objects.get()
    assert (row.discarded_by, row.discarded_at) == ("kim", NOON)
    assert row.discarded_because == "Skipped: the same days are on record."


def test_replacing_may_bring_the_campaign_back(campaign: Campaign) -> None:
    take(total(campaign, 80), sender=Sender("hand"))
    take(total(meta("1"), 45))
    assert not delivers(campaign)

    settled = registry.match(unknown("1"), campaign, now=NOON, on_overlap=OnOverlap.REPLACE)

    assert settled.enforced.started == 1
    assert delivers(campaign)


def test_other_platforms_entries_and_other_days_are_no_overlap_but_are_shown(
    campaign: Campaign,
) -> None:
    google = Reference("google_ads", "", "1")
    known_as(campaign, google)
    take(total(google, 10), total(google, 99, date=YESTERDAY))
    BudgetService.record_spend(campaign, 3, "A fee", date=TODAY)
    take(total(meta("1"), 45))
    row = unknown("1")

    assert unmatched.overlaps([(row, campaign)]) == {}
    assert unmatched.on_record(row, campaign) == [
        OnRecord("etl", "google_ads", True, "USD", 1, 1, Decimal(10), TODAY, TODAY),
        OnRecord("manual", "", False, "USD", 1, 1, Decimal(3), TODAY, TODAY),
    ]
    assert registry.match(row, campaign, now=NOON).recorded == 1


def test_a_replaced_id_s_next_report_is_an_overlap(campaign: Campaign) -> None:
    known_as(campaign, meta("1"))
    take(total(meta("1"), 40), total(meta("2"), 45))
    registry.match(unknown("2"), campaign, now=NOON, on_overlap=OnOverlap.REPLACE)

    assert outcomes(take(total(meta("1"), 40))) == ["overlap"]
    assert ReportedTotal.objects.get(amount=0).replaced_by == "etl"


# Many at once -------------------------------------------------------------------------------------


def test_many_are_matched_each_as_was_chosen_and_those_beside_them_wait(
    campaign: Campaign,
) -> None:
    other = CampaignFactory.create(brand=campaign.brand)
    take(total(campaign, 40), total(other, 4), sender=Sender("hand"))
    take(total(meta("1"), 45), total(meta("2"), 5), total(meta("3"), 6))
    one, two, three = (unknown(reference) for reference in "123")

    shown = unmatched.overlaps([(one, campaign), (two, other), (three, other)])
    assert {pk: each.on_record for pk, each in shown.items()} == {
        one.pk: {"hand": {"USD": Decimal(40)}},
        two.pk: {"hand": {"USD": Decimal(4)}},
        three.pk: {"hand": {"USD": Decimal(4)}},
    }  # fmt: skip
    done = unmatched.match_each(
        [(one, campaign, OnOverlap.REPLACE), (two, other, OnOverlap.ADD), (three, other, None)],
        now=NOON,
    )

    assert [(each.settled.recorded, each.settled.refused) for each in done if each.settled] == [
        (1, 0), (1, 0), (0, 1),
    ]  # fmt: skip
    assert totals(campaign)["day", TODAY] == 45
    assert totals(other)["day", TODAY] == 9
