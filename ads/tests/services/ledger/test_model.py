"""Whatever comes in, however often: the ledger is as a model of a few lines has it.

The model knows ids and sums, and nothing of databases.
"""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ads.models import Campaign, Spend
from ads.services.ledger import OnOverlap, Recorded
from ads.services.ledger.verification import find_drift
from ads.services.references import registry
from ads.tests.factories import CampaignFactory
from ads.tests.services.ledger.support import (
    TODAY,
    entry,
    google,
    kept,
    known_as,
    take,
    total,
    unknown,
)
from ads.tests.support import NOON, totals

pytestmark = pytest.mark.django_db

#: Two campaigns, one of them by its reference too, one that does not exist, an unknown reference.
CAMPAIGNS = st.sampled_from(["one", "two", "two, by its reference", "none", "unknown"])
AMOUNTS = st.sampled_from(["0", "1", "2.50", "0.000001", "-1", "1e5", "x"])
IDS = st.sampled_from(["a", "b", "c", "d", None])
DAYS = st.sampled_from([None, TODAY - timedelta(days=1), TODAY + timedelta(days=3)])
BATCHES = st.lists(
    st.tuples(
        st.lists(st.tuples(CAMPAIGNS, AMOUNTS, IDS, DAYS), max_size=6),
        st.booleans(),
    ),
    max_size=6,
)

#: Campaign, amount, id and day, as sent; and what there is to compare of it.
Row = tuple[str, str, str | None, date | None]
Content = tuple[str, Decimal, date | None]


class Model:
    """What came in and was believed: content by id, sums by campaign and day, and what waits."""

    def __init__(self) -> None:
        self.ids: dict[str, Content] = {}
        self.waiting: dict[str, Content] = {}
        self.anonymous: list[Content] = []
        self.sums: dict[tuple[str, date], Decimal] = defaultdict(Decimal)

    def copy(self) -> "Model":
        other = Model()
        other.ids, other.waiting = dict(self.ids), dict(self.waiting)
        other.anonymous, other.sums = list(self.anonymous), self.sums.copy()
        return other

    def take(self, rows: list[Row]) -> list[str]:
        """The outcome of each row, if those that are good are kept."""
        answers = [""] * len(rows)
        # Rows whose campaign is known first: an id is theirs before it is one that waits.
        for is_unknown in (False, True):
            for i, row in enumerate(rows):
                if (row[0] == "unknown") is is_unknown:
                    answers[i] = self._take_one(row)
        # An amount of zero leaves no id behind, so another amount under it in one batch is told
        # apart from what was recorded wherever it stands.
        for i, (campaign, amount, pk, day) in enumerate(rows):
            if answers[i] == "recorded" and pk in self.ids and amount == "0":
                same = self._is_same(self.ids[pk], (campaign[:3], Decimal(0), day))
                answers[i] = "duplicate" if same else "conflict"
        return answers

    def _take_one(self, row: Row) -> str:
        campaign, text, pk, day = row
        if campaign == "none" or text in {"-1", "1e5", "x"} or (day and day > TODAY):
            return "refused"
        content = (campaign[:3], Decimal(text), day)
        if pk in self.ids:
            return "duplicate" if self._is_same(self.ids[pk], content) else "conflict"
        if campaign == "unknown":
            if pk in self.waiting:
                return "waiting" if self._is_same(self.waiting[pk], content) else "conflict"
            if pk is None:
                self.anonymous.append(content)
            else:
                self.waiting[pk] = content
            return "waiting"
        self._record(pk, content)
        return "recorded"

    def _record(self, pk: str | None, content: Content) -> None:
        campaign, amount, day = content
        if amount:
            self.sums[campaign, day or TODAY] += amount
            if pk is not None:
                self.ids[pk] = (campaign, amount, day or TODAY)

    def _is_same(self, before: Content, again: Content) -> bool:
        """Is it the same? A day that was left out is not compared."""
        return before[:2] == again[:2] and again[2] in {None, before[2]}

    def match(self) -> int:
        """The unknown reference turns out to be campaign one's; how many rows are refused."""
        left = {}
        for pk, (_, amount, day) in self.waiting.items():
            content = ("one", amount, day)
            if pk not in self.ids:
                self._record(pk, content)
            elif not self._is_same(self.ids[pk], content):
                left[pk] = content
        for _, amount, day in self.anonymous:
            self._record(None, ("one", amount, day))
        self.waiting, self.anonymous = left, []
        return len(left)


class TestEntries(TestCase):
    """Entries against the model."""

    @settings(max_examples=20, deadline=None)
    @given(batches=BATCHES)
    def test_the_ledger_is_as_the_model_has_it(self, batches: list[tuple[list[Row], bool]]) -> None:
        one, two = CampaignFactory.create_batch(2)
        known_as(two, google("2"))
        named = {
            "one": one,
            "two": two,
            "two, by its reference": google("2"),
            "none": 10**9,
            "unknown": google("?"),
        }
        model = Model()
        for rows, keep_good in batches:
            sent = [
                entry(named[campaign], amount, external_id=pk, date=day)
                for campaign, amount, pk, day in rows
            ]
            done = take(*sent, keep_good=keep_good)
            tried = model.copy()
            expected = tried.take(rows)
            bad = {"refused", "conflict"}
            if keep_good or bad.isdisjoint(expected):
                model = tried
                assert done.is_recorded
                assert outcomes_of(done) == expected
            else:
                assert not done.is_recorded
                assert set(outcomes_of(done)) <= bad | {"not_recorded"}
                assert not bad.isdisjoint(outcomes_of(done))
            compare(model, one, two)
        if model.waiting or model.anonymous:
            settled = registry.match(unknown("?"), one, now=NOON)
            assert settled.refused == model.match()
            compare(model, one, two)
        assert find_drift() == []


def outcomes_of(done: Recorded) -> list[str]:
    return [answer.outcome for answer in done.answers]


def compare(model: Model, one: Campaign, two: Campaign) -> None:
    for name, campaign in (("one", one), ("two", two)):
        days = {start: amount for (period, start), amount in totals(campaign).items()
                if period == "day"}  # fmt: skip
        assert days == {day: amount for (owner, day), amount in model.sums.items() if owner == name}
    ids = Spend.objects.exclude(external_id=None).values_list("external_id", flat=True)
    assert sorted(map(str, ids)) == sorted(model.ids)
    assert len(kept()) == len(model.waiting) + len(model.anonymous)


#: One campaign, by its id and by two references, and an unknown one; amount, and when it was seen.
Seen = tuple[str, int, int]
OBSERVED = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(["id", "a", "b", "?"]),
            st.integers(0, 3),
            st.integers(0, 4),
        ),
        max_size=5,
    ),
    max_size=5,
)


class DayModel:
    """What has been said of a campaign's day: the newest of each name, when it was seen first."""

    def __init__(self) -> None:
        self.newest: dict[str, tuple[int, int]] = {}

    def spent(self) -> int:
        return sum(amount for name, (_, amount) in self.newest.items() if name != "?")

    def take(self, rows: list[Seen]) -> list[bool]:
        """Which rows are refused: the day has been said by id, and now by references, or so."""
        before, batch = self._by_id(self.newest), None
        refused = []
        for name, amount, seen in rows:
            is_refused = False
            if amount and name != "?":
                by_id = name == "id"
                if before is by_id or before is None:
                    batch = by_id if batch is None else batch
                is_refused = by_id is not (batch if before is None else before)
            refused.append(is_refused)
            if not is_refused and (name not in self.newest or seen >= self.newest[name][0]):
                self.newest[name] = (seen, amount)
        return refused

    def match(self) -> bool:
        """The unknown reference is the campaign's; False: what it waits with would count twice."""
        if self.newest["?"][1] and self._by_id(self.newest) is True:
            return False
        self.newest["c"] = self.newest.pop("?")
        return True

    def _by_id(self, newest: dict[str, tuple[int, int]]) -> bool | None:
        """Was the day said by id, or by references; None: nothing was spent."""
        counting = {name == "id" for name, (_, amount) in newest.items() if amount and name != "?"}
        assert len(counting) < 2
        return counting.pop() if counting else None


class TestDayTotals(TestCase):
    """Day totals against a dictionary of the newest ones."""

    @settings(max_examples=20, deadline=None)
    @given(batches=OBSERVED)
    def test_the_newest_observation_of_each_reference_stands(
        self, batches: list[list[Seen]]
    ) -> None:
        campaign = CampaignFactory.create()
        named: dict[str, Any] = {"id": campaign, **{name: google(name) for name in "ab?"}}
        for name in "ab":
            known_as(campaign, named[name])
        model = DayModel()
        for rows in batches:
            done = take(
                *[
                    total(named[name], amount, observed_at=NOON - timedelta(minutes=10 - seen))
                    for name, amount, seen in rows
                ],
                keep_good=True,
            )
            assert [one == "refused" for one in outcomes_of(done)] == model.take(rows)
            assert totals(campaign).get(("day", TODAY), 0) == model.spent()
            waiting = [model.newest["?"][1]] if "?" in model.newest else []
            assert [row[1] for row in kept()] == waiting
        if "?" in model.newest:
            settled = registry.match(unknown("?"), campaign, now=NOON, on_overlap=OnOverlap.ADD)
            assert (settled.recorded == 1) is model.match()
            assert totals(campaign).get(("day", TODAY), 0) == model.spent()
            assert len(kept()) == settled.refused
        assert find_drift() == []
