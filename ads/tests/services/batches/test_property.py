"""Whatever is recorded and undone in whatever order: the day is as if the undone had never been.

The model is a second campaign, on which only the batches that count are recorded, in their order.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ads.models import Campaign, ReportedTotal, SpendBatch
from ads.models.spend import BatchKind, Kind
from ads.services import OnOverlap, batches
from ads.services.batches import CannotUndo
from ads.services.ledger import Recorded, record
from ads.services.ledger.verification import find_drift
from ads.services.new_batch import NewBatch
from ads.tests.factories import CampaignFactory
from ads.tests.services.ledger.support import TODAY, entry, google, known_as, total
from ads.tests.support import NOON, totals

pytestmark = pytest.mark.django_db

UNDOS = (
    st.tuples(st.just("undo"), st.integers(0, 6)),
    st.tuples(st.just("undo"), st.integers(0, 2)),
)


def reports(*choices: OnOverlap) -> Any:
    """Day totals: source, by reference or by id, of zero or not, and the answer to an overlap."""
    return st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.booleans(),
        st.booleans(),
        st.sampled_from(choices),
    )


#: A day total; an entry; the undo of one of the batches so far.
STEPS = st.lists(st.one_of(reports(*OnOverlap), st.tuples(st.just("entry")), *UNDOS), max_size=16)

#: The same, where no source's money is added to another's.
ONE_SPEAKS = st.lists(st.one_of(reports(OnOverlap.REPLACE, OnOverlap.SKIP), *UNDOS), max_size=16)

Step = Callable[[Campaign], Recorded]


def later(step: int) -> datetime:
    return NOON + timedelta(minutes=step)


def reporting(source: str, name: Any, amount: int, choice: OnOverlap, step: int) -> Step:
    def report(campaign: Campaign) -> Recorded:
        given = google(f"{campaign.pk}") if name else campaign
        return record(
            [total(given, amount, observed_at=later(step))],
            source=source,
            now=later(step),
            kind=Kind.DAY_TOTAL,
            on_overlap=choice,
            together=NewBatch(BatchKind.API),
        )

    return report


def sending(step: int) -> Step:
    def send(campaign: Campaign) -> Recorded:
        return record(
            [entry(campaign, step + 1, date=TODAY, external_id=f"{campaign.pk}-{step}")],
            source="entries",
            now=later(step),
            together=NewBatch(BatchKind.API),
        )

    return send


def reported(campaign: Campaign) -> dict[Any, Any]:
    """Amount and mark of each total that says something."""
    return {
        (one.source, bool(one.known_as)): (one.amount, one.replaced_by)
        for one in ReportedTotal.objects.filter(campaign=campaign)
        if one.amount or one.replaced_by
    }


class Undoing(TestCase):
    @settings(max_examples=30, deadline=None)
    @given(STEPS)
    def test_the_day_is_as_if_the_undone_had_never_been(self, steps: list[Any]) -> None:
        campaign, model = CampaignFactory.create_batch(2)
        for one in (campaign, model):
            known_as(one, google(f"{one.pk}"))
        done: dict[int, Step] = {}
        for number, step in enumerate(steps):
            if step[0] == "undo":
                self.undo(campaign, step[1], number)
                continue
            if step[0] == "entry":
                work = sending(number)
            else:
                source, name, is_zero, choice = step
                work = reporting(source, name, 0 if is_zero else number + 1, choice, number)
                before = reported(campaign).get((source, name), (0, ""))[0]
                if is_zero and not before:
                    continue  # it says nothing new, so the next report forgets it
            recorded = work(campaign)
            if recorded.is_recorded and recorded.batch_id:
                done[recorded.batch_id] = work

        counting = SpendBatch.objects.filter(pk__in=done, counts=True).order_by("pk")
        for pk in counting.values_list("pk", flat=True):
            done[pk](model)

        assert totals(campaign).get(("day", TODAY), 0) == totals(model).get(("day", TODAY), 0), str(
            steps
        )
        assert reported(campaign) == reported(model), steps
        assert not find_drift()

    @settings(max_examples=30, deadline=None)
    @given(ONE_SPEAKS)
    def test_where_nobody_adds_one_source_speaks_for_the_day(self, steps: list[Any]) -> None:
        campaign = CampaignFactory.create()
        known_as(campaign, google(f"{campaign.pk}"))
        for number, step in enumerate(steps):
            if step[0] == "undo":
                self.undo(campaign, step[1], number)
            else:
                source, name, is_zero, choice = step
                amount = 0 if is_zero else number + 1
                reporting(source, name, amount, choice, number)(campaign)
            counting = [key for key, (amount, _) in reported(campaign).items() if amount]
            assert len(counting) <= 1, (steps, number, counting)

    def undo(self, campaign: Campaign, which: int, number: int) -> None:
        """Undo one of the latest batches, if nothing stands on it; else nothing has changed."""
        found = list(SpendBatch.objects.order_by("-pk")[: which + 1])
        if not found:
            return
        before = reported(campaign), totals(campaign)
        try:
            with transaction.atomic():
                batches.undo(found[-1], reason="wrong", now=later(number))
        except CannotUndo:
            assert before == (reported(campaign), totals(campaign))
