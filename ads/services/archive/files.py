"""The file of an archived month: compressed CSV as COPY writes it, and back."""

import gzip
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.db import connection

from ads.models import Spend
from ads.rules.calendar import next_month

#: The rows of a file while they are compared with the ledger, for this connection alone.
ROWS: Final = "archived_rows"

#: Of zlib: a higher one takes twice the time for a hundredth less.
_LEVEL: Final = 6

_PORTION: Final = 2**20


class ArchiveError(Exception):
    """A month that could not be archived or brought back; the message says why, and what to do."""


def columns() -> list[str]:
    return [str(field.column) for field in Spend._meta.concrete_fields]


def write(path: Path, month: date) -> int:
    """Write the month's entries to ``path``, complete and on the disk; how many."""
    fresh = path.with_name(f".partial-{path.name}")
    with _sentences(path):
        try:
            with fresh.open("wb") as raw:
                # Without name and time of its own, so that the same rows make the same file.
                with gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as file:
                    count = _copy(
                        f"COPY (SELECT {', '.join(columns())} FROM ads_spend"  # noqa: S608
                        f" WHERE date >= '{month}' AND date < '{next_month(month)}' ORDER BY id)"
                        " TO STDOUT (FORMAT csv, HEADER)",
                        file,
                    )
                os.fsync(raw.fileno())
            fresh.replace(path)
            _sync_folder(path.parent)
        finally:
            fresh.unlink(missing_ok=True)
    return count


def load(path: Path) -> list[str]:
    """Copy a file into the temporary table :data:`ROWS`; the columns that it has.

    Raises:
        ArchiveError: it is not a file of the ledger.
    """
    with _sentences(path), gzip.open(path) as file:
        try:
            header = file.readline().decode().strip().split(",")
            unknown = [name for name in header if name not in columns()]
            if unknown or "id" not in header:
                raise ArchiveError(
                    f"{path} is not an archive of this version's ledger: its first line has "
                    f"{unknown[0] if unknown else 'no id'!r}."
                )
            with connection.cursor() as cursor:
                cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{ROWS}")
                cursor.execute(
                    f"CREATE TEMP TABLE {ROWS} (LIKE ads_spend INCLUDING DEFAULTS) ON COMMIT DROP"
                )
            _copy(f"COPY {ROWS} ({', '.join(header)}) FROM STDIN (FORMAT csv)", file)
        except (EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
            raise ArchiveError(f"{path} is damaged ({error}): use another copy of it.") from error
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {ROWS}")
    return header


def sha256_of(path: Path) -> str:
    with _sentences(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(statement: str, file: Any) -> int:
    with connection.cursor() as cursor:
        cursor.copy_expert(statement, file, _PORTION)
        return int(cursor.rowcount)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, gzip.BadGzipFile):
        raise
    except OSError as error:
        raise ArchiveError(
            f"{error.filename or path}: {error.strerror or error}. Check the path, its rights and "
            "the free space."
        ) from error
