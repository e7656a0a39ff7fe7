"""Running the system: periodic tasks, their health, and database roles."""

from ads.services.operations import (
    health,
    heartbeats,
    ledger_role,
    periodic_tasks,
    task_texts,
    timing,
)
from ads.services.operations.health import Pulse, Watched
from ads.services.operations.ledger_role import LedgerRoleError
from ads.services.operations.outages import is_outage
from ads.services.operations.periodic_tasks import NotHandedOver, Run, Stage
from ads.services.operations.task_texts import counted
from ads.services.operations.timing import Cron, Daily, Every, Monthly, NeverRuns, Once, Sun, Timing

__all__ = [
    "Cron",
    "Daily",
    "Every",
    "LedgerRoleError",
    "Monthly",
    "NeverRuns",
    "NotHandedOver",
    "Once",
    "Pulse",
    "Run",
    "Stage",
    "Sun",
    "Timing",
    "Watched",
    "counted",
    "health",
    "heartbeats",
    "is_outage",
    "ledger_role",
    "periodic_tasks",
    "task_texts",
    "timing",
]
