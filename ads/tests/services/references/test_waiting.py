"""What comes in under a reference that no campaign carries waits, and is told apart meanwhile."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Spend, UnknownReference, WaitingSpend
from ads.services.ledger import Answer
from ads.tests.factories import CampaignFactory
from ads.tests.services.ledger.support import (
    TODAY,
    Sender,
    correct,
    entry,
    google,
    kept,
    known_as,
    outcomes,
    take,
    total,
)
from ads.tests.support import NOON, totals

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def test_an_entry_under_an_unknown_reference_is_kept_as_it_came() -> None:
    done = take(
        entry(google("7", name="Spring"), "1.5", description="click", external_id="a",
              occurred_at="2024-05-14T10:00:00Z")
    )  # fmt: skip

    assert done.is_recorded
    assert done.answers == [Answer("waiting")]
    row = WaitingSpend.objects.get()
    unknown = row.unknown
    assert (unknown.platform, unknown.account, unknown.reference, unknown.name) == (
        "google_ads", "123", "7", "Spring",
    )  # fmt: skip
    assert unknown.only_brands is None
    assert (row.kind, row.amount, row.date, row.description) == (
        "entry", Decimal("1.5"), None, "click",
    )  # fmt: skip
    assert row.occurred_at == NOON - timedelta(hours=26)
    assert (row.source, row.external_id, row.received_at) == ("etl", "a", NOON)
    assert not Spend.objects.exists()


def test_rows_with_a_campaign_are_recorded_beside_those_that_wait() -> None:
    campaign = CampaignFactory.create()

    done = take(entry(campaign, 1), entry(google("7"), 2), entry(google("8"), 4))

    assert outcomes(done) == ["recorded", "waiting", "waiting"]
    assert totals(campaign)["day", TODAY] == 1
    assert [row[:2] for row in kept()] == [("7", 2), ("8", 4)]


def test_the_same_again_waits_once() -> None:
    row = entry(google("7"), 5, external_id="a")
    take(row)

    assert outcomes(take(row, row, now=NOON + MINUTE)) == ["waiting"] * 2
    assert kept() == [("7", 5, "a")]
    assert UnknownReference.objects.count() == 1


def test_entries_without_an_id_of_their_own_all_wait() -> None:
    assert outcomes(take(*[entry(google("7"), 5)] * 3)) == ["waiting"] * 3
    assert len(kept()) == 3


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("amount", {"amount": 6}),
        ("description", {"description": "another"}),
        ("date", {"date": TODAY}),
        ("occurred_at", {"occurred_at": NOON}),
        ("campaign", {"campaign": google("8")}),
    ],
)
@pytest.mark.parametrize("keep_good", [False, True])
def test_other_content_under_an_id_that_waits_is_a_conflict(
    field: str, other: dict[str, Any], *, keep_good: bool
) -> None:
    take(entry(google("7"), 5, external_id="a"))
    before = kept()

    given = {"campaign": google("7"), "amount": 5, "external_id": "a", **other}
    done = take(entry(google("9")), entry(**given), keep_good=keep_good)

    assert outcomes(done) == ["waiting" if keep_good else "not_recorded", "conflict"]
    assert done.answers[1].field == field
    assert kept()[: len(before)] == before
    assert len(kept()) == len(before) + keep_good
    assert set(UnknownReference.objects.values_list("reference", flat=True)) == (
        {"7", "9"} if keep_good else {"7"}
    )


def test_a_correction_that_waits_is_none_of_an_entry() -> None:
    take(entry(google("7"), 5, external_id="a", description="x", date=TODAY))

    done = correct(entry(google("7"), 5, external_id="a", description="x", date=TODAY))

    assert [(answer.outcome, answer.field) for answer in done.answers] == [("conflict", "kind")]


def test_an_id_that_was_recorded_for_a_campaign_does_not_wait_for_another() -> None:
    campaign = CampaignFactory.create()
    take(entry(campaign, 5, external_id="a"))

    (answer,) = take(entry(google("7"), 5, external_id="a"), keep_good=True).answers

    assert (answer.outcome, answer.field) == ("conflict", "campaign")
    assert f"already used with campaign {campaign.pk}." in str(answer.reason)
    assert kept() == []
    assert not UnknownReference.objects.exists()


def test_one_id_for_a_campaign_and_for_an_unknown_reference_in_one_batch_is_a_conflict() -> None:
    campaign = CampaignFactory.create()

    done = take(
        entry(google("7"), 5, external_id="a"),
        entry(campaign, 5, external_id="a"),
        keep_good=True,
    )

    assert outcomes(done) == ["conflict", "recorded"]
    assert kept() == []


def test_ids_of_two_sources_wait_apart() -> None:
    take(entry(google("7"), 5, external_id="a"))
    take(entry(google("7"), 6, external_id="a"), sender=Sender("other"))

    assert kept() == [("7", 5, "a"), ("7", 6, "a")]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("amount", {"amount": "x"}),
        ("amount", {"amount": -1}),
        ("description", {"description": "x" * 501}),
        ("external_id", {"external_id": "\x00"}),
        ("date", {"date": "2024-02-30"}),
        ("date", {"date": "2024-05-18"}),
        ("occurred_at", {"occurred_at": "2024-05-18T00:00:00Z"}),
        ("occurred_at", {"occurred_at": "yesterday"}),
    ],
)
def test_garbage_never_waits(field: str, given: dict[str, Any]) -> None:
    done = take(entry(google("7"), **given), keep_good=True)

    assert [(answer.outcome, answer.field) for answer in done.answers] == [("refused", field)]
    assert not UnknownReference.objects.exists()


def test_an_id_has_not_what_separates_its_parts() -> None:
    for field, given in (("account", google("7", "a\x1fb")), ("reference", google("a\x1fb"))):
        (answer,) = take(entry(given), keep_good=True).answers
        assert (answer.outcome, answer.field) == ("refused", field)
        assert answer.reason == "it contains a control character (U+001F); remove it."
    assert not UnknownReference.objects.exists()


def test_a_day_that_has_come_somewhere_may_wait() -> None:
    # At noon in UTC it is the 16th on the other side of the date line, and the 17th is tomorrow.
    assert outcomes(take(entry(google("7"), date="2024-05-17"))) == ["waiting"]


def test_the_name_that_a_platform_gave_last_is_kept() -> None:
    take(entry(google("7", name="Sping")))
    take(entry(google("7", name="Spring")), now=NOON + MINUTE)
    take(entry(google("7")), now=NOON + 2 * MINUTE)

    unknown = UnknownReference.objects.get()
    assert unknown.name == "Spring"
    assert (unknown.created_at, unknown.updated_at) == (NOON, NOON + 2 * MINUTE)


def test_accounts_and_platforms_are_kept_apart() -> None:
    take(entry(google("7", account="1")), entry(google("7", account="2")), entry(google("7", "")))

    assert UnknownReference.objects.count() == 3


# Day totals ------------------------------------------------------------------------------------


def test_of_day_totals_that_wait_the_newest_observation_counts() -> None:
    assert outcomes(take(total(google("7"), 5, observed_at=NOON - MINUTE))) == ["waiting"]
    assert outcomes(take(total(google("7"), 8))) == ["waiting"]
    assert outcomes(take(total(google("7"), 6, observed_at=NOON - MINUTE))) == ["older"]
    assert outcomes(take(total(google("7"), 8))) == ["waiting"]

    assert kept() == [("7", 8, None)]
    row = WaitingSpend.objects.get()
    assert (row.kind, row.date, row.observed_at) == ("day_total", TODAY, NOON)


def test_of_day_totals_in_one_batch_the_newest_observation_waits() -> None:
    done = take(
        total(google("7"), 5, observed_at=NOON - MINUTE),
        total(google("7"), 8),
        total(google("7"), 6, observed_at=NOON - 2 * MINUTE),
        total(google("7"), 1, date=TODAY - timedelta(days=1)),
    )

    assert outcomes(done) == ["older", "waiting", "older", "waiting"]
    assert sorted(row[1] for row in kept()) == [1, 8]


def test_day_totals_of_two_sources_wait_apart() -> None:
    take(total(google("7"), 5))
    take(total(google("7"), 6), sender=Sender("other"))

    assert sorted(row[1] for row in kept()) == [5, 6]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("date", {"date": None}),
        ("date", {"date": "2024-05-18"}),
        ("amount", {"amount": -1}),
        ("observed_at", {"observed_at": None}),
        ("observed_at", {"observed_at": "2024-05-15T12:16:00Z"}),
        ("observed_at", {"observed_at": "2024-05-15 12:00"}),
    ],
)
@pytest.mark.parametrize("is_known", [False, True])
def test_a_day_total_that_cannot_be_neither_counts_nor_waits(
    field: str, given: dict[str, Any], *, is_known: bool
) -> None:
    if is_known:
        known_as(CampaignFactory.create(), google("7"))

    done = take(total(google("7"), **given), keep_good=True)

    assert [(answer.outcome, answer.field) for answer in done.answers] == [("refused", field)]
    assert not Spend.objects.exists()
    assert kept() == []


def test_day_totals_are_answered_row_by_row() -> None:
    campaign = CampaignFactory.create()
    take(total(campaign, 5, observed_at=NOON - MINUTE))

    done = take(
        total(campaign, "7.5"),
        total(google("7")),
        total(campaign, "x"),
        total(campaign, 1, observed_at=NOON - 2 * MINUTE),
        keep_good=True,
    )

    assert [(answer.outcome, answer.difference) for answer in done.answers] == [
        ("recorded", Decimal("2.5")),
        ("waiting", None),
        ("refused", None),
        ("older", 0),
    ]
    assert outcomes(take(total(campaign, "7.5"))) == ["unchanged"]
    assert totals(campaign)["day", TODAY] == Decimal("7.5")


def test_a_sender_of_thousands_of_brands_has_its_spend_wait_once() -> None:
    sender = Sender("limited", frozenset(range(1, 10_000)))
    row = entry(google("7" * 200, account="9" * 100), external_id="a")

    assert outcomes(take(row, sender=sender)) == ["waiting"]
    assert outcomes(take(row, sender=sender)) == ["waiting"]
    assert UnknownReference.objects.count() == 1
    assert len(kept()) == 1
