"""How many statements a batch takes: a few, and not more for more rows."""

from typing import Any

import pytest
from django.db import transaction

from ads.models import Campaign
from ads.services.campaign_lookup import CampaignNamed
from ads.services.references import registry
from ads.tests.factories import CampaignFactory
from ads.tests.services.ledger.support import (
    entry,
    google,
    known_as,
    outcomes,
    statements_of,
    take,
    total,
    unknown,
)
from ads.tests.support import NOON, enforce_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaigns() -> list[Campaign]:
    """Fifty that deliver; the platform knows each by its name."""
    with transaction.atomic():  # each commit would be enforced
        campaigns = CampaignFactory.create_batch(50, daily_budget=75, brand__daily_budget=100)
        for campaign in campaigns:
            known_as(campaign, google(campaign.name))
    enforce_all(NOON)
    return campaigns


def named(campaign: Campaign, way: str) -> Any:
    """The campaign by its id, its names or its reference."""
    if way == "names":
        return CampaignNamed(campaign.brand.name, campaign.name)
    return google(campaign.name) if way == "reference" else campaign.pk


@pytest.mark.parametrize("way", ["id", "names", "reference"])
def test_entries_that_cross_nothing_take_five_and_one_takes_two(
    campaigns: list[Campaign], way: str
) -> None:
    one = [entry(named(campaigns[0], way), external_id="one")]
    many = [entry(named(campaigns[n % 50], way), "0.01", external_id=str(n)) for n in range(1000)]

    assert statements_of(lambda: take(*one)) == 2
    assert statements_of(lambda: take(*many)) == 5
    # All are duplicates: compared, looked up among the undone, and not enforced.
    assert statements_of(lambda: take(*many)) == 6


def test_all_ways_of_naming_in_one_batch_take_one_look_up_each(campaigns: list[Campaign]) -> None:
    rows = [entry(named(campaigns[n], ("id", "names", "reference")[n % 3])) for n in range(50)]

    assert statements_of(lambda: take(*rows)) == 7


@pytest.mark.parametrize("row", [entry, total])
def test_rows_that_wait_take_no_more_for_more(campaigns: list[Campaign], row: Any) -> None:
    def waiting(count: int) -> int:
        rows = [row(google(f"{count}-{n}")) for n in range(count)]
        return statements_of(lambda: outcomes(take(*rows)))

    assert waiting(2) == waiting(300) <= 8


def test_matching_takes_no_more_for_more(campaigns: list[Campaign]) -> None:
    def matching(count: int) -> int:
        take(*[entry(google(f"?{count}"), external_id=f"{count}-{n}") for n in range(count)])
        row = unknown(f"?{count}")
        return statements_of(lambda: registry.match(row, campaigns[0], now=NOON))

    assert matching(2) == matching(60) <= 40
