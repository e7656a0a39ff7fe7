"""The page of a campaign: why it runs or not, its figures, its hours, its history."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pghistory
import pytest
import time_machine
from django.test import Client

from ads.models import Campaign, CampaignReference, ReportedTotal
from ads.services.actor import acting_as
from ads.services.delivery import waivers
from ads.tests.admin.pages import change, words
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, enforce_all, spend

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """A Wednesday, midday in UTC."""
    with time_machine.travel(NOON, tick=False):
        yield


OFFICE = [(day, "09:00", "18:00") for day in range(5)]


def test_a_campaign_that_is_held_says_why_and_what_is_in_order(admin: Client) -> None:
    brand = BrandFactory.create(name="Acme", timezone="Asia/Tokyo", daily_budget=Decimal(500))
    campaign = CampaignFactory.create(brand=brand, name="Spring", daily_budget=Decimal(75))
    enforce_all(NOON)
    spend(campaign, "75.40", NOON)

    told = words(admin, campaign)

    assert "Budget used up Acme Off since Wed 15 May 2024, 21:00 (Asia/Tokyo)" in told
    assert "Daily budget used up: $75.40 of $75.00." in told
    assert (
        "It is expected back Thu 16 May 2024, 00:00 (Asia/Tokyo), in 3 hours, "
        "if nobody acts and nothing more is spent." in told
    )
    assert (
        "Why it does not run check_circle In order: Status: active "
        "check_circle In order: Brand Acme is switched on "
        "check_circle In order: Flight: any day "
        "check_circle In order: Brand's daily budget: $75.40 of $500.00 spent "
        "check_circle In order: Brand's monthly budget: no limit, $75.40 spent this month "
        "cancel Holds: Daily budget used up: $75.40 of $75.00 "
        "lifts Thu 16 May 2024, 00:00 (Asia/Tokyo), in 3 hours "
        "check_circle In order: Monthly budget: no limit, $75.40 spent this month "
        "check_circle In order: Hours: around the clock, dayparting is off" in told
    )
    assert "Today $75.40 of $75.00 100% used up" in told
    assert "Brand today $75.40 of $500.00 15%" in told


def test_a_campaign_that_runs_says_when_the_clock_stops_it(admin: Client) -> None:
    campaign = CampaignFactory.create(
        schedules=[ScheduleFactory.create(name="Office", windows=OFFICE)]
    )

    told = words(admin, campaign)

    assert "Nothing holds it: it starts with the next check." in told
    assert (
        "The clock stops it next on Wed 15 May 2024, 18:00 (UTC), in 6 hours (dayparting). "
        "Spend may do so before." in told
    )
    assert "In order: Hours: open now (Office) until Wed 15 May 2024, 18:00 (UTC)" in told


def test_a_campaign_that_nobody_stops_says_so(admin: Client) -> None:
    told = words(admin, CampaignFactory.create())

    assert "Nothing on the clock will stop it; only spend or somebody can." in told


def test_one_that_a_user_paused_comes_back_when_somebody_acts(admin: Client) -> None:
    campaign = CampaignFactory.create(status="paused")

    told = words(admin, campaign)

    assert "Paused by a user. No return is in sight until somebody acts." in told
    assert "Holds: Paused by a user until somebody changes it" in told


def test_several_holds_are_counted_in_the_headline(admin: Client) -> None:
    campaign = CampaignFactory.create(status="paused", daily_budget=Decimal(0))

    told = words(admin, campaign)
    assert "Paused by a user; Daily budget is $0.00, which lets nothing through." in told

    campaign.brand.is_active = False
    campaign.brand.save(update_fields=["is_active"])
    assert "3 things keep it from running." in words(admin, campaign)


def test_the_next_seven_days_are_in_words_beside_the_strip(admin: Client) -> None:
    campaign = CampaignFactory.create(
        schedules=[ScheduleFactory.create(name="Office", windows=OFFICE, timezone="Asia/Tokyo")],
        end_date="2024-05-18",
    )

    response = admin.get(change(campaign))
    told = words(admin, campaign)

    assert "Today 00:00–09:00 Thu 16 May 00:00–09:00 Fri 17 May 00:00–09:00" in told
    assert "Sat 18 May closed all day Sun 19 May outside its flight" in told
    assert "The schedule's own clock is in Asia/Tokyo; here it is the brand's." in told
    today = response.context["week"]["days"][0]
    assert today["spans"] == [{"left": "0.000", "width": "37.500"}]
    assert today["now"] == "50.000"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Dayparting is off: it may run around the clock."),
        (
            {"is_dayparting_enabled": True},
            "Dayparting is on, but no schedule is attached: it may run around the clock.",
        ),
    ],
)
def test_hours_around_the_clock_are_a_sentence_and_no_strip(
    admin: Client, fields: dict[str, Any], sentence: str
) -> None:
    campaign = CampaignFactory.create(**fields)

    assert sentence in words(admin, campaign)
    assert admin.get(change(campaign)).context["week"]["days"] == []


def test_the_month_is_drawn_by_day_and_adding_up(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(10), monthly_budget=Decimal(200))
    for day, amount in [(1, 4), (14, 12), (15, 1)]:
        spend(campaign, amount, NOON, NOON.date().replace(day=day))

    by_day, adding_up = admin.get(change(campaign)).context["charts"]

    assert len(by_day.labels) == 31
    drawn = dict(zip(by_day.labels, by_day.series[0].values, strict=True))
    assert (drawn["1 May"], drawn["2 May"], drawn["14 May"]) == (4, 0, 12)
    assert drawn["16 May"] is None
    assert [by_day.labels[number] for number in by_day.series[0].marked] == ["14 May"]
    assert [limit.words for limit in by_day.limits] == ["Daily budget: $10.00"]
    assert by_day.links[13].endswith("&date_from=2024-05-14&date_to=2024-05-14")
    assert adding_up.series[0].values[13:16] == [Decimal(16), Decimal(17), None]
    assert [limit.words for limit in adding_up.limits] == ["Monthly budget: $200.00"]


def test_what_was_waived_is_said_beside_the_bar(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(75))
    spend(campaign, 80, NOON)
    waivers.waive(campaign, "day", now=NOON)

    assert "Today $0.00 of $75.00 0% $80.00 was spent; $80.00 of it is waived." in words(
        admin, campaign
    )


def test_a_campaign_without_spend_says_where_spend_comes_from(admin: Client) -> None:
    told = words(admin, CampaignFactory.create())

    assert "Nothing has been spent this month so far." in told
    assert "Nothing has been spent yet." in told
    assert "No ad platform's id is attached." in told


def test_only_who_may_edit_is_told_to_add_a_reference_there(
    admin: Client, staff: Callable[..., Client]
) -> None:
    campaign = CampaignFactory.create()
    may_see = ("view_campaign", "view_campaignreference")
    may_switch = staff(*may_see, "switch_campaign")
    may_not_add = staff(*may_see, "change_campaign")

    assert "cannot find it; add it under Edit." in words(admin, campaign)
    for client in (may_switch, may_not_add):
        told = words(client, campaign)
        assert "cannot find it. Somebody who may add references can." in told
        assert "add it under Edit" not in told


def test_its_references_are_told_with_what_was_reported_last(admin: Client) -> None:
    campaign = CampaignFactory.create()
    known = CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", account="A1", reference="815"
    )
    CampaignReference.objects.create(campaign=campaign, platform="meta_ads", reference="7")
    for day, amount in [("2024-05-13", 5), ("2024-05-14", 6)]:
        ReportedTotal.objects.create(
            campaign=campaign,
            date=day,
            source="google_ads",
            known_as=known.known_as,
            amount=amount,
            observed_at=NOON,
        )

    told = words(admin, campaign)

    assert "google_ads / A1 / 815 Tue 14 May 2024 $6.00" in told
    assert "meta_ads / 7 nothing yet –" in told


def test_the_history_says_who_changed_what_and_is_narrowed_down_by_the_address(
    admin: Client,
) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(75))
    with pghistory.context(actor="ben"):
        Campaign.objects.filter(pk=campaign.pk).update(daily_budget=Decimal(100))
    enforce_all(NOON)
    with acting_as("ann"):
        spend(campaign, 100, NOON)

    everything = words(admin, campaign)
    assert re.search(
        r"Daily budget changed daily budget \$75\.00 → to \$100\.00 .{10,40} · by ben", everything
    )
    off = (
        "Switched off: Daily budget used up: $100.00 of $100.00 "
        "Wed 15 May 2024, 12:00 · by ann · set off by: Spend"
    )
    switches = words(admin, campaign, history="switches")
    assert off in everything
    assert off in switches
    assert "Daily budget changed" not in switches
    assert "Nothing of this kind has happened." in words(admin, campaign, history="money")
