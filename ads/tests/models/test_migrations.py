"""Upgrading while spend comes in."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import connection
from django.db.migrations import AddIndex, CreateModel, RemoveIndex
from django.db.migrations.loader import MigrationLoader

#: Up to here, tables are made in which nothing is yet.
LAST_OF_THE_FIRST = "0006"

#: For which no spend waits.
OF_PEOPLE = ("signin",)


def test_no_index_keeps_spend_waiting_while_it_is_built() -> None:
    migrations = MigrationLoader(connection, load=False)
    migrations.load_disk()
    later = [
        (name, operation)
        for (app, name), migration in (migrations.disk_migrations or {}).items()
        for operation in migration.operations
        if app == "ads" and name[:4] > LAST_OF_THE_FIRST
    ]
    #: Tables are empty in the migration that makes them.
    new = {
        (name, operation.name.lower())
        for name, operation in later
        if isinstance(operation, CreateModel)
    }

    indexes = [
        (name, operation)
        for name, operation in later
        if isinstance(operation, AddIndex | RemoveIndex)
    ]
    kept_waiting = [
        name
        for name, operation in indexes
        if not isinstance(operation, AddIndexConcurrently | RemoveIndexConcurrently)
        and operation.model_name not in OF_PEOPLE
        and (name, operation.model_name) not in new
    ]
    assert len(indexes) >= 5
    assert kept_waiting == []
