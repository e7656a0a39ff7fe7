"""Whatever sources report in whatever order: totals and marks are as a small model has them.

The model knows amounts by source and reference, and nothing of databases.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ads.models import Campaign, ReportedTotal
from ads.services import OnOverlap, Overlap, Reference
from ads.services.ledger import day_totals, overlaps
from ads.services.ledger.verification import find_drift
from ads.tests.factories import CampaignFactory
from ads.tests.services.ledger.support import TODAY, Sender, take, total
from ads.tests.support import NOON, execute, totals

pytestmark = pytest.mark.django_db

GOOGLE, META = (f"{name}\x1f\x1f1" for name in ("google", "meta"))
SAME = "google\x1f\x1f2"

REPORTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["", GOOGLE, SAME, META]),
        st.sampled_from([0, 0, 1, 2, 5]),
        st.integers(0, 3),
        st.sampled_from([None, None, *OnOverlap]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=14,
)

Key = tuple[str, str]


@dataclass
class Total:
    amount: int = 0
    seen: int = -1
    replaced_by: str = ""


class Model:
    """One campaign's day: what each source has reported, under each reference."""

    def __init__(self) -> None:
        self.totals: dict[Key, Total] = {}

    def report(
        self,
        source: str,
        name: str,
        amount: int,
        seen: int,
        choice: OnOverlap | None,
        *,
        every_reference: bool,
    ) -> tuple[str, int, int]:
        """What becomes of it, by how much it moves the ledger, and what is taken back."""
        own = self.totals.get((source, name), Total())
        for (other, other_name), known in self.totals.items():
            if other == source and (not name) != (not other_name) and amount and known.amount:
                return "refused", 0, 0
        if own.seen > seen:
            return "older", 0, 0
        in_the_way = [] if own.amount else self.in_the_way(source, name, own, every_reference)
        if amount and in_the_way and choice is None:
            return "overlap", 0, 0
        if amount and in_the_way and choice == OnOverlap.SKIP:
            return "skipped", 0, 0
        taken_back = 0
        if choice == OnOverlap.REPLACE:
            for known in in_the_way:
                taken_back -= known.amount
                if known.amount:
                    known.amount, known.replaced_by = 0, source
        mark = "" if amount or choice == OnOverlap.REPLACE else own.replaced_by
        self.totals[source, name] = Total(amount, seen, mark)
        moved = amount - own.amount
        return "recorded" if moved or taken_back else "unchanged", moved, taken_back

    def in_the_way(self, source: str, name: str, own: Total, every_reference: bool) -> list[Total]:
        return [
            known
            for (other, other_name), known in self.totals.items()
            if (
                other != source
                or (
                    "" not in (name, other_name)
                    and name != other_name
                    and (own.replaced_by or every_reference)
                )
            )
            and (not name or not other_name or platform(name) == platform(other_name))
            and (known.amount or (own.replaced_by == other and not known.replaced_by))
        ]


def platform(name: str) -> str:
    return name.partition("\x1f")[0]


def post(
    campaign: Campaign,
    source: str,
    name: str,
    amount: int,
    seen: int,
    choice: OnOverlap | None,
    *,
    every_reference: bool,
) -> tuple[str, int, int]:
    """The same by the ledger's statements for files, whose caller refuses the other way first."""
    execute("DROP TABLE IF EXISTS staged_totals")
    execute(
        "CREATE TEMP TABLE staged_totals AS SELECT %s::bigint AS campaign_id, %s::date AS date,"
        " %s::text AS known_as, %s::numeric AS amount, %s::timestamptz AS observed_at",
        [campaign.pk, TODAY, name, amount, NOON + timedelta(minutes=seen)],
    )
    staged = "staged_totals AS staged"
    if execute(day_totals.OTHERWISE.format(staged=staged).replace("%(source)s", f"'{source}'")):
        return "refused", 0, 0
    asked = overlaps.summed(staged, source=source, every_reference=every_reference)
    known = asked and asked.on_record
    try:
        with transaction.atomic():
            posted = day_totals.post(
                staged, source=source, now=NOON, on_overlap=choice, every_reference=every_reference
            )
    except Overlap as error:
        return "overlap" if error.on_record == known else "other figures", 0, 0
    assert asked is None or choice is not None
    if posted.skipped:
        return "skipped", 0, 0
    moved = posted.recorded or posted.replaced
    is_older = day_totals.count_older(staged, source=source)
    outcome = "recorded" if moved else "older" if is_older else "unchanged"
    return outcome, int(posted.difference.get("USD", 0)), int(posted.taken_back.get("USD", 0))


class TheLedger(TestCase):
    @settings(max_examples=30, deadline=None)
    @given(REPORTS)
    def test_counts_each_day_s_money_as_the_model_does(self, reports: list[tuple]) -> None:  # type: ignore[type-arg]
        campaign, model = CampaignFactory.create(), Model()
        for name in (GOOGLE, SAME, META):
            campaign.references.create(platform=platform(name), reference=name[-1])

        for source, name, amount, seen, choice, as_file, every in reports:
            every_reference = every and as_file
            expected = model.report(
                source, name, amount, seen, choice, every_reference=every_reference
            )
            if as_file:
                done = post(
                    campaign, source, name, amount, seen, choice, every_reference=every_reference
                )
            else:
                named = Reference(*name.split("\x1f")) if name else campaign
                (answer,) = take(
                    total(named, amount, observed_at=NOON + timedelta(minutes=seen)),
                    sender=Sender(source),
                    now=NOON + timedelta(minutes=5),
                    on_overlap=choice,
                ).answers
                done = (answer.outcome, int(answer.difference or 0), int(answer.taken_back or 0))
            assert done == expected

        known = ReportedTotal.objects.values_list("source", "known_as", "amount", "replaced_by")
        assert {row[:2]: row[2:] for row in known} == {
            key: (Decimal(each.amount), each.replaced_by) for key, each in model.totals.items()
        }
        day = totals(campaign).get(("day", TODAY), Decimal(0))
        assert day == sum(each.amount for each in model.totals.values())
        assert find_drift() == []
