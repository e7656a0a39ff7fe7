"""What people do with an import: confirm it, cancel it, change how it is read.

Each is one UPDATE that names the status before: of two at once, the later one is refused.
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
from ads.services.imports.refusals import OutOfTurn
from ads.services.imports.uploads import mappings, parts, queue, storable

#: Not recorded and not being recorded.
CANCELLABLE = (
    ImportStatus.UNMAPPED,
    ImportStatus.UPLOADED,
    ImportStatus.CHECKING,
    ImportStatus.CHECKED,
    ImportStatus.CONFIRMED,
    ImportStatus.REFUSED,
)

#: Nothing is running, and it is not confirmed.
READABLE_ANEW = (ImportStatus.UNMAPPED, ImportStatus.CHECKED, ImportStatus.REFUSED)


def confirm(upload: SpendImport, *, checks: int, leaves_out: int, now: datetime) -> None:
    """Have it recorded as previewed by check number ``checks``.

    ``leaves_out``: how many bad rows may be left out, as the preview counted them.

    Raises:
        OutOfTurn: it cannot be confirmed (any more), or has been checked again.
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
    """Check it again, read by this plan; ``remember`` the plan for files with the same header.

    Raises:
        OutOfTurn: it is being checked or recorded, or its file is no longer stored.
        ImportRefused: it cannot be read like that at all.
    """
    if plan.observed_at is None:
        plan = replace(plan, observed_at=upload.created_at)
    look = mappings.look(upload, plan)
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
    """Cancel it, and delete its file.

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
            "Nothing was done: the import has changed since you opened the page (its status is "
            f"now {upload.get_status_display()}). Check it again."
        )
