"""Uploaded files: stored, checked by a worker, confirmed by a person, recorded by a worker.

::

    receive -> uploaded -> checking -> checked -> confirmed -> recording -> recorded
                    ^          |          |                        |
                    |          v          v                        v
                    +--- refused      cancelled        checked, or uploaded: nothing was recorded
"""

from ads.services.imports.refusals import OutOfTurn, UploadRefused
from ads.services.imports.uploads.mappings import BY_HAND, DATE_FORMATS, look, proposed
from ads.services.imports.uploads.queue import continue_all, is_behind_another
from ads.services.imports.uploads.runs import check, record
from ads.services.imports.uploads.steps import (
    CANCELLABLE,
    READABLE_ANEW,
    cancel,
    confirm,
    earlier,
    has_refused,
    read_anew,
    receive,
    refused,
    too_large,
    with_waiting,
)
