"""Entries: an id is recorded once; with other content it is a conflict and changes nothing."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from ads.models import Campaign, Spend
from ads.services import BudgetService, InvalidSpend, SpendConflict, SpendEntry
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, delivers, enforce_all, switches, totals

pytestmark = pytest.mark.django_db

TODAY = NOON.date()


@pytest.fixture
def campaign() -> Campaign:
    """Delivers, with 75 dollars a day."""
    campaign = CampaignFactory.create(daily_budget=75)
    enforce_all(NOON)
    return campaign


@pytest.fixture(autouse=True)
def noon():  # type: ignore[no-untyped-def]
    """The clock stands at noon in UTC."""
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def record(campaign: Campaign, amount: object = 10, **given: Any) -> Spend:
    given.setdefault("source", "etl")
    given.setdefault("external_id", "a")
    return BudgetService.record_spend(campaign, amount, **given)


def test_the_same_again_answers_as_the_first_did(campaign: Campaign, noon: Any) -> None:
    first = record(campaign, "10.50", description="click")
    noon.shift(timedelta(hours=9))

    again = record(campaign, Decimal("10.500"), description="click")

    assert again.pk == first.pk
    assert again == Spend.objects.get()
    assert totals(campaign)["day", TODAY] == Decimal("10.5")


def test_the_same_again_on_a_later_day_still_counts_on_the_first(
    campaign: Campaign, noon: Any
) -> None:
    record(campaign)
    noon.shift(timedelta(days=2))

    again = record(campaign)

    assert again.date == TODAY
    assert totals(campaign) == {("day", TODAY): 10, ("month", TODAY.replace(day=1)): 10}


def test_a_repeated_entry_stops_nobody_a_second_time(campaign: Campaign) -> None:
    record(campaign, 75)
    BudgetService.reset_daily_spend(campaign)
    assert delivers(campaign)

    record(campaign, 75)

    assert delivers(campaign)
    assert totals(campaign)["day", TODAY] == 75


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("amount", {"amount": Decimal("10.000001")}),
        ("description", {"description": "another"}),
        ("date", {"date": TODAY - timedelta(days=1)}),
        ("occurred_at", {"occurred_at": NOON - timedelta(seconds=1)}),
    ],
)
def test_other_content_under_the_same_id_is_a_conflict(
    campaign: Campaign, field: str, other: dict[str, Any]
) -> None:
    first = record(campaign)

    with pytest.raises(SpendConflict) as conflict:
        record(campaign, **other)

    error = conflict.value
    assert isinstance(error, ValueError)
    assert (error.source, error.external_id, error.field) == ("etl", "a", field)
    assert (error.recorded, error.offered) == (getattr(first, field), other[field])
    assert "Nothing was changed" in str(error)
    assert list(Spend.objects.all()) == [first]
    assert totals(campaign)["day", TODAY] == 10


def test_another_campaign_under_the_same_id_is_a_conflict(campaign: Campaign) -> None:
    record(campaign)
    other = CampaignFactory.create()

    with pytest.raises(SpendConflict) as conflict:
        record(other)

    assert conflict.value.field == "campaign"
    assert (conflict.value.recorded, conflict.value.offered) == (campaign.pk, other.pk)
    assert totals(other) == {}


def test_a_conflict_can_be_caught_and_the_transaction_goes_on(campaign: Campaign) -> None:
    record(campaign)

    with pytest.raises(SpendConflict):
        record(campaign, 11)
    record(campaign, 12, external_id="b")

    assert totals(campaign)["day", TODAY] == 22


def test_ids_are_unique_within_their_source_and_none_is_no_id(campaign: Campaign) -> None:
    record(campaign)
    record(campaign, source="other")
    record(campaign, external_id=None)
    record(campaign, external_id=None)

    assert totals(campaign)["day", TODAY] == 40


def test_zero_under_a_used_id_is_a_conflict_not_a_second_answer(campaign: Campaign) -> None:
    record(campaign, 10)

    with pytest.raises(SpendConflict) as conflict:
        record(campaign, 0)

    assert (conflict.value.field, conflict.value.offered) == ("amount", 0)


def test_a_batch_answers_entry_by_entry_in_order(campaign: Campaign) -> None:
    record(campaign, 1, external_id="known")

    recorded = BudgetService.record_batch(
        [
            SpendEntry(campaign, 2, external_id="z"),
            SpendEntry(campaign, 1, external_id="known"),
            SpendEntry(campaign.pk, 3),
            SpendEntry(campaign, 0),
            SpendEntry(campaign, 2, external_id="z"),
            SpendEntry(campaign, "4", external_id="a"),
        ],
        source="etl",
    )

    assert [answer.outcome for answer in recorded] == [
        "recorded",
        "duplicate",
        "recorded",
        "recorded",
        "duplicate",
        "recorded",
    ]
    assert recorded[4].entry_id == recorded[0].entry_id
    assert recorded[3].entry_id is None
    amounts: dict[Any, Any] = dict(Spend.objects.values_list("pk", "amount"))
    assert [amounts.pop(recorded[i].entry_id) for i in (0, 1, 2, 5)] == [2, 1, 3, 4]
    assert not amounts
    assert totals(campaign)["day", TODAY] == 10


def test_the_same_id_twice_in_one_batch_with_other_content_is_a_conflict(
    campaign: Campaign,
) -> None:
    with pytest.raises(SpendConflict):
        BudgetService.record_batch(
            [SpendEntry(campaign, 2, external_id="a"), SpendEntry(campaign, 3, external_id="a")],
            source="etl",
        )

    assert not Spend.objects.exists()


@pytest.mark.parametrize("bad", [Decimal("NaN"), "1e5", -1])
def test_a_batch_with_one_bad_entry_records_none(campaign: Campaign, bad: object) -> None:
    with pytest.raises(InvalidSpend):
        BudgetService.record_batch(
            [SpendEntry(campaign, 100), SpendEntry(campaign, bad)], source="etl"
        )

    assert not Spend.objects.exists()
    assert delivers(campaign)


def test_a_batch_with_one_conflict_records_none_and_stops_nobody(campaign: Campaign) -> None:
    record(campaign, 1)

    with pytest.raises(SpendConflict):
        BudgetService.record_batch(
            [SpendEntry(campaign, 100), SpendEntry(campaign, 2, external_id="a")], source="etl"
        )

    assert totals(campaign)["day", TODAY] == 1
    assert delivers(campaign)


def test_a_batch_is_enforced_once_for_all_brands_it_crosses() -> None:
    brands = BrandFactory.create_batch(2, daily_budget=10)
    campaigns = [CampaignFactory.create(brand=brand) for brand in brands for _ in range(2)]
    enforce_all(NOON)

    BudgetService.record_batch([SpendEntry(campaign, 6) for campaign in campaigns], source="etl")

    for campaign in campaigns:
        assert switches(campaign) == [(True, []), (False, ["brand_daily_budget"])]


def test_an_empty_batch_is_no_mistake() -> None:
    assert BudgetService.record_batch([], source="etl") == []
    assert BudgetService.report_day_totals([], source="etl") == []
