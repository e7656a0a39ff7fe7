"""What ``start.sh`` does once everything is installed: prepare the database, run everything."""

import fcntl
import http.client
import logging
import os
import signal
import socket
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError
from django.db.utils import OperationalError

from budget_manager import demo
from budget_manager.bundled import files
from budget_manager.bundled.servers import free_port, lock
from budget_manager.processes import SIGNALS, Stack, parse_procfile

BASE_DIR = Path(__file__).resolve().parent.parent
WORKERS = 3  # in the Procfile
HEAD_START = 20.0  # seconds that the other processes wait for web at most


def main() -> int:
    """The exit status. Until everything is prepared, signals end this process at once."""
    environ.Env.read_env(str(BASE_DIR / ".env"))
    try:
        return start()
    # Errors whose text tells a person what is wrong; anything else deserves its traceback.
    except (ImproperlyConfigured, OperationalError, CommandError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    finally:
        for number in SIGNALS:  # nothing may interrupt the servers' shutdown, which comes next
            signal.signal(number, signal.SIG_IGN)


def start() -> int:
    """Run everything until it is stopped; the exit status."""
    claim_clone(BASE_DIR)
    ports = {"PORT": port("PORT", 8000), "FLOWER_PORT": port("FLOWER_PORT", 5555)}
    if len(set(ports.values())) < len(ports):
        raise CommandError(f"{' and '.join(ports)} are the same port: use two different ones.")
    with demo.running(BASE_DIR, demo.chosen()) as stand_ins:
        return run(ports, demo.said_of(stand_ins))


def run(ports: dict[str, int], said_of_demo: str) -> int:
    """Prepare the database and run the processes until they are stopped; the exit status."""
    web, flower = (f"127.0.0.1:{number}" for number in ports.values())
    print("Finding or starting PostgreSQL and Redis ...", flush=True)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_manager.settings")
    import django

    django.setup()
    print("Preparing the database ...", flush=True)
    from budget_manager.bootstrap import bootstrap, login

    logging.getLogger("ads").setLevel(logging.WARNING)  # no line a switch of the sample data
    bootstrap(BASE_DIR, seed=True)
    access_log = BASE_DIR / ".local" / "access.log"
    files.write(access_log, "")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "ACCESS_LOG": str(access_log),
        "BIND": web,
        "CELERY_QUIET": "true",  # no banners, which are no log lines
        "FLOWER_ADDRESS": "127.0.0.1",
        "FLOWER_PORT": str(ports["FLOWER_PORT"]),
        "FLOWER_URL": f"http://{flower}",
        "SITE_URL": os.environ.get("SITE_URL") or f"http://{web}",
    }
    stack = Stack(parse_procfile((BASE_DIR / "Procfile").read_text()), sys.stdout)

    def announce() -> None:
        """Say where everything is as soon as all of it answers."""
        from budget_manager.celery import app

        how = login(BASE_DIR)
        while not answers(ports["FLOWER_PORT"]):
            time.sleep(0.05)
        while len(app.control.ping(timeout=0.5, limit=WORKERS) or ()) < WORKERS:
            pass
        stack.say(
            f"\nBudget Manager is up:\n"
            f"  Admin    http://{web}/admin/\n"
            f"  API      http://{web}/api/v1/docs\n"
            f"  Flower   http://{flower}/\n"
            f"  Login    {how}\n"
            f"{said_of_demo}"
            f"Ctrl-C stops everything; the data stays in .local/. Requests are logged in "
            f".local/access.log.\n"
        )

    until = time.monotonic() + HEAD_START

    def web_is_up() -> bool:
        return serves(ports["PORT"]) or time.monotonic() > until

    return stack.run(cwd=BASE_DIR, env=environment, first=web_is_up, then=announce)


def claim_clone(base_dir: Path) -> None:
    """Refuse if ``start.sh`` already runs in this clone; the lock ends with this process."""
    path = files.local_dir(base_dir) / "start-sh.lock"
    with files.in_sentences():
        handle = lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if handle is None:
        raise CommandError(
            f"start.sh is already running in this clone (pid {path.read_text().strip()}). Stop it "
            "first (Ctrl-C in its terminal), or use that one."
        )
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)


def port(name: str, default: int) -> int:
    """The port that the environment variable names; refuses one that cannot be used."""
    text = os.environ.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdigit() and int(text) in range(1, 65536)):
        raise CommandError(f"{name} is {text!r}: use a port number from 1 to 65535.")
    if (other := free_port(int(text))) != int(text):
        raise CommandError(
            f"Port {text} is used by another program. Stop that one, or choose another port: "
            f"{name}={other} ./start.sh"
        )
    return int(text)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def serves(port: int) -> bool:
    """Whether a page comes from there, whatever it says."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=0.5)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/admin/login/")
        connection.getresponse()
        return True
    return False
