"""A campaign that carries several references has on a day what all of them cost together."""

from datetime import timedelta
from typing import Any

import pytest

from ads.models import Campaign, ReportedTotal, Spend
from ads.services import OnOverlap
from ads.services.ledger.verification import find_drift
from ads.services.references import registry
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.ledger.support import (
    TODAY,
    google,
    kept,
    known_as,
    limited_to,
    outcomes,
    take,
    total,
    unknown,
)
from ads.tests.support import NOON, at_once, await_blocked, delivers, enforce_all, held_open
from ads.tests.support import totals as sums

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)

#: The same id in another account is another reference.
ONE, TWO, ELSEWHERE = google("1"), google("2"), google("1", account="456")


@pytest.fixture
def campaign() -> Campaign:
    """Delivers, with 75 dollars a day; known by three references."""
    campaign = CampaignFactory.create(daily_budget=75)
    for reference in (ONE, TWO, ELSEWHERE):
        known_as(campaign, reference)
    enforce_all(NOON)
    return campaign


def spent(campaign: Campaign) -> Any:
    """What the day has come to."""
    return sums(campaign).get(("day", TODAY), 0)


def everything() -> list[object]:
    """What has been reported and recorded, and what waits."""
    return [
        list(ReportedTotal.objects.order_by("id").values_list()),
        list(Spend.objects.order_by("id").values_list()),
        kept(),
    ]


def test_what_is_reported_of_each_reference_adds_up(campaign: Campaign) -> None:
    take(total(ONE, 10))
    take(total(TWO, 5))
    take(total(ELSEWHERE, 2))

    assert spent(campaign) == 17
    before = everything()
    for reference, amount in ((ONE, 10), (TWO, 5), (ELSEWHERE, 2)):
        assert outcomes(take(total(reference, amount))) == ["unchanged"]
    assert everything()[1:] == before[1:]
    assert find_drift() == []


def test_in_one_batch_too_and_what_they_cross_together_is_enforced(campaign: Campaign) -> None:
    rows = [total(ONE, 40), total(TWO, 40), total(ONE, 9, observed_at=NOON - MINUTE)]

    assert outcomes(take(*rows)) == ["recorded", "recorded", "older"]

    assert spent(campaign) == 80
    assert not delivers(campaign)
    assert outcomes(take(*rows)) == ["unchanged", "unchanged", "older"]


def test_a_newer_observation_of_one_lowers_its_part_alone(campaign: Campaign) -> None:
    take(total(ONE, 40, observed_at=NOON - MINUTE), total(TWO, 40))

    assert outcomes(take(total(ONE, 10), total(TWO, 1, observed_at=NOON - MINUTE))) == [
        "recorded",
        "older",
    ]

    assert spent(campaign) == 50
    assert delivers(campaign)
    assert Spend.objects.get(kind="correction").amount == -30


def test_totals_that_waited_under_two_references_add_up(campaign: Campaign) -> None:
    rows = [total(google("7"), 10), total(google("8"), 5), total(ONE, 1)]
    take(*rows)

    for reference in ("7", "8"):
        registry.match(unknown(reference), campaign, now=NOON, on_overlap=OnOverlap.ADD)

    assert spent(campaign) == 16
    assert kept() == []
    assert outcomes(take(*rows)) == ["unchanged"] * 3
    assert outcomes(take(total(google("7"), 9))) == ["recorded"]
    assert spent(campaign) == 15


def test_another_source_says_the_day_in_its_own_way(campaign: Campaign) -> None:
    take(total(campaign, 10))
    take(total(ONE, 5), sender=limited_to(campaign.brand), on_overlap=OnOverlap.ADD)

    assert spent(campaign) == 15


# The campaign itself, and its references --------------------------------------------------------


@pytest.mark.parametrize("keep_good", [False, True])
@pytest.mark.parametrize("by_id_first", [False, True])
def test_a_day_that_was_reported_in_the_other_way_is_refused(
    campaign: Campaign, *, by_id_first: bool, keep_good: bool
) -> None:
    before, after = (campaign, ONE) if by_id_first else (ONE, campaign)
    take(total(before, 10))
    stood = everything()

    done = take(total(after, 12), keep_good=keep_good)

    (answer,) = done.answers
    assert (answer.outcome, answer.field) == ("refused", "campaign")
    way = "by its own id or name" if by_id_first else "as google_ads / 123 / 1"
    assert f"source etl has reported {TODAY} of campaign {campaign.pk} {way}" in str(answer.reason)
    assert "in one way" in str(answer.reason)
    assert everything() == stood
    # Other rows go on: other days, and this day as it was reported before.
    again = take(
        total(after, 12),
        total(before, 11),
        total(after, 3, date=TODAY - timedelta(days=1)),
        keep_good=True,
    )
    assert outcomes(again) == ["refused", "recorded", "recorded"]
    assert spent(campaign) == 11


def test_two_ways_in_one_batch_are_one_too_many(campaign: Campaign) -> None:
    rows = [total(ONE, 1), total(campaign, 2), total(TWO, 3)]
    before = everything()

    assert outcomes(take(*rows)) == ["not_recorded", "refused", "not_recorded"]
    assert everything() == before

    assert outcomes(take(*rows, keep_good=True)) == ["recorded", "refused", "recorded"]
    assert spent(campaign) == 4
    assert outcomes(take(*rows[::-1], keep_good=True)) == ["unchanged", "refused", "unchanged"]


def test_zero_counts_nothing_in_either_way(campaign: Campaign) -> None:
    """So a source that changes its way takes back what it said first."""
    take(total(campaign, 10, observed_at=NOON - 2 * MINUTE))
    take(total(campaign, 0, observed_at=NOON - MINUTE))

    assert outcomes(take(total(ONE, 10), total(campaign, 0))) == ["recorded", "unchanged"]

    assert spent(campaign) == 10
    assert outcomes(take(total(campaign, 1))) == ["refused"]


def test_what_waited_is_refused_where_it_would_count_twice(campaign: Campaign) -> None:
    take(total(google("7"), 10), total(google("7"), 4, date=TODAY - timedelta(days=1)))
    take(total(campaign, 10))

    settled = registry.match(unknown(), campaign, now=NOON)

    assert (settled.recorded, settled.refused) == (1, 1)
    assert [row[:2] for row in kept()] == [("7", 10)]
    (row,) = unknown().waiting.all()
    assert "by its own id or name" in row.refusal
    assert spent(campaign) == 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by_id_first", [False, True])
def test_of_two_ways_at_once_the_one_that_comes_second_is_refused(*, by_id_first: bool) -> None:
    """It looked before the other was committed, and finds out once it has waited for it."""
    campaign = CampaignFactory.create(brand=BrandFactory.create())
    known_as(campaign, ONE)
    before, after = (campaign, ONE) if by_id_first else (ONE, campaign)
    answered: list[str] = []

    with held_open(lambda: take(total(before, 10))) as commit, at_once() as start:
        start(lambda: answered.extend(outcomes(take(total(after, 12)))))
        await_blocked()
        commit()

    assert answered == ["refused"]
    assert spent(campaign) == 10
    assert ReportedTotal.objects.count() == 1
    assert find_drift() == []
