"""Having alerts looked for soon, because something has happened.

What there is to alert is known from the database, and the next minute's tick finds it too. So it is
enough if one message follows the last commit of a moment, and each process sends few.
"""

import threading
import time
from typing import Final

from django.db import transaction

from ads.services import messages

#: The task that looks.
CHECK: Final = "ads.tasks.check_alerts"

#: Seconds after which a worker looks, and within which a process sends no other message.
DELAY: Final = 2.0


class _Sparing:
    """Sends one message for everything that is committed within :data:`DELAY`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent = -DELAY

    def send(self) -> None:
        with self._lock:
            now = time.monotonic()
            if now - self._sent < DELAY:
                return
            self._sent = now
        messages.send(CHECK, countdown=DELAY)


_sparing: Final = _Sparing()


def after_commit() -> None:
    """Have alerts looked for once the present transaction is committed."""
    transaction.on_commit(_sparing.send, robust=True)
