"""Real PostgreSQL and Redis for development, brought along in ``.local/``.

Settings call :func:`urls`. A server whose URL the environment names is left alone; one that is
not named is found or started here, listening on 127.0.0.1 only, with its data in ``.local/``.
Every process that uses the servers holds a lock; when the last one lets go they are stopped, so
nothing is left running after a command, a test run or ``start.sh``.
"""

import secrets
import sys
from pathlib import Path

from budget_manager.bundled.errors import BundledServersError

__all__ = ["BundledServersError", "secret_key", "urls"]


def urls(base_dir: Path, *, database_url: str, redis_url: str) -> tuple[str, str]:
    """The database's and Redis' URLs; an empty one is filled in with a bundled server's.

    Raises :class:`BundledServersError` (a sentence with the remedy) when one cannot be started.
    """
    if database_url and redis_url:
        return database_url, redis_url
    if "mypy" in sys.modules:  # mypy's Django plugin imports settings and connects to nothing
        return (
            database_url or "postgres://mypy@127.0.0.1:1/mypy",
            redis_url or "redis://127.0.0.1:1",
        )
    refuse_windows()
    from budget_manager.bundled import lifecycle

    return lifecycle.use(base_dir, database_url=database_url, redis_url=redis_url)


def secret_key(base_dir: Path) -> str:
    """The development secret key: random, made once, kept in ``.local/secret_key`` (0600)."""
    refuse_windows()
    from budget_manager.bundled import files

    return files.read_or_create(files.local_dir(base_dir) / "secret_key", secrets.token_urlsafe(50))


def refuse_windows() -> None:
    if sys.platform == "win32":
        raise BundledServersError(
            "The bundled servers do not run on Windows: use start.ps1 (Docker), or set "
            "DATABASE_URL, REDIS_URL and SECRET_KEY."
        )
