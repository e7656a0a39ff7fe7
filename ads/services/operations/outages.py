"""Telling a database that is away or busy from one that refuses what was sent."""

from django.db import DatabaseError, InterfaceError, OperationalError


def is_outage(error: BaseException) -> bool:
    """Is the database at fault, and may it be otherwise in a moment?

    A connection that is lost, a lock not granted in time, a deadlock, a restart. The driver has no
    class of its own for some ways of losing a connection: those come without PostgreSQL's code.
    """
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return type(error) is DatabaseError and getattr(error.__cause__, "pgcode", None) is None
