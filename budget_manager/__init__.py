"""The Django project: settings, URLs, the Celery application, the bundled servers."""

import zoneinfo

# Every process imports this package first. Python would read the machine's own timezone database,
# however old; from here on it reads the one of the pinned package tzdata.
zoneinfo.reset_tzpath(())
zoneinfo.ZoneInfo.clear_cache()

from budget_manager.celery import app as celery_app  # noqa: E402  (it reads timezones)

__all__ = ["celery_app"]
