"""Plain rows of day totals are read many at a time, and mean what they mean one by one."""

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ads.services.imports import tables
from ads.services.imports.parsing.checker import Checker
from ads.services.imports.plan import Plan
from ads.services.imports.run import Import
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.support import as_bytes
from ads.tests.support import NOON

pytestmark = pytest.mark.django_db

#: Rows read together here, so that a short file has several such groups.
CHUNK = 12

#: The day after tomorrow in UTC is tomorrow where the day begins first.
DAYS = ["2024-05-01", "2024-05-02", " 2024-05-01", "2024-05-32", "1989-12-31", "", "2024-05-17"]
AMOUNTS = ["1", "0.25", "999999999999.999999", "1234567890123", "0.1234567", "-1", "", " 2", "1,5"]
CAMPAIGNS = ["Dollars", "Far ahead", "Euros", 'Said "hi", twice', "Nobody"]

CELLS = st.tuples(*map(st.sampled_from, (DAYS, CAMPAIGNS, AMOUNTS)))
PLAIN = Plan(mapping={"amount": "Cost (USD)"}, skip_bad_rows=True)
PLANS = {
    "plain": PLAIN,
    "rounded": Plan(mapping=PLAIN.mapping, skip_bad_rows=True, round_amounts=True),
    "platform": Plan(mapping=PLAIN.mapping, skip_bad_rows=True, platform="tiktok"),
    "comma": Plan(mapping=PLAIN.mapping, skip_bad_rows=True, decimal=","),
    "micros": Plan(mapping=PLAIN.mapping, skip_bad_rows=True, unit="micros"),
}


@pytest.fixture(autouse=True)
def campaigns() -> None:
    ahead = BrandFactory.create(timezone="Pacific/Kiritimati")
    CampaignFactory.create(name="Far ahead", brand=ahead)
    CampaignFactory.create(name="Euros", brand__currency="EUR")
    for name in ("Dollars", 'Said "hi", twice'):
        CampaignFactory.create(name=name, brand__timezone="UTC")


def understood(content: list[str], plan: Plan) -> Any:
    """What is staged of a file, and what is said of the rest."""
    with (
        patch("ads.services.imports.reading.csv_rows.CHUNK", CHUNK),
        Import.staged(io.BytesIO(as_bytes(content)), plan, now=NOON) as staged,
    ):
        done = staged.done
        return (
            *(
                tables.run(f"SELECT * FROM {name} ORDER BY position")
                for name in (tables.ROWS, tables.WAITING_ROWS)
            ),
            [str(row) for row in done.refused.in_order],
            (done.rows, done.waiting_rows, done.rounded, done.rounded_by, done.blank),
        )


def written(rows: list[tuple[str, str, str]]) -> list[str]:
    quoted = ['"' + '","'.join(cell.replace('"', '""') for cell in row) + '"' for row in rows]
    return ["date,campaign,Cost (USD)", *quoted]


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(CELLS, min_size=CHUNK, max_size=4 * CHUNK))
def test_many_at_a_time_they_are_what_they_are_one_by_one(
    plan: Plan, rows: list[tuple[str, str, str]]
) -> None:
    # Enough good rows first: those that are shown are read one by one.
    content = written([("2024-05-01", "Dollars", "0.25")] * CHUNK + rows)

    with patch.object(
        Checker, "_plain_totals", lambda _self, chunk, _campaigns: [None] * len(chunk.rows)
    ):
        one_by_one = understood(content, plan)

    assert understood(content, plan) == one_by_one


def test_most_rows_are_plain() -> None:
    read = []
    good = [("2024-05-01", "Dollars", f"0.{n:02}") for n in range(1, 4 * CHUNK + 1)]
    one_by_one = Checker._total

    def total(*args: Any) -> Any:
        read.append(args)
        return one_by_one(*args)

    with patch.object(Checker, "_total", total):
        staged, *_ = understood(written(good), PLAIN)

    assert len(staged) == 4 * CHUNK
    assert sum(amount for _, _, _, amount, _ in staged) == sum(Decimal(row[2]) for row in good)
    assert len(read) == CHUNK


def test_a_day_is_refused_where_it_has_not_come_also_among_plain_rows() -> None:
    last = (NOON + timedelta(days=2)).date().isoformat()
    rows = [("2024-05-01", "Dollars", "0.25")] * CHUNK
    rows += [(last, "Far ahead", "1"), (last, "Far ahead", "2"), (last, "Dollars", "3")] * CHUNK

    staged, _, refused, _ = understood(written(rows), PLAIN)

    assert sum(amount for *_, amount, _ in staged) == Decimal("0.25") * CHUNK + 3 * CHUNK
    assert len(refused) == CHUNK
    assert all("later than tomorrow" in reason for reason in refused)
