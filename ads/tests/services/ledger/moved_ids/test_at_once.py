"""A day is reported while its platform ID moves to another campaign: it counts once."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from ads.models import Campaign, CampaignReference, SpendBatch
from ads.models.spend import BatchKind, Kind
from ads.services import batches, campaign_lookup, locks
from ads.services.imports.plan import Plan
from ads.services.ledger import day_totals, record
from ads.services.ledger.verification import find_drift
from ads.services.new_batch import NewBatch
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import recorded
from ads.tests.services.ledger.moved_ids.support import days, move
from ads.tests.services.ledger.support import TODAY, google, known_as, outcomes, take, total
from ads.tests.support import NOON, at_once, await_blocked, held_open, totals

pytestmark = pytest.mark.django_db(transaction=True)


def report(amount: int) -> None:
    take(total(google("7"), amount))


def import_file(amount: int) -> None:
    recorded([HEADER, f"{TODAY},123,Spring,7,{amount}"], Plan(source="etl"))


HEADER = "Day,Customer ID,Campaign,Campaign ID,Cost"


@pytest.mark.parametrize("crippled", [False, True], ids=["as it is", "crippled"])
@pytest.mark.parametrize("send", [report, import_file])
def test_who_reports_it_for_the_new_campaign_waits_for_who_does_for_the_old_one(
    first: Campaign,
    carried: CampaignReference,
    monkeypatch: pytest.MonkeyPatch,
    send: Callable[[int], None],
    *,
    crippled: bool,
) -> None:
    """Of two brands, which have no sum in common."""
    second = CampaignFactory.create()
    if crippled:
        monkeypatch.setattr(locks, "await_reported_totals", lambda *_: None)

    with held_open(lambda: report(60)) as commit, at_once() as start:
        move(carried, second)
        later = start(lambda: send(70))
        if crippled:
            later.result(timeout=20)
        else:
            await_blocked()
        commit()
        later.result(timeout=20)

    assert days(first, second) == [60 if crippled else 0, 70]
    assert find_drift() == []


def test_two_brands_that_exchange_ids_count_each_once(
    first: Campaign, carried: CampaignReference
) -> None:
    second = CampaignFactory.create()
    other = known_as(second, google("8"))

    with (
        held_open(lambda: take(total(google("7"), 60), total(google("8"), 5))) as commit,
        at_once() as start,
    ):
        move(carried, second)
        move(other, first)
        later = start(lambda: take(total(google("8"), 6), total(google("7"), 70)))
        await_blocked()
        commit()
        later.result(timeout=20)

    assert days(first, second) == [6, 70]
    assert find_drift() == []


@pytest.mark.parametrize("crippled", [False, True], ids=["as it is", "crippled"])
def test_an_undo_that_gives_the_day_back_meanwhile_is_seen(
    first: Campaign,
    second: Campaign,
    carried: CampaignReference,
    monkeypatch: pytest.MonkeyPatch,
    *,
    crippled: bool,
) -> None:
    report(60)
    move(carried, second)
    record(
        [total(google("7"), 70)],
        source="etl",
        now=NOON,
        kind=Kind.DAY_TOTAL,
        together=NewBatch(BatchKind.API),
    )
    if crippled:
        monkeypatch.setattr(locks, "await_reported_totals", lambda *_: None)
        monkeypatch.setattr(day_totals.Posting, "_check_again", lambda *_: None)

    undoing = partial(batches.undo, SpendBatch.objects.get(), reason="wrong", now=NOON)
    with held_open(undoing) as commit, at_once() as start:
        later = start(lambda: report(80))
        await_blocked()
        commit()
        later.result(timeout=20)

    assert days(first, second) == [60 if crippled else 0, 80]


def test_who_looked_the_id_up_before_it_moved_looks_again(
    first: Campaign,
    second: Campaign,
    carried: CampaignReference,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find, looks = campaign_lookup.find, []

    def find_then_move(*given: Any, **how: Any) -> Any:
        found = find(*given, **how)
        looks.append(found)
        if len(looks) == 1:
            move(carried, second)
            take(total(google("7"), 70))
        return found

    monkeypatch.setattr(campaign_lookup, "find", find_then_move)

    answered = outcomes(take(total(google("7"), 75)))

    assert answered == ["recorded"]
    assert days(first, second) == [0, 75]


@pytest.mark.parametrize("of_two_brands", [False, True])
def test_many_that_report_while_ids_move_to_and_fro_never_deadlock(
    first: Campaign, second: Campaign, *, of_two_brands: bool
) -> None:
    if of_two_brands:
        second = CampaignFactory.create()
    held = [known_as(first, google(str(n))) for n in range(6)]

    def swap_and_report(n: int) -> None:
        those = CampaignReference.objects.filter(pk=held[n % 6].pk)
        those.update(campaign=(first, second)[n % 2])
        order = [total(google(str(each)), 10 + n) for each in range(6)]
        take(*(order if n % 2 else order[::-1]))

    with at_once() as start:
        for n in range(16):
            start(partial(swap_and_report, n))

    take(*(total(google(str(n)), 100) for n in range(6)))
    assert sum(days(first, second)) == 600
    brands = {each.brand for each in (first, second)}
    assert sum(totals(brand).get(("day", TODAY), 0) for brand in brands) == 600
    assert find_drift() == []
