"""A single entry is answered the same, byte for byte, whichever way it was recorded."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TransactionTestCase

from ads.models import Brand, Campaign, Spend, SpendBatch
from ads.services.ledger.verification import find_drift
from ads.tests.api.support import Program, key_for
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, delivers, enforce_all, execute, switches, totals

TODAY = NOON.date()
#: A request: what is sent, and what somebody has done to the brand before.
REQUESTS = st.fixed_dictionaries(
    {
        "campaign": st.sampled_from([0, 0, 1, 1, 2, "other", "none"]),
        "amount": st.sampled_from(["1", "2.50", "4", "9", "0.000001", "0", "-1", "x", 3]),
        "external_id": st.sampled_from(["a", "b", "c", "d", "e", None, ""]),
        "more": st.sampled_from(
            [{}] * 4
            + [
                {"description": "Clicks"},
                {"currency": "USD"},
                {"currency": "EUR"},
                {"date": str(TODAY)},
                {"date": str(TODAY + timedelta(3))},
                {"occurred_at": "2024-05-14T23:30:00Z"},
                {"unknown": 1},
            ]
        ),
        "listed": st.booleans(),
        "query": st.sampled_from(["", "", "?mode=keep_good"]),
        "key": st.sampled_from([None, None, "again"]),
        "moved": st.sampled_from([None] * 7 + ["Pacific/Kiritimati", "UTC"]),
    }
)
BUDGETS = st.sampled_from([None, None, 5, 10])
WORLDS = st.fixed_dictionaries(
    {
        "brand_daily": BUDGETS,
        "daily": BUDGETS,
        "total": st.sampled_from([None, None, 8]),
        "stops_early": st.sampled_from([False, False, True]),
    }
)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """Edits are enforced with the clock at noon."""
    with time_machine.travel(NOON, tick=False):
        yield


@dataclass
class Twin:
    """A brand with three campaigns, a stranger's campaign, and a key for the brand."""

    name: str
    inside: Callable[[], AbstractContextManager[Any]]
    world: dict[str, Any]
    brand: Brand = field(init=False)
    campaigns: list[Campaign] = field(init=False)

    def __post_init__(self) -> None:
        self.brand = BrandFactory.create(
            daily_budget=self.world["brand_daily"], stops_early=self.world["stops_early"]
        )
        daily, total = self.world["daily"], self.world["total"]
        # Ids that no other number in an answer is like.
        ids = range(first := 77_000 + 100 * int(self.name[-1]), first + 4)
        self.campaigns = [
            CampaignFactory.create(pk=ids[0], brand=self.brand, daily_budget=daily),
            CampaignFactory.create(pk=ids[1], brand=self.brand, daily_budget=None),
            CampaignFactory.create(pk=ids[2], brand=self.brand, total_budget=total),
            CampaignFactory.create(pk=ids[3]),
        ]
        key = key_for(self.name, source=self.name, brands=(self.brand,))
        self.program = Program(key, {"X-Request-ID": "same"})

    def send(self, sent: dict[str, Any]) -> object:
        """What is answered, without what differs between twins."""
        if sent["moved"]:
            execute(
                "UPDATE ads_brand SET timezone = %s WHERE id = %s", [sent["moved"], self.brand.pk]
            )
        which = {"other": 3, "none": None}.get(sent["campaign"], sent["campaign"])
        pk = 10**9 if which is None else self.campaigns[which].pk
        row = {"campaign": pk, "amount": sent["amount"], **sent["more"]}
        if sent["external_id"] is not None:
            row["external_id"] = sent["external_id"]
        with self.inside():
            answer = self.program.post(
                f"/spend/entries{sent['query']}",
                {"entries": [row]} if sent["listed"] else row,
                headers={"Idempotency-Key": sent["key"]} if sent["key"] else {},
            )
        return (
            answer.status_code,
            self.plain(answer.content.decode()),
            dict(answer.headers) | {"Content-Length": ""},
        )

    def plain(self, text: str) -> str:
        for what, model in (("entry_id", Spend), ("batch", SpendBatch)):
            for n, pk in enumerate(self.pks(model)):
                text = re.sub(rf'"{what}": {pk}\b', f'"{what}": <{n}>', text)
        for n, campaign in enumerate(self.campaigns):
            text = text.replace(str(campaign.pk), f"campaign {n}")
        return text.replace(self.name, "source")

    def pks(self, model: Any) -> list[int]:
        return list(
            model.objects.filter(source=self.name).order_by("pk").values_list("pk", flat=True)
        )

    def state(self) -> object:
        batches = {pk: n for n, pk in enumerate(self.pks(SpendBatch))}
        numbers = {one.pk: n for n, one in enumerate(self.campaigns)}
        entries = Spend.objects.filter(source=self.name).order_by("pk").values()
        made = SpendBatch.objects.filter(source=self.name).order_by("pk").values()
        return (
            [
                one
                | {"id": 0, "source": "", "campaign_id": numbers[one["campaign_id"]]}
                | {"batch_id": batches.get(one["batch_id"])}
                for one in entries
            ],
            [
                {
                    name: self.plain(value) if isinstance(value, str) else value
                    for name, value in one.items()
                    if name not in ("id", "api_key_id")
                }
                | {"has_key": one["api_key_id"] is not None}
                for one in made
            ],
            totals(self.brand),
            [(totals(one), delivers(one), switches(one)) for one in self.campaigns],
        )


class TestTwins(TransactionTestCase):
    """Two brands alike; requests of one are inside a transaction, so they go step by step."""

    @settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
    @given(world=WORLDS, requests=st.lists(REQUESTS, min_size=1, max_size=10))
    def test_the_answers_and_what_they_leave_are_the_same(
        self, world: dict[str, Any], requests: list[dict[str, Any]]
    ) -> None:
        twins = [Twin("etl-1", nullcontext, world), Twin("etl-2", transaction.atomic, world)]
        enforce_all(NOON)
        for sent in requests:
            answers = [twin.send(sent) for twin in twins]
            assert answers[0] == answers[1]
        # Entries, switches and sums add up, so whatever differed once differs now.
        states = [twin.state() for twin in twins]
        assert states[0] == states[1]
        assert find_drift() == []


@pytest.mark.django_db(transaction=True)
def test_a_single_entry_is_two_statements_its_key_and_the_entry() -> None:
    campaign = CampaignFactory.create(daily_budget=100)
    enforce_all(NOON)
    program = Program(key_for())
    send = partial(program.post, "/spend/entries")
    send({"campaign": campaign.pk, "amount": "1", "external_id": "a"})

    with CaptureQueriesContext(connection) as captured:
        answer = send({"campaign": campaign.pk, "amount": "1", "external_id": "b"})

    assert answer.json()["recorded"] == 1
    assert [query["sql"].split()[0] for query in captured] == ["SELECT", "SELECT"]
    assert Spend.objects.count() == SpendBatch.objects.filter(rows=1).count() == 2
