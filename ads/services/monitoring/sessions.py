"""Sessions of the database that wait for a lock, or hold locks and do nothing."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection

#: From when on they are shown: enforcement waits no longer for a lock.
SHOWN_AFTER: Final = timedelta(seconds=3)

# Advisory locks are queues of ours: an import waits for the one before it, which takes minutes.
_STUCK: Final = """
    SELECT activity.pid, coalesce(usename, ''), coalesce(application_name, ''),
           waiting.pid IS NOT NULL AS is_blocked,
           clock_timestamp() - coalesce(waiting.since, activity.state_change) AS duration,
           CASE WHEN waiting.pid IS NULL THEN '{}' ELSE pg_blocking_pids(activity.pid) END
      FROM pg_stat_activity AS activity
      LEFT JOIN (
            SELECT pid, min(waitstart) AS since
              FROM pg_locks
             WHERE NOT granted AND locktype <> 'advisory'
             GROUP BY pid
           ) AS waiting ON waiting.pid = activity.pid
     WHERE activity.datname = current_database()
       AND (waiting.pid IS NOT NULL OR activity.state LIKE 'idle in transaction%%')
       AND clock_timestamp() - coalesce(waiting.since, activity.state_change) >= %s::interval
     ORDER BY duration DESC, activity.pid
"""


@dataclass(frozen=True, slots=True)
class StuckSession:
    """A session that waits for a lock, or is idle in a transaction, and for how long.

    ``blocked_by``: the processes of PostgreSQL that it waits for.
    """

    pid: int
    user: str
    application: str
    is_blocked: bool
    duration: timedelta
    blocked_by: list[int]

    @property
    def text(self) -> str:
        """It in a sentence, with the remedy."""
        seconds = int(self.duration.total_seconds())
        who = f"Session {self.pid} of {self.user}"
        if self.application:
            who += f" ({self.application})"
        if not self.is_blocked:
            return (
                f"{who} has been idle in a transaction for {seconds} seconds, with its locks. End "
                f"it: SELECT pg_terminate_backend({self.pid})."
            )
        by = ", ".join(map(str, self.blocked_by)) or "another"
        return f"{who} has waited for a lock of session {by} for {seconds} seconds."


def stuck_sessions() -> list[StuckSession]:
    """The longest first; one query.

    Sessions of other roles are seen by members of ``pg_read_all_stats`` alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STUCK, [f"{SHOWN_AFTER.total_seconds()} seconds"])
        return [StuckSession(*row) for row in cursor.fetchall()]
