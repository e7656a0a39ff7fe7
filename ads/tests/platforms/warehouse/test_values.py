"""What rows mean, and which are refused."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ads.platforms.interface import Account, AccountGone, Cost, PlatformError, UnreadableAnswer
from ads.platforms.interface import Unreachable as IsUnreachable
from ads.platforms.warehouse.connector import Warehouse
from ads.platforms.warehouse.values import amount_of, day_of, hour_of, id_of, platform_named
from ads.tests.platforms.warehouse.conftest import Database

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 29, 5, tzinfo=UTC)
DAY = date(2026, 11, 28)
ACCOUNT = Account("1", "", platform="google_ads")
COLUMNS = "date_day, platform, account_id, campaign_id, spend"


def spent(warehouse: Warehouse, day: date = DAY) -> list[tuple[str, Decimal]]:
    costs = warehouse.costs(ACCOUNT, day, day, now=NOW)
    return sorted((row.campaign, row.amount) for row in costs.rows)


def row(spend: str, *, day: str = "DATE '2026-11-28'", campaign: str = "'c'") -> str:
    return f"({day}, 'google_ads', '1', {campaign}, {spend})"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("facebook_ads", "meta_ads"),
        ("Facebook Ads", "meta_ads"),
        ("google_ads", "google_ads"),
        ("bing_ads", "microsoft_ads"),
        ("microsoft_ads", "microsoft_ads"),
        ("LinkedIn Ads", "linkedin_ads"),
        ("tiktok_ads", "tiktok_ads"),
        ("twitter_ads", "x_ads"),
        ("apple_search_ads", "apple_search_ads"),
        (" Our own DSP ", "Our own DSP"),
    ],
)
def test_platforms_have_the_names_that_references_give_them(theirs: str, ours: str) -> None:
    assert platform_named(theirs) == ours


def test_rows_of_one_campaign_and_day_are_added_up_and_null_is_nothing(database: Database) -> None:
    nothing = row("CAST(NULL AS DECIMAL(18, 6))", campaign="'d'")
    database.table(f"{row('1.10')}, {row('2.20')}, {nothing}, {row('0.000001')}", columns=COLUMNS)

    assert spent(database.connected()) == [("c", Decimal("3.300001")), ("d", Decimal(0))]


def test_spend_without_a_campaign_is_in_the_accounts_total_alone(database: Database) -> None:
    database.table(f"{row('1.5')}, {row('2.5', campaign='NULL')}", columns=COLUMNS)
    warehouse = database.connected()

    assert spent(warehouse) == [("c", Decimal("1.5"))]
    assert [each.id for each in warehouse.campaigns(ACCOUNT)] == ["c"]
    assert warehouse.account_totals(ACCOUNT, DAY, DAY, now=NOW) == {DAY: Decimal(4)}


def test_floating_point_spend_is_its_shortest_text_to_six_places_and_said(
    database: Database,
) -> None:
    doubles = [row(f"CAST({text} AS DOUBLE PRECISION)") for text in ("0.1", "0.2", "1.4299999489")]
    database.table(", ".join(doubles), columns=COLUMNS)

    costs = database.connected().costs(ACCOUNT, DAY, DAY, now=NOW)

    assert costs.rows == [Cost("c", DAY, Decimal("1.73"))]
    assert costs.note == (
        "The column spend has floating-point numbers, which are rounded to six decimal places."
    )


def test_negative_spend_is_refused_with_its_row(database: Database) -> None:
    database.table(", ".join([row("1"), row("-0.01", campaign="'77'")]), columns=COLUMNS)

    with pytest.raises(UnreadableAnswer) as caught:
        spent(database.connected())

    assert caught.value.text == (
        "spend: -0.01 cannot be used: it may not be negative; enter 0 or more. "
        "It is the spend of campaign 77 on 2026-11-28."
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (-3.0, "it may not be negative"),
        (Decimal("1.123456700"), "it has more than 6 decimal places"),
        (float("nan"), "not a finite number"),
        (float("-inf"), "not a finite number"),
        (1e300, "the size must be below 1,000,000,000,000"),
        ("1,041.23", "it is not a plain decimal number"),
        (True, "bool is not an amount"),
    ],
)
def test_an_amount_that_cannot_be_money_is_refused(value: object, reason: str) -> None:
    with pytest.raises(UnreadableAnswer, match=f"^spend: .* cannot be used: {reason}"):
        amount_of(value, "campaign 77")


@pytest.mark.parametrize("value", [12, "12.00", 12.0, Decimal("12.000000000")])
def test_whole_numbers_texts_and_zeros_behind_are_exact(value: object) -> None:
    assert str(amount_of(value, "")) == "12"


@pytest.mark.parametrize(
    "day",
    [
        "TIMESTAMP '2026-11-28 00:00:00'",
        "TIMESTAMP WITH TIME ZONE '2026-11-28 00:00:00+00:00'",
        "'2026-11-28'",
        "'2026-11-28T00:00:00Z'",
    ],
)
def test_a_day_may_be_a_timestamp_or_text(database: Database, day: str) -> None:
    others = [row("9", day=day.replace("11-28", other)) for other in ("11-27", "11-29")]
    database.table(", ".join([row("1.5", day=day), *others]), columns=COLUMNS)

    costs = database.connected().costs(ACCOUNT, DAY, DAY, now=NOW)

    assert costs.rows == [Cost("c", DAY, Decimal("1.5"))]
    assert costs.complete_days == (DAY, DAY)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (datetime.fromisoformat("2026-11-28T14:00"), "2026-11-28 14:00:00"),
        (datetime(2026, 11, 27, 22, tzinfo=UTC), "2026-11-27 22:00:00+00:00"),
        ("28.11.2026", "28.11.2026"),
        ("2026-11-31", "2026-11-31"),
        ("2026-11-28T00:00:00+02:00", "2026-11-28T00:00:00+02:00"),
        (20261128, "20261128"),
        (None, "None"),
    ],
)
def test_what_may_be_another_day_is_refused(value: object, shown: str) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        day_of(value)

    assert caught.value.text == f"date_day: {shown} is not a day."


@pytest.mark.parametrize("day", ["'0044-03-15 BC'", "'infinity'", "'-infinity'"])
def test_a_day_that_no_calendar_has_is_an_error_or_a_day(postgresql: Database, day: str) -> None:
    postgresql.table(f"{row('1')}, {row('2', day=f'DATE {day}')}", columns=COLUMNS)

    if "BC" in day:
        with pytest.raises(UnreadableAnswer, match=r"^query: a value cannot be read: year"):
            spent(postgresql.connected())
    else:
        assert spent(postgresql.connected()) == [("c", Decimal(1))]


def test_one_text_that_is_not_a_day_is_not_passed_over(database: Database) -> None:
    database.table(
        ", ".join([row("1", day="'2026-11-28'"), row("2", day="'11/28/2026'")]), columns=COLUMNS
    )

    with pytest.raises(UnreadableAnswer, match="date_day: 11/28/2026 is not a day"):
        spent(database.connected())


@pytest.mark.parametrize("kind", ["DATE", "TIMESTAMP", "VARCHAR"])
def test_a_day_that_is_not_said_fails_its_account_alone(database: Database, kind: str) -> None:
    day = f"CAST('2026-11-28' AS {kind})"
    rows = ["(NULL, 'google_ads', '0', 'c', 9)", "(NULL, 'google_ads', '2', 'c', 9)"]
    in_part = f"({day}, 'google_ads', '2', 'c', 1)"
    database.table(", ".join([row("1", day=day), *rows, in_part]), columns=COLUMNS)
    warehouse = database.connected()

    costs = warehouse.costs(ACCOUNT, DAY, DAY, now=NOW)
    assert (costs.rows, costs.complete_days) == ([Cost("c", DAY, Decimal(1))], (DAY, DAY))
    assert [each.id for each in warehouse.campaigns(ACCOUNT)] == ["c"]
    for id_ in ("0", "2"):
        with pytest.raises(UnreadableAnswer, match="date_day: None is not a day"):
            warehouse.costs(Account(id_, "", platform="google_ads"), DAY, DAY, now=NOW)


@pytest.mark.parametrize("other", ["('11/28/2026', 'google_ads', '2', 'c', 1)",
                                   "('2026-11-28', 'google_ads', '1.2E+10', 'c', 1)"])  # fmt: skip
def test_what_cannot_be_read_of_an_account_fails_no_other(database: Database, other: str) -> None:
    day = "'2026-11-28'"
    database.table(f"{row('1', day=day)}, {other}", columns=COLUMNS)
    warehouse = database.connected()

    assert spent(warehouse) == [("c", Decimal(1))]
    with pytest.raises(UnreadableAnswer, match=r"is not a day|may have lost digits"):
        warehouse.costs(Account("2", "", platform="google_ads"), DAY, DAY, now=NOW)


def test_ids_may_be_numbers_but_not_those_that_lose_digits(database: Database) -> None:
    database.table(row("1", campaign="CAST(120210000000000123 AS BIGINT)"), columns=COLUMNS)

    assert spent(database.connected()) == [("120210000000000123", Decimal(1))]
    for value in (1.2021e17, 5.0, "1.2E+17"):
        with pytest.raises(UnreadableAnswer, match=r"campaign_id: .* may have lost digits"):
            id_of(value, "campaign_id")
    assert id_of(Decimal("1E+2"), "campaign_id") == "100"


def test_columns_say_each_accounts_currency_and_timezone(database: Database) -> None:
    database.table(
        "('2026-11-28', 'google_ads', 1, 'c', 1, 'eur', 'Europe/Berlin'), "
        "('2026-11-28', 'google_ads', 2, 'c', 1, 'USD', 'Mars'), "
        "('2026-11-28', 'google_ads', 3, 'c', 1, 'USD', NULL), "
        "('2026-11-29', 'google_ads', 3, 'c', 1, 'EUR', NULL)",
        columns=f"{COLUMNS}, currency, zone",
    )

    accounts = database.connected(timezone="zone").accounts()

    assert [(each.id, each.currency, each.timezone, each.state) for each in accounts] == [
        ("1", "EUR", "Europe/Berlin", ""),
        ("2", "USD", "", "timezone Mars cannot be used"),
        ("3", "", "", "currency EUR, USD cannot be used"),
    ]


def test_amounts_whose_currency_or_day_is_not_known_are_not_read(database: Database) -> None:
    """Dollars and euros would be added up, and counted as the brand's currency."""
    database.table(
        "('2026-11-28', 'google_ads', 1, 'c', 1, 'USD', 'Europe/Berlin'), "
        "('2026-11-28', 'google_ads', 1, 'c', 2, 'EUR', 'Europe/Berlin'), "
        "('2026-11-28', 'google_ads', 2, 'c', 1, 'USD', 'Mars'), "
        "('2026-11-28', 'google_ads', 3, 'c', 1, NULL, NULL)",
        columns=f"{COLUMNS}, currency, zone",
    )
    warehouse = database.connected(timezone="zone")
    mixed, misspelt, unsaid = warehouse.accounts()

    for account, said in ((mixed, "currency EUR, USD"), (misspelt, "timezone Mars")):
        for read in (warehouse.costs, warehouse.account_totals):
            with pytest.raises(PlatformError, match=f"google_ads account .: {said} cannot be used"):
                read(account, DAY, DAY, now=NOW)
    assert warehouse.costs(unsaid, DAY, DAY, now=NOW).rows[0].amount == 1


@pytest.mark.parametrize(("value", "hour"), [(23, 23), ("07", 7), (Decimal(0), 0), (24, None)])
def test_an_hour_is_a_whole_number_below_24(value: object, hour: int | None) -> None:
    if hour is not None:
        assert hour_of(value) == hour
    else:
        with pytest.raises(UnreadableAnswer, match="hour: 24 is not an hour"):
            hour_of(value)


def test_hours_without_a_column_are_refused_with_the_remedy(database: Database) -> None:
    database.table(row("1"), columns=COLUMNS)

    with pytest.raises(PlatformError) as caught:
        database.connected().costs(ACCOUNT, DAY, DAY, now=NOW, by_hour=True)

    assert str(caught.value) == (
        "The warehouse has no hours. Enter the name of the column of the hour."
    )


def test_an_account_without_rows_is_gone_unless_nothing_has_rows(database: Database) -> None:
    database.table(row("1"), columns=COLUMNS)
    warehouse = database.connected()

    with pytest.raises(AccountGone, match="no rows of meta_ads account 1"):
        warehouse.costs(Account("1", "", platform="meta_ads"), DAY, DAY, now=NOW)
    database.run("DELETE FROM analytics.spend")
    with pytest.raises(IsUnreachable, match="The table is empty; it may be being built"):
        warehouse.costs(ACCOUNT, DAY, DAY, now=NOW)
    assert warehouse.accounts() == []


def test_a_column_that_is_missing_is_named_with_those_that_are_there(database: Database) -> None:
    database.table("('2026-11-28', 'google_ads', '1', 'c', 1)", columns="day, platform, a, b, cost")

    with pytest.raises(PlatformError) as caught:
        database.connected().accounts()

    assert str(caught.value) == (
        "query: there is no column 'date_day', only day, platform, a, b, cost. "
        "Select it under this name (AS), or enter the name that it has."
    )


def test_a_select_may_hold_whatever_sql_has(database: Database) -> None:
    database.table(row("1.5", campaign="'50% :off'"), columns=COLUMNS)
    select = (
        "-- ours\nWITH rows AS (SELECT * FROM analytics.spend WHERE campaign_id LIKE '50% :%')\n"
        'SELECT date_day::date AS "Date_Day", platform, account_id, campaign_id, spend, '
        "'12:30 :x' AS note FROM rows -- all of them ;"
    )

    assert spent(database.connected(select)) == [("50% :off", Decimal("1.5"))]
