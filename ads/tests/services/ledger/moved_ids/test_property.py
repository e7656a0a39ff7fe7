"""Reports, moves and undos of platform IDs in any order, against a model of one number a day."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ads.models import CampaignReference, ReportedTotal, SpendBatch
from ads.models.spend import BatchKind, Kind
from ads.services import batches
from ads.services.ledger import record
from ads.services.ledger.verification import find_drift
from ads.services.new_batch import NewBatch
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.ledger.moved_ids.support import days, move
from ads.tests.services.ledger.support import TODAY, google, known_as, total
from ads.tests.support import NOON

IDS: Final = ("7", "8")
DAYS: Final = (TODAY - timedelta(days=1), TODAY)

REPORT = st.tuples(
    st.just("report"),
    st.lists(
        st.tuples(st.sampled_from(IDS), st.sampled_from(DAYS), st.integers(0, 9)),
        min_size=1,
        unique_by=lambda row: row[:2],
    ),
)
MOVE = st.tuples(st.just("move"), st.sampled_from(IDS), st.integers(0, 2))
#: Taken away and given anew, perhaps to another campaign.
GIVE = st.tuples(st.just("give"), st.sampled_from(IDS), st.integers(0, 2))
UNDO = st.tuples(st.just("undo"))
STEPS = st.lists(st.one_of(REPORT, REPORT, MOVE, GIVE, UNDO), max_size=12)


def at(step: int) -> datetime:
    return NOON + timedelta(seconds=step)


class Moving(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(STEPS, st.booleans())
    def test_an_id_counts_as_it_was_last_reported(self, steps: list[Any], flight: bool) -> None:
        brand = BrandFactory.create()
        campaigns = [
            CampaignFactory.create(brand=brand),
            CampaignFactory.create(brand=brand, start_date=TODAY if flight else None),
            CampaignFactory.create(brand=BrandFactory.create()),
        ]
        held = {one: known_as(campaigns[0], google(one)) for one in IDS}
        says: dict[Any, int] = {}
        # What the last batch changed, if it can be undone: the model before it.
        last: tuple[int, dict[Any, int]] | None = None
        for number, step in enumerate(steps):
            if step[0] == "report":
                before = dict(says)
                made = record(
                    [
                        total(google(one), by, date=day, observed_at=at(number))
                        for one, day, by in step[1]
                    ],
                    source="etl",
                    now=at(number),
                    kind=Kind.DAY_TOTAL,
                    together=NewBatch(BatchKind.API),
                )
                says.update({(one, day): by for one, day, by in step[1]})
                last = (made.batch_id, before) if made.batch_id else None
            elif step[0] == "move":
                move(held[step[1]], campaigns[step[2]])
            elif step[0] == "give":
                CampaignReference.objects.filter(pk=held[step[1]].pk).delete()
                held[step[1]] = known_as(campaigns[step[2]], google(step[1]))
            elif last is not None:
                batches.undo(SpendBatch.objects.get(pk=last[0]), reason="wrong", now=at(number))
                says, last = last[1], None

            for day in DAYS:
                spent = sum(days(*campaigns, day=day), start=Decimal(0))
                assert spent == sum(says.get((one, day), 0) for one in IDS), steps
        counting = ReportedTotal.objects.exclude(amount=0).values_list("known_as", "date")
        assert len(counting) == len(set(counting)), steps
        assert not find_drift()
