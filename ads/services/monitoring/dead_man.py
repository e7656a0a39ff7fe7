"""A sign of life for somebody else's watch, which alarms people when no more come.

It is sent by a thread of its own: neither a slow answer nor a name server that is away may hold the
worker that stops campaigns.
"""

import threading
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import structlog

logger = structlog.stdlib.get_logger(__name__)

#: Seconds for each step of the request.
PATIENCE: Final = 5


class DeadMan:
    """Asks for an address (GET), one request at a time; a failure is logged once until it works.

    Its path is a secret, so the log names the host alone.
    """

    def __init__(self) -> None:
        self._busy = threading.Lock()
        self._failed = False

    def ping(self, url: str) -> threading.Thread | None:
        """Start the request; None if ``url`` is empty or the one before has not ended yet."""
        if not url or not self._busy.acquire(blocking=False):
            return None
        thread = threading.Thread(target=self._ask, args=(url,), daemon=True, name="dead man")
        thread.start()
        return thread

    def _ask(self, url: str) -> None:
        try:
            reason = _asked(url)
            host = urlsplit(url).hostname
            if reason and not self._failed:
                logger.warning("The dead man's switch failed", host=host, error=reason)
            elif self._failed and not reason:
                logger.info("The dead man's switch answers again", host=host)
            self._failed = bool(reason)
        finally:
            self._busy.release()


def _asked(url: str) -> str:
    """Why it failed, without the address; empty if it did not."""
    request = Request(url, headers={"User-Agent": "Budget Manager"})  # noqa: S310  (checked)
    try:
        urlopen(request, timeout=PATIENCE).close()  # noqa: S310
    except HTTPError as error:
        return f"HTTP {error.code}"
    except OSError as error:
        return str(getattr(error, "reason", "") or error or type(error).__name__)
    except (HTTPException, ValueError) as error:
        return type(error).__name__
    return ""


#: That of this process.
dead_man: Final = DeadMan()
