"""One batch sent by many at once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from budget_manager.tests.faults.system.load import Load
from budget_manager.tests.faults.system.stack import Stack

pytestmark = pytest.mark.faults

TIMES = 300


def test_a_batch_sent_three_hundred_times_at_once_counts_once(
    stack: Stack, load: Load, all_is_well: Callable[[], None]
) -> None:
    rows = {
        (load.source, f"once/{number}"): (campaign, Decimal("2.5"))
        for number, campaign in enumerate(load.of["entries"] * 2)
    }
    load.sent |= rows
    body = {
        "entries": [
            {"campaign": campaign, "amount": str(amount), "external_id": external_id}
            for (_, external_id), (campaign, amount) in rows.items()
        ]
    }

    with ThreadPoolExecutor(TIMES) as pool:
        found = list(pool.map(lambda _: load.client.insist("/spend/entries", body), range(TIMES)))
    load.acknowledged |= rows

    recorded = Counter(answer["recorded"] for answer in found)
    assert recorded == {len(rows): 1, 0: TIMES - 1}
    all_is_well()
