"""Handing the long steps to a worker, and resending those that were not begun or not finished.

Redis may be down when a file is uploaded or confirmed. Nothing is lost, because the status is in
PostgreSQL: a message only makes it happen at once.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db import transaction

from ads.models import SpendImport
from ads.models.spend import ImportPart, ImportStatus
from ads.services import messages
from ads.services.imports.uploads import parts

CHECK: Final = "ads.tasks.check_upload"
RECORD: Final = "ads.tasks.record_upload"

#: The task that continues an import from a status, whether it waits there or its worker died.
STEPS: Final = {
    ImportStatus.UPLOADED: CHECK,
    ImportStatus.CHECKING: CHECK,
    ImportStatus.CONFIRMED: RECORD,
    ImportStatus.RECORDING: RECORD,
}

WAITING: Final = (ImportStatus.UPLOADED, ImportStatus.CONFIRMED)

#: A step without progress for so long is sent again. An extra message does nothing.
PATIENCE: Final = timedelta(minutes=1)

#: An unconfirmed file is deleted after this time.
KEPT: Final = timedelta(days=7)


def later(import_id: int, task: str) -> None:
    transaction.on_commit(partial(messages.send, task, [import_id]))


def is_behind_another(upload: SpendImport) -> bool:
    running = SpendImport.objects.filter(status__in=(ImportStatus.CHECKING, ImportStatus.RECORDING))
    return upload.status in WAITING and running.exclude(pk=upload.pk).exists()


def send_next(*, after: int) -> None:
    """After one of them, as only one runs at a time: send the one that has waited longest."""
    others = SpendImport.objects.filter(status__in=WAITING).exclude(pk=after)
    waiting = others.order_by("updated_at", "id").first()
    if waiting is not None:
        later(waiting.pk, STEPS[ImportStatus(waiting.status)])


def continue_all(now: datetime) -> dict[str, int]:
    """Send stuck imports again, and delete unwanted files; how many of each."""
    return {"sent": send_again(now), "dropped": prune(now)}


def send_again(now: datetime) -> int:
    """Send imports without progress for :data:`PATIENCE`; returns how many.

    The messages expire, or they would pile up while no worker runs.
    """
    still = SpendImport.objects.filter(status__in=STEPS, updated_at__lt=now - PATIENCE)
    count = 0
    for pk, status in still.order_by("updated_at", "id").values_list("pk", "status"):
        step = STEPS[ImportStatus(status)]
        if not messages.send(step, [pk], expires=PATIENCE.total_seconds()):
            break
        count += 1
    return count


def prune(now: datetime) -> int:
    """Delete the files that were not confirmed within :data:`KEPT`; returns how many."""
    old = SpendImport.objects.filter(updated_at__lt=now - KEPT)
    old.filter(status__in=(ImportStatus.UNMAPPED, ImportStatus.CHECKED)).update(
        status=ImportStatus.CANCELLED,
        error=f"Not confirmed within {KEPT.days} days, so the file was deleted.",
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
