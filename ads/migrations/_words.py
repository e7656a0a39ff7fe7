"""Changes of what people read, of which the database knows nothing."""

from collections.abc import Sequence

from django.db.migrations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class Words(SeparateDatabaseAndState):
    """Operations that change labels and help texts only.

    Django makes the models anew after each operation, and with each all that are related to it: two
    hundred labels would take seconds. These let it make them once, when they are needed next.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        super().__init__(state_operations=operations)

    def deconstruct(self) -> tuple[str, list[Sequence[Operation]], dict[str, object]]:
        return self.__class__.__name__, [self.state_operations], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)
        super().state_forwards(app_label, state)
