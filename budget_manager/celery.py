"""The Celery application, configured in settings under ``CELERY_``."""

import gc
import os
import sys
import warnings
from functools import cache
from typing import Any

from celery import Celery, platforms, signals
from django.core.exceptions import ImproperlyConfigured

from budget_manager import transport
from budget_manager.secret_files import read_secret_files

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_manager.settings")
# Celery would load every page to check it, and drop what the checks say: refuse_to_start() does it.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

# Celery warns root of pickled messages; this application accepts only JSON.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

# Tasks that Flower shows: each takes it 5 KB, and it would keep 100,000.
os.environ.setdefault("FLOWER_MAX_TASKS", "5000")
read_secret_files(os.environ)  # Flower reads the environment, and no settings
transport.install()
app = Celery("budget_manager")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

from budget_manager.logs import lifetime, tasks  # noqa: E402, F401  (connecting is importing)


@signals.import_modules.connect(sender=app, weak=False)
def refuse_to_start(**_: object) -> None:
    """Refuse to start unprepared: Celery runs Django's checks and ignores what they say."""
    from ads.checks import require_timezones
    from budget_manager.start_checks import require_prepared

    require_timezones()
    if {"worker", "beat"} & set(sys.argv):  # not for each `inspect` of a health check
        try:
            require_prepared()
        except ImproperlyConfigured as error:
            sys.exit(f"error: {error}")


@signals.beat_init.connect(weak=False)
def stop_when_told(sender: Any, **_: object) -> None:
    """Have beat stop whatever it is doing when it is told to.

    Celery's own handler writes to the database and closes connections in the midst of that, and if
    it fails, what beat is doing takes the error for one of its own, and goes on.
    """

    def stop(*_: object) -> None:
        sender.stop()  # after this tick, should somebody catch the next line
        raise SystemExit  # on which beat closes what it has open

    platforms.signals.update(SIGTERM=stop, SIGINT=stop)


@signals.worker_before_create_process.connect(weak=False)
def share_memory(**_: object) -> None:
    """Keep the collector off what the pool's processes share: it writes to all that it scans."""
    prepare_queries()
    gc.freeze()


@cache
def prepare_queries() -> None:
    """Have Django work out, once for all processes, what each would at its first query."""
    from django.apps import apps

    for model in apps.get_models(include_auto_created=True):
        str(model._base_manager.all().query)
