"""Making groups with their permissions, once; from then on they are staff's to edit.

A group that exists already under the name of a role is left as it is, whoever made it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.management import create_permissions

APPS = ("ads", "auth", "django_celery_beat")


def create(apps: Any, schema_editor: Any, roles: Mapping[str, list[str] | None]) -> None:
    """``roles``: the codenames of the permissions of each, without the app; None for all there are."""
    database = schema_editor.connection.alias
    _create_permissions(apps, database)
    groups = apps.get_model("auth", "Group").objects.using(database)
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    every = permissions.filter(content_type__app_label__in=APPS)
    for name, codenames in roles.items():
        if groups.filter(name=name).exists():
            continue
        of_role = every if codenames is None else every.filter(codename__in=codenames)
        missing = set(codenames or ()) - set(of_role.values_list("codename", flat=True))
        if missing:
            raise LookupError(f"{name}: there are no permissions {', '.join(sorted(missing))}")
        groups.create(name=name).permissions.set(of_role)


def grant(apps: Any, schema_editor: Any, codename: str, names: Sequence[str]) -> None:
    """Give the groups of these names a permission that is new, and change nothing else of them.

    Those that staff have deleted or renamed do without.
    """
    database = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(database)
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    named = permissions.filter(content_type__app_label__in=APPS, codename=codename)
    if not named.exists():  # else one granted before, in the same migration, has made them all
        _create_permissions(apps, database)
    permission = named.get()
    for group in groups.filter(name__in=names):
        group.permissions.add(permission)


def _create_permissions(apps: Any, database: str) -> None:
    """Django makes them when all migrations are through, which is too late for these."""
    for app in apps.get_app_configs():
        if app.label in APPS:
            before = getattr(app, "models_module", None)  # states of apps have none
            app.models_module = True
            create_permissions(app, verbosity=0, using=database, apps=apps)
            app.models_module = before
