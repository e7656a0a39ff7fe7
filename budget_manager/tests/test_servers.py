"""The tests run on real servers."""

import pytest
from django.conf import settings
from django.db import connection

from budget_manager.celery import app


@pytest.mark.django_db
def test_tests_run_on_postgresql_in_a_database_of_their_own() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_setting('server_version_num')::int")
        name, version = cursor.fetchone()

    assert name.startswith("test_budget_manager_")
    assert version >= 150000


def test_tests_tasks_go_to_a_redis_database_that_no_development_worker_reads() -> None:
    assert not settings.REDIS_URL.endswith("/0")
    assert app.conf.broker_url == settings.REDIS_URL
    with app.connection_for_write() as broker:
        assert broker.as_uri(include_password=True) == settings.REDIS_URL
