"""Taking a backup: complete and checked, or not there at all.

::

    <directory>/.partial-…          written here: database.dump by pg_dump, manifest.json
    <directory>/budget-manager-…Z   renamed to this once everything is on the disk
"""

import fcntl
import os
import re
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.db import connection, transaction

from ads.models import Backup
from ads.services import locks
from ads.services.actor import current_actor
from ads.services.backups import tools
from ads.services.backups.manifest import (
    DUMP,
    MANIFEST,
    BackupError,
    Manifest,
    describe,
    sha256_of,
)

_PARTIAL: Final = ".partial-"
_NAME: Final = re.compile(r"budget-manager-\d{8}T\d{6}Z")

#: Readable by their owner alone: a backup has everything in it.
_PRIVATE: Final = 0o700


@dataclass(frozen=True, slots=True)
class Taken:
    folder: Path
    manifest: Manifest
    took: timedelta


def take(directory: Path, now: datetime) -> Taken:
    """Take a backup into a new folder of ``directory``.

    The attempt is noted, also one that fails.

    Raises:
        BackupError: no backup was taken; nothing of it is left.
    """
    _require_place_for_the_note()
    began = time.monotonic()
    folder = directory.absolute() / f"budget-manager-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    attempt = Backup(
        started_at=now,
        place=str(folder),
        host=socket.gethostname(),
        taken_by=current_actor(),
        error="It was interrupted.",
    )
    try:
        with _sentences(directory), _alone(directory):
            manifest = _write(folder, now)
    except BackupError as error:
        attempt.error = str(error)
        raise
    else:
        attempt.error, attempt.size, attempt.sha256 = "", manifest.size, manifest.sha256
    finally:
        attempt.took = took = timedelta(seconds=time.monotonic() - began)
        attempt.save()
    return Taken(folder, manifest, took)


def prune(directory: Path, keep: int) -> tuple[Path, ...]:
    """Delete all but the newest ``keep`` backups in ``directory``; nothing else in it.

    Raises:
        BackupError: one could not be deleted.
    """
    with _sentences(directory), _alone(directory):
        found = sorted(
            path
            for path in directory.iterdir()
            if _NAME.fullmatch(path.name) and (path / MANIFEST).is_file()
        )
        old = found[: max(len(found) - keep, 0)]
        for path in old:
            # First its name, so that none is ever half there.
            gone = path.rename(directory / f"{_PARTIAL}{path.name}")
            shutil.rmtree(gone)
    return tuple(old)


def _require_place_for_the_note() -> None:
    """Attempts are noted in the database, which must take the note."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('transaction_read_only'), to_regclass(%s) IS NULL",
            [Backup._meta.db_table],
        )
        read_only, is_empty = cursor.fetchone()
        if is_empty:
            raise BackupError(
                f'The database "{connection.settings_dict["NAME"]}" has none of the tables: set '
                "DATABASE_URL to the one that is to be backed up."
            )
        if read_only == "on":
            raise BackupError(
                "The database is a replica or read-only, and each backup is noted in the database: "
                "set DATABASE_URL to the primary, or use pg_dump itself."
            )


def _write(folder: Path, now: datetime) -> Manifest:
    if folder.exists():
        raise BackupError(f"{folder} is there already: wait a second, and try again.")
    for left in folder.parent.glob(f"{_PARTIAL}*"):  # of a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    fresh = folder.parent / f"{_PARTIAL}{folder.name}"
    fresh.mkdir(mode=_PRIVATE)
    try:
        manifest = _dump(fresh / DUMP, now)
        manifest.write(fresh / MANIFEST)
        _to_disk(fresh / DUMP, fresh / MANIFEST, fresh)
        fresh.rename(folder)
        _to_disk(folder.parent)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return manifest


def _dump(path: Path, now: datetime) -> Manifest:
    """Dump the database, and describe it as of the same instant."""
    pg_dump = tools.program("pg_dump", least=tools.server_major())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        locks.without_timeouts()  # the snapshot is this transaction's, which waits for pg_dump
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        tools.run(
            pg_dump,
            [
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--snapshot={snapshot}",
                f"--file={path}",
            ],
        )
        manifest = describe(now, dumped_by=pg_dump.major)
    return replace(manifest, sha256=sha256_of(path), size=path.stat().st_size)


def _to_disk(*paths: Path) -> None:
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One backup into a directory at a time."""
    directory.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    handle = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BackupError(
            f"Another backup into {directory} is being taken: wait for it."
        ) from error
    finally:
        os.close(handle)


@contextmanager
def _sentences(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupError(
            f"{error.filename or directory} cannot be written: {error.strerror or error}. Free "
            "some space, or give a directory that this user may write to."
        ) from error
