"""PostgreSQL's own programs: which to use, and running one."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

from ads.services.backups.manifest import BackupError
from budget_manager.bundled import postgres

_VERSION = re.compile(r"\(PostgreSQL\) ([0-9]+)")


def server_major() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


@dataclass(frozen=True, slots=True)
class Program:
    """One of PostgreSQL's programs, and its major version."""

    path: Path
    major: int


def program(name: str, *, least: int) -> Program:
    """The oldest ``name`` of this machine that is not older than version ``least``.

    On the PATH, in Debian's folders, or of the bundled server. An older pg_dump refuses the server,
    and an older pg_restore the dump; from a newer one the dump may not go back into this server.

    Raises:
        BackupError: there is none; with the versions found, and the remedy.
    """
    found = {path: _major_of(path) for path in _candidates(name)}
    fitting = [Program(path, major) for path, major in found.items() if major >= least]
    if fitting:
        return min(fitting, key=lambda each: each.major)
    versions = ", ".join(f"{path} is version {major}" for path, major in found.items() if major)
    raise BackupError(
        f"{name} of PostgreSQL {least} or later is needed, and {versions or 'there is none here'}. "
        f"Install the client programs (Debian and Ubuntu: 'apt-get install "
        f"postgresql-client-{least}', from apt.postgresql.org if need be)."
    )


def run(program: Program, arguments: Sequence[str], *, options: str = "") -> None:
    """Run a program on the project's database; its password is in no argument.

    ``options``: of its session, as PostgreSQL's own command line takes them.

    Raises:
        BackupError: it failed; with what it printed.
    """
    # Django's own translation of the settings, made for psql.
    (_, *where), env = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    if name := connection.settings_dict["NAME"]:
        where[-1] = f"--dbname={name}"
    ran = subprocess.run(
        [program.path, *where, "--no-password", *arguments],
        env={**os.environ, **(env or {}), **({"PGOPTIONS": options} if options else {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if ran.returncode != 0:
        raise BackupError(f"{program.path.name} failed: {ran.stderr.strip() or ran.returncode}")


def _candidates(name: str) -> Iterator[Path]:
    folders = [*sorted(postgres.DEBIAN.glob("*/bin")), *postgres.package_folders()]
    if on_path := shutil.which(name):
        yield Path(on_path)
    yield from (folder / name for folder in folders if (folder / name).exists())


def _major_of(path: Path) -> int:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = _VERSION.search(said.stdout)
    return int(found[1]) if found else 0
