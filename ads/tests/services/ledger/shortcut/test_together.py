"""Entries that arrive together: one statement, each with an answer of its own."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import OperationalError

from ads.models import Campaign, Spend, SpendBatch
from ads.models.spend import BatchKind
from ads.services.ledger import Recorded, SpendEntry, record
from ads.services.ledger.shortcut import together as module
from ads.services.ledger.verification import find_drift
from ads.services.new_batch import NewBatch
from ads.tests.factories import CampaignFactory
from ads.tests.support import (
    NOON,
    PATIENCE,
    at_once,
    await_blocked,
    delivers,
    enforce_all,
    execute,
    held_open,
    spend,
    switches,
    totals,
)

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = NOON.date()
LOCK = "UPDATE ads_spendtotal SET amount = amount WHERE campaign_id IS NULL AND brand_id = %s"


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """Edits are enforced with the clock at noon."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def campaigns() -> list[Campaign]:
    """Three of one brand and one of another, each with 100 dollars a day, which deliver."""
    made = [CampaignFactory.create(daily_budget=100)]
    made += [CampaignFactory.create(brand=made[0].brand, daily_budget=100) for _ in range(2)]
    made.append(CampaignFactory.create(daily_budget=100))
    for campaign in made:
        spend(campaign, "0.25", NOON)
    enforce_all(NOON)
    return made


def send(campaign: Campaign, amount: object, external_id: str, source: str = "etl") -> Recorded:
    """What a request with a single entry does."""
    return record(
        [SpendEntry(campaign.pk, amount, external_id=external_id)],
        source=source,
        now=NOON,
        together=NewBatch(BatchKind.API, title="ETL"),
    )


@dataclass
class Requests:
    """Requests of one process, each in a thread."""

    start: Callable[..., "Future[None]"]
    answers: dict[str, Recorded] = field(default_factory=dict)

    def send(self, campaign: Campaign, amount: object, external_id: str, name: str = "") -> Any:
        def work() -> None:
            self.answers[name or external_id] = send(campaign, amount, external_id)

        return self.start(work)

    def outcomes(self) -> dict[str, str]:
        return {name: answer.answers[0].outcome for name, answer in self.answers.items()}


def gathered(
    monkeypatch: pytest.MonkeyPatch, first: Campaign, others: Sequence[tuple[Any, ...]]
) -> Requests:
    """One request that waits for its brand's lock, while the others gather behind it."""
    monkeypatch.setattr(module, "PATIENCE", PATIENCE)
    lock = partial(execute, LOCK, [first.brand_id])
    with at_once() as start, held_open(lock) as commit:
        requests = Requests(start)
        requests.send(first, "0.25", "first")
        await_blocked()
        for number, one in enumerate(others, start=1):
            requests.send(*one)
            while len(module.SHARED._waiting) < number:
                time.sleep(0.001)
        commit()
    return requests


def transactions() -> list[int]:
    """How many entries each transaction has recorded, of those that were sent."""
    counted: dict[str, int] = {}
    for (xmin,) in (
        Spend.objects.filter(source="etl").extra(select={"xmin": "xmin::text"}).values_list("xmin")
    ):
        counted[xmin] = counted.get(xmin, 0) + 1
    return sorted(counted.values())


def test_those_that_come_meanwhile_share_a_transaction(
    campaigns: list[Campaign], monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [(campaigns[n], f"{n}.50", f"id-{n}") for n in range(4)]

    requests = gathered(monkeypatch, campaigns[0], others)

    assert transactions() == [1, 4]
    for name, answer in requests.answers.items():
        entry = Spend.objects.get(pk=answer.answers[0].entry_id or 0)
        batch = SpendBatch.objects.get(pk=answer.batch_id or 0)
        assert (entry.external_id, entry.batch_id) == (name, batch.pk)
        assert (batch.rows, batch.amounts) == (1, {"USD": f"{entry.amount:.2f}"})
    assert SpendBatch.objects.count() == 5
    assert [totals(one)["day", TODAY] for one in campaigns] == [1.0, 1.75, 2.75, 3.75]
    assert find_drift() == []


def test_what_crosses_a_budget_only_together_stops_it(
    campaigns: list[Campaign], monkeypatch: pytest.MonkeyPatch
) -> None:
    """95 and three times 4: less each of them, the budget was used up already."""
    spend(campaigns[0], "94.50", NOON)

    requests = gathered(monkeypatch, campaigns[0], [(campaigns[0], 4, f"id-{n}") for n in range(3)])

    assert set(requests.outcomes().values()) == {"recorded"}
    assert totals(campaigns[0])["day", TODAY] == 107
    assert switches(campaigns[0])[1:] == [(False, ["daily_budget"])]
    assert delivers(campaigns[1])
    assert SpendBatch.objects.count() == 4
    assert find_drift() == []


def test_an_id_that_comes_twice_counts_once(
    campaigns: list[Campaign], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second goes step by step; the others stay together."""
    others = [(campaigns[0], 1, "same", "a"), (campaigns[0], 1, "same", "b")]
    others += [(campaigns[1], 1, "same", "c"), (campaigns[3], 1, "other", "d")]

    requests = gathered(monkeypatch, campaigns[0], others)

    found = requests.outcomes()
    assert found.pop("first") == found.pop("d") == "recorded"
    # Whichever of the three was first in line: the same again is a duplicate, another a conflict.
    assert sorted(found.values()) in (
        ["conflict", "duplicate", "recorded"],
        ["conflict", "conflict", "recorded"],
    )
    assert transactions() == [1, 2]
    assert SpendBatch.objects.count() == 3
    assert find_drift() == []


def test_one_that_always_takes_steps_keeps_nobody_from_the_short_way(
    campaigns: list[Campaign], monkeypatch: pytest.MonkeyPatch
) -> None:
    Campaign.objects.filter(pk=campaigns[1].pk).update(total_budget=50)
    others = [(campaigns[n], 1, f"id-{n}") for n in range(4)]

    requests = gathered(monkeypatch, campaigns[0], others)

    assert set(requests.outcomes().values()) == {"recorded"}
    assert transactions() == [1, 1, 3]
    assert find_drift() == []


def test_a_locked_brand_does_not_hold_up_others(campaigns: list[Campaign]) -> None:
    locked, free = campaigns[0], campaigns[3]
    with at_once() as start, held_open(partial(execute, LOCK, [locked.brand_id])) as commit:
        requests = Requests(start)
        waits = requests.send(locked, 1, "waits")
        await_blocked()
        requests.send(free, 1, "free").result(PATIENCE)
        assert not waits.done()
        commit()

    assert requests.outcomes() == {"free": "recorded", "waits": "recorded"}


def test_what_fails_together_is_tried_alone(
    campaigns: list[Campaign], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(module, "call", fail)
    with at_once() as start:
        requests = Requests(start)
        for n in range(4):
            requests.send(campaigns[n], 1, f"id-{n}")

    assert set(requests.outcomes().values()) == {"recorded"}
    assert Spend.objects.filter(source="etl").count() == SpendBatch.objects.count() == 4
    assert find_drift() == []


def test_a_brand_that_has_moved_since_its_campaign_was_looked_up_is_looked_up_again(
    campaigns: list[Campaign],
) -> None:
    send(campaigns[0], 1, "before")
    execute(
        "UPDATE ads_brand SET timezone = 'Pacific/Kiritimati' WHERE id = %s",
        [campaigns[0].brand_id],
    )

    recorded = send(campaigns[0], 1, "after")

    days = Spend.objects.filter(source="etl").order_by("pk").values_list("date", flat=True)
    assert recorded.answers[0].outcome == "recorded"
    assert list(days) == [TODAY, TODAY + (NOON.date().resolution)]
