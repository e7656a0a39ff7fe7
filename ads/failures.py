"""One line in the log for a thousand that failed alike, not a thousand."""

from collections.abc import Collection, Iterable
from itertools import islice
from types import TracebackType
from typing import Any, Final, Self

from structlog.stdlib import BoundLogger

#: How many of many a line names.
EXAMPLES: Final = 5


def counted(those: Collection[object] | Iterable[object]) -> dict[str, Any]:
    """The fields of a line about many: how many, and the first of them."""
    listed = list(those)
    return {"count": len(listed), "examples": list(islice(listed, EXAMPLES))}


class Failures:
    """Gathers what fails, and logs it at the end: a line for each kind of exception.

    The line says how many failed, names a few, and has the first one's traceback.
    """

    def __init__(self, logger: BoundLogger, event: str, **fields: object) -> None:
        self._logger = logger
        self._event = event
        self._fields = fields
        self._failed: dict[type[BaseException], list[object]] = {}
        self._first: dict[type[BaseException], BaseException] = {}

    def add(self, one: object, error: BaseException) -> None:
        """Note that it failed for ``one``, which the log must be able to print."""
        self._failed.setdefault(type(error), []).append(one)
        self._first.setdefault(type(error), error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Whether or not the rest was reached."""
        for kind, those in self._failed.items():
            self._logger.error(
                self._event, **self._fields, **counted(those), exc_info=self._first[kind]
            )
