"""Workers for the time of a measurement, with a Redis database of their own."""

import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import redis
from django.conf import settings

from budget_manager.celery import app
from support.report import expect

REDIS_DATABASE = 14  # of 16; no other program of this project uses it while it is empty


@contextmanager
def own_redis() -> Iterator["redis.Redis"]:
    """Point the application at a Redis database of its own."""
    url = urlunsplit(urlsplit(settings.REDIS_URL)._replace(path=f"/{REDIS_DATABASE}"))
    client = redis.Redis.from_url(url)
    expect(0, client.dbsize())
    settings.REDIS_URL = url
    app.conf.update(broker_url=url, result_backend=url)
    try:
        yield client
    finally:
        client.flushdb()


@contextmanager
def workers(
    commands: dict[str, str], database: str, *more: str, simulated: bool = True
) -> Iterator[None]:
    """Run them until the block ends, then kill them: some sleep."""
    environment = {
        **os.environ,
        "DATABASE_URL": urlunsplit(urlsplit(settings.DATABASE_URL)._replace(path=f"/{database}")),
        "REDIS_URL": settings.REDIS_URL,
        "SIMULATED_PLATFORM": str(simulated),
        "PATH": f"{settings.BASE_DIR / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    running = [
        subprocess.Popen(
            [*shlex.split(command), *more],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for command in commands.values()
    ]
    try:
        while len(app.control.ping(timeout=1, limit=len(running)) or ()) < len(running):
            expect([None] * len(running), [each.poll() for each in running])
        yield
    finally:
        for each in running:
            os.killpg(each.pid, 9)
            each.wait()
