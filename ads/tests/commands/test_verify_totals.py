"""verify_totals: finds totals that do not match the ledger, and corrects them."""

import pytest
from django.core.management import CommandError

from ads.models import Campaign, DeliveryChange, SpendTotal
from ads.tests.commands.support import rows, say
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, delivers, enforce_all, execute, spend, totals

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

TODAY = NOON.date()


@pytest.fixture
def campaign() -> Campaign:
    """Spent 50 of 75 dollars today."""
    brand = BrandFactory.create(name="Acme")
    campaign = CampaignFactory.create(brand=brand, name="Search", daily_budget=75)
    spend(campaign, 50, NOON)
    enforce_all(NOON)
    return campaign


def falsify(amount: int) -> None:
    assert execute("UPDATE ads_spendtotal SET amount = %s WHERE period = 'day'", [amount]) == 2


def test_sums_that_agree_are_said_to(campaign: Campaign) -> None:
    assert say("verify_totals") == "All totals match the ledger.\n"


def test_drift_is_shown_and_fails_until_it_is_fixed(campaign: Campaign) -> None:
    falsify(90)

    with pytest.raises(CommandError, match=r"2 totals do not match the ledger.*--fix"):
        say("verify_totals")
    assert totals(campaign)["day", TODAY] == 90

    said = rows(say("verify_totals", "--fix"))

    day = str(TODAY)
    assert ["Acme", "(brand total)", "day", day, "$90.00", "$50.00", "-$40.00"] in said
    assert ["Acme", "Search", "day", day, "$90.00", "$50.00", "-$40.00"] in said
    assert ["2 totals corrected."] in said
    assert totals(campaign)["day", TODAY] == 50
    assert "All totals match" in say("verify_totals")


def test_a_repair_resumes_campaigns_that_the_wrong_sum_had_stopped(campaign: Campaign) -> None:
    falsify(90)
    enforce_all(NOON)
    assert not delivers(campaign)

    say("verify_totals", "--fix")

    assert delivers(campaign)
    assert DeliveryChange.objects.latest("id").actor.startswith("command: verify_totals")


def test_a_sum_that_is_missing_is_found_and_made(campaign: Campaign) -> None:
    SpendTotal.objects.filter(campaign=campaign).delete()

    assert "2 totals corrected." in say("verify_totals", "--fix")

    assert totals(campaign) == {("day", TODAY): 50, ("month", TODAY.replace(day=1)): 50}
