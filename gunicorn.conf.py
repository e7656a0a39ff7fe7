"""gunicorn's settings, in development and in containers; WEB_CONCURRENCY sets the processes."""

import ctypes
import gc
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import environ

from budget_manager import logs

if (Path(__file__).parent / ".env").exists():
    environ.Env.read_env(str(Path(__file__).parent / ".env"))

bind = os.environ.get("BIND", "127.0.0.1:8000")
# Ten clients that run into a lock which somebody else holds leave some.
threads = 12
worker_class = "budget_manager.web.worker.Worker"
logger_class = "budget_manager.logs.web.Logger"
logconfig_dict = logs.config(
    production=os.environ.get("ENVIRONMENT") == "production",
    access_log=os.environ.get("ACCESS_LOG", "-"),  # a file, or - for the terminal
)
# Containers have a small or no writable disk for the workers' heartbeat files.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
preload_app = True  # its processes share what is loaded, a hundred MB
control_socket_disable = True  # it would be one per user, and several clones may run at once

ARENAS = -8  # M_ARENA_MAX, in malloc.h

# Here the processes count what only they know, for /metrics; set before anything is imported.
# A reload keeps it.
_OWN = "-budget-manager-metrics"
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(_OWN, dir=worker_tmp_dir)


def on_exit(_: object) -> None:
    """Leave nothing behind; a folder that was given from outside is not ours to remove."""
    if (folder := os.environ["PROMETHEUS_MULTIPROC_DIR"]).endswith(_OWN):
        shutil.rmtree(folder, ignore_errors=True)


def pre_fork(_: object, __: object) -> None:
    """Exclude everything loaded from garbage collection, and let threads share their memory.

    Scanning it delayed every few requests by 70 ms or more, and writes to all that the processes
    share. Of its own accord glibc has memory for each of the threads, of which none gets another's
    back: 11 MB after a thousand requests.
    """
    gc.collect()
    gc.freeze()
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):  # elsewhere than with glibc
        mallopt(ARENAS, 2)


def post_worker_init(worker: Any) -> None:
    from budget_manager.logs.lifetime import Process

    worker.process = Process("web")


def worker_exit(_: object, worker: Any) -> None:
    """Log the end, if it has come to a beginning."""
    if hasattr(worker, "process"):
        worker.process.stopped()
