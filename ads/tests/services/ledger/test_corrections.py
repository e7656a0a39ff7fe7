"""Corrections that people make: what one would do, what it does, and once however often sent."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import time_machine

from ads.models import Campaign, DeliveryChange, Spend
from ads.services import InvalidSpend, SpendConflict
from ads.services.ledger import corrections
from ads.services.ledger.corrections import CorrectedMeanwhile, Correction, record
from ads.services.ledger.verification import find_drift
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory
from ads.tests.support import NOON, at_once, delivers, enforce_all, let_run_on, spend, totals

TODAY = NOON.date()
MAY = TODAY.replace(day=1)
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """The clock stands at noon in UTC, on a Wednesday."""
    with time_machine.travel(NOON, tick=False):
        yield


def names(kind: Any) -> list[str]:
    return [campaign.name for campaign in kind.first]


def correction(
    campaign: Campaign, amount: object, *, day: date = TODAY, reason: str = "Invalid clicks",
    entry: Spend | None = None,
) -> Correction:  # fmt: skip
    return Correction(campaign, day, Decimal(str(amount)), reason, entry)


@pytest.mark.django_db
def test_taking_spend_back_brings_the_campaign_back_as_was_previewed() -> None:
    campaign = CampaignFactory.create(name="Spring", daily_budget=10)
    entry = spend(campaign, 12, NOON)
    assert not delivers(campaign)
    wanted = correction(campaign, -12, entry=entry)

    previewed = corrections.preview(wanted, NOON)
    before = Spend.objects.count()
    done = record(wanted, external_id="form-1", now=NOON)

    assert before == 1
    assert (names(previewed.outcome.starts), names(previewed.outcome.stops)) == (["Spring"], [])
    assert (done.outcome, done.enforced.started, done.enforced.stopped) == ("recorded", 1, 0)
    assert delivers(campaign)
    stored = Spend.objects.get(pk=done.entry_id)
    assert (stored.amount, stored.kind, stored.date) == (-12, "correction", TODAY)
    assert (stored.source, stored.external_id) == ("correction", "form-1")
    assert stored.description == f"Correction of entry {entry.pk}: Invalid clicks"
    assert DeliveryChange.objects.latest("id").trigger == "correction"
    assert totals(campaign) == {("day", TODAY): 0, ("month", MAY): 0}
    assert not find_drift()


@pytest.mark.django_db
def test_what_is_previewed_is_what_the_sums_become() -> None:
    brand = BrandFactory.create(monthly_budget=100, daily_budget=50)
    campaign = CampaignFactory.create(brand=brand, daily_budget=20)
    spend(campaign, 5, NOON)
    spend(campaign, 7, NOON, YESTERDAY)
    let_run_on(campaign, "day", now=NOON)

    sums = corrections.preview(correction(campaign, "-1.5"), NOON).sums

    moved: list[Any] = [(s.owner, s.period, s.start, s.before, s.after) for s in sums]
    assert moved == [
        (campaign, "day", TODAY, 5, Decimal("3.5")),
        (campaign, "month", MAY, 12, Decimal("10.5")),
        (brand, "day", TODAY, 5, Decimal("3.5")),
        (brand, "month", MAY, 12, Decimal("10.5")),
    ]
    against: list[Any] = [(one.waived, one.budget) for one in sums]
    assert against == [(5, 20), (0, None), (0, 50), (0, 100)]


@pytest.mark.django_db
def test_more_spend_stops_every_campaign_of_the_brand_as_was_previewed() -> None:
    brand = BrandFactory.create(monthly_budget=100)
    campaigns = [CampaignFactory.create(brand=brand, name=name) for name in ("A", "B", "C")]
    enforce_all(NOON)
    wanted = correction(campaigns[0], 100, day=YESTERDAY)

    previewed = corrections.preview(wanted, NOON).outcome
    done = record(wanted, external_id="form-1", now=NOON)

    assert names(previewed.stops) == ["A", "B", "C"]
    assert done.enforced.stopped == 3
    assert not any(delivers(campaign) for campaign in campaigns)


@pytest.mark.django_db
def test_a_campaigns_own_budget_is_not_touched_by_what_another_spends() -> None:
    brand = BrandFactory.create()
    mine, other = (CampaignFactory.create(brand=brand, daily_budget=10) for _ in range(2))
    spend(other, 10, NOON)
    enforce_all(NOON)

    previewed = corrections.preview(correction(mine, -10), NOON).outcome

    assert (previewed.starts.count, previewed.stops.count) == (0, 0)


@pytest.mark.django_db
def test_a_month_that_is_over_starts_and_stops_nobody() -> None:
    campaign = CampaignFactory.create(daily_budget=10, monthly_budget=10)
    enforce_all(NOON)
    wanted = correction(campaign, 100, day=MAY - timedelta(days=1))

    effect = corrections.preview(wanted, NOON)
    record(wanted, external_id="form-1", now=NOON)

    assert effect.outcome.count == 0
    assert [one.budget for one in effect.sums] == [None] * 4
    assert delivers(campaign)


@pytest.mark.django_db
def test_a_correction_of_any_month_is_previewed_where_a_total_or_shared_budget_counts_it() -> None:
    group = BudgetGroupFactory.create(total_budget=100)
    shared = [
        CampaignFactory.create(brand=group.brand, budget_group=group, name=name) for name in "AB"
    ]
    alone = CampaignFactory.create(brand=group.brand, total_budget=100, name="C")
    last_month = MAY - timedelta(days=1)
    for campaign in (shared[0], alone):
        spend(campaign, 100, NOON, last_month)
    wanted = [correction(campaign, -1, day=last_month) for campaign in (shared[0], alone)]

    previewed = [corrections.preview(each, NOON).outcome for each in wanted]

    assert [names(outcome.starts) for outcome in previewed] == [["A", "B"], ["C"]]
    for number, each in enumerate(wanted):
        record(each, external_id=f"form-{number}", now=NOON)
    assert all(delivers(campaign) for campaign in (*shared, alone))


@pytest.mark.django_db
def test_looking_changes_nothing(django_assert_max_num_queries: Any) -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    spend(campaign, 12, NOON)

    with django_assert_max_num_queries(17):
        corrections.preview(correction(campaign, -12), NOON)

    assert Spend.objects.count() == 1
    assert not delivers(campaign)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": Decimal("1.1234567")}, "amount"),
        ({"amount": Decimal("NaN")}, "amount"),
        ({"reason": " "}, "description"),
        ({"reason": "x" * 501}, "description"),
        ({"day": TODAY + timedelta(days=2)}, "date"),
    ],
)
@pytest.mark.parametrize("of_entry", [True, False])
def test_what_cannot_be_recorded_is_refused_and_nothing_changes(
    changed: dict[str, Any], field: str, of_entry: bool
) -> None:
    campaign = CampaignFactory.create()
    entry = spend(campaign, 5, NOON)
    wanted = replace(correction(campaign, -5, entry=entry if of_entry else None), **changed)

    with pytest.raises(InvalidSpend) as refused:
        record(wanted, external_id="form-1", now=NOON)

    assert refused.value.field == field
    assert list(Spend.objects.all()) == [entry]


@pytest.mark.django_db
def test_one_form_sent_twice_is_recorded_once() -> None:
    campaign = CampaignFactory.create()
    entry = spend(campaign, 5, NOON)
    wanted = correction(campaign, -5, entry=entry)

    first = record(wanted, external_id="form-1", seen=0, now=NOON)
    second = record(wanted, external_id="form-1", seen=0, now=NOON + timedelta(seconds=1))

    assert (first.outcome, second.outcome) == ("recorded", "duplicate")
    assert first.entry_id == second.entry_id
    assert totals(campaign)["day", TODAY] == 0


@pytest.mark.django_db
def test_one_form_with_something_else_in_it_is_refused() -> None:
    campaign = CampaignFactory.create()
    record(correction(campaign, -5), external_id="form-1", now=NOON)

    with pytest.raises(SpendConflict, match="amount -5, now it comes with -6"):
        record(correction(campaign, -6), external_id="form-1", now=NOON)

    assert totals(campaign)["day", TODAY] == -5


@pytest.mark.django_db
def test_whoever_has_not_seen_a_correction_is_refused() -> None:
    campaign = CampaignFactory.create()
    entry = spend(campaign, 5, NOON)
    wanted = correction(campaign, -5, entry=entry)
    record(wanted, external_id="form-1", seen=0, now=NOON)

    with pytest.raises(CorrectedMeanwhile):
        record(wanted, external_id="form-2", seen=0, now=NOON)
    record(correction(campaign, 2, entry=entry), external_id="form-3", seen=1, now=NOON)

    assert [one.amount for one in corrections.of_entry(entry)] == [-5, 2]


@pytest.mark.django_db
def test_a_correction_and_its_entry_are_known_to_each_other() -> None:
    campaign, other = CampaignFactory.create_batch(2)
    entry = spend(campaign, 5, NOON)
    elsewhere = spend(other, 5, NOON)
    of_entry = record(correction(campaign, -5, entry=entry), external_id="form-1", now=NOON)
    said = f"Correction of entry {elsewhere.pk}: made up"
    made_up = record(correction(campaign, -1, reason=said), external_id="form-2", now=NOON)
    of_none = record(correction(campaign, -1, reason="Refund"), external_id="form-3", now=NOON)

    def corrects(pk: int) -> Spend | None:
        return corrections.corrected_entry(Spend.objects.get(pk=pk))

    assert corrects(of_entry.entry_id) == entry
    assert corrects(made_up.entry_id) is None
    assert corrects(of_none.entry_id) is None
    assert corrections.corrected_entry(entry) is None
    assert [one.pk for one in corrections.of_entry(entry)] == [of_entry.entry_id]
    assert not corrections.of_entry(elsewhere)


@pytest.mark.django_db
def test_a_correction_of_a_correction_is_the_first_entrys_too() -> None:
    campaign = CampaignFactory.create()
    entry, other = spend(campaign, 12, NOON), spend(campaign, 5, NOON)

    def correct(amount: int, of: Spend, seen: int = 0) -> Spend:
        wanted = correction(campaign, amount, entry=of)
        done = record(wanted, external_id=f"form-{amount}", seen=seen, now=NOON)
        return Spend.objects.get(pk=done.entry_id)

    first = correct(-12, entry)
    second = correct(10, first)
    third = correct(-3, second)
    correct(-5, other)

    assert corrections.of_entry(entry) == [first, second, third]
    assert corrections.of_entry(first) == [second, third]
    with pytest.raises(CorrectedMeanwhile):  # the entry comes to something else than was seen
        correct(1, entry, seen=1)
    last = correct(1, entry, seen=3)
    assert corrections.of_entry(entry) == [first, second, third, last]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_correct_one_entry_at_once_one_does() -> None:
    campaign = CampaignFactory.create()
    entry = spend(campaign, 5, NOON)
    done: list[str] = []

    def try_it(number: int) -> None:
        wanted = correction(campaign, -5, entry=entry)
        try:
            done.append(record(wanted, external_id=f"form-{number % 4}", now=NOON).outcome)
        except CorrectedMeanwhile:
            done.append("told")

    with at_once() as start:
        for number in range(12):
            start(partial(try_it, number))
            start(partial(spend, campaign, 1, NOON))

    assert sorted(done) == ["duplicate"] * 2 + ["recorded"] + ["told"] * 9
    assert totals(campaign)["day", TODAY] == 12
    assert not find_drift()
