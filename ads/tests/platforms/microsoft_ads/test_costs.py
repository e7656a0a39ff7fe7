"""Costs are those of the world, exactly, whatever the report looks like."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ads.platforms.interface import (
    Account,
    Costs,
    OutOfQuota,
    PlatformError,
    Unreachable,
    UnreadableAnswer,
)
from ads.platforms.microsoft_ads import errors
from ads.platforms.microsoft_ads.connector import MicrosoftAdsConnector
from ads.platforms.microsoft_ads.reports import amount_in
from ads.rules.calendar import day_bounds
from ads.tests.platforms.microsoft_ads.conftest import BERLIN, NEW_YORK, NOON, TODAY, Connect
from ads.tests.platforms.stand_in import StandIn

SINCE = TODAY - timedelta(days=34)


def by_key(costs: Costs) -> dict[tuple[str, date, int | None], Decimal]:
    found = {(row.campaign, row.date, row.hour): row.amount for row in costs.rows}
    assert len(found) == len(costs.rows)
    return found


def of(
    microsoft: StandIn, account: Account, since: date, until: date, *, by_hour: bool = False
) -> object:
    """What the platform says of an account's campaigns, as the world has it."""
    ids = {
        each["id"]
        for each in microsoft.state()["campaigns"].values()
        if each["account"] == account.id
    }
    rows = microsoft.costs(since, until, reported=True, by_hour=by_hour)
    return {key: amount for key, amount in rows.items() if key[0] in ids}


@pytest.mark.parametrize("account", [NEW_YORK, BERLIN])
def test_days_are_those_of_the_account(
    microsoft: StandIn, connector: MicrosoftAdsConnector, account: Account
) -> None:
    costs = connector.costs(account, SINCE, TODAY, now=NOON)

    assert by_key(costs) == of(microsoft, account, SINCE, TODAY)
    totals: dict[date, Decimal] = defaultdict(Decimal)
    for row in costs.rows:
        totals[row.date] += row.amount
    assert max(totals.values()) > 1000 or account is BERLIN  # so that there are commas
    assert connector.account_totals(account, SINCE, TODAY, now=NOON) == totals
    assert {row.name for row in costs.rows if row.campaign == "301"} <= {"Brand"}


@pytest.mark.parametrize("account", [NEW_YORK, BERLIN])
def test_hours_are_those_of_the_account_though_the_report_is_in_pacific_time(
    microsoft: StandIn, connector: MicrosoftAdsConnector, account: Account
) -> None:
    since = TODAY - timedelta(days=3)  # clocks went forward in America on March 8

    costs = connector.costs(account, since, TODAY, now=NOON, by_hour=True)

    assert by_key(costs) == of(microsoft, account, since, TODAY, by_hour=True)


def test_the_last_hours_of_a_day_west_of_pacific_time_are_there(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.post(f"/accounts/{BERLIN.id}", {"timezone": "Pacific/Honolulu"})
    account = next(each for each in connector.accounts() if each.id == BERLIN.id)
    yesterday = TODAY - timedelta(days=1)

    costs = connector.costs(account, yesterday, yesterday, now=NOON, by_hour=True)

    assert by_key(costs) == of(microsoft, account, yesterday, yesterday, by_hour=True)
    assert {row.hour for row in costs.rows} == set(range(24))
    assert costs.complete_days == (yesterday, yesterday)


def test_hours_that_are_none_in_the_account_are_refused(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.post(f"/accounts/{BERLIN.id}", {"timezone": "Asia/Kolkata"})
    account = next(each for each in connector.accounts() if each.id == BERLIN.id)

    with pytest.raises(UnreadableAnswer, match=r"hours in .*Pacific.*none in Asia/Kolkata"):
        connector.costs(account, TODAY, TODAY, now=NOON, by_hour=True)
    assert connector.costs(account, TODAY, TODAY, now=NOON).rows


def test_days_in_another_timezone_are_refused(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    """As if the report did not keep to the timezone that was ordered."""
    account = next(each for each in connector.accounts() if each.id == BERLIN.id)
    microsoft.fault("unknown_enum", "report_submit")

    with pytest.raises(UnreadableAnswer, match=r"days in .*Pacific.*, not in Europe/Berlin"):
        connector.costs(account, TODAY, TODAY, now=NOON)


def test_a_report_says_how_fresh_it_is_and_which_days_are_complete(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.configure(reporting_lag=3 * 3600)
    yesterday = TODAY - timedelta(days=1)

    both = connector.costs(NEW_YORK, yesterday, TODAY, now=NOON)
    today = connector.costs(NEW_YORK, TODAY, TODAY, now=NOON)
    before = connector.costs(NEW_YORK, yesterday, yesterday, now=NOON)

    assert both.fresh_until == today.fresh_until == NOON - timedelta(hours=3)
    assert (both.complete, both.complete_days) == (True, (yesterday, yesterday))
    assert (today.complete, today.complete_days) == (False, None)
    assert (before.complete, before.complete_days) == (True, (yesterday, yesterday))
    assert by_key(today) == of(microsoft, NEW_YORK, TODAY, TODAY)


def test_yesterday_is_not_complete_before_it_has_been_processed(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.configure(reporting_lag=3 * 3600)
    midnight = day_bounds(TODAY, NEW_YORK.timezone)[0]
    yesterday = TODAY - timedelta(days=1)

    for hours, is_complete in ((2, False), (3, True)):
        microsoft.set_clock(now := midnight + timedelta(hours=hours))
        costs = connector.costs(NEW_YORK, yesterday, yesterday, now=now)
        assert costs.complete is is_complete


def test_a_restatement_is_seen(microsoft: StandIn, connector: MicrosoftAdsConnector) -> None:
    before = by_key(connector.costs(BERLIN, SINCE, TODAY, now=NOON))
    day = TODAY - timedelta(days=20)
    microsoft.post("/campaigns/401/restate", {"date": day.isoformat(), "amount": "-12.34"})

    after = by_key(connector.costs(BERLIN, SINCE, TODAY, now=NOON))

    key = ("401", day, None)
    assert after == before | {key: before[key] - Decimal("12.34")}


def test_an_account_that_cost_nothing_has_no_file_and_no_rows(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.delete("/campaigns/401")

    costs = connector.costs(BERLIN, SINCE, TODAY, now=NOON)

    # Microsoft is known to leave the file out when it should not: nothing is set to zero for it.
    assert (costs.rows, costs.complete, costs.fresh_until) == ([], False, None)
    assert connector.account_totals(BERLIN, SINCE, TODAY, now=NOON) == {}


def test_days_that_have_not_begun_are_not_asked_for(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    tomorrow = TODAY + timedelta(days=1)

    both = connector.costs(NEW_YORK, TODAY, tomorrow, now=NOON)
    later = connector.costs(NEW_YORK, tomorrow, tomorrow, now=NOON)

    assert {row.date for row in both.rows} == {TODAY}
    assert (later.rows, later.complete) == ([], False)
    assert connector.account_totals(NEW_YORK, tomorrow, tomorrow, now=NOON) == {}
    assert microsoft.calls()["report_submit"] == 1


def test_today_is_that_of_the_account(microsoft: StandIn, connector: MicrosoftAdsConnector) -> None:
    late = datetime(2026, 3, 11, 2, tzinfo=UTC)  # the evening of the 10th in New York
    microsoft.set_clock(late)

    costs = connector.costs(NEW_YORK, TODAY, TODAY + timedelta(days=1), now=late)

    assert by_key(costs) == of(microsoft, NEW_YORK, TODAY, TODAY)


def test_a_report_that_takes_a_while_is_waited_for(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.configure(asynchronous_seconds=1)

    assert connector.costs(BERLIN, TODAY, TODAY, now=NOON).rows
    assert microsoft.calls()["report_poll"] >= 3


def test_a_report_that_is_not_done_in_time_is_asked_for_again_and_not_ordered_anew(
    microsoft: StandIn, connect: Connect
) -> None:
    microsoft.configure(asynchronous_seconds=1)
    connector = connect(timeout=0.7)

    with pytest.raises(Unreachable, match="had not finished the report in time"):
        connector.costs(BERLIN, TODAY, TODAY, now=NOON)
    while True:
        try:
            costs = connector.costs(BERLIN, TODAY, TODAY, now=NOON)
        except Unreachable:
            continue
        break

    assert by_key(costs) == of(microsoft, BERLIN, TODAY, TODAY)
    assert microsoft.calls()["report_submit"] == 1


@pytest.mark.parametrize("timezone", ["Europe/Vatican", ""])
def test_an_account_without_a_timezone_has_no_days(
    connector: MicrosoftAdsConnector, timezone: str
) -> None:
    account = Account("141001", "", timezone, "USD", "9001")

    with pytest.raises(PlatformError, match="has no timezone"):
        connector.costs(account, TODAY, TODAY, now=NOON)
    with pytest.raises(PlatformError, match="has no timezone"):
        connector.account_totals(account, TODAY, TODAY, now=NOON)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1,041.23", "1041.23"),
        ("0.5", "0.5"),
        ("1234567.89", "1234567.89"),
        ("12", "12"),
        ("-0.50", "-0.50"),
    ],
)
def test_spend_is_read_as_it_is_written(written: str, amount: str) -> None:
    assert amount_in(written) == Decimal(amount)


@pytest.mark.parametrize("written", ["", "1.041,23", "10,41.23", "1e3", "$5", "0.1234567"])
def test_spend_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(UnreadableAnswer):
        amount_in(written)


@pytest.mark.parametrize(
    ("said", "seconds"), [("30", 30), ("9" * 5000, 86400), ("soon", 60), ("", 60)]
)
def test_a_wait_of_any_length_is_a_wait(said: str, seconds: int) -> None:
    error = errors.of_status(429, said)

    assert isinstance(error, OutOfQuota)
    assert error.retry_after == timedelta(seconds=seconds)
