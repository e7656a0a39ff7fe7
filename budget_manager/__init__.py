"""The Django project: settings, URLs, the Celery application, the bundled servers."""

import gc
import zoneinfo

# What is imported stays: to look through it for garbage takes a quarter of the time of a start.
# AdsConfig.ready() sets the usual threshold again.
usual_garbage_threshold = gc.get_threshold()
gc.set_threshold(500_000)

# Every process imports this package first. Python would read the machine's own timezone database,
# however old; from here on it reads the one of the pinned package tzdata.
zoneinfo.reset_tzpath(())
zoneinfo.ZoneInfo.clear_cache()

from budget_manager.celery import app as celery_app  # noqa: E402  (it reads timezones)

__all__ = ["celery_app", "usual_garbage_threshold"]
