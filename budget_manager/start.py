"""What ``start.sh`` does once everything is installed: prepare the database, run everything."""

import fcntl
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError
from django.db.utils import OperationalError

from budget_manager.bundled import BundledServersError, files
from budget_manager.bundled.guard import lock
from budget_manager.bundled.launch import pick_port, port_is_free
from budget_manager.processes import SIGNALS, Stack, parse_procfile

BASE_DIR = Path(__file__).resolve().parent.parent
HIGHEST_PORT = 65535


class StartError(Exception):
    """The text is a sentence with the remedy."""


# Errors whose text tells a person what is wrong; anything else deserves its traceback.
SENTENCES = (
    StartError,
    BundledServersError,
    ImproperlyConfigured,
    OperationalError,
    CommandError,
)


def main() -> int:
    """The exit status. Until everything is prepared, signals end this process there and then: the
    bundled servers' guard stops what was started so far.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if (BASE_DIR / ".env").exists():
        environ.Env.read_env(str(BASE_DIR / ".env"))
    try:
        return start()
    except SENTENCES as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    finally:
        for number in SIGNALS:  # nothing may interrupt the servers' shutdown, which comes next
            signal.signal(number, signal.SIG_IGN)


def start() -> int:
    """Runs everything until it is stopped; the exit status."""
    claim_clone(BASE_DIR)
    ports = {"PORT": port("PORT", 8000), "FLOWER_PORT": port("FLOWER_PORT", 5555)}
    check_ports(ports)
    say("Finding or starting PostgreSQL and Redis ...")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_manager.settings")
    import django

    django.setup()
    say("Preparing the database ...")
    from budget_manager.bootstrap import bootstrap

    login = bootstrap(BASE_DIR, seed=True)
    stack = Stack(
        parse_procfile((BASE_DIR / "Procfile").read_text()),
        cwd=BASE_DIR,
        env=environment(ports),
        output=sys.stdout,
    )
    threading.Thread(target=announce, args=(stack, ports, login), daemon=True).start()
    return stack.run()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def claim_clone(base_dir: Path) -> None:
    """Refuses if a ``start.sh`` runs in this clone already; the lock ends with this process."""
    path = files.local_dir(base_dir) / "start-sh.lock"
    with files.in_sentences(path):
        handle = lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if handle is None:
        raise StartError(
            f"start.sh is running in this clone already (pid {path.read_text().strip()}). Stop it "
            "first (Ctrl-C in its terminal), or use the one that runs."
        )
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)


def port(name: str, default: int) -> int:
    text = os.environ.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= HIGHEST_PORT):
        raise StartError(f"{name} is {text!r}: give a port number from 1 to {HIGHEST_PORT}.")
    return int(text)


def check_ports(ports: dict[str, int]) -> None:
    """Refuses before anything is started, naming the port and the way out."""
    if len(set(ports.values())) < len(ports):
        raise StartError(f"{' and '.join(ports)} are the same port: give two different ones.")
    for name, number in ports.items():
        if not port_is_free(number):
            raise StartError(
                f"Port {number} is used by another program. Stop that one, or choose another "
                f"port: {name}={pick_port(number + 1)} ./start.sh"
            )


def environment(ports: dict[str, int]) -> dict[str, str]:
    """The processes' environment: this virtual environment's programs, the ports, no buffering."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "BIND": f"127.0.0.1:{ports['PORT']}",
        "FLOWER_ADDRESS": "127.0.0.1",
        "FLOWER_PORT": str(ports["FLOWER_PORT"]),
        "FLOWER_URL": f"http://127.0.0.1:{ports['FLOWER_PORT']}",
    }


def announce(stack: Stack, ports: dict[str, int], login: str) -> None:
    """Says where everything is as soon as all of it answers."""
    from budget_manager.celery import app

    web = f"http://127.0.0.1:{ports['PORT']}/admin/"
    flower = f"http://127.0.0.1:{ports['FLOWER_PORT']}/"
    api = f"http://127.0.0.1:{ports['PORT']}/api/v1/docs"
    for url in (flower, web):
        while not answers(url):
            time.sleep(0.2)
    while not app.control.ping(timeout=0.5):
        pass
    stack.say(
        f"\nBudget Manager is up:\n"
        f"  Admin    {web}\n"
        f"  API      {api}\n"
        f"  Flower   {flower}\n"
        f"  Login    {login}\n"
        f"Ctrl-C stops everything; the data stays in .local/.\n"
    )


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own address
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
