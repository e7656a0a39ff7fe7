"""Costs are the world's, to the cent."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from ads.platforms.interface import Account, Cost
from ads.platforms.meta_ads.connector import MetaAdsConnector
from ads.tests.platforms.meta_ads.conftest import BERLIN, NEW_YORK, NOON, TODAY
from ads.tests.platforms.stand_in import StandIn

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def keyed(rows: object) -> dict[tuple[str, date, int | None], Decimal]:
    """Costs by campaign, day and hour."""
    assert isinstance(rows, list)
    return {(row.campaign, row.date, row.hour): row.amount for row in rows}


def told(
    meta: StandIn, account: Account, since: date, until: date, *, by_hour: bool = False
) -> dict[tuple[str, date, int | None], Decimal]:
    """What the platform says of the account's campaigns."""
    rows = meta.costs(since, until, by_hour=by_hour, reported=True)
    first = {NEW_YORK: "1", BERLIN: "2"}[account]
    return {key: amount for key, amount in rows.items() if key[0].startswith(first)}


def eventful(meta: StandIn) -> None:
    """Switches at odd instants, a restatement, and a lag of half an hour."""
    meta.set_clock(NOON - 2 * DAY - timedelta(minutes=17, seconds=3))
    meta.post("/campaigns/101", {"is_on": False})
    meta.advance(5 * 3600)
    meta.post("/campaigns/101", {"is_on": True})
    meta.post("/campaigns/102", {"is_on": False})
    meta.set_clock(NOON)
    meta.post("/campaigns/102/restate", {"date": "2026-03-07", "amount": "-12.34", "hour": 5})
    meta.configure(reporting_lag=1800)


@pytest.mark.parametrize("account", [NEW_YORK, BERLIN], ids=lambda account: account.name)
@pytest.mark.parametrize("days", [1, 2, 7, 35])
def test_costs_by_day_are_the_worlds(
    meta: StandIn, connector: MetaAdsConnector, account: Account, days: int
) -> None:
    eventful(meta)
    since = TODAY - (days - 1) * DAY
    costs = connector.costs(account, since, TODAY, now=NOON)
    assert keyed(costs.rows) == told(meta, account, since, TODAY)
    assert (costs.asked_at, costs.fresh_until, costs.complete) == (NOON, None, True)


@pytest.mark.parametrize("days", [1, 2, 7])
def test_costs_by_hour_are_the_worlds_and_add_up_to_the_days(
    meta: StandIn, connector: MetaAdsConnector, days: int
) -> None:
    eventful(meta)
    since = TODAY - (days - 1) * DAY
    hours = connector.costs(NEW_YORK, since, TODAY, now=NOON, by_hour=True)
    assert keyed(hours.rows) == told(meta, NEW_YORK, since, TODAY, by_hour=True)
    day_sum = sum(row.amount for row in connector.costs(NEW_YORK, since, TODAY, now=NOON).rows)
    assert sum(row.amount for row in hours.rows) == day_sum


def test_a_day_on_which_the_clock_falls_back_has_one_row_for_its_repeated_hour(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    day = date(2026, 10, 25)
    meta.set_clock(datetime.fromisoformat("2026-10-26T12:00:00Z"))
    hours = connector.costs(BERLIN, day, day, now=NOON, by_hour=True)
    assert len(hours.rows) == 24
    assert {row.hour: row.amount for row in hours.rows}[2] == Decimal("48.00")  # two hours
    assert sum(row.amount for row in hours.rows) == Decimal("600.00")  # of 25


def test_costs_have_the_campaigns_name_and_nothing_for_those_that_cost_nothing(
    connector: MetaAdsConnector,
) -> None:
    rows = connector.costs(NEW_YORK, TODAY, TODAY, now=NOON).rows
    # New York's day is eight hours old; the paused campaign has no row.
    assert rows == [
        Cost("101", TODAY, Decimal("168.00"), name="Brand"),
        Cost("102", TODAY, Decimal("368.00"), name="Generic"),
        Cost("104", TODAY, Decimal("44.80"), name="Sale"),
    ]


@pytest.mark.parametrize("days", [2, 35])
@pytest.mark.parametrize("issue", ["", "ARCHIVED"])
def test_what_deleted_and_archived_campaigns_cost_is_counted(
    meta: StandIn, connector: MetaAdsConnector, days: int, issue: str
) -> None:
    meta.post("/campaigns/101", {"is_removed": True, "issue": issue})
    since = TODAY - (days - 1) * DAY
    rows = connector.costs(NEW_YORK, since, TODAY, now=NOON).rows
    assert keyed(rows) == told(meta, NEW_YORK, since, TODAY)
    assert Cost("101", TODAY, Decimal("168.00"), name="Brand") in rows


def test_the_accounts_own_totals_are_the_sums_of_its_campaigns(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    eventful(meta)
    meta.post("/campaigns/101", {"is_removed": True})
    since = TODAY - 34 * DAY
    totals = connector.account_totals(NEW_YORK, since, TODAY, now=NOON)
    sums: dict[date, Decimal] = {}
    for (_, day, _), amount in told(meta, NEW_YORK, since, TODAY).items():
        sums[day] = sums.get(day, Decimal(0)) + amount
    assert totals == sums


def test_pages_are_added_up(meta: StandIn, connector: MetaAdsConnector) -> None:
    meta.configure(page_size=2)
    since = TODAY - DAY
    rows = connector.costs(NEW_YORK, since, TODAY, now=NOON).rows
    assert keyed(rows) == told(meta, NEW_YORK, since, TODAY)
    assert meta.calls()["costs"] == 4


def test_a_long_range_is_a_report_that_is_waited_for(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    meta.configure(asynchronous_seconds=1)
    since = TODAY - 34 * DAY
    rows = connector.costs(NEW_YORK, since, TODAY, now=NOON).rows
    assert keyed(rows) == told(meta, NEW_YORK, since, TODAY)
    calls = meta.calls()
    # One for campaigns that live, one for those that were deleted.
    assert (calls["report_submit"], calls["report_download"]) == (2, 2)
    assert calls["report_poll"] > 2
    assert "costs" not in calls


def test_a_range_that_is_too_much_is_asked_for_in_halves(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    since = TODAY - 3 * DAY
    meta.fault("too_much_data", "costs", times=3)  # with each size of a page
    rows = connector.costs(NEW_YORK, since, TODAY, now=NOON).rows
    assert keyed(rows) == told(meta, NEW_YORK, since, TODAY)
    assert meta.calls()["costs"] == 3 + 2 * 2


@pytest.mark.parametrize("code", ["100/1504018", "2/1504038"])
def test_what_takes_meta_too_long_to_answer_at_once_becomes_a_report(
    meta: StandIn, connector: MetaAdsConnector, code: str
) -> None:
    since = TODAY - DAY
    meta.fault("too_much_data", "costs", code=code)
    rows = connector.costs(NEW_YORK, since, TODAY, now=NOON).rows
    assert keyed(rows) == told(meta, NEW_YORK, since, TODAY)
    calls = meta.calls()
    assert (calls["costs"], calls["report_submit"], calls["report_download"]) == (1, 2, 2)
