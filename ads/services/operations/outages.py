"""Telling a database that is away or busy from one that refuses a statement."""

from django.db import DatabaseError, InterfaceError, OperationalError


def is_outage(error: BaseException) -> bool:
    """Is the database away or busy, so that trying again may help?

    A lost connection, a lock not granted in time, a deadlock, a restart. Some lost connections are
    plain errors of the driver; those come without PostgreSQL's code.
    """
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return type(error) is DatabaseError and getattr(error.__cause__, "pgcode", None) is None
