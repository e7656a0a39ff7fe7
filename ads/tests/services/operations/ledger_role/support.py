"""The role, and connections of its own."""

import os
from datetime import date
from typing import Any

import psycopg2
from django.db import connection

from ads.models import Spend, SpendTotal

#: Roles belong to the server, which other runs of the tests use too.
ROLE = f"ledger_role_test_{os.getpid()}"


PASSWORD = "a password of 'its own"  # noqa: S105


DAY = date(2024, 5, 15)


def connect(name: str = ROLE, password: str = PASSWORD) -> Any:
    parameters = connection.get_connection_params()
    opened = psycopg2.connect(
        host=parameters["host"],
        port=parameters["port"],
        dbname=parameters["dbname"],
        user=name,
        password=password,
        connect_timeout=10,
    )
    opened.autocommit = True
    return opened


INSERT = "INSERT INTO ads_spend (campaign_id, amount, date) VALUES (%s, %s, %s)"


def nothing_changed() -> None:
    assert not Spend.objects.exists()
    assert not SpendTotal.objects.exclude(amount=0).exists()
