"""gunicorn's settings, in development and in containers; WEB_CONCURRENCY sets the processes."""

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
worker_class = "budget_manager.web_worker.Worker"
logger_class = "budget_manager.logs.web.Logger"
logconfig_dict = logs.config(
    production=os.environ.get("ENVIRONMENT") == "production",
    access_log=os.environ.get("ACCESS_LOG", "-"),  # a file, or - for the terminal
)
# Containers have a small or no writable disk for the workers' heartbeat files.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
control_socket_disable = True  # it would be one per user, and several clones may run at once

# Here the processes count what only they know, for /metrics; set before anything is imported.
# A reload keeps it.
_OWN = "-budget-manager-metrics"
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(_OWN, dir=worker_tmp_dir)


def on_exit(_: object) -> None:
    """Leave nothing behind; a folder that was given from outside is not ours to remove."""
    if (folder := os.environ["PROMETHEUS_MULTIPROC_DIR"]).endswith(_OWN):
        shutil.rmtree(folder, ignore_errors=True)


def post_worker_init(worker: Any) -> None:
    """Exclude everything loaded so far from garbage collection.

    Scanning it delayed every few requests by 70 ms or more.
    """
    from budget_manager.logs.lifetime import Process

    gc.collect()
    gc.freeze()
    worker.process = Process("web")


def worker_exit(_: object, worker: Any) -> None:
    """Log the end, if it has come to a beginning."""
    if hasattr(worker, "process"):
        worker.process.stopped()
