"""What must hold before anything runs."""

from collections.abc import Collection
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.checks import Error, Tags, register
from django.core.checks import Warning as Caution
from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS, DatabaseError, transaction

from ads.services.ledger import shortcut
from ads.services.operations import database_sessions, timezone_database
from ads.services.people import second_factor
from ads.services.references import whose

TIMEZONES: Final = "timezones"


@register(TIMEZONES)
def check_timezones(**_: Any) -> list[Error]:
    """All days are those of the pinned timezone database."""
    problem = timezone_database().problem
    return [Error(problem, id="ads.E001")] if problem else []


@register(Tags.database)
def check_platform_ids(databases: Collection[str] | None = None, **_: Any) -> list[Caution]:
    """No ID is left apart for two campaigns: see :func:`ads.services.references.whose`."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        with transaction.atomic():
            return [Caution(sentence, id="ads.W001") for sentence in whose(of_several=True)]
    except DatabaseError:  # before the first migration there is no table
        return []


@register(Tags.database)
def check_sessions(databases: Collection[str] | None = None, **_: Any) -> list[Caution]:
    """Sessions let go of their locks: see :mod:`ads.services.operations.database_sessions`."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        with transaction.atomic():
            missing = list(database_sessions.missing_limits())
    except DatabaseError:
        return []
    return [Caution(sentence, id="ads.W002") for sentence in missing]


@register(Tags.database)
def check_recording(databases: Collection[str] | None = None, **_: Any) -> list[Caution]:
    """The database has this version's functions of :mod:`ads.services.ledger.shortcut`."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        with transaction.atomic():
            if shortcut.is_installed():
                return []
    except DatabaseError:
        return []
    return [
        Caution(
            "A function that records entries in one statement is missing or of another version, so "
            "each takes longer. Run: ./manage.py migrate",
            id="ads.W004",
        )
    ]


@register(Tags.database)
def check_second_factor_roles(databases: Collection[str] | None = None, **_: Any) -> list[Caution]:
    """Each role that needs a second factor is there: a misspelled one would need none."""
    wanted = set(settings.SECOND_FACTOR_ROLES) - {second_factor.SUPERUSERS}
    if DEFAULT_DB_ALIAS not in (databases or ()) or not wanted:
        return []
    try:
        with transaction.atomic():
            known = set(Group.objects.filter(name__in=wanted).values_list("name", flat=True))
    except DatabaseError:
        return []
    return [
        Caution(
            f"SECOND_FACTOR_ROLES names {name!r}, and there is no such role: nobody needs a second "
            "factor because of it.",
            id="ads.W003",
        )
        for name in sorted(wanted - known)
    ]


def require_timezones(**_signal: Any) -> None:
    """The same where Django runs no checks (gunicorn) or ignores their results (Celery).

    Raises:
        SystemCheckError: with the remedy.
    """
    BaseCommand().check(tags=[TIMEZONES])
