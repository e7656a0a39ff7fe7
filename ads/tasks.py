"""The tasks: each reads the clock and makes one service call.

Each acts in its own name, "task: …", which delivery changes and the audit show.

A task derives its work from state alone, so it may run twice, late, at the same time as itself or
not at all. Operations staff decide when the periodic ones run (Periodic tasks in the admin).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from celery import shared_task
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from ads.models import Campaign
from ads.rules.money import plain
from ads.services.actor import acting_as
from ads.services.delivery import Enforced, Rollover, Trigger, allowances, enforce, rollover
from ads.services.imports import uploads
from ads.services.monitoring import dead_man
from ads.services.operations import heartbeats
from ads.services.platforms import updates
from ads.services.references import registry
from ads.services.senders import webhooks

#: Seconds for a file: millions of rows take minutes. Less than the visibility timeout, after which
#: a task is delivered again.
FILE_SOFT_LIMIT: Final = 780
FILE_LIMIT: Final = 840

#: Seconds for telling the platforms: the next minute tries again, so a platform that does not
#: answer never holds more than one process.
TELL_SOFT_LIMIT: Final = 50
TELL_LIMIT: Final = 55


@shared_task
def update_spend() -> dict[str, Any]:
    """Fetch day totals from the ad platforms and pause what is over its budget."""
    now = timezone.now()
    with _running("update_spend", now) as run:
        update = updates.update_spend(now)
        run.changed = update.switched
        run.errors += update.errors
    return {
        "accounts": update.accounts,
        "recorded": update.recorded,
        "spend": {code: plain(amount) for code, amount in update.spend.items()},
        "waiting": update.waiting,
        "switched": update.switched,
        "failed": len(update.errors),
    }


@shared_task(soft_time_limit=TELL_SOFT_LIMIT, time_limit=TELL_LIMIT)
def tell_platforms() -> dict[str, int]:
    """Tell the ad platforms which campaigns to run and to stop."""
    now = timezone.now()
    with _running("tell_platforms", now) as run:
        told = updates.sync_platforms(now)
        run.changed = told.started + told.stopped
        run.errors += told.errors
    return {"started": told.started, "stopped": told.stopped, "failed": len(told.errors)}


@shared_task
def check_campaign_budgets() -> dict[str, int]:
    """Enforce every campaign: the safety check. Once committed, it gives its sign of life."""
    done = _enforcing(
        "check_campaign_budgets",
        lambda now: enforce(Campaign.objects.all(), now, Trigger.CHECK_CAMPAIGN_BUDGETS),
    )
    dead_man.ping(settings.DEAD_MAN_URL)
    return done


@shared_task
def enforce_dayparting() -> dict[str, int]:
    """Enforce the campaigns that run in the hours of their schedules."""
    return _enforcing(
        "enforce_dayparting",
        lambda now: enforce(
            Campaign.objects.filter(is_dayparting_enabled=True), now, Trigger.ENFORCE_DAYPARTING
        ),
    )


@shared_task
def reset_daily_budgets() -> dict[str, int]:
    """Roll over the brands whose local day has turned; complete ended flights."""
    return _enforcing("reset_daily_budgets", rollover.roll_over_days)


@shared_task
def reset_monthly_budgets() -> dict[str, int]:
    """Roll over the brands whose local month has turned."""
    return _enforcing("reset_monthly_budgets", rollover.roll_over_months)


@shared_task
def record_waiting_spend() -> dict[str, int]:
    """Record waiting spend whose campaign has been matched by now."""
    now = timezone.now()
    with _running("record_waiting_spend", now) as run:
        settled = registry.record_waiting(now)
        run.errors += [
            f"Waiting spend of unmatched campaign {pk} could not be recorded; see the log."
            for pk in settled.failed
        ]
        _note(run, settled.enforced)
    return {
        "recorded": settled.recorded,
        "refused": settled.refused,
        "switched": settled.enforced.switched,
        "failed": len(run.errors),
    }


@shared_task(soft_time_limit=FILE_SOFT_LIMIT, time_limit=FILE_LIMIT)
def check_upload(import_id: int) -> str:
    """Preview an uploaded file."""
    return uploads.check(import_id, timezone.now())


@shared_task(soft_time_limit=FILE_SOFT_LIMIT, time_limit=FILE_LIMIT)
def record_upload(import_id: int) -> str:
    """Record a confirmed upload, in the name of the person who confirmed it."""
    return uploads.record(import_id, timezone.now)


@shared_task
def continue_imports() -> dict[str, int]:
    """Resume uploads that no worker is processing; delete those never confirmed."""
    now = timezone.now()
    with _running("continue_imports", now):
        return uploads.continue_all(now)


@shared_task
def forget_webhooks() -> dict[str, int]:
    """Delete old records of received webhooks."""
    now = timezone.now()
    with _running("forget_webhooks", now):
        forgotten = webhooks.prune(now)
    return {"forgotten": forgotten}


@shared_task
def clear_sessions() -> None:
    """Delete the expired sessions of logins."""
    with _running("clear_sessions", timezone.now()):
        SessionStore.clear_expired()


@contextmanager
def _running(task: str, now: datetime) -> Iterator[heartbeats.Run]:
    """Act in the name of ``task``, and record how the run that begins at ``now`` ends."""
    with acting_as(f"task: {task}"), heartbeats.beat(task, now) as run:
        yield run


def _enforcing(task: str, work: Callable[[datetime], Enforced | Rollover]) -> dict[str, int]:
    """Run ``work``, and have its switches told to the platforms at once.

    What was allowed until a time that has come is taken out first.
    """
    now = timezone.now()
    with _running(task, now) as run:
        ended = allowances.expire(now)
        done = work(now)
        if isinstance(done, Rollover):
            run.errors += [
                f"Brand {pk} could not be rolled over; see the log." for pk in done.failed
            ]
            done = done.enforced
        done += ended
        _note(run, done)
    return {"started": done.started, "stopped": done.stopped, "failed": len(run.errors)}


def _note(run: heartbeats.Run, done: Enforced) -> None:
    """Note what was enforced, and have the platforms told if anything was switched."""
    run.errors += [f"Campaign {pk} could not be enforced; see the log." for pk in done.failed]
    run.changed = done.switched
    if done.switched:
        updates.tell_soon()
