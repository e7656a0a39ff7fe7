"""Upgrading from the schema of 21 November 2026 while spend comes in, and going back to it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from threading import Event

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection

from ads.models import PlatformAccount
from ads.services.ledger.verification import find_drift
from ads.tests.support import execute

#: The last migration of that version.
THEN = "0012"

#: Apps that it had besides.
OTHERS = ("contenttypes", "auth", "admin", "sessions", "django_celery_beat")

WRITERS = 4

#: As that version recorded an entry and switched its campaign, in one transaction.
RECORD = """
    INSERT INTO ads_spend (campaign_id, amount, date, occurred_at, description, source,
                           external_id, kind, created_at)
    VALUES (%s, 0.25, current_date, now(), 'click', 'etl', %s, 'entry', now())
        ON CONFLICT (source, external_id) WHERE external_id IS NOT NULL DO NOTHING
"""
ENFORCE = """
    SELECT campaign.id, brand.daily_budget, total.amount FROM ads_campaign AS campaign
      JOIN ads_brand AS brand ON brand.id = campaign.brand_id
      LEFT JOIN ads_spendtotal AS total ON total.campaign_id = campaign.id
     WHERE campaign.id = %s FOR NO KEY UPDATE OF campaign
"""
SWITCH = "UPDATE ads_campaign SET is_active = NOT is_active WHERE id = %s"


@pytest.fixture
def old_database(transactional_db: None) -> Iterator[None]:
    """This process's connection leads to a new database with the schema of that version."""
    tests = connection.settings_dict["NAME"]
    old = f"{tests}_old"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {old} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {old}")
    connection.close()
    connection.settings_dict["NAME"] = old
    try:
        for app in OTHERS:
            call_command("migrate", app, verbosity=0, interactive=False)
        call_command("migrate", "ads", THEN, verbosity=0, interactive=False)
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = tests
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {old} WITH (FORCE)")


@pytest.mark.faults
def test_spend_that_comes_in_during_the_upgrade_is_there_once_and_so_is_it_when_taken_back(
    old_database: None,
) -> None:
    execute(
        "INSERT INTO ads_brand (name, timezone, is_active, created_at, updated_at)"
        " SELECT 'Brand ' || n, 'UTC', true, now(), now() FROM generate_series(1, 2) AS n"
    )
    execute(
        "INSERT INTO ads_campaign (brand_id, name, status, is_active, is_dayparting_enabled,"
        " created_at, updated_at) SELECT 1 + n %% 2, 'Campaign ' || n, 'active', true, false,"
        " now(), now() FROM generate_series(1, 6) AS n"
    )
    execute(
        "INSERT INTO ads_spend (campaign_id, amount, date, source, external_id)"
        " SELECT 1 + n %% 6, 0.25, current_date - n %% 90, 'before', n"
        " FROM generate_series(1, 20000) AS n"
    )
    execute(
        "INSERT INTO ads_brand (name, timezone, is_active, created_at, updated_at)"
        " VALUES ('Brand 3', 'Asia/Tokyo', true, now(), now())"
    )
    # When each brand's account was last asked: two of them become one account, the older counts.
    execute(
        "INSERT INTO ads_askedaccount (source, brand_id, last_success_at) VALUES"
        " ('simulated', 1, '2026-11-21 08:00Z'), ('simulated', 2, '2026-11-21 07:00Z'),"
        " ('simulated', 3, '2026-11-20 09:00Z'), ('another', 3, '2026-11-01 09:00Z')"
    )
    parameters = connection.get_connection_params()
    migrated = Event()

    def write(writer: int) -> tuple[int, int]:
        """Send entries until the upgrade is over, each until it is acknowledged."""
        sent = after = refused = 0
        with closing(psycopg2.connect(**parameters)) as own, own.cursor() as cursor:
            while after < 20:
                after += migrated.is_set()
                sent += 1
                while True:
                    campaign = 1 + (sent + writer) % 6
                    try:
                        cursor.execute(RECORD, [campaign, f"{writer}/{sent}"])
                        cursor.execute(ENFORCE, [campaign])
                        cursor.execute(SWITCH, [campaign])
                        own.commit()
                        break
                    except psycopg2.Error:  # a deadlock: sent again
                        own.rollback()
                        refused += 1
        return sent, refused

    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(write, number) for number in range(WRITERS)]
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            migrated.set()
        sent = [writer.result(timeout=60) for writer in writers]

    with connection.cursor() as cursor:
        cursor.execute("SELECT source, count(*), sum(amount) FROM ads_spend GROUP BY 1 ORDER BY 1")
        counts = cursor.fetchall()
        cursor.execute("SELECT sum(amount) FROM ads_spendtotal WHERE campaign_id IS NULL")
        (both_periods,) = cursor.fetchone()
    acknowledged = sum(count for count, _ in sent)
    assert acknowledged > 20 * WRITERS  # some came in meanwhile
    assert counts == [
        ("before", 20000, Decimal(5000)),
        ("etl", acknowledged, acknowledged * Decimal("0.25")),
    ]
    assert both_periods == 2 * (Decimal(5000) + acknowledged * Decimal("0.25"))
    assert find_drift() == []
    accounts = PlatformAccount.objects.order_by("remote_id")
    assert [
        (one.remote_id, one.timezone, one.currency, one.is_read, f"{one.answered_at:%d %H:%M}")
        for one in accounts.filter(connection__platform="simulated", source="simulated")
    ] == [
        ("Asia/Tokyo USD", "Asia/Tokyo", "USD", True, "20 09:00"),
        ("UTC USD", "UTC", "USD", True, "21 07:00"),
    ]
    assert accounts.count() == 2

    call_command("migrate", "ads", THEN, verbosity=0, interactive=False)

    with connection.cursor() as cursor:
        cursor.execute("SELECT source, count(*), sum(amount) FROM ads_spend GROUP BY 1 ORDER BY 1")
        assert cursor.fetchall() == counts
