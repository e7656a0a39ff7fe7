"""Who uses the bundled servers, and when they start and stop. The locks are in ``guard``."""

import atexit
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from budget_manager.bundled import files, guard, launch, postgres, redis_server
from budget_manager.bundled.errors import BundledServersError

START_PATIENCE = 300.0  # seconds to wait for another process that starts or stops the servers

_held: dict[Path, int] = {}  # .local/ -> this process's handle on in-use.lock
_used: dict[Path, dict[str, Any]] = {}  # .local/ -> what was known of its servers


def use(base_dir: Path, *, database_url: str, redis_url: str) -> tuple[str, str]:
    """Both URLs, an empty one filled in; the servers stay up for as long as this process lives."""
    local = files.local_dir(base_dir.resolve())
    with files.in_sentences(local), starting(local):
        if local not in _held:
            handle = guard.lock(local / "in-use.lock", fcntl.LOCK_SH)
            assert handle is not None  # noqa: S101 - a lock that waits is always granted
            _held[local] = handle
            atexit.register(leave, local, os.getpid())
        start_guard(local)
        state = _used[local] = load(local)

        def remember(name: str, known: dict[str, Any]) -> None:
            state[name] = known
            save(local, state)

        if not database_url:
            known = state.get("postgres", {})
            known = postgres.ensure(local, known, partial(remember, "postgres"))
            database_url = postgres.url(known)
            postgres.offer_programs(known)
        if not redis_url:
            known = state.get("redis", {})
            known = redis_server.ensure(local, known, partial(remember, "redis"))
            redis_url = redis_server.url(known)
            remember("redis", known)
    return database_url, redis_url


def leave(local: Path, pid: int) -> None:
    """At exit: stops the servers if nobody else uses them; in forked children nothing."""
    if os.getpid() != pid:
        return
    if not local.exists():  # deleted meanwhile, and the locks with it
        guard.stop(_used[local])
        return
    # what cannot be done here, the guard will do
    with suppress(OSError, BundledServersError), starting(local):
        os.close(_held.pop(local))  # children that were forked keep theirs
        last = claim_as_last(local / "in-use.lock")
        if last is not None:
            guard.stop_servers(local)
            guard.stop_guard(local)
            os.close(last)


def claim_as_last(path: Path) -> int | None:
    """The lock, exclusively, if no user is left; None if there is one.

    The guard waits for the same lock and may get it for a moment before us. Users share the lock
    and the guard does not, which tells them apart.
    """
    while True:
        last = guard.lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if last is not None:
            return last
        shared = guard.lock(path, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if shared is not None:  # it is not the guard who has it, or not any more
            os.close(shared)
            return guard.lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(0.002)


def start_guard(local: Path) -> None:
    """Sees to it that a guard waits for the last user's death."""
    free = guard.lock(local / "guard.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
    if free is None:
        return
    os.close(free)
    script = str(Path(guard.__file__).resolve())
    launch.detached([sys.executable, "-I", "-S", script, str(local)], log=local / "guard.log")


@contextmanager
def starting(local: Path) -> Iterator[None]:
    """Holds the start lock, so that servers are started and stopped by one process at a time."""
    end = time.monotonic() + START_PATIENCE
    while (handle := guard.lock(local / "start.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)) is None:
        if time.monotonic() > end:
            raise BundledServersError(
                f"Another process has been starting or stopping the bundled servers for more than "
                f"{START_PATIENCE:.0f} seconds; it holds {local / 'start.lock'}. End it."
            )
        time.sleep(0.02)
    try:
        yield
    finally:
        os.close(handle)


def load(local: Path) -> dict[str, Any]:
    """What was remembered of the servers; empty in a new clone or if the file is broken."""
    try:
        state: dict[str, Any] = json.loads((local / guard.STATE).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return state


def save(local: Path, state: dict[str, Any]) -> None:
    files.write(local / guard.STATE, json.dumps(state, indent=2) + "\n")
