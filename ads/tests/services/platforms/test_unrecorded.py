"""What cannot be recorded is shown, and stops nothing else."""

from decimal import Decimal
from functools import partial

import pytest

from ads.models import (
    ReportedTotal,
)
from ads.models.spend import Kind
from ads.services.ledger import DayTotal, record_all
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.platforms.doubles import (
    NOON,
    TODAY,
    Scripted,
    account,
    connection,
    known_as,
    spent,
    update,
)
from ads.tests.services.platforms.asking import MINUTE, cost

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("amount", ["NaN", "-1", "0.0000001", "1000000000000"])
def test_a_total_that_cannot_be_recorded_never_stops_the_others(
    platform: Scripted, amount: str
) -> None:
    good, bad, also_good = CampaignFactory.create_batch(3, brand=BrandFactory.create())
    for n, campaign in enumerate((good, bad, also_good)):
        known_as(campaign, str(n))
    its = account(connection(), month_answered_at=NOON)
    platform.costs_of["1"] = [cost("0", 5), cost("1", amount), cost("2", 7)]

    (problem,) = update(NOON).problems

    assert problem.startswith(f"The total of campaign scripted / 1 / 1 on {TODAY} is refused: amo")
    assert [spent(campaign) for campaign in (good, bad, also_good)] == [5, 0, 7]
    its.refresh_from_db()
    assert (its.problem, its.answered_at) == (problem, NOON)


def test_a_total_that_another_source_has_on_record_is_not_recorded_and_is_shown(
    platform: Scripted,
) -> None:
    campaign, other = CampaignFactory.create_batch(2, brand=BrandFactory.create())
    for reference, each in (("7", campaign), ("8", other)):
        known_as(each, reference)
    its = account(connection(), month_answered_at=NOON)
    by_hand = partial(record_all, source="file", now=NOON, kind=Kind.DAY_TOTAL)
    by_hand([DayTotal(campaign, TODAY, 40, NOON)])
    platform.costs_of["1"] = [cost("7", 45), cost("8", 7)]

    update(NOON)

    assert [spent(campaign), spent(other)] == [40, 7]
    its.refresh_from_db()
    assert f"campaign {campaign.pk} on {TODAY}: source scripted reports" in its.problem
    assert its.problem.startswith("Another source has reported some of the same days, which are")
    assert its.problem.endswith("$45.00, and on record is $40.00 by file.")
    by_hand([DayTotal(campaign, TODAY, 0, NOON)])
    update(NOON + 5 * MINUTE)
    its.refresh_from_db()
    assert (spent(campaign), its.problem) == (Decimal(45), "")


def test_another_currency_than_the_brands_is_shown_and_not_recorded(platform: Scripted) -> None:
    euro = CampaignFactory.create(brand=BrandFactory.create(currency="EUR"))
    dollar = CampaignFactory.create()
    known_as(euro, "7")
    known_as(dollar, "8")
    its = account(connection())
    platform.costs_of["1"] = [cost("7", 5), cost("8", 6)]

    update(NOON)

    its.refresh_from_db()
    assert its.problem == (
        "1 campaign is not recorded: the account's amounts are in USD, and their brand's currency "
        "is EUR. Give these platform IDs to campaigns of a brand in USD."
    )
    assert [spent(euro), spent(dollar)] == [0, 6]
    assert not ReportedTotal.objects.filter(campaign=euro).exists()
