"""Many writers at once: nothing is lost, to the cent; nobody waits in a circle."""

import multiprocessing
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Barrier

import pytest
import time_machine
from django.db import connections

from ads.models import Campaign, DeliveryChange, Spend
from ads.services.delivery.enforcement import Trigger, enforce
from ads.services.errors import SpendConflict
from ads.services.ledger import DayTotal, SpendEntry, record_all
from ads.services.ledger.verification import find_drift, verify
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import (
    NOON,
    PATIENCE,
    at_once,
    delivers,
    enforce_all,
    execute,
    let_run_on,
    spend,
    switches,
    totals,
)

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = NOON.date()
CENTS = Decimal("0.01")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """Edits are enforced with the clock at noon."""
    with time_machine.travel(NOON, tick=False):
        yield


def together(works: Sequence[Callable[[], object]]) -> None:
    """Each in a thread and a connection of its own, beginning at one moment."""
    gate = Barrier(len(works))

    def begin(work: Callable[[], object]) -> None:
        gate.wait(PATIENCE)
        work()

    with at_once() as start:
        for work in works:
            start(partial(begin, work))


def in_processes(works: Sequence[Callable[[], object]]) -> None:
    """Each in a process of its own."""
    connections.close_all()  # a connection must not be shared with a child
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=work) for work in works]
    for process in processes:
        process.start()
    for process in processes:
        process.join(3 * PATIENCE)
    assert [process.exitcode for process in processes] == [0] * len(works)


def record_many(campaign: Campaign, seed: int, count: int) -> None:
    numbers = random.Random(seed)
    for _ in range(count):
        spend(campaign, numbers.randrange(1, 1000) * CENTS, NOON)


def recorded(seed: int, count: int) -> Decimal:
    numbers = random.Random(seed)
    return sum((numbers.randrange(1, 1000) * CENTS for _ in range(count)), start=Decimal(0))


@pytest.mark.parametrize("run", [together, in_processes], ids=["threads", "processes"])
@pytest.mark.parametrize("count", [1, 8], ids=["one campaign", "eight campaigns of one brand"])
def test_eight_writers_lose_nothing(run: Callable[..., None], count: int) -> None:
    brand = BrandFactory.create(daily_budget=300, monthly_budget=300)
    campaigns = CampaignFactory.create_batch(count, brand=brand, daily_budget=250)
    rounds = 20

    run([partial(record_many, campaigns[n % count], n, rounds) for n in range(8)])

    true = sum(recorded(n, rounds) for n in range(8))
    assert totals(brand)["day", TODAY] == true
    assert true > 300
    if count == 8:
        for n, campaign in enumerate(campaigns):
            assert totals(campaign)["day", TODAY] == recorded(n, rounds)
    assert Spend.objects.count() == 8 * rounds
    assert find_drift() == []
    for campaign in campaigns:
        assert [on for on, _ in switches(campaign)] == [True, False]


def test_batches_over_the_same_brands_in_opposite_order_do_not_deadlock() -> None:
    campaigns = [
        campaign
        for brand in BrandFactory.create_batch(4, daily_budget=40)
        for campaign in CampaignFactory.create_batch(2, brand=brand, daily_budget=30)
    ]

    def batches(order: list[Campaign]) -> None:
        for _ in range(10):
            record_all([SpendEntry(c, 1) for c in order], source="etl", now=NOON)

    together(
        [partial(batches, campaigns), partial(batches, campaigns[::-1])]
        + [partial(batches, random.Random(n).sample(campaigns, 8)) for n in range(2)]
    )

    assert [totals(c)["day", TODAY] for c in campaigns] == [40] * 8
    assert not Campaign.objects.filter(is_active=True).exists()
    assert find_drift() == []


def test_the_same_ids_in_two_batches_in_opposite_order_are_recorded_once() -> None:
    campaigns = CampaignFactory.create_batch(3)
    entries = [SpendEntry(campaigns[n % 3], n + 1, external_id=f"id-{n}") for n in range(30)]
    outcomes: list[str] = []

    def batch(order: list[SpendEntry]) -> None:
        recorded = record_all(order, source="etl", now=NOON)
        outcomes.extend(answer.outcome for answer in recorded.answers)

    for turn in range(5):
        ids = [
            SpendEntry(e.campaign, e.amount, external_id=f"{turn}-{e.external_id}") for e in entries
        ]
        together([partial(batch, ids), partial(batch, ids[::-1]), partial(batch, ids[10:20])])

    assert Spend.objects.count() == 5 * 30
    assert outcomes.count("recorded") == 5 * 30
    assert outcomes.count("duplicate") == 5 * 40
    assert sum(totals(c)["day", TODAY] for c in campaigns) == 5 * sum(range(1, 31))


def test_of_two_contents_under_one_id_the_first_to_commit_stands() -> None:
    campaign = CampaignFactory.create()
    conflicts: list[SpendConflict] = []

    def record(amount: int) -> None:
        entry = SpendEntry(campaign, amount, external_id="a")
        try:
            record_all([entry], source="etl", now=NOON)
        except SpendConflict as conflict:
            conflicts.append(conflict)

    together([partial(record, amount) for amount in (1, 2, 3, 4)])

    entry = Spend.objects.get()
    assert len(conflicts) == 3
    assert {conflict.recorded for conflict in conflicts} == {entry.amount}
    assert totals(campaign)["day", TODAY] == entry.amount


def test_sweeps_at_once_write_one_change_for_each_switch() -> None:
    closed = ScheduleFactory.create()
    campaigns = CampaignFactory.create_batch(10)
    half = CampaignFactory.create_batch(10, schedules=[closed])
    Campaign.objects.filter(pk__in=[c.pk for c in half]).update(is_active=True)
    Campaign.objects.filter(pk__in=[c.pk for c in campaigns]).update(is_active=False)
    DeliveryChange.objects.all().delete()

    together(
        [partial(enforce_all, NOON)] * 3
        + [
            partial(
                enforce,
                Campaign.objects.order_by("-pk"),
                NOON,
                Trigger.ENFORCE_DAYPARTING,
                lock_first=True,
            )
        ]
    )

    assert DeliveryChange.objects.count() == 20
    assert all(switches(campaign) == [(True, [])] for campaign in campaigns)
    assert all(switches(campaign) == [(False, ["dayparting"])] for campaign in half)


def test_day_totals_reported_by_two_workers_at_once_count_once() -> None:
    brand = BrandFactory.create(daily_budget=60)
    campaigns = CampaignFactory.create_batch(5, brand=brand)

    def report(order: list[Campaign], offset: int) -> None:
        for step in range(offset, 20, 2):
            seen = NOON - timedelta(minutes=20 - step)
            rows = [DayTotal(c, TODAY, step, seen) for c in order]
            record_all(rows, source="x", now=NOON, kind=Spend.Kind.DAY_TOTAL)

    together(
        [partial(report, campaigns, offset) for offset in (0, 1)]
        + [partial(report, campaigns[::-1], offset) for offset in (0, 1)]
    )

    assert [totals(c)["day", TODAY] for c in campaigns] == [19] * 5
    assert totals(brand)["day", TODAY] == 95
    assert find_drift() == []
    assert not brand.campaigns.filter(is_active=True).exists()


def test_entries_day_totals_waivers_edits_and_sweeps_at_once_do_not_deadlock() -> None:
    brand = BrandFactory.create(daily_budget=500)
    campaigns = CampaignFactory.create_batch(4, brand=brand, daily_budget=100)

    def edits() -> None:
        for n in range(8):
            Campaign.objects.filter(brand=brand).update(daily_budget=50 + n)
            type(brand).objects.filter(pk=brand.pk).update(daily_budget=100 + n)

    def waive() -> None:
        for n in range(8):
            let_run_on(campaigns[n % 4], "day", now=NOON)
            let_run_on(brand, "month", now=NOON)

    def report() -> None:
        for n in range(8):
            rows = [DayTotal(c, TODAY, n, NOON) for c in campaigns[::-1]]
            record_all(rows, source="x", now=NOON, kind=Spend.Kind.DAY_TOTAL)

    def sweep() -> None:
        for _ in range(8):
            enforce_all(NOON)

    together(
        [edits, waive, report, sweep]
        + [partial(record_many, campaign, n, 8) for n, campaign in enumerate(campaigns)]
    )

    assert totals(brand)["day", TODAY] == sum(recorded(n, 8) + 7 for n in range(4))
    assert find_drift() == []
    assert enforce_all(NOON).switched == 0


def test_mending_the_sums_while_entries_come_in_loses_none() -> None:
    campaign = CampaignFactory.create()
    spend(campaign, 5, NOON)
    execute("UPDATE ads_spendtotal SET amount = amount + 1000 WHERE campaign_id IS NOT NULL")
    execute("UPDATE ads_spendtotal SET amount = amount - 3 WHERE campaign_id IS NULL")

    def mend() -> None:
        for _ in range(6):
            verify(fix=True, now=NOON)

    together([mend] + [partial(record_many, campaign, n, 15) for n in range(3)])
    verify(fix=True, now=NOON)

    assert find_drift() == []
    true = 5 + sum(recorded(n, 15) for n in range(3))
    assert totals(campaign)["day", TODAY] == totals(campaign.brand)["day", TODAY] == true


def test_spend_and_waivers_at_once_end_with_the_campaign_as_its_figures_say() -> None:
    campaign = CampaignFactory.create(daily_budget=50)

    def waive() -> None:
        for _ in range(10):
            let_run_on(campaign, "day", now=NOON)

    together([waive] + [partial(record_many, campaign, n, 10) for n in range(3)])

    total = campaign.totals.get(period="day")
    assert total.amount == sum(recorded(n, 10) for n in range(3))
    assert 0 <= total.waived <= total.amount
    assert delivers(campaign) is (total.amount - total.waived < 50)
    directions = [on for on, _ in switches(campaign)]
    assert directions == [n % 2 == 0 for n in range(len(directions))]
