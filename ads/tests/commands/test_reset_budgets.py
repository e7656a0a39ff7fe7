"""reset_budgets: rolls over as the tasks do; wipes nobody's spend unless told to waive it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError

from ads.models import Allowance, Brand, Campaign, DeliveryChange, SpendTotal
from ads.services.delivery import rollover
from ads.tests.commands.support import rows, say
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, at, delivers, enforce_all, spend, totals

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

TODAY = NOON.date()
TOMORROW = NOON + timedelta(days=1)


@pytest.fixture
def campaign() -> Campaign:
    """Has used up its day's budget of 75 dollars, in a brand that was rolled over today."""
    brand = BrandFactory.create(name="Acme", daily_budget=100)
    campaign = CampaignFactory.create(brand=brand, name="Search", daily_budget=75)
    rollover.roll_over_days(NOON)
    rollover.roll_over_months(NOON)
    spend(campaign, 80, NOON)
    assert not delivers(campaign)
    return campaign


def test_on_the_same_day_it_has_nothing_to_do_and_the_mornings_spend_stays(
    campaign: Campaign,
) -> None:
    said = say("reset_budgets")

    assert "Day: no brand is due." in said
    assert "Month: no brand is due." in said
    assert not delivers(campaign)
    assert totals(campaign)["day", TODAY] == 80
    assert not SpendTotal.objects.filter(waived__gt=0).exists()


def test_on_the_next_day_campaigns_come_back(campaign: Campaign, noon: Any) -> None:
    noon.move_to(TOMORROW)

    said = rows(say("reset_budgets", "--daily"))

    assert ["Acme", "UTC", "2024-05-16", "2024-05-15"] in said
    assert ["Search", "Acme", "paused → delivers", "Nothing is stopping it any more."] in said
    assert ["Day: 1 brand rolled over; campaigns: 1 started, 0 paused."] in said
    assert delivers(campaign)
    assert Brand.objects.get().last_daily_reset == TOMORROW.date()
    change = DeliveryChange.objects.latest("id")
    assert change.actor.startswith("command: reset_budgets")


def test_ended_flights_are_completed(campaign: Campaign, noon: Any) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(end_date=TODAY)
    noon.move_to(TOMORROW)

    assert "1 ended flight would be completed." in say("reset_budgets", "--dry-run")
    assert campaign.fresh().status == "active"

    assert "1 ended flight completed." in say("reset_budgets")
    assert campaign.fresh().status == "completed"


def test_a_dry_run_says_who_would_come_back_and_changes_nothing(
    campaign: Campaign, noon: Any
) -> None:
    noon.move_to(TOMORROW)

    said = say("reset_budgets", "--dry-run")

    assert "Campaigns: 1 would be started, 0 would be paused." in said
    assert not delivers(campaign)
    assert Brand.objects.get().last_daily_reset == TODAY


def test_one_brand_alone_is_rolled_over(campaign: Campaign, noon: Any) -> None:
    other = BrandFactory.create(name="Bolt")
    noon.move_to(TOMORROW)

    say("reset_budgets", "--brand", "Acme")

    assert campaign.brand.fresh().last_daily_reset == TOMORROW.date()
    assert other.fresh().last_daily_reset is None


def test_the_month_alone_is_rolled_over(campaign: Campaign, noon: Any) -> None:
    noon.move_to(NOON.replace(month=6, day=2))

    say("reset_budgets", "--monthly")

    brand = Brand.objects.get()
    assert brand.last_monthly_reset == date(2024, 6, 2)
    assert brand.last_daily_reset == TODAY


def test_waiving_lets_them_run_on_and_reports_stay_true(campaign: Campaign) -> None:
    spend(CampaignFactory.create(brand=campaign.brand, name="Other"), 30, NOON)

    said = rows(say("reset_budgets", "--waive", "--daily", "--brand", "Acme"))

    assert ["Acme", "(all campaigns of the brand)", "day", "$110.00"] in said
    assert ["Acme", "Search", "day", "$80.00"] in said
    assert ["3 allowances given."] in said
    assert delivers(campaign)
    assert totals(campaign)["day", TODAY] == 80
    assert SpendTotal.objects.get(campaign=campaign, period="day").waived == Decimal(80)
    assert SpendTotal.objects.get(campaign=campaign, period="month").waived == 0
    assert "0 allowances given." in say("reset_budgets", "--waive", "--daily")


def test_a_dry_run_says_what_would_be_allowed_and_allows_nothing(campaign: Campaign) -> None:
    said = say("reset_budgets", "--waive", "--daily", "--dry-run")

    assert "2 allowances would be given." in said
    assert "1 campaign would start: Search." in said
    assert not delivers(campaign)
    assert not SpendTotal.objects.filter(waived__gt=0).exists()


def test_waiving_leaves_a_users_pause_alone(campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(status="paused")

    say("reset_budgets", "--waive", "--daily")
    enforce_all(NOON)

    assert SpendTotal.objects.get(campaign=campaign, period="day").waived == 80
    assert Campaign.objects.get(pk=campaign.pk).status == "paused"
    assert not delivers(campaign)


def test_waiving_needs_a_period(campaign: Campaign) -> None:
    with pytest.raises(CommandError, match="--daily, --monthly or both"):
        say("reset_budgets", "--waive")


def test_an_unknown_brand_is_refused_with_names_that_are_like_it(campaign: Campaign) -> None:
    with pytest.raises(CommandError, match=r'no brand "acne"\. Did you mean "Acme"\?'):
        say("reset_budgets", "--brand", "acne")


def test_a_campaign_alone_is_let_run_on_by_an_amount_until_a_time(campaign: Campaign) -> None:
    options = ("--campaign", "Search", "--amount", "20", "--until", "18:00", "--reason", "Launch")

    said = rows(say("reset_budgets", "--waive", "--daily", *options))

    assert ["Acme", "Search", "day", "$20.00"] in said
    assert ["1 allowance given."] in said
    assert ["Search", "Acme", "paused → delivers", "Nothing is stopping it any more."] in said
    allowance = Allowance.objects.get()
    assert (allowance.owner, allowance.amount, allowance.reason) == (campaign, 20, "Launch")
    assert allowance.until == at("2024-05-15 18:00")
    assert delivers(campaign)


def test_by_an_amount_all_with_such_a_budget_run_on(campaign: Campaign) -> None:
    CampaignFactory.create(brand=campaign.brand, name="Unlimited")
    CampaignFactory.create(brand=campaign.brand, name="Over", daily_budget=5, status="archived")

    say("reset_budgets", "--waive", "--daily", "--amount", "20")

    assert {one.owner for one in Allowance.objects.all()} == {campaign, campaign.brand}
    assert {one.reason for one in Allowance.objects.all()} == {"reset_budgets --waive"}


def test_brands_where_the_time_has_passed_are_left_out_and_named(campaign: Campaign) -> None:
    late = CampaignFactory.create(brand__timezone="Asia/Tokyo", daily_budget=5)

    said = say("reset_budgets", "--waive", "--daily", "--amount", "20", "--until", "18:00")

    assert "Left out: until: 18:00 is refused: it has passed: it is 21:00" in said
    assert not Allowance.objects.filter(campaign=late).exists()
    assert Allowance.objects.filter(campaign=campaign).exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--amount", "1000000000000"), "--amount: 1000000000000 is refused: the size must"),
        (("--amount", "0"), "--amount: use more than zero"),
        (("--until", "11:00"), "--until: 11:00 is refused: it has passed"),
        (("--until", "2024-05-17 11:00"), "--until: .* ends with its day"),
        (("--reason", ""), "--reason: say why"),
        (("--campaign", "Serch"), 'There is no campaign "Serch"'),
        (("--campaign", "Search", "--brand", "Bolt"), "--campaign: Acme/Search .* not of that"),
        (("--campaign", "Open", "--amount", "5"), "--amount: .*Open has no daily budget"),
    ],
)
def test_options_that_cannot_be_used_are_refused_by_name(
    campaign: Campaign, options: tuple[str, ...], says: str
) -> None:
    CampaignFactory.create(brand=BrandFactory.create(name="Bolt"), name="Open")

    with pytest.raises(CommandError, match=says):
        say("reset_budgets", "--waive", "--daily", *options)

    assert not Allowance.objects.exists()


@pytest.mark.parametrize("option", ["amount", "until", "reason", "campaign"])
def test_options_of_waive_need_it(campaign: Campaign, option: str) -> None:
    with pytest.raises(CommandError, match=f"--{option}: it only works with --waive"):
        say("reset_budgets", "--daily", f"--{option}", "5")
