"""Entries are sent again after their platform ID has moved: they are on record already."""

from typing import Any

import pytest

from ads.models import Campaign, CampaignReference, Spend, SpendBatch, UnknownReference
from ads.models.spend import BatchKind
from ads.services import batches
from ads.services.imports.plan import Plan
from ads.services.ledger import record
from ads.services.new_batch import NewBatch
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.support import previewed, recorded, refused
from ads.tests.services.ledger.moved_ids.support import days, move
from ads.tests.services.ledger.support import (
    TODAY,
    entry,
    google,
    kept,
    known_as,
    limited_to,
    take,
)
from ads.tests.support import NOON

pytestmark = pytest.mark.django_db

FILE = ["date,account,reference,campaign,amount,external_id", f"{TODAY},123,7,Spring,60,x"]
PLAN = Plan(platform="google_ads", source="etl")


def row(amount: int = 60, **more: Any) -> Any:
    return entry(google("7"), amount, external_id="x", date=TODAY, **more)


def pass_on(carried: CampaignReference, second: Campaign | None) -> None:
    """The ID moves to ``second``, or is taken away."""
    if second:
        move(carried, second)
    else:
        carried.delete()


@pytest.mark.parametrize("is_taken_away", [False, True])
def test_the_same_entry_is_answered_as_the_first_time(
    first: Campaign, second: Campaign, carried: CampaignReference, *, is_taken_away: bool
) -> None:
    ((answer,), (once,)) = (take(row()).answers for _ in range(2))
    pass_on(carried, None if is_taken_away else second)

    (again,) = take(row()).answers

    assert (again.outcome, again.entry_id) == ("duplicate", answer.entry_id)
    assert again == once
    assert days(first, second) == [60, 0]
    assert kept() == []
    assert not UnknownReference.objects.exists()


@pytest.mark.parametrize("is_taken_away", [False, True])
def test_other_content_is_a_conflict_that_names_what_differs(
    first: Campaign, second: Campaign, carried: CampaignReference, *, is_taken_away: bool
) -> None:
    take(row())
    pass_on(carried, None if is_taken_away else second)

    for other, field in (row(61), "amount"), (row(description="?"), "description"):
        (answer,) = take(other, keep_good=True).answers
        assert (answer.outcome, answer.field) == ("conflict", field)
    assert days(first, second) == [60, 0]
    assert kept() == []


@pytest.mark.parametrize("is_taken_away", [False, True])
def test_an_id_that_the_campaign_never_had_is_of_another(
    first: Campaign, second: Campaign, carried: CampaignReference, *, is_taken_away: bool
) -> None:
    take(entry(first, 60, external_id="x", date=TODAY))
    other = known_as(second, google("8"))
    if is_taken_away:
        other.delete()
    given = entry(google("8"), 60, external_id="x", date=TODAY)

    (answer,) = take(given, keep_good=True).answers

    assert (answer.outcome, answer.field) == ("conflict", "campaign")


@pytest.mark.parametrize("is_taken_away", [False, True])
def test_what_was_undone_is_refused(
    first: Campaign, second: Campaign, carried: CampaignReference, *, is_taken_away: bool
) -> None:
    record([row()], source="etl", now=NOON, together=NewBatch(BatchKind.API))
    batches.undo(SpendBatch.objects.get(), reason="wrong", now=NOON)
    pass_on(carried, None if is_taken_away else second)

    (answer,) = take(row(), keep_good=True).answers

    assert (answer.outcome, answer.field) == ("conflict", "external_id")
    assert "undo batch" in str(answer.reason)
    assert days(first, second) == [0, 0]
    assert kept() == []
    assert "was undone with its batch" in refused(FILE, PLAN)


@pytest.mark.parametrize("is_taken_away", [False, True])
def test_a_limited_sender_does_not_learn_what_another_brand_has(
    first: Campaign, carried: CampaignReference, *, is_taken_away: bool
) -> None:
    second = CampaignFactory.create(brand=BrandFactory.create())
    take(row())
    pass_on(carried, None if is_taken_away else second)
    sender = limited_to(second.brand, source="etl")

    for given in row(), row(61):
        (answer,) = take(given, sender=sender, keep_good=True).answers
        assert (answer.outcome, answer.field) == ("conflict", "campaign")
        assert "other content" in str(answer.reason)


@pytest.mark.parametrize("is_taken_away", [False, True])
def test_in_a_file_it_is_a_duplicate_too(
    first: Campaign, second: Campaign, carried: CampaignReference, *, is_taken_away: bool
) -> None:
    recorded(FILE, PLAN)
    pass_on(carried, None if is_taken_away else second)

    preview = previewed([*FILE, FILE[1].replace("x", "y")], PLAN)
    done = recorded([*FILE, FILE[1].replace("x", "y")], PLAN)

    assert (done.duplicates, done.recorded, done.waiting_rows) == (
        1,
        not is_taken_away,
        is_taken_away,
    )
    assert (preview.duplicates, preview.recorded, preview.waiting_rows) == (
        done.duplicates,
        done.recorded,
        done.waiting_rows,
    )
    assert preview.waiting_amount == done.waiting_amount == ({"USD": 60} if is_taken_away else {})
    assert [(one.rows, one.amount) for one in preview.unknown] == [(1, 60)] * is_taken_away
    assert days(first, second) == [60, 0 if is_taken_away else 60]
    assert [external_id for _, _, external_id in kept()] == (["y"] if is_taken_away else [])
    assert "with amount '60', now it comes with '61'" in refused(
        [FILE[0], FILE[1].replace("60", "61")], PLAN
    )
    assert Spend.objects.filter(external_id="x").count() == 1
