"""A month of spend on three platforms, as dbt's ad_reporting__campaign_report has it."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ads.platforms.interface import Account, Cost, Refused, RemoteCampaign, UnreadableAnswer
from ads.platforms.warehouse.connector import Warehouse
from ads.tests.platforms.warehouse.conftest import Database

pytestmark = pytest.mark.django_db

FIRST = date(2026, 10, 30)
LAST = date(2026, 11, 28)
DAYS = [FIRST + timedelta(days=n) for n in range(30)]
NOW = datetime(2026, 11, 29, 5, tzinfo=UTC)

#: Platform and account as the table has them, and as references here have them.
ACCOUNTS = {
    ("google_ads", "123-456-7890"): ("google_ads", "1234567890"),
    ("facebook_ads", "act_998877"): ("meta_ads", "998877"),
    ("microsoft_ads", "150"): ("microsoft_ads", "150"),
}


def amount(account: int, campaign: int, day: int) -> Decimal:
    """Of which each is another; some have six decimal places."""
    return Decimal(account * 1_000_000_000 + campaign * 10_000_000 + day * 123_457).scaleb(-6)


def month() -> dict[tuple[str, str], dict[tuple[str, date], Decimal]]:
    """Of each account, in our spelling: the cost of each campaign on each day."""
    costs: dict[tuple[str, str], dict[tuple[str, date], Decimal]] = defaultdict(dict)
    for number, account in enumerate(ACCOUNTS.values(), start=1):
        for campaign in range(1, 11):
            for day, day_date in enumerate(DAYS, start=1):
                costs[account][f"{number}0{campaign:02}", day_date] = amount(number, campaign, day)
    return costs


def rows() -> str:
    """The month in SQL, each day in two rows, as if of two ads."""
    found = []
    for (platform, account), ours in ACCOUNTS.items():
        for (campaign, day), cost in month()[ours].items():
            name = "Brand" if day < DAYS[10] else "Brand, renamed"
            found += [
                f"(DATE '{day}', '{platform}', '{account}', 'Shop {account}', "
                f"'{campaign}', '{name} {campaign}', CAST({part} AS DECIMAL(18, 6)))"
                for part in (Decimal("0.000001"), cost - Decimal("0.000001"))
            ]
    return ", ".join(found)


@pytest.fixture(scope="module")
def warehouse(database: Database) -> Warehouse:
    database.table(rows(), name="ad_reporting__campaign_report")
    return database.connected(
        "analytics.ad_reporting__campaign_report", currency="EUR", timezone="Europe/Berlin"
    )


def test_everything_that_the_table_holds_is_found(warehouse: Warehouse) -> None:
    accounts = warehouse.accounts()

    assert accounts == [
        Account(
            ours[1],
            f"Shop {id_}",
            "Europe/Berlin",
            "EUR",
            platform=ours[0],
            is_read_only=True,
        )
        for (_, id_), ours in sorted(ACCOUNTS.items(), key=lambda pair: pair[1])
    ]
    for account in accounts:
        its = month()[account.platform, account.id]
        names = {campaign: f"Brand, renamed {campaign}" for campaign, _ in its}
        assert warehouse.campaigns(account) == [
            RemoteCampaign(campaign, name, is_on=None) for campaign, name in names.items()
        ]

        whole = warehouse.costs(account, FIRST, LAST, now=NOW)
        assert {(row.campaign, row.date): row.amount for row in whole.rows} == its
        assert {(row.campaign, row.name) for row in whole.rows} == set(names.items())
        assert {row.hour for row in whole.rows} == {None}
        assert (whole.complete, whole.complete_days) == (True, (FIRST, LAST))
        assert (whole.asked_at, whole.note) == (NOW, "")

        totals: dict[date, Decimal] = defaultdict(Decimal)
        for (_, day), cost in its.items():
            totals[day] += cost
        assert warehouse.account_totals(account, FIRST, LAST, now=NOW) == totals


def test_only_the_days_asked_for_are_read(warehouse: Warehouse) -> None:
    account = warehouse.accounts()[0]

    costs = warehouse.costs(account, DAYS[3], DAYS[4], now=NOW)

    expected = {
        key: cost
        for key, cost in month()[account.platform, account.id].items()
        if key[1] in (DAYS[3], DAYS[4])
    }
    assert {(row.campaign, row.date): row.amount for row in costs.rows} == expected
    assert costs.complete_days == (DAYS[3], DAYS[4])
    totals = warehouse.account_totals(account, DAYS[3], DAYS[3], now=NOW)
    assert totals == {DAYS[3]: sum(c for (_, day), c in expected.items() if day == DAYS[3])}


def test_days_before_and_after_those_of_the_table_are_not_complete(warehouse: Warehouse) -> None:
    account = warehouse.accounts()[0]
    today = LAST + timedelta(days=1)

    both = warehouse.costs(account, FIRST - timedelta(days=5), today, now=NOW)
    beyond = warehouse.costs(account, today, today, now=NOW)

    assert (both.complete, both.complete_days) == (True, (FIRST, LAST))
    assert (beyond.rows, beyond.complete, beyond.complete_days) == ([], False, None)
    # Until when the newest day was loaded is not known: it may have been in its first minute.
    assert both.fresh_until == datetime(2026, 11, 27, 23, tzinfo=UTC)


def test_nothing_can_be_switched(warehouse: Warehouse) -> None:
    account = warehouse.accounts()[0]

    answers = warehouse.switch(account, {"1001": False, "1002": True}, now=NOW)
    cap = warehouse.set_cap(account, "1001", Decimal(5), is_expected=bool, now=NOW)

    assert set(answers) == {"1001", "1002"}
    for answer in (*answers.values(), cap):
        assert isinstance(answer, Refused)
        assert answer.text == (
            "A warehouse only reports: nothing can be switched or changed through it."
        )


def test_hours_are_read_where_a_column_says_them(database: Database) -> None:
    database.table(
        "(DATE '2026-11-28', 'google_ads', '1', 'c', 9, 1.25), "
        "(DATE '2026-11-28', 'google_ads', '1', 'c', 9, 0.25), "
        "(DATE '2026-11-28', 'google_ads', '1', 'c', 23, 2)",
        columns="date_day, platform, account_id, campaign_id, starts_at, spend",
    )
    hourly, daily = database.connected(hour="starts_at"), database.connected()
    account = hourly.accounts()[0]

    assert (hourly.gives_hours, daily.gives_hours) == (True, False)
    assert hourly.costs(account, LAST, LAST, now=NOW, by_hour=True).rows == [
        Cost("c", LAST, Decimal("1.5"), 9),
        Cost("c", LAST, Decimal(2), 23),
    ]
    assert hourly.costs(account, LAST, LAST, now=NOW).rows == [Cost("c", LAST, Decimal("3.5"))]


def test_days_of_an_unknown_timezone_are_known_up_to_where_they_begin_first(
    database: Database,
) -> None:
    """Else a warehouse that nobody loads any more would count as fresh, and nothing be stopped."""
    database.table(
        "(DATE '2026-11-28', 'google_ads', '1', 'c', 1)",
        columns="date_day, platform, account_id, campaign_id, spend",
    )
    warehouse = database.connected()
    (account,) = warehouse.accounts()

    costs = warehouse.costs(account, LAST, LAST, now=NOW)

    assert (account.timezone, costs.fresh_until) == ("", datetime(2026, 11, 27, 10, tzinfo=UTC))


def test_the_newest_load_says_how_fresh_the_spend_is(database: Database) -> None:
    database.table(
        "(DATE '2026-11-27', 'google_ads', '1', 'c', 1, TIMESTAMP '2026-11-28 04:30:00'), "
        "(DATE '2026-11-28', 'google_ads', '2', 'd', 1, TIMESTAMP '2026-11-29 04:30:00'), "
        "(DATE '2026-11-28', 'tiktok_ads', '3', 'e', 1, TIMESTAMP '2027-01-01 00:00:00')",
        columns="date_day, platform, account_id, campaign_id, spend, _synced",
    )
    warehouse = database.connected(loaded_at="_synced")
    first, second, tiktok = warehouse.accounts()
    loaded = datetime(2026, 11, 29, 4, 30, tzinfo=UTC)

    # A platform is loaded as a whole: the first account just cost nothing on the 28th.
    for account in (first, second):
        costs = warehouse.costs(account, LAST, LAST, now=NOW)
        assert (costs.fresh_until, costs.complete_days) == (loaded, (LAST, LAST))
    assert warehouse.costs(first, LAST, LAST, now=NOW).rows == []
    # A clock that is ahead makes nothing fresher than it can be.
    assert warehouse.costs(tiktok, LAST, LAST, now=NOW).fresh_until == NOW


def test_a_load_without_an_end_says_nothing(database: Database) -> None:
    database.table(
        "(DATE '2026-11-28', 'google_ads', '1', 'c', 1, CAST('infinity' AS TIMESTAMPTZ))",
        columns="date_day, platform, account_id, campaign_id, spend, _synced",
    )
    warehouse = database.connected(loaded_at="_synced")

    with pytest.raises(UnreadableAnswer, match=r"loaded_at: .* is not a timestamp"):
        warehouse.costs(warehouse.accounts()[0], LAST, LAST, now=NOW)
