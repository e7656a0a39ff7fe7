"""Checking and recording an uploaded file: the long steps, which a worker takes.

A step may be sent twice, its worker killed, its connection lost. It is taken by one at a time (an
advisory lock), and only from the status before it or from its own, which a killed worker leaves.
Checking changes nothing but the import itself. Recording is one transaction, and that it has been
recorded is set in the same one.
"""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO, Final

from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import F
from django.db.models.functions import Now

from ads.models import SpendImport
from ads.models.imports import ImportPart, ImportStatus
from ads.services import locks
from ads.services.actor import acting_as
from ads.services.imports.errors import ImportRefused, RowsRefused, without_options
from ads.services.imports.plan import Plan
from ads.services.imports.run import Import, preview_of
from ads.services.imports.uploads import outcome, parts, queue, storable
from ads.services.imports.uploads.refused_rows import RefusedRows

#: Seconds between two times that the progress of a step is noted.
NOTED_EVERY: Final = 1.0

#: How often a step is begun. What kills three workers would kill the fourth.
ATTEMPTS: Final = 3

_READ_AT_ONCE: Final = 1 << 16

#: Letters of a user's name that are left where "(import)" is written behind it.
_NAME: Final = 140


class _Stopped(Exception):
    """Somebody cancelled it while it was being checked."""


def check(import_id: int, now: datetime) -> str:
    """Work out what the file would do, and keep that with the import; the status afterwards."""
    with _taken(import_id, ImportStatus.UPLOADED, ImportStatus.CHECKING) as upload:
        if upload is None:
            return _status(import_id)
        if upload.attempts > ATTEMPTS:
            return _end(upload, ImportStatus.REFUSED, error=_gave_up("checked"))
        try:
            refused = RefusedRows(upload.pk)
            with _opened(upload) as (file, progress):
                preview = preview_of(file, _plan(upload), now=now, progress=progress, sink=refused)
            refused.finish()
            told = outcome.foreseen(preview)
            return _end(upload, ImportStatus.CHECKED, preview=told)
        except _Stopped:
            return _status(import_id)
        except ImportRefused as error:
            why = without_options(str(error))
            return _end(upload, ImportStatus.REFUSED, error=why, preview=None)
        except _LOST:
            raise  # it is begun again when the database is back
        except Exception as error:
            _end(upload, ImportStatus.REFUSED, error=_failed("checked", error), preview=None)
            raise


def record(import_id: int, clock: Callable[[], datetime]) -> str:
    """Record a confirmed file and enforce what it concerns; the status afterwards.

    ``clock`` is asked when the file is read and again when it is recorded, minutes later.
    """
    with _taken(import_id, ImportStatus.CONFIRMED, ImportStatus.RECORDING) as upload:
        if upload is None:
            return _status(import_id)
        if upload.attempts > ATTEMPTS:
            return _end(upload, ImportStatus.CHECKED, error=_gave_up("recorded"))
        try:
            with acting_as(f"{upload.confirmed_by[:_NAME]} (import)"):
                return _record(upload, clock)
        except ImportRefused as error:
            return _changed_since(upload, error)
        except _LOST:
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
            done = staged.record(now=now)
            if done.refused.count > upload.leaves_out:
                raise RowsRefused(done.refused)
            refused.finish()
            told = outcome.outcome(done, now)
            _end(upload, ImportStatus.RECORDED, outcome=told, finished_at=now)
            parts.drop(upload.pk, ImportPart.FILE)
        enforced = done.enforced
        staged.enforce_again(now=clock())
        if done.enforced.switched > enforced.switched:
            told |= outcome.switched(done, now)
            SpendImport.objects.filter(pk=upload.pk).update(outcome=told)
    return ImportStatus.RECORDED.value


def _changed_since(upload: SpendImport, error: ImportRefused) -> str:
    """It is not any more what was confirmed: check it again, so that people see what it is now."""
    why = without_options(str(error))
    if isinstance(error, RowsRefused):
        why = (
            f"Rows that are bad now: {error.refused.count:,}; to be left out: "
            f"{upload.leaves_out:,}."
        )
    with transaction.atomic():
        status = _end(
            upload,
            ImportStatus.UPLOADED,
            error=f"Nothing was recorded: it is not as it was when it was confirmed. {why}",
            confirmed_by="",
            confirmed_at=None,
            attempts=0,
        )
        queue.later(upload.pk, queue.CHECK)
    return status


#: The database was away. The step is sent again, as it is if the worker is killed.
_LOST: Final = (OperationalError, InterfaceError)


@contextmanager
def _taken(import_id: int, before: str, during: str) -> Iterator[SpendImport | None]:
    """The import, if it is to be done now and nobody else is at one."""
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
        queue.send_next()


@contextmanager
def _opened(upload: SpendImport) -> Iterator[tuple[BinaryIO, "_Progress"]]:
    """The file, and what is to be told how far it has been read."""
    raw = parts.PartsFile(upload.pk, ImportPart.FILE, upload.size)
    with io.BufferedReader(raw, _READ_AT_ONCE) as file:
        yield file, _Progress(upload, raw)


def _plan(upload: SpendImport) -> Plan:
    return Plan.from_json(upload.plan)


class _Progress:
    """Notes how far the step has come; ends it when it is no longer wanted."""

    def __init__(self, upload: SpendImport, raw: parts.PartsFile) -> None:
        self._mine = SpendImport.objects.filter(pk=upload.pk, status=upload.status)
        self._raw = raw
        self._size = upload.size
        self._rows = 0
        self._noted = time.monotonic()

    def __call__(self, rows: int) -> None:
        self._rows += rows
        # That it has been read to its end is noted at once: what follows takes its time, too.
        is_read = self._raw.tell() >= self._size
        if not is_read and time.monotonic() - self._noted < NOTED_EVERY:
            return
        self._noted = time.monotonic()
        if not self._mine.update(
            bytes_read=self._raw.tell(), rows_read=self._rows, updated_at=Now()
        ):
            raise _Stopped


def _end(upload: SpendImport, status: ImportStatus, **fields: Any) -> str:
    """The step ends, unless it was cancelled meanwhile; the status that it has then."""
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
        f"It could not be {done}: it was begun {ATTEMPTS} times, and each time the worker or its "
        "connection to the database was gone before the end. Nothing was recorded. "
        "The log of the worker says more."
    )


def _failed(done: str, error: Exception) -> str:
    if isinstance(error, SoftTimeLimitExceeded):
        return (
            f"It could not be {done} in the time that a worker has. Nothing was recorded. Split "
            "it, or import it on the server: manage.py import_spend FILE."
        )
    what = str(error).partition("\n")[0] if isinstance(error, DatabaseError) else str(error)
    return (
        f"It could not be {done}: {type(error).__name__}: {what}. Nothing was recorded. "
        "The log of the worker says more."
    )
