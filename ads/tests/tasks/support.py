"""What the tests of the periodic tasks share: when they tick, and running one at an instant."""

import importlib
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.apps import apps

from ads.clockwork import Scheduler
from ads.migrations import _beat
from ads.tests.support import NOON
from budget_manager.celery import app

HOUR = timedelta(hours=1)
MIDNIGHT = NOON + 12 * HOUR

#: The migrations that make them.
MIGRATIONS = [
    importlib.import_module(f"ads.migrations.{name}")
    for name in (
        "0003_beat_rows",
        "0005_intake_beat_rows",
        "0021_people",
        "0022_backups",
        "0024_tell_platforms",
        "0032_caps",
        "0033_pacing",
        "0037_alert_rules",
        "0039_reports",
    )
]
ALL_ROWS = [migration.ROWS for migration in MIGRATIONS]

#: Task, seconds from tick to tick.
PERIODS = {
    "ads.tasks.update_spend": 300,
    "ads.tasks.tell_platforms": 60,
    "ads.tasks.cap_platforms": 60,
    "ads.tasks.check_campaign_budgets": 300,
    "ads.tasks.enforce_dayparting": 60,
    "ads.tasks.reset_daily_budgets": 900,
    "ads.tasks.reset_monthly_budgets": 900,
    "ads.tasks.continue_imports": 60,
    "ads.tasks.record_waiting_spend": 300,
    "ads.tasks.check_alerts": 60,
    "ads.tasks.send_alerts": 60,
    "ads.tasks.forget_alerts": 3600,
    "ads.tasks.send_reports": 900,
    "ads.tasks.refresh_paces": 600,
    "ads.tasks.forget_sign_ins": 3600,
    "ads.tasks.forget_webhooks": 3600,
    "ads.tasks.clear_sessions": 3600,
}

#: Tasks that no clock starts.
ON_DEMAND = {
    "ads.tasks.ask_account",
    "ads.tasks.cap_account",
    "ads.tasks.check_upload",
    "ads.tasks.list_accounts",
    "ads.tasks.reconcile_account",
    "ads.tasks.record_upload",
    "ads.tasks.tell_account",
}


def at(now: datetime, task: Any) -> dict[str, Any]:
    """What ``task`` answers, run at ``now``."""
    with time_machine.travel(now, tick=False):
        result: dict[str, Any] = task()
    return result


def make_beat_rows() -> None:
    """The rows as a migrated database has them; a transactional test before has emptied it."""
    for rows in ALL_ROWS:
        _beat.create(apps, rows)  # type: ignore[no-untyped-call]


def started_beat() -> Scheduler:
    """Beat's own scheduler, as it reads the database when it starts."""
    return Scheduler(app=app)
