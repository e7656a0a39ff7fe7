"""The page of a campaign: why it runs or not, its figures, its hours, its history."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pghistory
import pytest
import time_machine
from django.test import Client

from ads.models import Campaign, CampaignReference, ReportedTotal
from ads.services.actor import acting_as
from ads.tests.admin.pages import change, context_of, words
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, enforce_all, let_run_on, spend, spend_in_sql

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

    assert "Budget used up Acme Off since 2024-05-15 21:00 Tokyo" in told
    assert "Daily budget used up: $75.40 of $75.00." in told
    assert (
        "Expected back 2024-05-16 00:00 Tokyo, in 3 hours, "
        "unless something changes before then." in told
    )
    assert (
        "Why it is not running check_circle OK: Status: active "
        "check_circle OK: Brand Acme is active "
        "check_circle OK: Flight: any day "
        "check_circle OK: Brand's daily budget: $75.40 of $500.00 spent "
        "check_circle OK: Brand's monthly budget: no limit, $75.40 spent this month "
        "pause_circle On hold: Daily budget used up: $75.40 of $75.00 "
        "until 2024-05-16 00:00 Tokyo, in 3 hours "
        "check_circle OK: Monthly budget: no limit, $75.40 spent this month "
        "check_circle OK: Hours: all day, dayparting is off" in told
    )
    assert "Today $75.40 of $75.00 100% used up" in told
    assert "Brand today $75.40 of $500.00 15%" in told


def test_a_flight_with_a_total_budget_has_its_pace_beside_the_months(
    admin: Client, staff: Callable[..., Client]
) -> None:
    campaign = CampaignFactory.create(
        monthly_budget=1000,
        total_budget=600,
        start_date=date(2024, 4, 16),
        end_date=date(2024, 6, 14),
    )
    for n in range(1, 30):
        spend_in_sql(campaign, "12", NOON.date() - timedelta(days=n))

    told = words(admin, campaign)

    assert told.count("Enter it") == 2
    assert "Enter it" not in words(staff("view_campaign"), campaign)
    assert "Pace in May 2024: " in told
    assert "Projected by the end of the month" in told
    assert "Pace of the flight: Over pace 118%" in told
    assert "Expected by now $295.00 $348.00 spent" in told
    assert "Projected by the end of the flight $714.00" in told
    assert "spends what is left by the end of the flight" in told


def test_a_campaign_that_runs_says_when_the_clock_stops_it(admin: Client) -> None:
    campaign = CampaignFactory.create(
        schedules=[ScheduleFactory.create(name="Office", windows=OFFICE)]
    )

    told = words(admin, campaign)

    assert "Nothing is stopping it. It starts at the next check." in told
    assert (
        "Next scheduled stop: 2024-05-15 18:00 UTC, in 6 hours (dayparting). "
        "A budget may run out sooner." in told
    )
    assert "OK: Hours: open now (Office) until 2024-05-15 18:00 UTC" in told


def test_a_campaign_that_nobody_stops_says_so(admin: Client) -> None:
    told = words(admin, CampaignFactory.create())

    assert "No scheduled stop. It pauses if a budget runs out or someone pauses it." in told


def test_one_that_a_user_paused_comes_back_when_somebody_acts(admin: Client) -> None:
    campaign = CampaignFactory.create(status="paused")

    told = words(admin, campaign)

    assert "Paused by a user. Stays off until someone activates it." in told
    assert "On hold: Paused by a user until someone activates it" in told


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"end_date": "2024-05-14"}, "Stays off until someone extends its flight."),
        ({"daily_budget": 0}, "Stays off until someone raises the budget."),
        ({"brand__is_active": False}, "Stays off until someone resumes its brand."),
        ({"hours": []}, "Stays off until someone changes its hours."),
        # They open again tomorrow.
        (
            {"hours": [(3, "09:00", "17:00")], "end_date": "2024-05-15"},
            "Its flight ends before it would run again.",
        ),
    ],
)
def test_one_that_does_not_come_back_by_itself_says_what_is_to_be_done(
    admin: Client, fields: dict[str, Any], sentence: str
) -> None:
    schedules = [ScheduleFactory.create(windows=fields.pop("hours"))] if "hours" in fields else []
    campaign = CampaignFactory.create(schedules=schedules, **fields)

    assert f". {sentence}" in words(admin, campaign)


def test_several_holds_are_counted_in_the_headline(admin: Client) -> None:
    campaign = CampaignFactory.create(status="paused", daily_budget=Decimal(0))

    told = words(admin, campaign)
    assert "Paused by a user; Daily budget is $0.00, so nothing runs." in told

    campaign.brand.is_active = False
    campaign.brand.save(update_fields=["is_active"])
    assert "3 holds are stopping it." in words(admin, campaign)


def test_the_next_seven_days_are_in_words_beside_the_strip(admin: Client) -> None:
    campaign = CampaignFactory.create(
        schedules=[ScheduleFactory.create(name="Office", windows=OFFICE, timezone="Asia/Tokyo")],
        end_date="2024-05-18",
    )

    response = admin.get(change(campaign))
    told = words(admin, campaign)

    assert "Wed 15 May today 00:00–09:00 Thu 16 May 00:00–09:00 Fri 17 May 00:00–09:00" in told
    assert "Sat 18 May closed Sun 19 May outside the flight" in told
    assert "The schedule's timezone is Asia/Tokyo; these are the brand's times." in told
    today = response.context["week"]["strips"][0]
    assert [(part.left, part.width, part.kind) for part in today.parts] == [(0, 37.5, "open")]
    assert today.now == 50


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Runs at all hours: dayparting is off."),
        (
            {"is_dayparting_enabled": True},
            "Runs at all hours: no schedule is attached.",
        ),
    ],
)
def test_hours_around_the_clock_are_a_sentence_and_no_strip(
    admin: Client, fields: dict[str, Any], sentence: str
) -> None:
    campaign = CampaignFactory.create(**fields)

    assert sentence in words(admin, campaign)
    assert context_of(admin, change(campaign))["week"]["strips"] == []


def test_the_month_is_drawn_by_day_and_adding_up(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(10), monthly_budget=Decimal(200))
    for day, amount in [(1, 4), (14, 12), (15, 1)]:
        spend(campaign, amount, NOON, NOON.date().replace(day=day))

    by_day, adding_up = context_of(admin, change(campaign))["charts"]

    assert len(by_day.labels) == 31
    drawn = dict(zip(by_day.labels, by_day.series[0].values, strict=True))
    assert (drawn["1 May"], drawn["2 May"], drawn["14 May"]) == (4, 0, 12)
    assert drawn["16 May"] is None
    assert [by_day.labels[number] for number in by_day.series[0].marked] == ["14 May"]
    assert by_day.limit_words() == ["Daily budget: $10.00"]
    assert by_day.links[13].endswith("&date_from=2024-05-14&date_to=2024-05-14")
    assert adding_up.series[0].values[13:16] == [Decimal(16), Decimal(17), None]
    assert adding_up.limit_words() == ["Monthly budget: $200.00"]


def test_what_a_raised_limit_is_made_of_is_said_beside_the_bar(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(75))
    spend(campaign, 80, NOON)
    let_run_on(campaign, "day", now=NOON)

    assert (
        "Today $80.00 of $155.00 51% $75.00 budget + $80.00 allowed by system until midnight"
    ) in words(admin, campaign)


def test_a_campaign_without_spend_says_where_spend_comes_from(admin: Client) -> None:
    told = words(admin, CampaignFactory.create())

    assert "No spend this month yet." in told
    assert "No spend yet." in told
    assert "No platform ID yet." in told


def test_only_who_may_edit_is_told_to_add_a_reference_there(
    admin: Client, staff: Callable[..., Client]
) -> None:
    campaign = CampaignFactory.create()
    may_see = ("view_campaign", "view_campaignreference")
    may_switch = staff(*may_see, "switch_campaign")
    may_not_add = staff(*may_see, "change_campaign")

    assert "cannot be matched to this campaign. Add it under Edit." in words(admin, campaign)
    for client in (may_switch, may_not_add):
        told = words(client, campaign)
        assert "Someone with permission to add platform IDs can do so." in told
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

    assert "google_ads / A1 / 815 2024-05-14 $6.00" in told
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
    off = "Switched off: Daily budget used up: $100.00 of $100.00 2024-05-15 12:00 UTC · by ann"
    switches = words(admin, campaign, history="switches")
    assert off in everything
    assert off in switches
    assert "Daily budget changed" not in switches
    assert "Nothing of this kind has happened." in words(admin, campaign, history="money")
