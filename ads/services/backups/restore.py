"""Restoring a backup into an empty database, and checking that it is all there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pgtrigger
from django.conf import settings
from django.core.management import call_command
from django.db import ProgrammingError, connection
from django.db.migrations.loader import MigrationLoader

from ads.services import restored
from ads.services.backups import tools
from ads.services.backups.manifest import (
    DUMP,
    BackupError,
    Manifest,
    applied_migrations,
    brand_sums,
    differences,
    fingerprint,
    row_counts,
    sha256_of,
)
from ads.services.ledger import verification

#: Where it is noted that the database was restored, and that the next check decides on everything.
_NOTED_IN = ("ads_restore", "ads_changedbrand")


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that was restored; its sums are those of the manifest."""

    manifest: Manifest
    #: Migrations that the backup did not have: "ads.0023_…".
    migrated: tuple[str, ...]
    #: What does not come with a backup; sentences.
    notes: tuple[str, ...]


def check(folder: Path) -> Manifest:
    """The manifest of a backup whose dump is as it was written.

    Raises:
        BackupError: it is not.
    """
    manifest, dump = Manifest.read(folder), folder / DUMP
    size = dump.stat().st_size if dump.is_file() else None
    if size != manifest.size or sha256_of(dump) != manifest.sha256:
        said = "is missing" if size is None else "is not as it was written (size or SHA-256)"
        raise BackupError(
            f"{dump} {said}. Use another copy of this backup, or another backup. Nothing was "
            "restored."
        )
    return manifest


def restore(folder: Path, now: datetime) -> Restored:
    """Restore a backup into this database, which must be empty; migrate; check the sums.

    From then on nothing is started until an operator resumes (:mod:`ads.services.restored`).

    Raises:
        BackupError: nothing was restored; or, as it says, what was restored differs.
    """
    manifest = check(folder)
    _check_fits(manifest)
    _check_empty()
    pg_restore = tools.program("pg_restore", least=manifest.database["dumped_by"])
    with _read_only():
        tools.run(
            pg_restore,
            ["--single-transaction", "--no-owner", "--no-privileges", str(folder / DUMP)],
            options="-c default_transaction_read_only=off",
        )
        restored.hold(manifest.instant, now)
    noted = {table: manifest.rows[table] for table in _NOTED_IN if table in manifest.rows}
    _refuse(differences(manifest.rows, {**row_counts(), **noted}))
    migrated = _migrate()
    _refuse(differences(manifest.brands, brand_sums()))
    _refuse(
        [f"the {drift.period} of {drift.start}: {drift}" for drift in verification.find_drift()]
    )
    return Restored(manifest, migrated, tuple(_notes(manifest)))


def _check_fits(manifest: Manifest) -> None:
    known = MigrationLoader(None).disk_migrations
    unknown = [
        f"{app}.{name}"
        for app, names in manifest.migrations.items()
        for name in names
        if (app, name) not in known
    ]
    if unknown:
        raise BackupError(
            f"The backup is of a newer version, or of one with other packages: {unknown[0]} is not "
            "known here. Install the version that took it. Nothing was restored."
        )
    if (here := tools.server_major()) < manifest.database["major"]:
        raise BackupError(
            f"The backup is of PostgreSQL {manifest.database['major']}, and this server is version "
            f"{here}: restore into {manifest.database['major']} or later. Nothing was restored."
        )


def _check_empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), min(schemaname || '.' || tablename) FROM pg_tables
             WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
            """
        )
        count, example = cursor.fetchone()
    if count:
        name = connection.settings_dict["NAME"]
        raise BackupError(
            f'The database "{name}" is not empty: it has {count:,} tables, such as {example}. '
            "A backup is restored into an empty one only. Make one ('createdb restored'), and name "
            "it in DATABASE_URL. Nothing was restored."
        )


@contextmanager
def _read_only() -> Iterator[None]:
    """Until it is noted that campaigns are held, no session but this one changes anything.

    pg_restore goes on where this process is killed: its database would look like any other.
    """
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    try:
        with connection.cursor() as cursor:
            # Of this session: a restore that was interrupted may have left the other.
            cursor.execute("SET default_transaction_read_only = off")
            cursor.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    except ProgrammingError as error:
        raise BackupError(
            f"PostgreSQL refuses: {str(error).strip()}. Restore as the role that owns the "
            "database. Nothing was restored."
        ) from error
    try:
        yield
    except BackupError:  # all or nothing: it is still empty
        _let_write(name)
        raise
    _let_write(name)


def _let_write(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")


def _migrate() -> tuple[str, ...]:
    """Run what the backup did not have; returns the names."""
    before = applied_migrations()
    call_command("migrate", interactive=False, verbosity=0)
    # The rights of functions do not come with a dump without privileges.
    pgtrigger.install()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return tuple(
        f"{app}.{name}"
        for app, names in applied_migrations().items()
        for name in names
        if name not in before.get(app, [])
    )


def _refuse(differing: Sequence[str]) -> None:
    if differing:
        raise BackupError(
            "What was restored is not what the manifest says. Do not use this database; restore "
            "another backup into a new one. " + "; ".join(differing[:10])
        )


def _notes(manifest: Manifest) -> list[str]:
    notes = []
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if manifest.secret_key not in map(fingerprint, keys):
        notes.append(
            "SECRET_KEY is not the one of the backup: the secrets of webhooks and second factors, "
            "the credentials of connections and the addresses of channels cannot be read. Put the "
            "former key into SECRET_KEY_FALLBACKS, then run ./manage.py webhook seal-anew."
        )
    if manifest.roles:
        notes.append(
            "Rights of database roles are not in a backup. Give them again (ledger_role NAME): "
            + ", ".join(manifest.roles)
        )
    if manifest.archives:
        first, last = manifest.archives[0], manifest.archives[-1]
        notes.append(
            f"The entries of {len(manifest.archives):,} months ({first['month']} to "
            f"{last['month']}) are in archive files, {first['file']} and so on: keep those."
        )
    return notes
