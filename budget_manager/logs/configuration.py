"""The configuration of logging, one for all processes: Django, gunicorn and Celery.

Lines of :mod:`structlog`'s loggers and those of the standard library's go through one formatter.
"""

import logging
import sys
from select import PIPE_BUF
from typing import Any, Final

import structlog
from structlog.typing import Processor

from budget_manager.logs import tasks, text

#: What each line gets where it is written: its context (request, task, actor), logger and level.
_COMMON: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.format_exc_info,
]

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_COMMON,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
logging.captureWarnings(True)

#: Loggers whose level is not the root's, which is WARNING.
_LEVELS: Final = {
    "ads": "INFO",
    "budget_manager": "INFO",
    "celery": "INFO",
    # Our own line says the same, with the id of the request that queued the task.
    "celery.worker.strategy": "WARNING",
    "django": "INFO",
    # Requests that were refused for the client's own mistakes are in the access log.
    "django.request": "ERROR",
    "django.server": "INFO",
    "flower": "INFO",
    # What goes wrong is an error of the connector, which is logged where it is caught.
    "google.ads.googleads": "CRITICAL",
    "gunicorn.error": "INFO",
}


def config(*, production: bool, access_log: str = "-") -> dict[str, Any]:
    """For :func:`logging.config.dictConfig`. ``access_log``: a file, or "-" for standard output."""
    access: dict[str, Any] = {
        "class": "logging.handlers.WatchedFileHandler",  # so that logrotate may move it
        "filename": access_log,
        "encoding": "utf-8",
        "delay": True,
        "formatter": "plain",
    }
    if access_log == "-":
        access = {"()": WholeLines, "stream": "ext://sys.stdout", "formatter": "terminal"}
    propagating = {
        name: {"handlers": [], "propagate": True, "level": level} for name, level in _LEVELS.items()
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "terminal": _formatter(production=production, colors=sys.stderr.isatty()),
            "plain": _formatter(production=production, colors=False),
        },
        "handlers": {"console": {"()": WholeLines, "formatter": "terminal"}, "access": access},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            **propagating,
            "gunicorn.access": {"handlers": ["access"], "propagate": False, "level": "INFO"},
        },
    }


def _formatter(*, production: bool, colors: bool) -> dict[str, Any]:
    if production:
        readable: list[Processor] = [text.in_order]
        render: Processor = text.as_json
    else:
        readable = [text.on_one_line]
        plain_text = structlog.dev.ConsoleRenderer(
            colors=colors,
            pad_event_to=0,
            # Quoted and escaped: no value can pass for another field.
            repr_native_str=True,
            exception_formatter=structlog.dev.plain_traceback,
            sort_keys=False,
        )
        render = text.a_line_each(plain_text)
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [*_COMMON, tasks.of_celery],
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            text.without_secrets,
            *readable,
            render,
        ],
    }


class WholeLines(logging.StreamHandler[Any]):
    """Writes only so much at once as a pipe takes in one piece.

    So lines of several processes on one pipe never mix, unless one alone is longer than that.
    """

    def emit(self, record: logging.LogRecord) -> None:
        try:
            piece = ""
            for line in self.format(record).split("\n"):
                if piece and len(piece) + len(line) >= PIPE_BUF:
                    self._write(piece)
                    piece = ""
                piece += line + self.terminator
            self._write(piece)
        except Exception:  # noqa: BLE001  (as the class that it extends does)
            self.handleError(record)

    def _write(self, piece: str) -> None:
        self.stream.write(piece)
        self.flush()
