"""Costs are exactly the platform's, or there are none."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ads.platforms.google_ads.connector import GoogleAdsConnector
from ads.platforms.interface import Cost, Unreachable
from ads.tests.platforms.google_ads.conftest import JP, NOW, OWN, US, connect
from ads.tests.platforms.stand_in import StandIn

pytestmark = pytest.mark.real_clock

TODAY = date(2026, 3, 10)
YESTERDAY = date(2026, 3, 9)


def by_key(rows: list[Cost]) -> dict[tuple[str, date, int | None], Decimal]:
    """Rows as the stand-in says them."""
    assert len({(row.campaign, row.date, row.hour) for row in rows}) == len(rows)
    return {(row.campaign, row.date, row.hour): row.amount for row in rows}


def expected(google: StandIn, account: str, *days: date, by_hour: bool = False) -> object:
    """What the world says that the account's campaigns cost."""
    mine = {
        each["id"] for each in google.state()["campaigns"].values() if each["account"] == account
    }
    said = google.costs(min(days), max(days), by_hour=by_hour, reported=True)
    return {key: amount for key, amount in said.items() if key[0] in mine}


def test_costs_by_day_are_those_of_the_accounts_days(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    costs = connector.costs(US, YESTERDAY, TODAY, now=NOW)
    # In New York it is 8 o'clock: a click each minute.
    assert costs.rows[:2] == [
        Cost("101", YESTERDAY, Decimal("1944.00"), name="Search"),
        Cost("101", TODAY, Decimal("648.00"), name="Search"),
    ]
    assert by_key(list(costs.rows)) == expected(google, US.id, YESTERDAY, TODAY)
    assert (costs.asked_at, costs.fresh_until, costs.complete) == (NOW, None, True)


def test_millionths_are_exact(connector: GoogleAdsConnector) -> None:
    costs = connector.costs(US, TODAY, TODAY, now=NOW)
    shopping = [row.amount for row in costs.rows if row.campaign == "102"]
    assert shopping == [Decimal("0.618034") * 480]
    assert shopping == [Decimal("296.656320")]


def test_tokyo_is_a_day_ahead(google: StandIn, connector: GoogleAdsConnector) -> None:
    google.set_clock(datetime(2026, 3, 10, 15, 30, tzinfo=UTC))
    costs = connector.costs(JP, date(2026, 3, 11), date(2026, 3, 11), now=NOW)
    assert costs.rows == [Cost("201", date(2026, 3, 11), Decimal(1200), name="検索")]


def test_what_cost_nothing_is_left_out_and_the_answer_is_complete(
    connector: GoogleAdsConnector,
) -> None:
    costs = connector.costs(US, TODAY, TODAY, now=NOW)
    assert {row.campaign for row in costs.rows} == {"101", "102", "105"}
    assert costs.complete


def test_costs_of_a_removed_campaign_still_count(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.post("/campaigns/101", {"is_removed": True})
    google.advance(3600)
    rows = connector.costs(US, TODAY, TODAY, now=NOW).rows
    assert rows[0] == Cost("101", TODAY, Decimal("648.00"), name="Search")


def test_a_restatement_is_seen(google: StandIn, connector: GoogleAdsConnector) -> None:
    google.post("/campaigns/101/restate", {"date": "2026-03-09", "amount": "-44.50"})
    rows = connector.costs(US, YESTERDAY, YESTERDAY, now=NOW).rows
    assert rows[0] == Cost("101", YESTERDAY, Decimal("1899.50"), name="Search")


def test_hours_are_local_and_add_up_to_the_day(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    assert connector.gives_hours
    hours = connector.costs(US, YESTERDAY, TODAY, now=NOW, by_hour=True).rows
    assert by_key(list(hours)) == expected(google, US.id, YESTERDAY, TODAY, by_hour=True)
    search = [row for row in hours if row.campaign == "101" and row.date == TODAY]
    assert [(row.hour, row.amount) for row in search] == [
        (hour, Decimal("81.00")) for hour in range(8)
    ]
    day = connector.costs(US, TODAY, TODAY, now=NOW).rows[0]
    assert sum(row.amount for row in search) == day.amount


@pytest.mark.parametrize(
    ("day", "hours", "amounts"),
    [
        (date(2026, 3, 8), 23, {Decimal("81.00")}),  # 02:00 is skipped
        (date(2025, 11, 2), 24, {Decimal("81.00"), Decimal("162.00")}),  # 01:00 comes twice
    ],
)
def test_hours_of_a_day_on_which_the_clocks_change(
    google: StandIn,
    connector: GoogleAdsConnector,
    day: date,
    hours: int,
    amounts: set[Decimal],
) -> None:
    google.put(
        "/campaigns",
        {"id": "106", "account": US.id, "name": "Long", "click": "1.35",
         "history": [{"at": "2025-01-01T00:00:00Z", "is_serving": True}]},
    )  # fmt: skip
    rows = [
        row
        for row in connector.costs(US, day, day, now=NOW, by_hour=True).rows
        if row.campaign == "106"
    ]
    assert len(rows) == hours
    assert {row.amount for row in rows} == amounts
    assert (2 in {row.hour for row in rows}) is (hours == 24)


def test_the_account_has_a_total_of_its_own(google: StandIn, connector: GoogleAdsConnector) -> None:
    totals = connector.account_totals(US, YESTERDAY, TODAY, now=NOW)
    said = google.costs(YESTERDAY, TODAY, reported=True)
    assert totals == {
        day: sum(amount for key, amount in said.items() if key[0] < "200" and key[1] == day)
        for day in (YESTERDAY, TODAY)
    }
    assert connector.account_totals(OWN, YESTERDAY, TODAY, now=NOW) == {}


def test_half_an_answer_is_none_and_the_next_one_is_whole(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.configure(page_size=1)
    google.fault("half", "costs")
    with pytest.raises(Unreachable, match="UNAVAILABLE"):
        connector.costs(US, YESTERDAY, TODAY, now=NOW)
    assert len(connector.costs(US, YESTERDAY, TODAY, now=NOW).rows) == 6


def test_a_slow_answer_is_given_up_after_the_timeout(google: StandIn) -> None:
    connector = connect(google, timeout=timedelta(seconds=0.5))
    google.fault("timeout", "costs", seconds=30)
    with pytest.raises(Unreachable, match="DEADLINE_EXCEEDED"):
        connector.costs(US, TODAY, TODAY, now=NOW)
    connector.close()
