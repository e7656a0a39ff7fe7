"""Checking and recording an uploaded file: the long steps, done by a worker.

A step may be sent twice, its worker killed, its connection lost. One worker at a time does it (an
advisory lock), and only from the status before it or from its own, which a killed worker leaves.
Checking changes only the import itself. Recording is one transaction, which also sets the status.
"""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO, Final

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import F
from django.db.models.functions import Now

from ads.models import DeliveryChange, SpendImport
from ads.models.spend import ImportPart, ImportStatus
from ads.services import locks, visible
from ads.services.actor import acting_as, current_actor
from ads.services.delivery import Trigger
from ads.services.imports.outcome import SHOWN, Imported, switch
from ads.services.imports.plan import Plan
from ads.services.imports.refusals import ImportRefused, RowsRefused, without_options
from ads.services.imports.run import Import, preview_of
from ads.services.imports.uploads import parts, queue, storable
from ads.services.imports.uploads.parts import RefusedRows
from ads.services.lock_waits import is_in_the_way

logger = structlog.stdlib.get_logger(__name__)

#: Seconds between updates of the progress.
NOTED_EVERY: Final = 1.0

#: How often a step is tried. What kills three workers would kill the fourth.
ATTEMPTS: Final = 3

_READ_AT_ONCE: Final = 1 << 16

#: Characters of a user's name that leave room for "(import)".
_NAME: Final = 140


class _Stopped(Exception):
    """It was cancelled while it was being checked."""


def check(import_id: int, now: datetime) -> str:
    """Preview the file, and store the preview with the import; returns the status afterwards."""
    with _taken(import_id, ImportStatus.UPLOADED, ImportStatus.CHECKING) as upload:
        if upload is None:
            return _status(import_id)
        if upload.attempts > ATTEMPTS:
            return _end(upload, ImportStatus.REFUSED, error=_gave_up("checked"))
        try:
            refused = RefusedRows(upload.pk)
            with visible.limited(upload.only_brands), _opened(upload) as (file, progress):
                preview = preview_of(file, _plan(upload), now=now, progress=progress, sink=refused)
            refused.finish()
            return _end(upload, ImportStatus.CHECKED, preview=_for_a_page(preview))
        except _Stopped:
            return _status(import_id)
        except ImportRefused as error:
            why = without_options(str(error))
            return _end(upload, ImportStatus.REFUSED, error=why, preview=None)
        except _LOST:
            raise  # it is tried again when the database is back
        except Exception as error:
            _end(upload, ImportStatus.REFUSED, error=_failed("checked", error), preview=None)
            raise


def record(import_id: int, clock: Callable[[], datetime]) -> str:
    """Record a confirmed file and enforce the budgets; returns the status afterwards.

    ``clock`` is asked when the file is read and again when it is recorded, minutes later.
    """
    with _taken(import_id, ImportStatus.CONFIRMED, ImportStatus.RECORDING) as upload:
        if upload is None:
            return _status(import_id)
        if upload.attempts > ATTEMPTS:
            return _end(upload, ImportStatus.CHECKED, error=_gave_up("recorded"))
        try:
            by = f"{upload.confirmed_by[:_NAME]} (import)"
            with acting_as(by, file=upload.file_name), visible.limited(upload.only_brands):
                return _record(upload, clock)
        except ImportRefused as error:
            return _changed_since(upload, error)
        except OperationalError as error:
            if not is_in_the_way(error):
                raise
            return _later(upload)
        except InterfaceError:
            raise
        except Exception as error:
            _end(upload, ImportStatus.CHECKED, error=_failed("recorded", error))
            raise


def _record(upload: SpendImport, clock: Callable[[], datetime]) -> str:
    plan = replace(_plan(upload), skip_bad_rows=upload.leaves_out > 0)
    refused = RefusedRows(upload.pk)
    with (
        _opened(upload) as (file, progress),
        Import.staged(file, plan, now=clock(), progress=progress, sink=refused) as staged,
    ):
        with transaction.atomic():
            now = clock()
            done = staged.record(now=now, seen=_seen(upload), title=upload.file_name, upload=upload)
            if done.refused.count > upload.leaves_out:
                raise RowsRefused(done.refused)
            refused.finish()
            outcome = _for_a_page({**done.as_dict(), **_switched(done, now)})
            _end(upload, ImportStatus.RECORDED, outcome=outcome, finished_at=now)
            parts.drop(upload.pk, ImportPart.FILE)
        enforced = done.enforced
        staged.enforce_again(now=clock())
        if done.enforced.switched > enforced.switched:
            outcome = storable.json(outcome | _switched(done, now))
            SpendImport.objects.filter(pk=upload.pk).update(outcome=outcome)
    return ImportStatus.RECORDED.value


def _later(upload: SpendImport) -> str:
    """Somebody else keeps sums of the file locked: it stays confirmed, and is sent again."""
    logger.warning("An import waits for what another session keeps locked", import_id=upload.pk)
    return _end(
        upload,
        ImportStatus.CONFIRMED,
        attempts=upload.attempts - 1,
        error="Nothing is recorded yet: another session of the database keeps sums of the file "
        "locked. The import is tried again every minute. System health names the session.",
    )


def _seen(upload: SpendImport) -> dict[str, Any]:
    asked = (upload.preview or {}).get("questions", ())
    return {question["code"]: question["figures"] for question in asked}


def _for_a_page(values: dict[str, Any]) -> dict[str, Any]:
    for row in (*values["problems"], *values.get("samples", ())):
        row["reason"] = row["reason"] and without_options(row["reason"])
    return values


def _switched(done: Imported, now: datetime) -> dict[str, Any]:
    """How many campaigns it started and stopped, and the first of them."""
    changes = DeliveryChange.objects.filter(
        at__gte=now, actor=current_actor(), trigger=Trigger.SPEND
    ).select_related("campaign__brand")
    return {
        "started": done.enforced.started,
        "stopped": done.enforced.stopped,
        "failed": len(done.enforced.failed),
        "switches": [
            switch(change.campaign, is_active=change.is_active, holds=change.holds)
            for change in changes.order_by("at", "id")[:SHOWN]
        ],
    }


def _changed_since(upload: SpendImport, error: ImportRefused) -> str:
    """It differs from what was confirmed: check it again, so that people see the new preview."""
    why = without_options(str(error))
    if isinstance(error, RowsRefused):
        why = (
            f"{error.refused.count:,} rows would be refused now; {upload.leaves_out:,} were "
            "confirmed to be left out."
        )
    with transaction.atomic():
        status = _end(
            upload,
            ImportStatus.UPLOADED,
            error=f"Nothing was recorded: the preview has changed since it was confirmed. {why}",
            plan={**upload.plan, "answers": {}},
            confirmed_by="",
            confirmed_at=None,
            attempts=0,
        )
        queue.later(upload.pk, queue.CHECK)
    return status


#: The database was unavailable. The step is sent again, as if the worker had been killed.
_LOST: Final = (OperationalError, InterfaceError)


@contextmanager
def _taken(import_id: int, before: str, during: str) -> Iterator[SpendImport | None]:
    """The import, if it is its turn and no other import is running."""
    with locks.only_import() as alone:
        taken = alone and SpendImport.objects.filter(
            pk=import_id, status__in=(before, during)
        ).update(
            status=during,
            attempts=F("attempts") + 1,
            bytes_read=0,
            rows_read=0,
            updated_at=Now(),
            **({"checks": F("checks") + 1} if during == ImportStatus.CHECKING else {}),
        )
        yield SpendImport.objects.get(pk=import_id) if taken else None
    if alone:
        queue.send_next(after=import_id)


@contextmanager
def _opened(upload: SpendImport) -> Iterator[tuple[BinaryIO, "_Progress"]]:
    raw = parts.PartsFile(upload.pk, ImportPart.FILE, name=upload.file_name)
    with io.BufferedReader(raw, _READ_AT_ONCE) as file:
        yield file, _Progress(upload, raw)


def _plan(upload: SpendImport) -> Plan:
    return Plan.from_json(upload.plan)


class _Progress:
    """Stores the progress of the step; stops it once it is cancelled."""

    def __init__(self, upload: SpendImport, raw: parts.PartsFile) -> None:
        self._mine = SpendImport.objects.filter(pk=upload.pk, status=upload.status)
        self._raw = raw
        self._size = upload.size
        self._rows = 0
        self._noted = time.monotonic()

    def __call__(self, rows: int) -> None:
        self._rows += rows
        # The end of the file is noted at once: the rest of the step takes time, too.
        is_read = self._raw.tell() >= self._size
        if not is_read and time.monotonic() - self._noted < NOTED_EVERY:
            return
        self._noted = time.monotonic()
        if not self._mine.update(
            bytes_read=self._raw.tell(), rows_read=self._rows, updated_at=Now()
        ):
            raise _Stopped


def _end(upload: SpendImport, status: ImportStatus, **fields: Any) -> str:
    """End the step, unless it was cancelled meanwhile; returns the status."""
    kept = {
        name: storable.json(value) if isinstance(value, dict | str) else value
        for name, value in fields.items()
    }
    ended = SpendImport.objects.filter(pk=upload.pk, status=upload.status).update(
        status=status, updated_at=Now(), **kept
    )
    return status.value if ended else _status(upload.pk)


def _status(import_id: int) -> str:
    status = SpendImport.objects.filter(pk=import_id).values_list("status", flat=True).first()
    return status or "gone"


def _gave_up(done: str) -> str:
    return (
        f"It could not be {done}: it was tried {ATTEMPTS} times, and each time the worker or its "
        "database connection was lost. Nothing was recorded. See the worker's log."
    )


def _failed(done: str, error: Exception) -> str:
    if isinstance(error, SoftTimeLimitExceeded):
        return (
            f"It could not be {done} within a worker's time limit. Nothing was recorded. Split "
            "it, or import it on the server: manage.py import_spend FILE."
        )
    what = str(error).partition("\n")[0] if isinstance(error, DatabaseError) else str(error)
    return (
        f"It could not be {done}: {type(error).__name__}: {what}. Nothing was recorded. "
        "See the worker's log."
    )
