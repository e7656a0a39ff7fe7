"""``manage.py migrate`` beside those who record spend, and operations that are run at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import StringIO
from typing import Any

import psycopg2
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import OperationalError, connection, migrations, models, transaction
from django.db.migrations.state import ProjectState
from django.db.models import Q
from django.db.models.signals import pre_migrate

from ads.migrations import _at_once
from ads.tests.support import execute
from budget_manager.tests.support import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

LOCK = "SELECT pg_advisory_xact_lock(%s)"
WAITS = """
    SELECT FROM pg_locks JOIN pg_database database ON database.oid = pg_locks.database
    WHERE locktype = 'advisory' AND objid = 1 AND NOT granted AND datname = current_database()"""


def deadlock() -> None:
    """Two transactions wait for each other's lock, and PostgreSQL ends this process's one."""
    parameters = connection.get_connection_params()

    def other() -> None:
        with closing(psycopg2.connect(**parameters)) as own, own.cursor() as cursor:
            cursor.execute(LOCK, [2])
            cursor.execute(LOCK, [1])

    with ThreadPoolExecutor(1) as pool, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        # PostgreSQL looks for a deadlock when somebody has waited for a second: here, before that.
        cursor.execute("SET LOCAL deadlock_timeout = '10ms'")
        cursor.execute(LOCK, [1])
        pool.submit(other)
        assert wait_for(lambda: execute(WAITS) == 1)
        cursor.execute(LOCK, [2])


def migrated(obstacle: Callable[[], None]) -> tuple[int, str]:
    """Migrate with this in the way of the first try: how often it was tried, and what was said."""
    tries: list[None] = []
    said = StringIO()

    def first(**_: Any) -> None:
        tries.append(None)
        if len(tries) == 1:
            obstacle()

    pre_migrate.connect(first, sender=apps.get_app_config("sessions"))
    try:
        call_command("migrate", "sessions", stdout=said, interactive=False)
    finally:
        pre_migrate.disconnect(first, sender=apps.get_app_config("sessions"))
    return len(tries), said.getvalue()


def test_a_migration_that_was_in_the_way_of_spend_is_tried_again() -> None:
    tries, said = migrated(deadlock)

    assert tries == 2
    assert "In the way of spend that came in; it is tried again." in said
    assert "No migrations to apply." in said


def test_what_fails_for_another_reason_is_not_tried_again() -> None:
    def fail() -> None:
        raise OperationalError("the disk is full")

    with pytest.raises(OperationalError, match="the disk is full"):
        migrated(fail)


def tables_made_by(base: type[migrations.Migration]) -> tuple[Any, Any]:
    """The tables of one migration, and what is left when it is taken back."""

    class Migration(base):  # type: ignore[valid-type,misc]
        operations = [
            migrations.CreateModel("Shop", [("id", models.BigAutoField(primary_key=True))]),
            migrations.CreateModel(
                "Visit",
                [
                    ("id", models.BigAutoField(primary_key=True)),
                    ("shop", models.ForeignKey("scratch.Shop", models.CASCADE)),
                ],
            ),
            migrations.AddField("Shop", "best", models.ForeignKey("scratch.Visit", models.CASCADE)),
            migrations.AddField("Visit", "amount", models.IntegerField(default=0)),
            migrations.AddIndex("Visit", models.Index(fields=["amount"], name="visit_by_amount")),
            migrations.AddConstraint(
                "Visit", models.CheckConstraint(condition=Q(amount__gte=0), name="visit_amount")
            ),
            migrations.RunPython(
                lambda apps, _: apps.get_model("scratch", "Shop"), migrations.RunPython.noop
            ),
            migrations.RemoveIndex("Visit", "visit_by_amount"),
            migrations.AlterField("Visit", "amount", models.BigIntegerField(null=True)),
        ]

    def tables() -> Any:
        with connection.cursor() as cursor:
            inspect = connection.introspection
            return {
                name: (
                    [(column.name, column.type_code, column.null_ok) for column in columns],
                    sorted(map(str, inspect.get_constraints(cursor, name).values())),
                )
                for name in inspect.table_names(cursor)
                if name.startswith("scratch_")
                for columns in [inspect.get_table_description(cursor, name)]
            }

    with connection.schema_editor() as editor:
        Migration("0001", "scratch").apply(ProjectState(), editor)
    made = tables()
    with connection.schema_editor() as editor:
        Migration("0001", "scratch").unapply(ProjectState(), editor)
    return made, tables()


def test_operations_at_once_make_the_tables_that_they_make_one_by_one_and_take_them_back() -> None:
    made, left = tables_made_by(_at_once.Migration)

    assert sorted(made) == ["scratch_shop", "scratch_visit"]
    assert made == tables_made_by(migrations.Migration)[0]
    assert left == {}
