"""What people do to an import: confirm it, cancel it, have it read in another way.

Each is one UPDATE that names the status it was in: of two at once, one comes too late and is told.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from ads.models import SpendImport
from ads.models.imports import ImportPart, ImportStatus
from ads.services.actor import current_actor
from ads.services.imports.plan import Plan
from ads.services.imports.uploads import inspection, mappings, parts, queue, storable
from ads.services.imports.uploads.errors import OutOfTurn

#: Not recorded and not being recorded.
CANCELLABLE = (
    ImportStatus.UNMAPPED,
    ImportStatus.UPLOADED,
    ImportStatus.CHECKING,
    ImportStatus.CHECKED,
    ImportStatus.CONFIRMED,
    ImportStatus.REFUSED,
)

#: Nothing runs, and nobody has confirmed it.
READABLE_ANEW = (ImportStatus.UNMAPPED, ImportStatus.CHECKED, ImportStatus.REFUSED)


def confirm(upload: SpendImport, *, checks: int, leaves_out: int, now: datetime) -> None:
    """Have it recorded, as the preview of check number ``checks`` showed it.

    ``leaves_out``: how many bad rows may be left out, as the preview counted them.

    Raises:
        OutOfTurn: it is not to be confirmed (any more), or was checked again since.
    """
    _move(
        upload,
        SpendImport.objects.filter(status=ImportStatus.CHECKED, checks=checks),
        queue.RECORD,
        status=ImportStatus.CONFIRMED,
        confirmed_by=current_actor(),
        confirmed_at=now,
        leaves_out=leaves_out,
        error="",
    )


def read_anew(upload: SpendImport, plan: Plan, *, remember: bool) -> None:
    """Have it checked again, read as ``plan`` says; ``remember`` that for files with its header.

    Raises:
        OutOfTurn: it is being checked or recorded, or its file is no longer kept.
        ImportRefused: it cannot be read like that at all.
    """
    if plan.observed_at is None:
        plan = replace(plan, observed_at=upload.created_at)
    look = inspection.look(upload, plan)
    with transaction.atomic():
        if remember:
            mappings.remember(look.header, plan, name=upload.file_name)
        _move(
            upload,
            SpendImport.objects.filter(status__in=READABLE_ANEW),
            queue.CHECK,
            status=ImportStatus.UPLOADED,
            format=look.format,
            plan=storable.json(plan.as_json()),
            error="",
        )


def cancel(upload: SpendImport, *, now: datetime) -> None:
    """Give it up, and drop its file.

    Raises:
        OutOfTurn: it has been recorded, or is being recorded.
    """
    with transaction.atomic():
        _move(
            upload,
            SpendImport.objects.filter(status__in=CANCELLABLE),
            None,
            status=ImportStatus.CANCELLED,
            error=f"Cancelled by {current_actor()}.",
            finished_at=now,
        )
        parts.drop(upload.pk, ImportPart.FILE)


def _move(
    upload: SpendImport, imports: QuerySet[SpendImport], task: str | None, **fields: Any
) -> None:
    with transaction.atomic():
        moved = imports.filter(pk=upload.pk).update(**fields, attempts=0, updated_at=Now())
        if moved and task:
            queue.later(upload.pk, task)
    upload.refresh_from_db()
    if not moved:
        raise OutOfTurn(
            f"Nothing was done: the import has changed since (it is now: "
            f"{upload.get_status_display()}). Look at it as it is."
        )
