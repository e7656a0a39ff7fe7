"""Gives every test run a database and a Redis database of its own.

Two runs at once in one clone do not disturb each other, nor does a test's task reach the worker of
a running ``start.sh``: a run takes the first free of some slots, by a lock that ends with it.
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pgtrigger
import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations

SLOTS = range(1, 16)  # Redis has 16 databases, and 0 is development's

_held: list[int] = []  # the handle of the slot's lock, open until the process ends


def pytest_configure() -> None:
    slot = take_slot(settings.BASE_DIR / ".local")
    connection.settings_dict["TEST"]["NAME"] = f"test_budget_manager_{slot}"
    parts = urlsplit(settings.REDIS_URL)
    redis_url = urlunsplit(parts._replace(path=f"/{slot}"))

    from budget_manager.celery import app

    settings.REDIS_URL = settings.CELERY_BROKER_URL = settings.CELERY_RESULT_BACKEND = redis_url
    app.conf.update(broker_url=redis_url, result_backend=redis_url)


@pytest.fixture(scope="session", autouse=True)
def emptying_between_tests() -> Iterator[None]:
    """Let Django empty the ledger after a test that commits; the tests themselves cannot."""
    real = BaseDatabaseOperations.execute_sql_flush

    def empty(operations: BaseDatabaseOperations, sql_list: list[str]) -> None:
        with pgtrigger.ignore("ads.Spend:not_emptied"):
            real(operations, sql_list)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", empty)
        yield


def take_slot(local: Path) -> int:
    for slot in SLOTS:
        handle = os.open(local / f"test-{slot}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            continue
        _held.append(handle)
        return slot
    raise pytest.UsageError(f"{len(SLOTS)} test runs are going on in this clone: wait for one.")
