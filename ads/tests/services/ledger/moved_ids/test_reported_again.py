"""A platform ID moves to another campaign, and its source reports days again."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign, CampaignReference, ReportedTotal, Spend, SpendBatch
from ads.models.spend import BatchKind, Kind
from ads.services import batches
from ads.services.campaign_lookup import Reference
from ads.services.ledger import record
from ads.services.ledger.verification import find_drift
from ads.services.new_batch import NewBatch
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.ledger.moved_ids.support import days, move
from ads.tests.services.ledger.support import (
    TODAY,
    Sender,
    google,
    kept,
    known_as,
    limited_to,
    outcomes,
    take,
    total,
)
from ads.tests.support import NOON, enforce_all, totals

pytestmark = pytest.mark.django_db

YESTERDAY = TODAY - timedelta(days=1)
LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def first() -> Campaign:
    return CampaignFactory.create(brand__daily_budget=1000, daily_budget=100)


@pytest.fixture
def second(first: Campaign) -> Campaign:
    return CampaignFactory.create(brand=first.brand, daily_budget=100)


def later(amount: object, given: Reference | None = None, day: date = TODAY, **how: Any) -> Any:
    """Report again, five minutes later."""
    return take(total(given or google("7"), amount, date=day, observed_at=LATER), now=LATER, **how)


def descriptions(campaign: Campaign) -> list[str]:
    return list(campaign.spend.order_by("id").values_list("description", flat=True))


def test_a_day_that_is_reported_again_moves_with_its_id(first: Campaign, second: Campaign) -> None:
    carried = known_as(first, google("7"))
    take(total(google("7"), 60))
    move(carried, second)

    recorded = later(70)

    (answer,) = recorded.answers
    assert answer.outcome == "recorded"
    assert answer.difference == 70
    assert [(owner.campaign_id, by) for owner, by in answer.elsewhere] == [(first.pk, -60)]
    assert days(first, second) == [0, 70]
    assert totals(first.brand)["day", TODAY] == 70
    assert descriptions(first)[-1] == (
        "The day's total was lowered from 60 to 0. Its platform ID has moved: the day counts for "
        "another campaign."
    )
    assert first.spend.latest("id").kind == Kind.CORRECTION
    assert find_drift() == []


def test_reported_once_more_nothing_changes(first: Campaign, second: Campaign) -> None:
    carried = known_as(first, google("7"))
    take(total(google("7"), 60))
    move(carried, second)
    later(60)
    entries = Spend.objects.count()

    assert outcomes(later(60)) == ["unchanged"]
    assert Spend.objects.count() == entries
    assert days(first, second) == [0, 60]


def test_a_day_that_nobody_reports_again_stays(first: Campaign, second: Campaign) -> None:
    carried = known_as(first, google("7"))
    take(total(google("7"), 60), total(google("7"), 50, date=YESTERDAY))
    move(carried, second)

    later(70)

    assert days(first, second, day=YESTERDAY) == [50, 0]


def test_an_id_that_moves_back_takes_its_days_along(first: Campaign, second: Campaign) -> None:
    carried = known_as(first, google("7"))
    take(total(google("7"), 60))
    move(carried, second)
    later(70)
    move(carried, first)

    later(80)

    assert days(first, second) == [80, 0]


def test_an_id_that_was_deleted_and_given_to_another_campaign_has_moved_too(
    first: Campaign, second: Campaign
) -> None:
    known_as(first, google("7"))
    take(total(google("7"), 60))
    CampaignReference.objects.all().delete()
    later(65)
    assert len(kept()) == 1
    known_as(second, google("7"))

    later(70)

    assert days(first, second) == [0, 70]


@pytest.mark.parametrize(("before", "after"), [("", "123"), ("123", "")])
def test_an_id_that_got_or_lost_its_account_on_the_way_is_the_same(
    first: Campaign, second: Campaign, before: str, after: str
) -> None:
    carried = known_as(first, google("7", before))
    take(total(google("7", before), 60))
    carried.campaign, carried.account = second, after
    carried.save()

    later(70, google("7", after))

    assert days(first, second) == [0, 70]


def test_an_id_of_another_account_is_another_one(first: Campaign, second: Campaign) -> None:
    carried = known_as(first, google("7", "123"))
    take(total(google("7", "123"), 60))
    carried.campaign, carried.account = second, "456"
    carried.save()

    later(70, google("7", "456"))

    assert days(first, second) == [60, 70]


def test_what_a_campaign_reports_under_an_id_that_it_still_has_stays(
    first: Campaign, second: Campaign
) -> None:
    known_as(first, google("7", ""))
    known_as(second, google("7", "123"))
    take(total(google("7", ""), 60))

    later(70, google("7", "123"))

    assert days(first, second) == [60, 70]


def test_another_id_of_the_campaign_stays(first: Campaign, second: Campaign) -> None:
    carried = known_as(first, google("7"))
    known_as(first, google("8"))
    take(total(google("7"), 60), total(google("8"), 5))
    move(carried, second)

    later(70)

    assert days(first, second) == [5, 70]


def test_what_another_source_has_reported_under_the_id_stays(
    first: Campaign, second: Campaign
) -> None:
    carried = known_as(first, google("7"))
    take(total(google("7"), 60), sender=Sender("other"))
    move(carried, second)

    assert outcomes(later(70)) == ["recorded"]
    assert days(first, second) == [60, 70]


def test_a_day_before_the_flight_stays_and_its_restatement_too(
    first: Campaign, second: Campaign
) -> None:
    carried = known_as(first, google("7"))
    take(total(google("7"), 60), total(google("7"), 50, date=YESTERDAY))
    second.start_date = TODAY
    second.save()
    move(carried, second)

    (answer,) = later(48, day=YESTERDAY).answers
    later(70)

    assert (answer.outcome, answer.difference) == ("recorded", 0)
    assert [(owner.campaign_id, by) for owner, by in answer.elsewhere] == [(first.pk, -2)]
    assert days(first, second, day=YESTERDAY) == [48, 0]
    assert days(first, second) == [0, 70]
    assert outcomes(later(48, day=YESTERDAY)) == ["unchanged"]
    assert "moved" not in descriptions(first)[-2]


def test_a_day_before_the_flight_of_which_nothing_is_on_record_counts(
    first: Campaign, second: Campaign
) -> None:
    carried = known_as(first, google("7"))
    second.start_date = TODAY
    second.save()
    move(carried, second)

    later(50, day=YESTERDAY)

    assert days(second, day=YESTERDAY) == [50]


def test_an_older_observation_changes_nothing(first: Campaign, second: Campaign) -> None:
    carried = known_as(first, google("7"))
    later(60)
    move(carried, second)

    assert outcomes(take(total(google("7"), 55))) == ["older"]
    assert days(first, second) == [60, 0]


@pytest.mark.parametrize("begins", [None, TODAY + timedelta(days=1)])
def test_what_counted_twice_before_counts_once(
    first: Campaign, second: Campaign, begins: date | None
) -> None:
    carried = known_as(first, google("7"))
    take(total(google("7"), 60))
    move(carried, second)
    later(60)
    doubled = ReportedTotal.objects.get(campaign=first)
    doubled.amount, doubled.previous = Decimal(60), Decimal(0)
    doubled.save()
    Spend.objects.create(campaign=first, amount=60, date=TODAY, source="etl", kind=Kind.DAY_TOTAL)
    second.start_date = begins
    second.save()

    assert outcomes(later(60)) == ["recorded"]
    assert days(first, second) == [0, 60]


def test_both_campaigns_are_enforced(first: Campaign, second: Campaign) -> None:
    carried = known_as(first, google("7"))
    enforce_all(NOON)
    take(total(google("7"), 100))
    first.refresh_from_db()
    assert not first.is_active
    move(carried, second)

    recorded = later(100)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.is_active, second.is_active) == (True, False)
    assert recorded.enforced.switched == 2


def test_a_campaign_of_another_brand_and_currency(first: Campaign) -> None:
    second = CampaignFactory.create(brand=BrandFactory.create(currency="EUR"), daily_budget=100)
    assert first.brand.currency != "EUR"
    carried = known_as(first, google("7"))
    take(total(google("7"), 60))
    move(carried, second)

    recorded = later(70, sender=limited_to(second.brand, source="etl"))

    assert outcomes(recorded) == ["recorded"]
    assert days(first, second) == [0, 70]
    assert totals(first.brand)["day", TODAY] == 0


def test_a_refused_day_stays_where_it_is(first: Campaign, second: Campaign) -> None:
    carried = known_as(first, google("7"))
    take(total(google("7"), 60))
    take(total(second, 30), sender=Sender("other"))
    move(carried, second)

    assert outcomes(later(70)) == ["overlap"]
    assert days(first, second) == [60, 30]
    assert outcomes(later(70, on_overlap="skip")) == ["skipped"]
    assert days(first, second) == [60, 30]
    assert outcomes(later(70, on_overlap="replace")) == ["recorded"]
    assert days(first, second) == [0, 70]


def test_undoing_the_batch_gives_the_day_back(first: Campaign, second: Campaign) -> None:
    carried = known_as(first, google("7"))
    take(total(google("7"), 60))
    move(carried, second)
    batch = report_as_batch(70)
    assert batch.sums == {first.brand.currency: Decimal(10)}

    batches.undo(batch, reason="wrong", now=LATER)

    assert days(first, second) == [60, 0]
    assert ReportedTotal.objects.get(campaign=first).amount == 60
    assert find_drift() == []
    later(70)
    assert days(first, second) == [0, 70]


def test_the_batch_that_reported_the_day_first_is_undone_after_the_later_one(
    first: Campaign, second: Campaign
) -> None:
    carried = known_as(first, google("7"))
    early = report_as_batch(60)
    move(carried, second)
    late = report_as_batch(70)

    with pytest.raises(batches.CannotUndo, match=f"reported again since by batch {late.pk}"):
        batches.undo(early, reason="wrong", now=LATER)


@pytest.mark.parametrize("account", ["123", ""])
def test_a_day_does_not_come_back_that_counts_for_whoever_has_the_id_now(
    first: Campaign, second: Campaign, account: str
) -> None:
    carried = known_as(first, google("7"))
    report_as_batch(60)
    lowered = report_as_batch(0)
    move(carried, second)
    CampaignReference.objects.update(account=account)
    report_as_batch(50, google("7", account))
    assert days(first, second) == [0, 50]

    with pytest.raises(batches.CannotUndo, match="has been reported since for another campaign"):
        batches.undo(lowered, reason="wrong", now=LATER)

    assert days(first, second) == [0, 50]
    later(0, google("7", account))
    batches.undo(lowered, reason="wrong", now=LATER)
    assert days(first, second) == [60, 0]


def test_nor_does_it_when_an_undo_is_undone(first: Campaign, second: Campaign) -> None:
    carried = known_as(first, google("7"))
    undone = batches.undo(report_as_batch(60), reason="wrong", now=LATER).batch
    move(carried, second)
    report_as_batch(50)

    with pytest.raises(batches.CannotUndo, match="has been reported since for another campaign"):
        batches.undo(undone, reason="right", now=LATER)

    assert days(first, second) == [0, 50]


def report_as_batch(amount: int, given: Reference | None = None) -> SpendBatch:
    record(
        [total(given or google("7"), amount, observed_at=LATER)],
        source="etl",
        now=LATER,
        kind=Kind.DAY_TOTAL,
        together=NewBatch(BatchKind.API),
    )
    return SpendBatch.objects.latest("pk")
