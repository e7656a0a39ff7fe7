"""The lines that are logged, by the formatter that every process uses."""

import json
import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from budget_manager import logs
from budget_manager.logs.configuration import WholeLines


class Logged:
    """What was logged since the test began to listen."""

    def __init__(self) -> None:
        self.stream = StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every line, which must be JSON: whoever reads the log parses line by line."""
        return [json.loads(line) for line in self.text.splitlines()]

    def those(self, event: str) -> list[dict[str, Any]]:
        """The lines of this event."""
        return [line for line in self.lines if line["event"] == event]

    def only(self, event: str) -> dict[str, Any]:
        """The one line of this event."""
        (line,) = self.those(event)
        return line


@contextmanager
def logged(*, production: bool = True) -> Iterator[Logged]:
    """Everything that is logged within, by any library, as production or development has it."""
    found = Logged()
    configuration = logs.config(production=production)
    handler = WholeLines(found.stream)
    handler.setFormatter(
        logging.config.DictConfigurator(configuration).configure_formatter(
            configuration["formatters"]["plain"]
        )
    )
    loggers = [logging.getLogger(), logging.getLogger("gunicorn.access")]
    # Instead of pytest's own, which keep what cannot be sent from one of its processes to another.
    before = [logger.handlers for logger in loggers]
    for logger in loggers:
        logger.handlers = [handler]
    try:
        yield found
    finally:
        for logger, handlers in zip(loggers, before, strict=True):
            logger.handlers = handlers
