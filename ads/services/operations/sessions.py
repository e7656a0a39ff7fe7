"""Sessions of the database that keep others waiting, such as a forgotten psql."""

from dataclasses import dataclass
from typing import Final

from django.db import connection

#: Seconds that a session may be idle in a transaction with locks on the product's tables.
IDLE: Final = 30

#: Seconds that somebody has waited for a lock before whoever holds it is named.
WAITED: Final = 1


@dataclass(frozen=True, slots=True)
class StuckSession:
    """A session that holds locks, and is idle in its transaction or keeps others waiting."""

    #: The server process, for ``pg_terminate_backend``.
    pid: int
    role: str
    #: What the session calls itself, such as "psql"; "" for nothing.
    program: str
    #: Where it came from; "" for a local socket, or if this role may not see it.
    address: str
    #: Seconds that it has been idle in its transaction; None: it is at work, or not to be seen.
    idle: int | None
    #: How many sessions wait for it.
    waiting: int
    #: The product's tables on which it holds locks.
    tables: tuple[str, ...]

    @property
    def remedy(self) -> str:
        """The statement that ends it."""
        return f"SELECT pg_terminate_backend({self.pid});"

    def __str__(self) -> str:
        program = self.program or "A session"
        where = f", from {self.address}" if self.address else ""
        idle = "holds" if self.idle is None else f"has been idle for {self.idle:,} s with"
        on = f" on {', '.join(self.tables)}" if self.tables else ""
        waits = "; others wait for it" if self.waiting else ""
        return (
            f"{program} of {self.role} (process {self.pid}{where}) {idle} locks{on}{waits}. "
            f"To end it: {self.remedy}"
        )


def stuck_sessions() -> list[StuckSession]:
    """The sessions that hold others up, those that have been idle longest first; one query.

    A role that is neither a superuser nor a member of ``pg_read_all_stats`` sees of other roles'
    sessions only those for which somebody waits at this moment.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STUCK, {"idle": IDLE, "waited": WAITED})
        return [
            StuckSession(pid, role, program, address, idle, waiting, tuple(tables))
            for pid, role, program, address, idle, waiting, tables in cursor.fetchall()
        ]


_STUCK: Final = """
    WITH waits AS (
        SELECT unnest(pg_blocking_pids(pid)) AS pid, waitstart
          FROM pg_locks
         WHERE NOT granted
    ), held AS (
        SELECT pid, array_agg(DISTINCT relname::text ORDER BY relname::text) AS tables
          FROM pg_locks
          JOIN pg_class ON pg_class.oid = relation
         WHERE granted AND database = (SELECT oid FROM pg_database
                                        WHERE datname = current_database())
           AND relkind IN ('r', 'p') AND relname LIKE 'ads\\_%%' AND mode <> 'AccessShareLock'
         GROUP BY pid
    ), blocking AS (
        SELECT pid, count(*) AS waiting, min(waitstart) AS since FROM waits GROUP BY pid
    )
    SELECT pid, coalesce(usename, ''), coalesce(application_name, ''),
           coalesce(host(client_addr), ''),
           CASE WHEN is_idle THEN extract(epoch FROM clock_timestamp() - state_change)::int END
               AS idle,
           coalesce(waiting, 0), coalesce(tables, '{}')
      FROM (SELECT *, coalesce(state, '') LIKE 'idle in transaction%%' AS is_idle
              FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()) AS session
      LEFT JOIN held USING (pid)
      LEFT JOIN blocking USING (pid)
     WHERE (is_idle AND tables IS NOT NULL
            AND state_change < clock_timestamp() - make_interval(secs => %(idle)s))
        OR since < clock_timestamp() - make_interval(secs => %(waited)s)
     ORDER BY idle DESC NULLS LAST, pid
"""
