"""Clones in which to try the servers and start.sh, away from the developer's own ``.local/``."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
MEMORY = Path("/dev/shm")  # noqa: S108
ROOM = 4 * 2**30  # bytes
OURS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENVIRONMENT", "ALLOWED_HOSTS", "PORT")

#: The package itself would load Celery, which takes longer than all that the servers need.
USE = """
import pathlib, sys, types
sys.modules["budget_manager"] = package = types.ModuleType("budget_manager")
package.__path__ = [str(pathlib.Path("budget_manager").resolve())]
from budget_manager import bundled
base, database_url, redis_url = sys.argv[1:]
urls = bundled.urls(pathlib.Path(base), database_url=database_url, redis_url=redis_url)
print(*urls, flush=True)
sys.stdin.read()
"""


def environment(**changes: str) -> dict[str, str]:
    """The environment of a person who set only `changes`."""
    # Without bytecode each process that a test starts would compile the project again.
    unset = (*OURS, "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return {**kept, **changes}


@contextmanager
def directory() -> Iterator[Path]:
    """An empty directory that any user may enter; no process of it may be left at the end."""
    path = Path(tempfile.mkdtemp(prefix="bm-", dir=in_memory())).resolve()
    path.chmod(0o755)
    try:
        yield path
        left = eventually_none(path)
        assert left == [], f"left behind: {left}"
    finally:
        for process in processes_of(path):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        shutil.rmtree(path)


def in_memory() -> Path | None:
    """Where files are kept in memory, if there is room for databases and programs may run there.

    PostgreSQL writes its files out to a disk when it is made and when it stops, which takes longer
    than all else that it does here.
    """
    with suppress(OSError):
        found = os.statvfs(MEMORY)
        if found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & os.ST_NOEXEC:
            return MEMORY
    return None


def copy_project(to: Path) -> None:
    """The project as a clone would have it, compiled, with this virtual environment."""
    for name in ("ads", "budget_manager", "stand_ins"):
        shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("tests"))
    for path in ROOT.iterdir():
        if path.is_file() and path.name != ".env":
            shutil.copy2(path, to)
    (to / ".venv").symlink_to(sys.prefix)


class User:
    """A process that uses the bundled servers of `base` until `leave`."""

    def __init__(self, base: Path, database_url: str = "", redis_url: str = "") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USE, str(base), database_url, redis_url],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def urls(self) -> list[str]:
        """Both URLs, as soon as both servers answer."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1])
        return line.split()

    def leave(self) -> None:
        _, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, errors

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def error(self) -> str:
        """The error it prints when it cannot use the servers."""
        _, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 1
        return errors


def processes_of(base: Path) -> list[psutil.Process]:
    """Every process that works in `base` or was started with a path in it."""
    found = []
    for process in psutil.process_iter(["name", "cwd", "cmdline", "status"]):
        words = [process.info["cwd"] or "", *(process.info["cmdline"] or [])]
        if process.info["status"] != psutil.STATUS_ZOMBIE and any(str(base) in w for w in words):
            found.append(process)
    return found


def names_of(base: Path) -> set[str]:
    # As they were found: some may have ended since.
    return {process.info["name"] for process in processes_of(base)}


def eventually_none(base: Path, seconds: float = 15) -> list[psutil.Process]:
    wait_for(lambda: not processes_of(base), seconds)
    return processes_of(base)


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
