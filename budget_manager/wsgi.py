"""The WSGI entry point, for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_manager.settings")
application = get_wsgi_application()

from ads.checks import require_timezones  # noqa: E402  (Django must be set up)

require_timezones()
