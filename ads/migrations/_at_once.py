"""Migrations that make the models anew a few times, and not after each operation."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from django.db import migrations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger, RemoveTrigger

CREATIONS = (migrations.CreateModel,)
#: None of these looks at what another of the same group has changed.
CHANGES = (
    migrations.AddField, migrations.AlterField, migrations.AlterModelOptions,
    migrations.AddIndex, migrations.RemoveIndex,
    migrations.AddConstraint, migrations.AlterConstraint, migrations.RemoveConstraint,
    AddTrigger, RemoveTrigger,
)  # fmt: skip


class AtOnce(Operation):
    """Operations in a row that run one after the other, between two states of the models.

    Django makes a model anew after each operation, with all that are related to it: here nearly all
    are, and 700 operations took four fifths of the time of migrating an empty database.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        self.reversible = all(operation.reversible for operation in operations)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # made when they are needed next, and then all of them
        state.is_delayed = False
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "; ".join(operation.describe() for operation in self.operations)


class Migration(migrations.Migration):
    """One whose operations are grouped: tables first, then what is changed of them."""

    def __init__(self, name: str, app_label: str) -> None:
        super().__init__(name, app_label)
        self.operations = list(_grouped(self.operations))


def _grouped(operations: Sequence[Operation]) -> Iterator[Operation]:
    for kind, group in groupby(operations, key=_kind):
        if kind is None:
            yield from group
        else:
            yield AtOnce(list(group))


def _kind(operation: Operation) -> str | None:
    # Subclasses build indexes concurrently, outside a transaction.
    if type(operation) in CREATIONS:
        return "creation"
    return "change" if type(operation) in CHANGES else None
