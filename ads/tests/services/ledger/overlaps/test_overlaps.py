"""Overlaps: each campaign-day's money is counted once, whoever reports it."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import transaction

from ads.models import Campaign, CampaignReference, ReportedTotal, Spend
from ads.models.spend import Kind
from ads.services import BudgetService, DayTotal, InvalidSpend, OnOverlap, Overlap, Reference
from ads.services.ledger import OnRecord, day_totals, overlaps, record
from ads.services.ledger.verification import find_drift
from ads.services.references import registry
from ads.tests.factories import CampaignFactory
from ads.tests.services.ledger.support import TODAY, google, total
from ads.tests.support import NOON, delivers, enforce_all, execute, totals

pytestmark = pytest.mark.django_db

ADD, REPLACE, SKIP = OnOverlap.ADD, OnOverlap.REPLACE, OnOverlap.SKIP
YESTERDAY = TODAY - timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def campaign() -> Campaign:
    """Delivers, with 75 dollars a day."""
    campaign = CampaignFactory.create(daily_budget=75)
    enforce_all(NOON)
    return campaign


@pytest.fixture(autouse=True)
def noon() -> Iterator[Any]:
    """The clock stands at noon in UTC."""
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def meta(reference: str, account: str = "") -> Reference:
    return Reference("meta_ads", account, reference)


def report(
    source: str, *rows: DayTotal, on_overlap: OnOverlap | None = None, keep_good: bool = False
) -> list[Any]:
    """The answers: outcome, difference and what was taken back."""
    recorded = record(
        rows,
        source=source,
        now=NOON,
        kind=Kind.DAY_TOTAL,
        keep_good=keep_good,
        on_overlap=on_overlap,
    )
    return [(each.outcome, each.difference, each.taken_back) for each in recorded.answers]


def day(campaign: Campaign) -> Any:
    return totals(campaign).get(("day", TODAY), Decimal(0))


def ledger() -> list[Any]:
    """Source, amount and kind of the entries, oldest first."""
    return list(Spend.objects.order_by("id").values_list("source", "amount", "kind"))


def marks() -> list[Any]:
    """Amounts and who replaced them, by source."""
    return list(ReportedTotal.objects.order_by("source").values_list("amount", "replaced_by"))


def usd(amount: int) -> dict[str, Decimal]:
    """A sum in US dollars."""
    return {"USD": Decimal(amount)}


def figures(overlap: Any) -> Any:
    """What is sent, and what is on record by source."""
    on_record = {source: sums["USD"] for source, sums in overlap.on_record.items()}
    return overlap.amount["USD"], on_record


def known(reference: Reference, campaign: Campaign) -> Reference:
    campaign.references.create(
        platform=reference.platform, account=reference.account, reference=reference.reference
    )
    return reference


# What is an overlap -------------------------------------------------------------------------------


def test_a_second_source_of_a_day_is_refused_with_the_figures_and_the_remedy(
    campaign: Campaign,
) -> None:
    report("a", total(campaign, 40))

    with pytest.raises(Overlap) as refused:
        BudgetService.report_day_total(campaign, TODAY, 45, source="b", observed_at=NOON)

    assert isinstance(refused.value, InvalidSpend)
    assert str(refused.value) == (
        f"on_overlap: campaign {campaign.pk} on {TODAY}: source b reports $45.00, and on record is "
        "$40.00 by a. Nothing was recorded. Choose add (it is other money), replace (source b "
        "speaks for these days from now on, and what is on record is taken back) or skip."
    )
    assert figures(refused.value) == (45, {"a": 40})
    assert ledger() == [("a", 40, "day_total")]
    assert ReportedTotal.objects.count() == 1


def test_the_good_rows_of_a_batch_are_kept_and_the_overlaps_are_named(campaign: Campaign) -> None:
    report("a", total(campaign, 40))

    answers = report("b", total(campaign, 45), total(campaign, 7, date=YESTERDAY), keep_good=True)

    assert answers == [("overlap", None, None), ("recorded", 7, None)]
    assert day(campaign) == 40


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        (None, None, True),
        (google("1"), google("2"), True),
        (google("1"), google("1", account="9"), True),
        (google("1"), None, True),
        (None, google("1"), True),
        (google("1"), meta("1"), False),
    ],
    ids=["by id", "one platform", "two accounts", "then by id", "by id first", "two platforms"],
)
def test_totals_of_one_platform_overlap_and_one_without_a_reference_with_every(
    campaign: Campaign, first: Reference | None, second: Reference | None, *, overlap: bool
) -> None:
    named = [reference and known(reference, campaign) for reference in (first, second)]
    report("a", total(named[0] or campaign, 40))

    ((outcome, *_),) = report("b", total(named[1] or campaign, 45))

    assert outcome == ("overlap" if overlap else "recorded")
    assert day(campaign) == (40 if overlap else 85)


def test_several_references_of_one_source_add_up_without_a_question(campaign: Campaign) -> None:
    one, two = known(google("1"), campaign), known(google("2"), campaign)

    assert report("a", total(one, 40)) == [("recorded", 40, None)]
    assert report("a", total(two, 45)) == [("recorded", 45, None)]
    assert day(campaign) == 85


def test_other_days_other_campaigns_and_entries_are_no_overlap(campaign: Campaign) -> None:
    other = CampaignFactory.create(brand=campaign.brand)
    BudgetService.record_spend(campaign, 3, "A fee")
    report("a", total(campaign, 40, date=YESTERDAY), total(other, 5))

    assert report("b", total(campaign, 45)) == [("recorded", 45, None)]
    assert day(campaign) == 48


def test_zero_overlaps_with_nothing_on_either_side(campaign: Campaign) -> None:
    report("a", total(campaign, 0))
    assert report("b", total(campaign, 45)) == [("recorded", 45, None)]
    assert report("a", total(campaign, 0)) == [("unchanged", 0, None)]

    report("b", total(campaign, 0))
    assert report("a", total(campaign, 40)) == [("recorded", 40, None)]


def test_an_older_observation_is_older_and_no_overlap(campaign: Campaign) -> None:
    report("a", total(campaign, 0))
    report("b", total(campaign, 45))

    assert report("a", total(campaign, 40, observed_at=NOON - MINUTE)) == [("older", 0, None)]


def test_a_total_without_a_reference_in_the_same_source_is_refused_as_before(
    campaign: Campaign,
) -> None:
    one = known(google("1"), campaign)
    report("a", total(one, 40))

    for choice in (None, ADD, REPLACE, SKIP):
        assert report("a", total(campaign, 45), on_overlap=choice) == [("refused", None, None)]
    assert day(campaign) == 40


# What can be chosen -------------------------------------------------------------------------------


def test_what_is_added_counts_beside_and_is_not_asked_about_again(campaign: Campaign) -> None:
    report("a", total(campaign, 40, observed_at=NOON - 2 * MINUTE))

    assert report("b", total(campaign, 25, observed_at=NOON - MINUTE), on_overlap=ADD) == [
        ("recorded", 25, None)
    ]
    assert report("b", total(campaign, 30)) == [("recorded", 5, None)]
    assert report("a", total(campaign, 50)) == [("recorded", 10, None)]
    assert day(campaign) == 80
    assert not delivers(campaign)


def test_what_is_replaced_is_taken_back_by_corrections_that_say_by_whom(campaign: Campaign) -> None:
    report("a", total(campaign, 80))
    assert not delivers(campaign)

    assert report("b", total(campaign, 45), on_overlap=REPLACE) == [("recorded", 45, -80)]

    assert day(campaign) == 45
    assert delivers(campaign)  # its budget of 75 is no longer used up
    correction = Spend.objects.get(kind="correction")
    assert (correction.source, correction.amount) == ("a", -80)
    assert correction.description == "The day's total of 80 was replaced by source b."
    replaced = ReportedTotal.objects.get(source="a")
    assert (replaced.amount, replaced.previous, replaced.replaced_by) == (0, 80, "b")
    assert find_drift() == []


def test_a_replaced_source_s_next_report_is_an_overlap_again_and_may_be_chosen(
    campaign: Campaign,
) -> None:
    report("a", total(campaign, 40))
    report("b", total(campaign, 45), on_overlap=REPLACE)

    assert report("a", total(campaign, 41)) == [("overlap", None, None)]
    assert report("b", total(campaign, 46)) == [("recorded", 1, None)]
    assert report("a", total(campaign, 41), on_overlap=REPLACE) == [("recorded", 41, -46)]
    assert report("a", total(campaign, 42)) == [("recorded", 1, None)]
    assert day(campaign) == 42
    assert marks() == [(42, ""), (0, "a")]


def test_all_totals_of_the_platform_are_replaced_and_no_other(campaign: Campaign) -> None:
    one, two, three = (known(ref, campaign) for ref in (google("1"), google("2"), meta("1")))
    report("a", total(one, 10), total(two, 20), total(three, 40))

    four = known(google("4"), campaign)
    assert report("b", total(four, 5), on_overlap=REPLACE) == [("recorded", 5, -30)]
    assert day(campaign) == 45


def test_what_is_taken_back_is_told_once_though_several_rows_take_its_place(
    campaign: Campaign,
) -> None:
    one, two = known(google("1"), campaign), known(google("2"), campaign)
    report("a", total(campaign, 40))

    answers = report("b", total(one, 10), total(two, 20), on_overlap=REPLACE)

    assert answers == [("recorded", 10, -40), ("recorded", 20, None)]
    assert day(campaign) == 30


def test_what_is_skipped_changes_nothing(campaign: Campaign) -> None:
    report("a", total(campaign, 40))

    answers = report("b", total(campaign, 45), total(campaign, 7, date=YESTERDAY), on_overlap=SKIP)

    assert answers == [("skipped", 0, None), ("recorded", 7, None)]
    assert day(campaign) == 40
    assert report("b", total(campaign, 45)) == [("overlap", None, None)]


@pytest.mark.parametrize("choice", [None, ADD, REPLACE, SKIP])
def test_a_choice_changes_nothing_where_nothing_overlaps(
    campaign: Campaign, choice: OnOverlap | None
) -> None:
    report("a", total(campaign, 40), on_overlap=choice)
    report("b", total(campaign, 45), on_overlap=ADD)

    assert report("b", total(campaign, 46), on_overlap=choice) == [("recorded", 1, None)]
    assert day(campaign) == 86


def test_replacing_with_zero_takes_back_and_the_other_is_asked_about_again(
    campaign: Campaign,
) -> None:
    report("a", total(campaign, 40))

    assert report("b", total(campaign, 0), on_overlap=SKIP) == [("unchanged", 0, None)]
    assert report("b", total(campaign, 0), on_overlap=REPLACE) == [("recorded", 0, -40)]
    assert day(campaign) == 0
    assert report("a", total(campaign, 40)) == [("overlap", None, None)]
    assert report("a", total(campaign, 40), on_overlap=ADD) == [("recorded", 40, None)]
    assert report("a", total(campaign, 41)) == [("recorded", 1, None)]
    assert ReportedTotal.objects.filter(replaced_by="").count() == 2


def test_a_replaced_reference_of_the_same_source_is_asked_about_again(campaign: Campaign) -> None:
    """It was renamed on its platform: the two references are the same money."""
    before, after = known(meta("Sale"), campaign), known(meta("Sale v2"), campaign)
    report("a", total(before, 40))
    with transaction.atomic():
        posted = post("a", total(after, 45), on_overlap=REPLACE, every_reference=True)
    assert (posted.recorded, posted.replaced, int(posted.taken_back["USD"])) == (1, 1, -40)

    assert report("a", total(after, 46)) == [("recorded", 1, None)]
    assert report("a", total(before, 41)) == [("overlap", None, None)]
    assert report("a", total(before, 41), on_overlap=ADD) == [("recorded", 41, None)]
    assert report("a", total(before, 42)) == [("recorded", 1, None)]
    assert day(campaign) == 88


# Staged totals, as a file's are -------------------------------------------------------------------


STAGED = "staged_totals AS staged"


def post(
    source: str,
    *rows: DayTotal,
    on_overlap: OnOverlap | None = None,
    every_reference: bool = False,
) -> day_totals.Posted:
    stage(*rows)
    return day_totals.post(
        STAGED, source=source, now=NOON, on_overlap=on_overlap, every_reference=every_reference
    )


def stage(*rows: DayTotal) -> None:
    execute("DROP TABLE IF EXISTS staged_totals")
    execute(
        "CREATE TEMP TABLE staged_totals (campaign_id bigint, date date, known_as text,"
        " amount numeric, observed_at timestamptz)"
    )
    for row in rows:
        pk = row.campaign
        if isinstance(pk, Reference):
            pk = CampaignReference.objects.get(
                platform=pk.platform, reference=pk.reference
            ).campaign_id
        execute(
            "INSERT INTO staged_totals VALUES (%s, %s, %s, %s, %s)",
            [pk, row.date, row.known_as, row.amount, row.observed_at],
        )


def test_staged_totals_that_overlap_are_refused_in_sum(campaign: Campaign) -> None:
    other = CampaignFactory.create(brand=campaign.brand)
    report("a", total(campaign, 40), total(campaign, 4, date=YESTERDAY), total(other, 5))
    report("c", total(other, 6), on_overlap=ADD)
    rows = [total(campaign, 45), total(other, 10), total(other, 20, date=YESTERDAY)]

    with pytest.raises(Overlap) as refused, transaction.atomic():
        post("b", *rows)

    assert refused.value.where == f"2 days of 2 campaigns, on {TODAY}"
    assert figures(refused.value) == (55, {"a": 45, "c": 6})
    stage(*rows)
    summed = overlaps.summed(STAGED, source="b")
    assert summed is not None
    assert (summed.totals, summed.campaigns, summed.days) == (2, 2, 2)
    assert (summed.first, summed.last) == (TODAY, TODAY)
    assert figures(summed) == (55, {"a": 45, "c": 6})
    assert overlaps.summed(STAGED, source="a") is None
    assert not ReportedTotal.objects.filter(source="b").exists()


@pytest.mark.parametrize(
    ("choice", "expected", "sums"),
    [
        (ADD, day_totals.Posted(3, usd(75)), (85, 20)),
        (REPLACE, day_totals.Posted(3, usd(75), replaced=1, taken_back=usd(-40)), (45, 20)),
        (SKIP, day_totals.Posted(2, usd(30), skipped=1), (40, 20)),
    ],
)
def test_staged_totals_are_posted_as_was_chosen(
    campaign: Campaign, choice: OnOverlap, expected: day_totals.Posted, sums: tuple[int, int]
) -> None:
    other = CampaignFactory.create(brand=campaign.brand)
    report("a", total(campaign, 40))

    with transaction.atomic():
        posted = post(
            "b",
            total(campaign, 45),
            total(other, 20),
            total(campaign, 10, date=YESTERDAY),
            on_overlap=choice,
        )

    assert posted == expected
    assert (day(campaign), day(other)) == sums
    assert find_drift() == []


# What is on record --------------------------------------------------------------------------------


def test_what_is_on_record_is_told_by_source_and_adds_up(campaign: Campaign) -> None:
    one, two = known(google("1"), campaign), known(meta("1"), campaign)
    report("a", total(one, 10), total(one, 11, date=YESTERDAY), total(two, 20))
    report("b", total(campaign, 5), on_overlap=ADD)
    report("b", total(campaign, 4), on_overlap=ADD)
    report("old", total(campaign, 1, date=YESTERDAY), on_overlap=ADD)
    report("new", total(campaign, 2, date=YESTERDAY), on_overlap=REPLACE)
    BudgetService.record_spend(campaign, 3, "A fee", source="a")
    BudgetService.record_correction(campaign, -1, "Credit", date=TODAY)
    report("a", total(campaign, 100, date=TODAY - timedelta(days=9)))

    stage(total(campaign, 0), total(campaign, 0, date=YESTERDAY), total(two, 0))
    found = overlaps.on_record(STAGED)

    assert found == [
        OnRecord("a", "meta_ads", True, "USD", 1, 1, Decimal(20), TODAY, TODAY),
        OnRecord("a", "google_ads", True, "USD", 1, 1, Decimal(10), TODAY, TODAY),
        OnRecord("b", "", True, "USD", 1, 1, Decimal(4), TODAY, TODAY),
        OnRecord("new", "", True, "USD", 1, 1, Decimal(2), YESTERDAY, YESTERDAY),
        OnRecord("a", "", False, "USD", 1, 1, Decimal(3), TODAY, TODAY),
        OnRecord("correction", "", False, "USD", 1, 1, Decimal(-1), TODAY, TODAY),
    ]
    both = totals(campaign)["day", TODAY] + totals(campaign)["day", YESTERDAY]
    assert sum(each.amount for each in found) == both


@pytest.mark.parametrize("accounts", [("", "123"), ("123", "")])
def test_an_id_with_and_without_its_account_is_one_campaign(
    campaign: Campaign, accounts: tuple[str, str]
) -> None:
    before, after = (meta("7", account) for account in accounts)
    for reference in (before, after, meta("8")):
        registry.add(campaign, reference)
    report("meta_ads", total(before, 40), total(meta("8"), 5))

    assert report("meta_ads", total(after, 45)) == [("overlap", None, None)]

    assert report("meta_ads", total(after, 45), on_overlap=REPLACE) == [("recorded", 45, -40)]
    assert totals(campaign)["day", TODAY] == 50
