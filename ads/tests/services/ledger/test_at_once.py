"""The same rows from many connections at once, and rows that come in while somebody matches."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from ads.models import Campaign, CampaignReference, Spend, UnknownReference
from ads.services import locks
from ads.services.campaign_lookup import Reference
from ads.services.errors import InvalidReference
from ads.services.ledger import batch
from ads.services.ledger.verification import find_drift
from ads.services.references import registry
from ads.services.references.release import Settled
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.ledger.support import (
    TODAY,
    entry,
    google,
    kept,
    known_as,
    outcomes,
    take,
    total,
    unknown,
)
from ads.tests.support import (
    NOON,
    Paused,
    at_once,
    await_blocked,
    enforce_all,
    held_open,
    switches,
    totals,
)

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


def from_everywhere(works: Iterable[Callable[[], object]]) -> None:
    """Do all of these at once."""
    with at_once() as start:
        for work in works:
            start(work)


@pytest.mark.parametrize("keep_good", [False, True])
def test_one_batch_from_many_connections_is_recorded_once(*, keep_good: bool) -> None:
    brands = BrandFactory.create_batch(3, daily_budget=300)
    campaigns = [CampaignFactory.create(brand=brands[n % 3], daily_budget=90) for n in range(12)]
    enforce_all(NOON)
    for number, campaign in enumerate(campaigns):
        known_as(campaign, google(str(number)))
    # Twelve campaigns, each named in two ways, and some rows of a reference that nobody carries.
    rows = [
        entry(
            (campaigns[n % 12], google(str(n % 12)), google(f"?{n % 4}"))[n % 3],
            n % 7 + 1,
            external_id=f"id-{n}",
        )
        for n in range(60)
    ]
    answered: Counter[str] = Counter()

    def retry(order: list[Any]) -> None:
        answered.update(outcomes(take(*order, keep_good=keep_good)))

    from_everywhere([partial(retry, rows if n % 2 else rows[::-1]) for n in range(8)])

    assert answered == {"recorded": 40, "duplicate": 7 * 40, "waiting": 8 * 20}
    assert Spend.objects.count() == 40
    assert len(kept()) == 20
    for position, campaign in enumerate(campaigns):
        mine = [n for n in range(60) if n % 3 < 2 and n % 12 == position]
        assert totals(campaign).get(("day", TODAY), 0) == sum(n % 7 + 1 for n in mine)
    assert find_drift() == []
    assert enforce_all(NOON).switched == 0


def test_day_totals_from_many_connections_count_once_and_the_newest_stands() -> None:
    brand = BrandFactory.create(daily_budget=50)
    campaigns = CampaignFactory.create_batch(5, brand=brand)
    enforce_all(NOON)

    def report(step: int) -> None:
        rows = [total(c, step, observed_at=NOON - (20 - step) * MINUTE) for c in campaigns]
        rows += [
            total(google(f"?{n}"), step, observed_at=NOON - (20 - step) * MINUTE) for n in range(3)
        ]
        take(*(rows if step % 2 else rows[::-1]))

    from_everywhere([partial(report, step % 10 + 1) for step in range(20)])

    assert [totals(c)["day", TODAY] for c in campaigns] == [10] * 5
    assert sorted(row[:2] for row in kept()) == [("?0", 10), ("?1", 10), ("?2", 10)]
    assert find_drift() == []
    assert [on for on, _ in switches(campaigns[0])] == [True, False]


# Rows that are about to wait while somebody matches --------------------------------------------


@pytest.fixture
def campaign() -> Campaign:
    return CampaignFactory.create()


def test_a_row_that_is_about_to_wait_is_seen_by_whoever_matches(campaign: Campaign) -> None:
    """It has been let wait in a transaction that is not committed yet when somebody matches."""
    take(entry(google("7"), 1, external_id="a"))

    with (
        held_open(lambda: take(entry(google("7"), 2, external_id="b"))) as commit,
        at_once() as start,
    ):
        matching = start(lambda: registry.match(unknown(), campaign, now=NOON))
        await_blocked()
        commit()
        matching.result(timeout=20)

    assert kept() == []
    assert totals(campaign)["day", TODAY] == 3


@pytest.mark.parametrize("crippled", [False, True], ids=["as it is", "crippled"])
def test_a_row_that_comes_in_while_it_is_matched_is_recorded(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, *, crippled: bool
) -> None:
    """It found nobody who carries the reference; by the time it would wait, somebody does.

    Crippled, it does not look again.
    """
    take(entry(google("7"), 1, external_id="a"))
    if crippled:
        monkeypatch.setattr(batch._Batch, "_await_references", lock_alone)
    arrived: Any = Paused(locks.unknown_references)
    monkeypatch.setattr(locks, "unknown_references", arrived)

    with at_once() as start:
        coming_in = start(lambda: take(entry(google("7"), 2, external_id="b")))
        arrived.await_reached()
        assert registry.match(unknown(), campaign, now=NOON) == Settled(recorded=1)
        arrived.let_go()
        coming_in.result(timeout=20)

    assert (kept() == []) is not crippled
    assert totals(campaign)["day", TODAY] == (1 if crippled else 3)
    assert UnknownReference.objects.exists() is crippled
    # What was missed is found by the next sweep.
    assert registry.record_waiting(NOON).recorded == crippled
    assert totals(campaign)["day", TODAY] == 3


def lock_alone(batch: Any) -> dict[Reference, int]:
    """The unknown references, without a look at who carries them by now."""
    wanted = {row.campaign for row in batch.unmatched.values()}
    return locks.unknown_references(wanted, None, NOON)


def test_two_who_match_one_reference_to_two_campaigns_leave_it_with_the_first(
    campaign: Campaign,
) -> None:
    other = CampaignFactory.create()
    take(*[entry(google("7"), 1, external_id=str(n)) for n in range(20)])
    row = unknown()
    refused: list[Exception] = []

    def match(to: Campaign) -> None:
        try:
            registry.match(row, to, now=NOON)
        except InvalidReference as error:
            refused.append(error)

    from_everywhere([lambda: match(campaign), lambda: match(other)])

    winner = CampaignReference.objects.get().campaign
    assert len(refused) == 1
    assert totals(winner)["day", TODAY] == 20
    assert Spend.objects.count() == 20
    assert kept() == []


def test_a_batch_that_comes_in_while_what_waited_is_recorded_does_not_deadlock(
    campaign: Campaign,
) -> None:
    others = CampaignFactory.create_batch(3, brand=campaign.brand)
    rows = [
        entry(others[n % 3] if n % 2 else google(str(n % 5)), 1, external_id=str(n))
        for n in range(60)
    ]
    take(*rows)

    def match(reference: str) -> None:
        registry.match(unknown(reference), campaign, now=NOON)

    from_everywhere(
        [partial(match, str(number)) for number in range(5)]
        + [lambda: take(*rows), lambda: take(*rows[::-1])] * 4
        + [lambda: registry.record_waiting(NOON)] * 2
    )

    registry.record_waiting(NOON)
    assert kept() == []
    assert Spend.objects.count() == 60
    assert totals(campaign)["day", TODAY] == 30
    assert outcomes(take(*rows)) == ["duplicate"] * 60
    assert find_drift() == []


@pytest.mark.usefixtures("impatient")
def test_what_another_session_keeps_locked_waits_for_the_next_run(campaign: Campaign) -> None:
    for number in ("7", "8"):
        take(entry(google(number), 1))
        CampaignReference.objects.bulk_create(
            [CampaignReference(campaign=campaign, platform="google_ads", account="123",
                               reference=number)]
        )  # fmt: skip
    pk = unknown("7").pk

    with held_open(lambda: locks.unknown_reference(pk)):
        assert registry.record_waiting(NOON) == Settled(recorded=1, failed=(pk,))

    assert registry.record_waiting(NOON) == Settled(recorded=1)
