"""Files that are uploaded: kept, checked by a worker, confirmed by a person, recorded by a worker.

::

    receive -> uploaded -> checking -> checked -> confirmed -> recording -> recorded
                    ^          |          |                        |
                    |          v          v                        v
                    +--- refused      cancelled        checked, or uploaded: nothing was recorded
"""

from ads.services.uploads.errors import OutOfTurn, UploadRefused
from ads.services.uploads.queue import prune, send_again
from ads.services.uploads.receiving import earlier, receive, tidy, too_large
from ads.services.uploads.running import check, record
from ads.services.uploads.steps import cancel, confirm, read_anew

__all__ = [
    "OutOfTurn",
    "UploadRefused",
    "cancel",
    "check",
    "confirm",
    "earlier",
    "prune",
    "read_anew",
    "receive",
    "record",
    "send_again",
    "tidy",
    "too_large",
]
