"""gunicorn's settings, in development and in containers; WEB_CONCURRENCY sets the processes."""

import gc
import os

bind = os.environ.get("BIND", "127.0.0.1:8000")
threads = 4
accesslog = "-"
# Containers have a small or no writable disk for the workers' heartbeat files.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112
control_socket_disable = True  # it would be one per user, and several clones may run at once
# A request that waits for somebody's open session, or a long import, ends by saying so, and leaves
# its thread to others. (libpq reads this; the other processes may wait longer.)
os.environ.setdefault("PGOPTIONS", "-c lock_timeout=10s")


def post_worker_init(_: object) -> None:
    """Take what has been loaded out of Python's search for garbage, for it stays as it is.

    Looking through it held up one request in a few, for 70 ms or more.
    """
    gc.collect()
    gc.freeze()
