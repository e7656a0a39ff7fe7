"""Handing the long steps to a worker, and picking up those that were never begun or came to no end.

Redis may be gone when a file is uploaded or confirmed. What is to be done stands in PostgreSQL, so
nothing is lost: a message is only what makes it happen at once.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from ads.models import SpendImport
from ads.models.imports import ImportPart, ImportStatus
from ads.services.imports.uploads import parts

logger = logging.getLogger(__name__)

CHECK: Final = "ads.tasks.check_upload"
RECORD: Final = "ads.tasks.record_upload"

#: The task that takes an import on from a status: from one in which it waits, or from one in which
#: a worker left it that is no more.
STEPS: Final = {
    ImportStatus.UPLOADED: CHECK,
    ImportStatus.CHECKING: CHECK,
    ImportStatus.CONFIRMED: RECORD,
    ImportStatus.RECORDING: RECORD,
}

WAITING: Final = (ImportStatus.UPLOADED, ImportStatus.CONFIRMED)

#: A step that has not moved for so long is sent again. Sending one too many does nothing.
PATIENCE: Final = timedelta(minutes=1)

#: A file that nobody confirms is dropped.
KEPT: Final = timedelta(days=7)


def later(import_id: int, task: str) -> None:
    """Have a worker do it once what has been written is committed."""
    transaction.on_commit(partial(_send, import_id, task))


def is_behind_another(upload: SpendImport) -> bool:
    """Does it wait while another import runs?"""
    running = SpendImport.objects.filter(status__in=(ImportStatus.CHECKING, ImportStatus.RECORDING))
    return upload.status in WAITING and running.exclude(pk=upload.pk).exists()


def send_next() -> None:
    """One came to its end, and only one runs at a time: send that which has waited longest."""
    waiting = SpendImport.objects.filter(status__in=WAITING).order_by("updated_at", "id").first()
    if waiting is not None:
        later(waiting.pk, STEPS[ImportStatus(waiting.status)])


@dataclass(frozen=True, slots=True)
class Continued:
    """How many imports were sent to a worker again, and how many files were dropped."""

    sent: int
    dropped: int


def continue_all(now: datetime) -> Continued:
    """Send again what does not move, and drop what nobody wants."""
    return Continued(send_again(now), prune(now))


def send_again(now: datetime) -> int:
    """Send what has not moved for :data:`PATIENCE`; how many imports those are.

    The messages expire, or they would pile up while no worker runs.
    """
    still = SpendImport.objects.filter(status__in=STEPS, updated_at__lt=now - PATIENCE)
    count = 0
    for pk, status in still.order_by("updated_at", "id").values_list("pk", "status"):
        if not _send(pk, STEPS[ImportStatus(status)], expires=PATIENCE.total_seconds()):
            break
        count += 1
    return count


def prune(now: datetime) -> int:
    """Drop the files that nobody confirmed for :data:`KEPT`; how many those are."""
    old = SpendImport.objects.filter(updated_at__lt=now - KEPT)
    old.filter(status__in=(ImportStatus.UNMAPPED, ImportStatus.CHECKED)).update(
        status=ImportStatus.CANCELLED,
        error=f"Nobody confirmed it within {KEPT.days} days, so the file was dropped.",
        finished_at=now,
    )
    over = old.filter(
        status__in=(ImportStatus.REFUSED, ImportStatus.CANCELLED),
        parts__kind=ImportPart.FILE,
        parts__position=0,
    )
    kept = list(over.values_list("pk", flat=True))
    for pk in kept:
        parts.drop(pk, ImportPart.FILE)
    return len(kept)


def _send(import_id: int, task: str, expires: float | None = None) -> bool:
    try:
        current_app.send_task(task, args=[import_id], expires=expires, ignore_result=True)
    except (BrokerError, RedisError, OSError) as error:
        logger.warning(
            "Import %s could not be handed to a worker (%s); the next minute tries again.",
            import_id,
            error,
        )
        return False
    return True
