"""replay: what other settings would have done, in tables."""

from datetime import timedelta

import pytest
from django.core.management import CommandError

from ads.models import Campaign
from ads.tests.commands.support import rows, say
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, enforce_all, spend

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

YESTERDAY = NOON - timedelta(days=1)
DAYS = (f"--from={YESTERDAY:%Y-%m-%d}", f"--to={YESTERDAY:%Y-%m-%d}")

COMES_TO = (
    "On record: $120.00. Replayed: $60.00, of which $0.00 is estimated. 1 stop; over the brand's "
    "daily budget by $0.00."
)


@pytest.fixture
def campaign() -> Campaign:
    """Spent $60 yesterday at noon, and $60 an hour later."""
    campaign = CampaignFactory.create(brand=BrandFactory.create(name="Acme"), name="Search")
    enforce_all(YESTERDAY - timedelta(days=1))
    for hours in (0, 1):
        spend(campaign, 60, YESTERDAY + timedelta(hours=hours))
    return campaign


@pytest.mark.usefixtures("campaign")
def test_it_says_what_would_have_been_spent_and_what_would_have_stopped() -> None:
    said = say("replay", "Acme", *DAYS, "--campaign=Search", "--daily-budget=50")

    assert rows(said) == [
        [f"Acme, {YESTERDAY:%Y-%m-%d} to {YESTERDAY:%Y-%m-%d}"],
        ["campaign", "on record", "replayed", "of it estimated", "over daily budgets", "stops"],
        ["Search", "$120.00", "$60.00", "$0.00", "$10.00", "1"],
        ["stopped", "campaign", "why", "until"],
        [f"{YESTERDAY:%Y-%m-%d} 12:05 UTC", "Search", "Daily budget", "the end"],
        [COMES_TO],
        ["Replay: nothing was changed."],
    ]


@pytest.mark.usefixtures("campaign")
def test_hours_and_the_brands_budgets() -> None:
    ScheduleFactory.create(name="Never")

    assert "Replayed: $0.00" in say("replay", "Acme", *DAYS, "--schedule=Never")
    assert "Replayed: $60.00" in say("replay", "Acme", *DAYS, "--brand-daily-budget=60")
    assert "Replayed: $120.00" in say("replay", "Acme", *DAYS, "--all-hours", "--lag=600")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--daily-budget=5"], "--daily-budget: name the campaign with --campaign"),
        (["--campaign=Serch"], '--campaign: Acme has no campaign "Serch"'),
        (["--schedule=Nights"], '--schedule: there is no schedule "Nights"'),
        (["--schedule=Nights", "--all-hours"], "--all-hours: leave it out"),
        (["--lag=7"], "--lag: 7 cannot be used: use minutes from 0 to 720"),
        (["--brand-daily-budget=1e5"], "argument --brand-daily-budget"),
    ],
)
@pytest.mark.usefixtures("campaign")
def test_what_cannot_be_used(given: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        say("replay", "Acme", *DAYS, *given)


def test_stopping_early_says_what_it_leaves_unspent() -> None:
    campaign = CampaignFactory.create(brand=BrandFactory.create(name="Acme"), daily_budget=100)
    enforce_all(YESTERDAY - timedelta(days=1))
    for step in range(40):
        spend(campaign, 3, YESTERDAY + step * timedelta(minutes=5))

    late = say("replay", "Acme", *DAYS, "--lag=30", "--stop-early=no")
    early = say("replay", "Acme", *DAYS, "--lag=30", "--stop-early=yes")

    assert "Replayed: $120.00" in late
    assert "unspent" not in late
    assert "Replayed: $99.00" in early
    assert "Left unspent by stopping early: $1.00 of campaigns' daily budgets, $0.00 of" in early
