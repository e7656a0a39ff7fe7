"""A database role that may add to the ledger: all else is refused."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from psycopg2 import errors

from ads.models import Campaign, Spend
from ads.services.ledger.verification import find_drift
from ads.tests.services.operations.ledger_role.support import DAY, INSERT, nothing_changed
from ads.tests.support import totals

pytestmark = [pytest.mark.real_clock, pytest.mark.django_db(transaction=True)]


FORBIDDEN = [
    "SELECT 1 FROM ads_spend",
    "SELECT count(*) FROM ads_campaign",
    "SELECT count(*) FROM ads_spendtotal",
    "SELECT count(*) FROM ads_brand",
    "SELECT count(*) FROM auth_user",
    "SELECT count(*) FROM ads_apikey",
    "COPY ads_spend TO STDOUT",
    "UPDATE ads_spend SET amount = 0",
    "UPDATE ads_campaign SET daily_budget = 1",
    "UPDATE ads_spendtotal SET waived = 1",
    "DELETE FROM ads_spend",
    "DELETE FROM ads_spendtotal",
    "TRUNCATE ads_spend",
    "INSERT INTO ads_spendtotal (brand_id, period, start) VALUES (1, 'day', '2024-05-15')",
    "INSERT INTO ads_campaign (brand_id, name, status) VALUES (1, 'mine', 'active')",
    "INSERT INTO ads_deliverychange (campaign_id, at, is_active) VALUES (1, now(), true)",
    "ALTER TABLE ads_spend DISABLE TRIGGER ALL",
    "DROP TABLE ads_spend",
    "CREATE TABLE mine (id int)",
    "CREATE FUNCTION sum(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT 0.0'",
    "SELECT nextval(pg_get_serial_sequence('ads_spend', 'id'))",
    "SET session_replication_role = replica",
    "SET ROLE budget_manager",
]


def test_a_date_is_taken_up_to_what_is_tomorrow_somewhere(run: Any, campaign: Campaign) -> None:
    tomorrow = (timezone.now() + timedelta(hours=14, days=1)).date()

    run(INSERT, campaign.pk, 1, tomorrow)
    with pytest.raises(errors.CheckViolation, match="not_in_the_future"):
        run(INSERT, campaign.pk, 1, tomorrow + timedelta(days=1))

    assert Spend.objects.count() == 1


def test_it_may_do_nothing_else(run: Any, campaign: Campaign) -> None:
    for sql in FORBIDDEN:
        with pytest.raises(errors.InsufficientPrivilege):
            run(sql)

    nothing_changed()
    assert Campaign.objects.get(pk=campaign.pk).daily_budget is None


@pytest.mark.parametrize(
    ("extra", "value"),
    [("id", "1"), ("created_at", "2000-01-01")],
)
def test_it_may_not_choose_what_the_database_fills_in(
    run: Any, campaign: Campaign, extra: str, value: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        run(
            f"INSERT INTO ads_spend (campaign_id, amount, date, {extra}) VALUES (%s, 1, %s, %s)",
            campaign.pk,
            DAY,
            value,
        )

    nothing_changed()


@pytest.mark.parametrize(
    "ending",
    [
        "RETURNING id",
        "ON CONFLICT (source, external_id) WHERE external_id IS NOT NULL DO NOTHING",
        "ON CONFLICT (id) DO UPDATE SET amount = 0",
    ],
)
def test_an_insert_that_reads_or_changes_rows_is_refused(
    run: Any, campaign: Campaign, ending: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        run(f"{INSERT} {ending}", campaign.pk, 1, DAY)

    nothing_changed()


def test_temporary_tables_of_its_own_do_not_catch_the_sums(run: Any, campaign: Campaign) -> None:
    run(
        "CREATE TEMP TABLE ads_spendtotal (brand_id bigint, campaign_id bigint, period text,"
        " start date, amount numeric, updated_at timestamptz,"
        " UNIQUE NULLS NOT DISTINCT (campaign_id, period, start, brand_id))"
    )
    run("CREATE TEMP TABLE ads_campaign (id bigint, brand_id bigint)")
    run("CREATE TEMP TABLE new_rows (campaign_id bigint, date date, amount numeric)")
    run("CREATE FUNCTION pg_temp.sum(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT 0.0'")
    run("SET search_path = pg_temp, public, pg_catalog")

    run(INSERT, campaign.pk, 7, DAY)

    assert run("SELECT count(*) FROM pg_temp.ads_spendtotal") == [(0,)]
    assert totals(campaign)["day", DAY] == 7
    assert find_drift() == []


def test_it_cannot_feed_the_sums_from_a_table_of_its_own(run: Any, campaign: Campaign) -> None:
    run("CREATE TEMP TABLE fake (campaign_id bigint, date date, amount numeric)")
    (function,) = (
        name for (name,) in run("SELECT proname FROM pg_proc WHERE proname ~ 'keep_totals'")
    )

    with pytest.raises(errors.InsufficientPrivilege, match="permission denied for function"):
        run(
            "CREATE TRIGGER mine AFTER INSERT ON fake REFERENCING NEW TABLE AS new_rows"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )

    run("INSERT INTO fake VALUES (%s, %s, 1000)", campaign.pk, DAY)
    nothing_changed()


def test_no_setting_of_its_session_leaves_the_sums_behind(run: Any, campaign: Campaign) -> None:
    (trigger,) = (
        name
        for (name,) in run(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'ads_spend'::regclass"
            " AND tgname ~ 'keep_totals'"
        )
    )
    run(f"SET pgtrigger.ignore = '{{{trigger}}}'")
    run("SET DateStyle = 'German, DMY'")
    # The island left out 31 December 1994: there the last day of that year is the next one's first.
    run("SET TimeZone = 'Pacific/Kiritimati'")

    run(INSERT, campaign.pk, 7, date(1994, 12, 31))

    assert totals(campaign) == {
        ("day", date(1994, 12, 31)): Decimal(7),
        ("month", date(1994, 12, 1)): Decimal(7),
    }
