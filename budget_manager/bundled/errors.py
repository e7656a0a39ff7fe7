"""The one error that the bundled servers raise."""

import sys
from types import TracebackType


class BundledServersError(RuntimeError):
    """A server could not be found or started; the text says why and what to do.

    Settings are imported by many programs (celery, gunicorn, a plain script); whichever of them
    does not catch this one prints the sentence, not a traceback.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        sys.excepthook = _print_sentence


def _print_sentence(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if isinstance(error, BundledServersError):
        sys.stderr.write(f"error: {error}\n")
    else:
        sys.__excepthook__(kind, error, trace)
