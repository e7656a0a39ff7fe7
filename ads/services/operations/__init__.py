"""Running the system: periodic tasks, system health, and database roles."""

from ads.services.operations import (
    database_sessions,
    health,
    heartbeats,
    ledger_role,
    periodic_tasks,
    task_texts,
)
from ads.services.operations.clocks import (
    ClockDifference,
    ClockDiffers,
    clock_difference,
    require_clock,
    say_clock,
)
from ads.services.operations.health import Health, TaskHealth
from ads.services.operations.ledger_role import LedgerRoleError
from ads.services.operations.outages import is_outage
from ads.services.operations.periodic_tasks import NotStarted, Stage
from ads.services.operations.sessions import StuckSession, stuck_sessions
from ads.services.operations.timezones import TimezoneDatabase, timezone_database
