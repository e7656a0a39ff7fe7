"""Taking backups, keeping some, and what is refused before anything is restored."""

import fcntl
import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError
from pytest_django.fixtures import Settings

from ads.models import Backup
from ads.services import backups
from ads.services.backups import BackupError, restore, tools
from ads.services.backups.manifest import DUMP, MANIFEST, Manifest
from ads.services.backups.restore import check
from ads.tests.commands.support import say
from ads.tests.support import execute

NIGHT = datetime(2024, 3, 6, 2, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.django_db(transaction=True)
def test_the_newest_are_kept_and_nothing_else_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "budget-manager-notes.txt").touch()
    (tmp_path / "budget-manager-20200101T000000Z").mkdir()  # without a manifest: not a backup
    (tmp_path / ".partial-budget-manager-20240305T020000Z").mkdir()  # of a run that was killed
    first, second, third = (backups.take(tmp_path, NIGHT + n * DAY).folder for n in range(3))

    assert backups.prune(tmp_path, keep=2) == (first,)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".lock",
        "budget-manager-20200101T000000Z",
        "budget-manager-20240307T020000Z",
        "budget-manager-20240308T020000Z",
        "budget-manager-notes.txt",
    ]
    assert (first.exists(), second.exists(), third.exists()) == (False, True, True)
    assert third.stat().st_mode & 0o777 == 0o700
    made = Backup.objects.values_list("place", "size", "error")
    assert list(made) == [
        (str(each), (each / DUMP).stat().st_size if each.exists() else made[2][1], "")
        for each in (third, second, first)
    ]


@pytest.mark.django_db(transaction=True)
def test_a_backup_that_fails_leaves_nothing_and_is_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = backups.take(tmp_path, NIGHT)
    monkeypatch.setattr(tools, "server_major", lambda: 99)

    with pytest.raises(CommandError, match=r"^No backup was taken\. pg_dump of PostgreSQL 99 or"):
        say("backup", str(tmp_path), "--keep", "1")

    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", taken.folder.name]
    failed = Backup.objects.first()
    assert failed is not None
    assert failed.error.startswith("pg_dump of PostgreSQL 99 or later is needed, and ")
    assert "is version 18" in failed.error
    assert "apt-get install postgresql-client-99" in failed.error
    now = backups.status(NIGHT + DAY)
    assert now.last is not None
    assert (now.last.place, now.failed, now.age) == (str(taken.folder), failed, DAY)


@pytest.mark.django_db(transaction=True)
def test_a_backup_is_complete_also_if_older_ones_cannot_be_deleted(tmp_path: Path) -> None:
    directory = tmp_path / "here"
    older = backups.take(directory, NIGHT).folder
    moved = older.rename(tmp_path / older.name)
    older.symlink_to(moved)

    with pytest.raises(CommandError, match=r"^The backup is complete, but older .* symbolic link"):
        say("backup", str(directory), "--keep", "1")
    # Nor do they keep the next one from being taken.
    backups.take(directory, NIGHT + DAY)

    assert [each.error for each in Backup.objects.all()] == ["", "", ""]
    assert (moved / DUMP).is_file()


@pytest.mark.django_db(transaction=True)
def test_a_full_or_forbidden_disk_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(BackupError, match=r"file cannot be written: .* Free some space, or give"):
        backups.take(tmp_path / "file", NIGHT)

    assert Backup.objects.get().error.startswith(str(tmp_path / "file"))


@pytest.mark.django_db
def test_where_no_backup_could_be_noted_as_on_a_replica_none_is_begun(tmp_path: Path) -> None:
    execute("SET LOCAL transaction_read_only = on")  # as it is on a replica

    with pytest.raises(CommandError, match=r"^No backup was taken\. The database is a replica"):
        say("backup", str(tmp_path / "here"))
    with pytest.raises(CommandError, match="replica or read-only, so nothing was changed"):
        say("api_key", "create", "ETL", "--scope", "read", "--every-brand")

    assert not (tmp_path / "here").exists()


@pytest.mark.django_db(transaction=True)
def test_two_backups_into_one_directory_do_not_disturb_each_other(tmp_path: Path) -> None:
    handle = os.open(tmp_path / ".lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with pytest.raises(BackupError, match="is being taken: wait for it"):
            backups.take(tmp_path, NIGHT)
    finally:
        os.close(handle)


@pytest.mark.django_db
def test_a_backup_is_late_only_where_one_is_expected(settings: Settings) -> None:
    assert not backups.status(NIGHT).is_late
    settings.BACKUP_EVERY_HOURS = 24
    assert backups.status(NIGHT).is_late  # there is none at all
    Backup.objects.create(started_at=NIGHT, took=timedelta(minutes=1), place="/b", taken_by="x")
    Backup.objects.create(
        started_at=NIGHT + DAY, took=timedelta(), place="/b", taken_by="x", error="The disk is full"
    )
    assert not backups.status(NIGHT + DAY + timedelta(hours=1)).is_late
    assert backups.status(NIGHT + DAY + timedelta(hours=1, seconds=1)).is_late


def made_up(folder: Path, **changes: object) -> Path:
    """A backup's folder with a manifest as given, and a dump that fits it."""
    (folder / DUMP).write_bytes(b"dump")
    content = {
        "format": 1,
        "taken_at": NIGHT.isoformat(),
        "database": {"major": 18, "release": "18.1", "size": 1, "dumped_by": 18},
        "migrations": {"ads": ["0001_window_span"]},
        "secret_key": "",
        "rows": {},
        "brands": {},
        "currencies": {},
        "archives": [],
        "roles": [],
        "sha256": hashlib.sha256(b"dump").hexdigest(),
        "size": 4,
    }
    (folder / MANIFEST).write_text(json.dumps({**content, **changes}))
    return folder


def test_a_damaged_dump_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"database\.dump is not as it was written .*SHA-256"):
        check(made_up(tmp_path, sha256=hashlib.sha256(b"dumb").hexdigest()))
    (tmp_path / DUMP).unlink()
    with pytest.raises(BackupError, match=r"database\.dump is missing\. Use another copy"):
        check(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"cannot be read \(.*The backup is damaged"),
        ("[]", r"cannot be read \(.*The backup is damaged"),
        ('{"format": 1, "sha256": 1}', r"cannot be read \(.*The backup is damaged"),
        ('{"format": 2}', "was written by a newer version"),
    ],
)
def test_a_damaged_manifest_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(BackupError, match=said):
        Manifest.read(tmp_path)


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"is not a backup: it has no manifest\.json"):
        check(tmp_path)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, r'The database "test_budget_manager_\d+" is not empty: it has \d+ tables'),
        ({"migrations": {"ads": ["0999_later"]}}, r"ads\.0999_later is not known here"),
        ({"database": {"major": 99, "dumped_by": 99}}, "The backup is of PostgreSQL 99, and this"),
    ],
)
def test_a_backup_that_does_not_fit_is_not_restored(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(BackupError, match=said):
        restore(made_up(tmp_path, **changes), NIGHT)
