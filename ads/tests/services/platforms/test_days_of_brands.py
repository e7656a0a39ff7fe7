"""An account's day is a brand's day only where both begin and end at the same instants."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign, PlatformAccount, Spend, UnknownReference, WaitingSpend
from ads.platforms.interface import Cost
from ads.services.references import registry
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

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
YESTERDAY = TODAY - DAY

#: Read before, so that today and yesterday are asked for alone.
READ: dict[str, Any] = {"week_answered_at": NOON + 3 * HOUR, "month_answered_at": NOON}


def campaign_in(timezone: str, reference: str = "7") -> Campaign:
    campaign = CampaignFactory.create(brand=BrandFactory.create(timezone=timezone))
    known_as(campaign, reference)
    return campaign


def each_hour(reference: str, since: datetime, amounts: list[int], offset: int) -> list[Cost]:
    """Costs of hours on end, from the local time ``since`` of an account at UTC+``offset``."""
    costs = []
    for n, amount in enumerate(amounts):
        at = since + n * HOUR + offset * HOUR
        costs.append(Cost(reference, at.date(), Decimal(amount), at.hour))
    return costs


def test_a_tokyo_account_records_no_los_angeles_spend_without_hours(platform: Scripted) -> None:
    abroad, at_home = campaign_in("America/Los_Angeles"), campaign_in("Asia/Tokyo", "8")
    its = account(connection(), timezone="Asia/Tokyo", **READ)
    now = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)  # 5 March in Tokyo, 4 March in Los Angeles
    platform.costs_of["1"] = [
        Cost("7", date(2026, 3, 5), Decimal(3)),
        Cost("8", date(2026, 3, 5), Decimal(4)),
    ]

    update(now)

    its.refresh_from_db()
    assert its.problem == (
        "1 campaign is not recorded: the account's days are those of Asia/Tokyo, their brand's "
        "those of America/Los_Angeles, and the platform gives no hours. Give the brand the "
        "account's timezone."
    )
    assert not Spend.objects.filter(campaign=abroad).exists()
    assert spent(at_home, date(2026, 3, 5)) == 4


def test_hours_are_added_up_to_the_brands_days(platform: Scripted) -> None:
    abroad, at_home = campaign_in("America/Los_Angeles"), campaign_in("Asia/Tokyo", "8")
    its = account(connection(), timezone="Asia/Tokyo", **READ)
    platform.gives_hours = True
    now = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
    # A dollar each hour since 3 March began in Tokyo, in Los Angeles at 7:00 on the 2nd.
    begin = datetime(2026, 3, 2, 15, tzinfo=UTC)
    platform.costs_of["1"] = [
        *each_hour("7", begin, [1] * 49, 9),
        Cost("7", date(2026, 3, 4), Decimal(24)),
        Cost("8", date(2026, 3, 5), Decimal(4)),
    ]

    update(now)

    its.refresh_from_db()
    assert its.problem == ""
    assert platform.asked == [
        ("1", date(2026, 3, 4), date(2026, 3, 5), False),
        ("1", date(2026, 3, 3), date(2026, 3, 5), True),
    ]
    days = dict(Spend.objects.filter(campaign=abroad).values_list("date", "amount"))
    # The 2nd began before what was asked for.
    assert days == {date(2026, 3, 3): 24, date(2026, 3, 4): 8}
    assert spent(at_home, date(2026, 3, 5)) == 4
    assert not Spend.objects.filter(date__gt=date(2026, 3, 5)).exists()

    platform.costs_of["1"] = each_hour("7", begin, [1] * 41, 9)
    update(now + 5 * timedelta(minutes=1))
    days = {day: spent(abroad, day) for day in (date(2026, 3, 3), date(2026, 3, 4))}
    assert days == {date(2026, 3, 3): 24, date(2026, 3, 4): 0}


def test_a_day_that_is_the_same_in_two_timezones_needs_no_hours(platform: Scripted) -> None:
    campaign = campaign_in("Europe/Berlin")
    its = account(connection(), timezone="Europe/Paris", **READ)
    platform.costs_of["1"] = [Cost("7", TODAY, Decimal(3))]

    update(NOON)

    its.refresh_from_db()
    assert (its.problem, spent(campaign)) == ("", Decimal(3))


def test_half_hours_do_not_fit_and_are_said(platform: Scripted) -> None:
    campaign = campaign_in("Asia/Kolkata")
    its = account(connection(), timezone="UTC", **READ)
    platform.gives_hours = True
    platform.costs_of["1"] = each_hour("7", NOON - 12 * HOUR, [1] * 12, 0)

    update(NOON)

    its.refresh_from_db()
    assert its.problem == (
        "1 campaign is not recorded: days in Asia/Kolkata do not begin on a whole hour of the "
        "account's timezone, UTC, so its hours cannot be added up to them."
    )
    assert not Spend.objects.filter(campaign=campaign).exists()


def test_an_hour_that_the_clock_repeats_counts_for_both(platform: Scripted) -> None:
    campaign = campaign_in("UTC")
    account(connection(), timezone="America/New_York", **READ)
    platform.gives_hours = True
    # On 1 November 2026 the hour from 1:00 comes twice, from 5:00 to 7:00 UTC.
    day = date(2026, 11, 1)
    platform.costs_of["1"] = [
        Cost("7", day - DAY, Decimal(1), 19),  # 23:00 UTC
        Cost("7", day - DAY, Decimal(2), 20),  # 0:00 UTC
        Cost("7", day, Decimal(3), 1),
        Cost("7", day, Decimal(4), 1),
        Cost("7", day, Decimal(5), 2),  # 7:00 UTC
    ]

    update(datetime(2026, 11, 1, 12, tzinfo=UTC))

    assert [spent(campaign, day - DAY), spent(campaign, day)] == [1, 14]


def test_a_brands_midnight_within_a_repeated_hour_does_not_fit(platform: Scripted) -> None:
    campaign = campaign_in("Etc/GMT+6")  # its day begins at 6:00 UTC, in New York's second 1:00
    its = account(connection(), timezone="America/New_York", **READ)
    platform.gives_hours = True
    day = date(2026, 11, 1)
    platform.costs_of["1"] = [
        Cost("7", day - DAY, Decimal(1), 5),
        Cost("7", day, Decimal(3), 1),
        Cost("7", day, Decimal(4), 3),
    ]

    update(datetime(2026, 11, 1, 12, tzinfo=UTC))

    its.refresh_from_db()
    assert "days in Etc/GMT+6 do not begin on a whole hour" in its.problem
    assert not Spend.objects.filter(campaign=campaign).exists()


def test_an_hour_that_the_clock_leaves_out_makes_the_answer_unreadable(platform: Scripted) -> None:
    campaign = campaign_in("UTC")
    its = account(connection(), timezone="America/New_York", **READ)
    platform.gives_hours = True
    platform.costs_of["1"] = [Cost("7", date(2026, 3, 8), Decimal(1), 2)]

    update(datetime(2026, 3, 8, 12, tzinfo=UTC))

    its.refresh_from_db()
    assert its.problem == (
        "There are costs at 2:00 on 2026-03-08, an hour that the clock in America/New_York leaves "
        "out."
    )
    assert not Spend.objects.filter(campaign=campaign).exists()


def test_spend_that_waited_is_refused_on_another_brands_day_and_recorded_by_hours(
    platform: Scripted,
) -> None:
    account(connection(), timezone="Asia/Tokyo", **READ)
    platform.gives_hours = True
    now = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
    begin = datetime(2026, 3, 2, 15, tzinfo=UTC)
    platform.costs_of["1"] = [
        Cost("7", date(2026, 3, 5), Decimal(3)),
        *each_hour("7", begin, [1] * 49, 9),
    ]
    update(now)
    waits = WaitingSpend.objects.get()
    assert (waits.date, waits.timezone, waits.currency) == (date(2026, 3, 5), "Asia/Tokyo", "USD")
    abroad = CampaignFactory.create(brand=BrandFactory.create(timezone="America/Los_Angeles"))

    registry.match(UnknownReference.objects.get(), abroad, now=now)
    waits.refresh_from_db()
    assert "it is a day in Asia/Tokyo" in waits.refusal
    assert not Spend.objects.exists()

    update(now + 5 * timedelta(minutes=1))
    assert spent(abroad, date(2026, 3, 3)) == 24
    waits.refresh_from_db()
    assert waits.discarded_because == "Its hours were added up to the brand's days."


def waited_in_tokyo(platform: Scripted, timezone: str, *days: date) -> datetime:
    """Spend of an account in Tokyo, by day and by hour, that waited for a campaign in ``timezone``;
    until when."""
    its = account(connection(), timezone="Asia/Tokyo")
    platform.gives_hours = True
    platform.costs_of["1"] = [Cost("7", day, Decimal(24)) for day in days]
    now = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)  # 5 March in Tokyo
    update(now)
    assert WaitingSpend.objects.count() == len(days)
    PlatformAccount.objects.update(week_answered_at=now + HOUR)
    for day in days:
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - 33 * HOUR
        platform.costs_of["1"] += each_hour("7", begin, [1] * 72, 9)
    abroad = CampaignFactory.create(brand=BrandFactory.create(timezone=timezone))
    known_as(abroad, "7", account=its.remote_id)
    return now


def test_what_waits_is_discarded_for_no_days_but_those_whose_hours_were_read(
    platform: Scripted,
) -> None:
    recent, earlier = date(2026, 3, 5), date(2026, 2, 20)
    now = waited_in_tokyo(platform, "America/Los_Angeles", earlier, recent)

    update(now + HOUR / 12)

    waiting = WaitingSpend.objects.filter(discarded_at=None)
    assert list(waiting.values_list("date", flat=True)) == [earlier]
    update(now + 36 * HOUR)  # the last 35 days
    assert not waiting.exists()
    assert spent(Campaign.objects.get(), date(2026, 2, 19)) == 24


def test_what_waits_is_not_discarded_if_its_hours_cannot_be_added_up(platform: Scripted) -> None:
    now = waited_in_tokyo(platform, "Asia/Kolkata", date(2026, 3, 5))

    update(now + HOUR / 12)

    assert "so its hours cannot be added up" in PlatformAccount.objects.get().problem
    assert not Spend.objects.exists()
    assert WaitingSpend.objects.filter(discarded_at=None).count() == 1


def test_a_platform_that_does_not_say_its_timezone_means_the_brands(platform: Scripted) -> None:
    campaign = campaign_in("Pacific/Auckland")
    account(connection(), timezone="", **READ)
    now = datetime(2026, 3, 4, 15, tzinfo=UTC)
    platform.costs_of["1"] = [Cost("7", date(2026, 3, 5), Decimal(3))]

    update(now)

    assert spent(campaign, date(2026, 3, 5)) == 3
    assert platform.asked == [("1", date(2026, 3, 4), date(2026, 3, 5), False)]


def test_an_account_in_an_unknown_timezone_is_not_asked(platform: Scripted) -> None:
    account(connection(), timezone="Mars/Olympus")

    update(NOON)

    assert platform.asked == []
    assert PlatformAccount.objects.get().problem == (
        "The account's timezone, Mars/Olympus, is not known. Its days cannot be told apart; "
        "update Budget Manager."
    )
