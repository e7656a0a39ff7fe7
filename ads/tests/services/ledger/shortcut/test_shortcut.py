"""One entry in one statement: the same as step by step, or nothing."""

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TransactionTestCase

from ads.models import ArchivedMonth, Brand, Campaign, Spend
from ads.services import messages
from ads.services.errors import InvalidSpend, SpendConflict
from ads.services.ledger import SpendEntry, record_one
from ads.services.ledger.verification import find_drift
from ads.services.lock_waits import Locked
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory
from ads.tests.services.ledger.support import statements_of
from ads.tests.support import (
    NOON,
    PATIENCE,
    at_once,
    await_blocked,
    delivers,
    enforce_all,
    execute,
    held_open,
    impatient,
    spend,
    spend_in_sql,
    switches,
    totals,
)

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = NOON.date()
APRIL = date(2024, 4, 1)
AMOUNTS = ("0.25", "0.75", "1")

#: An entry of one of two campaigns: amount, day, external ID; ``moved``: its brand's timezone was
#: another when it was loaded; ``revived``: somebody has switched its campaign on behind our back.
ENTRIES = st.fixed_dictionaries(
    {
        "campaign": st.integers(0, 1),
        "amount": st.sampled_from(["1", "2.50", "4", "9", "0.000001", "0", "-1", "x"]),
        "day": st.sampled_from(
            [None] * 4 + [TODAY - timedelta(1), APRIL, TODAY + timedelta(1), TODAY + timedelta(3)]
        ),
        "external_id": st.sampled_from([None, None, "a", "b", ""]),
        "moved": st.sampled_from([False] * 7 + [True]),
        "revived": st.sampled_from([False] * 7 + [True]),
    }
)
BUDGETS = st.sampled_from([None, None, 0, 5, 10])
WORLDS = st.fixed_dictionaries(
    {
        "brand_daily": BUDGETS,
        "brand_monthly": BUDGETS,
        "daily": BUDGETS,
        "monthly": BUDGETS,
        "total": st.sampled_from([None, None, None, 8]),
        "group": st.sampled_from([None, None, None, 6]),
        "stops_early": st.sampled_from([False, False, False, True]),
        "archived": st.booleans(),
    }
)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """Edits are enforced with the clock at noon."""
    with time_machine.travel(NOON, tick=False):
        yield


@dataclass
class Twin:
    """A brand with two campaigns, one of which may have a total budget or a group."""

    name: str
    inside: Callable[[], AbstractContextManager[Any]]
    world: dict[str, Any]
    campaigns: list[Campaign] = field(init=False)

    def __post_init__(self) -> None:
        brand = BrandFactory.create(
            daily_budget=self.world["brand_daily"],
            monthly_budget=self.world["brand_monthly"],
            stops_early=self.world["stops_early"],
        )
        group = self.world["group"]
        self.campaigns = [
            CampaignFactory.create(
                brand=brand, daily_budget=self.world["daily"], monthly_budget=self.world["monthly"]
            ),
            CampaignFactory.create(
                brand=brand,
                total_budget=self.world["total"],
                budget_group=group and BudgetGroupFactory.create(brand=brand, daily_budget=group),
            ),
        ]

    def send(self, entry: dict[str, Any]) -> object:
        """What is answered, without what differs between twins."""
        pk = self.campaigns[entry["campaign"]].pk
        if entry["revived"]:
            execute("UPDATE ads_campaign SET is_active = true WHERE id = %s", [pk])
        loaded = Campaign.objects.select_related("brand").get(pk=pk)
        if entry["moved"]:
            loaded.brand.timezone = "Pacific/Kiritimati"  # where it is tomorrow already
        sent = SpendEntry(
            loaded, entry["amount"], "click", entry["day"], external_id=entry["external_id"]
        )
        try:
            with self.inside():
                recorded = record_one(sent, source=self.name, now=NOON)
        except (InvalidSpend, SpendConflict) as error:
            mine = {str(one.pk): str(n) for n, one in enumerate(self.campaigns)}
            return (
                type(error),
                error.field,
                mine.get(str(error.value), error.value),
                self.plain(error.reason),
            )
        return self.content(recorded)

    def plain(self, text: str) -> str:
        for n, campaign in enumerate(self.campaigns):
            text = text.replace(f"campaign {campaign.pk}", f"campaign {n}")
        return text.replace(self.name, "source")

    def content(self, entry: Spend) -> object:
        fields = ("amount", "date", "occurred_at", "description", "external_id", "kind",
                  "recorded_by", "created_at", "batch_id")  # fmt: skip
        numbers = {campaign.pk: n for n, campaign in enumerate(self.campaigns)}
        is_saved = entry.pk is not None
        return is_saved, numbers[entry.campaign_id], [getattr(entry, name) for name in fields]

    def state(self) -> object:
        entries = Spend.objects.filter(source=self.name).order_by("pk")
        return (
            [self.content(entry) for entry in entries],
            totals(self.campaigns[0].brand),
            [(totals(one), delivers(one), switches(one)) for one in self.campaigns],
        )


class TestTwins(TransactionTestCase):
    """Two brands alike; the entries of one are recorded inside a transaction, so step by step."""

    @settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
    @given(world=WORLDS, entries=st.lists(ENTRIES, min_size=1, max_size=8))
    def test_it_leaves_what_the_steps_leave(
        self, world: dict[str, Any], entries: list[dict[str, Any]]
    ) -> None:
        twins = [Twin("etl-1", nullcontext, world), Twin("etl-2", transaction.atomic, world)]
        if world["archived"]:
            ArchivedMonth.objects.create(
                month=APRIL, file="f", sha256="", size=1, entries=0, archived_at=NOON
            )
        enforce_all(NOON)
        for entry in entries:
            answers = [twin.send(entry) for twin in twins]
            assert answers[0] == answers[1]
        # Entries, switches and sums add up, so whatever differed once differs now.
        states = [twin.state() for twin in twins]
        assert states[0] == states[1]
        assert find_drift() == []


@pytest.fixture
def campaign() -> Campaign:
    """Delivers, with 100 dollars a day of its own and 150 of its brand."""
    campaign = CampaignFactory.create(daily_budget=100, brand__daily_budget=150)
    enforce_all(NOON)
    return Campaign.objects.select_related("brand").get(pk=campaign.pk)


def test_spend_that_was_not_committed_yet_is_seen_once_it_is(campaign: Campaign) -> None:
    """The question comes after the locks: sums that it waited for count."""
    with (
        held_open(lambda: spend_in_sql(campaign, "60", TODAY)) as commit,
        at_once() as start,
    ):
        start(lambda: spend(campaign, 50, NOON))
        await_blocked()
        commit()

    assert totals(campaign)["day", TODAY] == 110
    assert switches(campaign) == [(True, []), (False, ["daily_budget"])]


def test_eight_writers_over_a_budget_write_one_change(campaign: Campaign) -> None:
    gate = Barrier(8)

    def write(seed: int) -> None:
        numbers = random.Random(seed)
        gate.wait(PATIENCE)
        for _ in range(25):
            spend(campaign, numbers.choice(AMOUNTS), NOON)

    with at_once() as start:
        for seed in range(8):
            start(partial(write, seed))

    numbers = [random.Random(seed) for seed in range(8)]
    true = sum(Decimal(one.choice(AMOUNTS)) for one in numbers for _ in range(25))
    assert totals(campaign)["day", TODAY] == totals(campaign.brand)["day", TODAY] == true > 100
    assert Spend.objects.count() == 200
    assert [on for on, _ in switches(campaign)] == [True, False]
    assert find_drift() == []


def test_an_entry_that_changes_nothing_is_one_statement(campaign: Campaign) -> None:
    assert statements_of(lambda: spend(campaign, 60, NOON)) == 1


def test_an_entry_beyond_a_budget_that_is_used_up_is_one_statement_too(campaign: Campaign) -> None:
    spend(campaign, 100, NOON)

    assert statements_of(lambda: spend(campaign, 1, NOON)) == 1


def test_alerts_are_looked_for_once_it_is_committed(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def look() -> None:
        with at_once() as start:  # of another connection, so what is not committed is not there
            start(lambda: seen.append(Spend.objects.count()))

    monkeypatch.setattr(messages._alerts, "send", look)

    spend(campaign, 1, NOON)
    spend(campaign, 0, NOON)

    assert seen == [1]


@pytest.mark.parametrize("what", ["stops_early", "total_budget"])
def test_what_always_takes_steps_is_not_inserted_twice(campaign: Campaign, what: str) -> None:
    if what == "stops_early":
        Brand.objects.update(stops_early=True)
    else:
        Campaign.objects.update(total_budget=1000)

    first, second = (spend(campaign, 1, NOON) for _ in range(2))

    assert second.pk == first.pk + 1


def test_a_locked_brand_is_named_after_one_wait(campaign: Campaign) -> None:
    lock = "UPDATE ads_spendtotal SET amount = amount WHERE campaign_id IS NULL"
    spend(campaign, 1, NOON)

    with held_open(lambda: execute(lock)), impatient(), pytest.raises(Locked) as error:  # noqa: SIM117
        with CaptureQueriesContext(connection) as captured:
            spend(campaign, 1, NOON)

    assert error.value.brands == (campaign.brand.name,)
    assert sum("INSERT" in query["sql"] for query in captured.captured_queries) == 0
    assert Spend.objects.count() == 1
