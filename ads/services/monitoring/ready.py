"""Whether this process can serve requests: the database answers, and its schema is the code's."""

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

logger = structlog.stdlib.get_logger(__name__)

#: Seconds that a probe waits for one before it that has had no answer. So probes of a database that
#: is silent hold a single thread, and leave the others to whoever still gets answers.
PATIENCE: Final = 2.0
_asking: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Readiness:
    """``unapplied``: how many migrations of this version; None if the database does not answer."""

    unapplied: int | None

    @property
    def is_ready(self) -> bool:
        return self.unapplied == 0

    @property
    def has_database(self) -> bool:
        return self.unapplied is not None

    @property
    def remedy(self) -> str:
        """What to do before this version can use the database; empty: nothing is known of."""
        if not self.unapplied:
            return ""
        return f"Of the migrations, {self.unapplied} are not applied. Run: ./manage.py migrate"


def readiness() -> Readiness:
    """One query; Redis is not asked, because nothing that people wait for depends on it."""
    if not _asking.acquire(timeout=PATIENCE):
        return Readiness(None)
    try:
        return Readiness(_unapplied(frozenset(MigrationRecorder(connection).applied_migrations())))
    except (DatabaseError, InterfaceError) as error:
        logger.warning("The database cannot be reached", error=" ".join(str(error).split()))
        return Readiness(None)
    finally:
        _asking.release()


@lru_cache(maxsize=1)
def _unapplied(applied: frozenset[tuple[str, str]]) -> int:  # noqa: ARG001  (what is remembered)
    """How many migrations are not applied; worked out anew when ``applied`` has changed.

    Also where later ones are, which a plan of what is to be applied leaves out.
    """
    loader = MigrationLoader(connection)
    return len(loader.graph.nodes.keys() - loader.applied_migrations.keys())
