"""What must have been done before a process starts in production, so that no page fails later."""

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor


def require_prepared(*, web: bool = False) -> None:
    """Refuse to start where a step of the installation or of an upgrade is missing.

    Raises:
        ImproperlyConfigured: with the command to run.
    """
    if not settings.PRODUCTION:
        return
    require_migrations()
    if web:
        require_static_files()


def require_migrations() -> None:
    """All migrations are applied. Nothing is known, and nothing refused, without the database."""
    try:
        executor = MigrationExecutor(connection)
    except OperationalError:
        return
    finally:
        connection.close()
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        first = plan[0][0]
        raise ImproperlyConfigured(
            f"{len(plan)} migrations are not applied, the first is {first.app_label}.{first.name}. "
            "Run: ./manage.py migrate"
        )


def require_static_files() -> None:
    """``collectstatic`` has collected this version's files: pages fail on one that is missing."""
    collected = staticfiles_storage.hashed_files  # type: ignore[attr-defined]  # of a manifest
    for finder in get_finders():
        for path, source in finder.list(None):
            if path not in collected or (
                staticfiles_storage.get_modified_time(path) < source.get_modified_time(path)
            ):
                raise ImproperlyConfigured(
                    f"The static file {path} has not been collected in this version. "
                    "Run: ./manage.py collectstatic --noinput"
                )
