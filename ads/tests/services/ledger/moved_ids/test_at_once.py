"""A day is reported while its platform ID moves to another campaign: it counts once."""

from functools import partial
from typing import Any

import pytest

from ads.models import Campaign, CampaignReference
from ads.services import campaign_lookup
from ads.services.ledger import day_totals
from ads.services.ledger.verification import find_drift
from ads.tests.factories import CampaignFactory
from ads.tests.services.ledger.moved_ids.support import days, move
from ads.tests.services.ledger.support import TODAY, google, known_as, outcomes, take, total
from ads.tests.support import at_once, await_blocked, held_open, totals

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def first() -> Campaign:
    return CampaignFactory.create()


@pytest.fixture
def second(first: Campaign) -> Campaign:
    return CampaignFactory.create(brand=first.brand)


@pytest.fixture
def carried(first: Campaign) -> CampaignReference:
    return known_as(first, google("7"))


@pytest.mark.parametrize("crippled", [False, True], ids=["as it is", "crippled"])
def test_who_reports_it_for_the_new_campaign_waits_for_who_does_for_the_old_one(
    first: Campaign,
    second: Campaign,
    carried: CampaignReference,
    monkeypatch: pytest.MonkeyPatch,
    *,
    crippled: bool,
) -> None:
    if crippled:
        monkeypatch.setattr(day_totals.Posting, "_check_again", lambda *_: None)

    with held_open(lambda: take(total(google("7"), 60))) as commit, at_once() as start:
        move(carried, second)
        later = start(lambda: take(total(google("7"), 70)))
        await_blocked()
        commit()
        later.result(timeout=20)

    assert days(first, second) == [60 if crippled else 0, 70]
    assert find_drift() == []


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


def test_many_that_report_while_ids_move_to_and_fro_never_deadlock(
    first: Campaign, second: Campaign
) -> None:
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
    assert totals(first.brand)["day", TODAY] == 600
    assert find_drift() == []
