"""What must have been done before a process starts in production, so that no page fails later."""

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from ads.services.monitoring import readiness


def require_prepared(*, web: bool = False) -> None:
    """Refuse to start where a step of the installation or of an upgrade is missing.

    Raises:
        ImproperlyConfigured: with the commands to run, a line each.
    """
    if not settings.PRODUCTION:
        return
    if missing := [*unapplied_migrations(), *(uncollected_files() if web else ())]:
        raise ImproperlyConfigured("\n".join(missing))


def unapplied_migrations() -> Iterator[str]:
    """What to do if there are some. Nothing is known without the database."""
    remedy = readiness().remedy
    connection.close()
    if remedy:
        yield remedy


def uncollected_files() -> Iterator[str]:
    """What to do if ``collectstatic`` has not run in this version: pages would fail."""
    collected = staticfiles_storage.hashed_files  # type: ignore[attr-defined]  # of a manifest
    remedy = "Run: ./manage.py collectstatic --noinput"
    if not collected:
        yield f"The static files have not been collected. {remedy}"
        return
    manifest = staticfiles_storage.manifest_name  # type: ignore[attr-defined]
    # Written anew each time, while copies of what has not changed stay as old as they are.
    at = staticfiles_storage.get_modified_time(manifest)
    ignored = apps.get_app_config("staticfiles").ignore_patterns  # type: ignore[attr-defined]
    for finder in get_finders():
        for path, source in finder.list(ignored):
            if path not in collected or at < source.get_modified_time(path):
                yield f"The static file {path} has not been collected in this version. {remedy}"
                return
