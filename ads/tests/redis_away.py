"""The application while Redis is away."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from celery import Celery

from budget_manager.celery import app


@contextmanager
def without_redis() -> Iterator[None]:
    """The application as it is when nobody listens where Redis was."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    other = Celery("other", set_as_current=False)
    other.config_from_object("django.conf:settings", namespace="CELERY")
    url = f"redis://127.0.0.1:{port}/0"
    other.conf.update(broker_url=url, result_backend=url)
    other.set_current()
    try:
        yield
    finally:
        app.set_current()
