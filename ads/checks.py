"""What must hold before anything runs."""

from typing import Any, Final

from django.core.checks import Error, register
from django.core.management.base import BaseCommand

from ads.services.operations import timezone_database

TIMEZONES: Final = "timezones"


@register(TIMEZONES)
def check_timezones(**_: Any) -> list[Error]:
    """All days are those of the pinned timezone database."""
    problem = timezone_database().problem
    return [Error(problem, id="ads.E001")] if problem else []


def require_timezones(**_signal: Any) -> None:
    """The same where Django runs no checks (gunicorn) or ignores their results (Celery).

    Raises:
        SystemCheckError: with the remedy.
    """
    BaseCommand().check(tags=[TIMEZONES])
