"""The Celery application, configured in settings under ``CELERY_``."""

import os
import warnings

from celery import Celery, signals

from budget_manager import transport

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_manager.settings")

# Celery warns root of pickled messages; this application accepts only JSON.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

transport.install()
app = Celery("budget_manager")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

from budget_manager.logs import lifetime, tasks  # noqa: E402, F401  (connecting is importing)


@signals.import_modules.connect(sender=app, weak=False)
def check_timezones(**_: object) -> None:
    """Refuse to start a worker or beat: Celery runs Django's checks and ignores what they say."""
    from ads.checks import require_timezones

    require_timezones()
