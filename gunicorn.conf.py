"""gunicorn's settings, in development and in containers; WEB_CONCURRENCY sets the processes."""

import gc
import os

bind = os.environ.get("BIND", "127.0.0.1:8000")
# Ten clients that run into a lock which somebody else holds leave some.
threads = 12
accesslog = os.environ.get("ACCESS_LOG", "-")  # a file, or - for the terminal
# Containers have a small or no writable disk for the workers' heartbeat files.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112
control_socket_disable = True  # it would be one per user, and several clones may run at once


def post_worker_init(_: object) -> None:
    """Exclude everything loaded so far from garbage collection.

    Scanning it delayed every few requests by 70 ms or more.
    """
    gc.collect()
    gc.freeze()
