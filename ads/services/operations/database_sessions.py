"""The limits of a session of the database, and whether it has them."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final

from django.conf import settings
from django.db import connection

#: What a session of any program should have, so that one that is forgotten lets go.
_OF_EVERYBODY: Final = "idle_in_transaction_session_timeout"


def tell(session: Any, values: Mapping[str, str]) -> None:
    """Set these for the session of a Django connection, unless a pooler lends it to others.

    A pooler gives its clients process numbers of its own.
    """
    calls = ", ".join(["set_config(%s, %s, false)"] * len(values))
    with session.cursor() as cursor:
        cursor.execute(
            f"SELECT {calls} WHERE pg_backend_pid() = %s",
            [*chain(*values.items()), session.connection.info.backend_pid],
        )


def missing_limits() -> Iterator[str]:
    """A sentence with the remedy for each limit that is missing or higher; one query."""
    wanted = settings.DATABASE_SESSION
    with connection.cursor() as cursor:
        cursor.execute(_LIMITS, [list(wanted), list(wanted.values()), _OF_EVERYBODY])
        found = cursor.fetchall()
    for name, value, limit, is_others, role, database in found:
        if is_others:
            yield (
                f"{name} is off for other programs, so a session that somebody forgets, such as "
                "psql, holds its locks for ever. Limit it: ALTER DATABASE "
                f"{database} SET {name} = '{limit}';"
            )
        else:
            yield (
                f"{name} is {value}, not {limit}, in a session that comes through a pooler. Set it "
                f"for the role: ALTER ROLE {role} SET {name} = '{limit}'; and restart the pooler. "
                "(Or in the pooler's connect_query.)"
            )


_LIMITS: Final = """
    SELECT name, current_setting(name), value, is_others, quote_ident(current_user),
           quote_ident(current_database())
      FROM unnest(%s::text[], %s::text[]) AS wanted (name, value)
      JOIN pg_settings USING (name)
     CROSS JOIN LATERAL (
            VALUES (false, setting::bigint), (true, reset_val::bigint)
           ) AS found (is_others, milliseconds)
     WHERE (NOT is_others OR name = %s)
       AND (milliseconds = 0
            OR NOT is_others AND milliseconds > 1000 * extract(epoch FROM value::interval))
     ORDER BY is_others, name
"""
