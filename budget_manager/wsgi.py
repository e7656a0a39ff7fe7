"""The WSGI entry point, for gunicorn."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.urls import reverse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_manager.settings")
# The exit status of a process that cannot start, in whose place gunicorn starts no other.
GUNICORN_STOPS = 3

try:
    application = get_wsgi_application()

    from ads.checks import require_timezones
    from budget_manager.celery import prepare_queries
    from budget_manager.start_checks import require_prepared

    require_timezones()
    require_prepared(web=True)
    # What each process would load and work out at its first requests, they share.
    reverse("admin:index")
    prepare_queries()
except ImproperlyConfigured as error:
    sys.stderr.write(f"error: {error}\n")
    sys.exit(GUNICORN_STOPS)
