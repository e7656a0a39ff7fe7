"""The tasks: each reads the clock and makes one service call.

Each acts in its own name, "task: …", which delivery changes and the audit show.

A task derives its work from state alone, so it may run twice, late, at the same time as itself or
not at all. Operations staff decide when the periodic ones run (Periodic tasks in the admin).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any, Final

from celery import shared_task, signals
from django.conf import settings
from django.db import connection
from django.utils import timezone

from ads.models import Campaign
from ads.rules.money import plain
from ads.services import alerts, messages, pacing, plans, platforms
from ads.services.actor import acting_as
from ads.services.delivery import Enforced, Rollover, Trigger, allowances, check, enforce, rollover
from ads.services.imports import uploads
from ads.services.monitoring import dead_man
from ads.services.operations import ClockDiffers, heartbeats, require_clock, say_clock
from ads.services.people import sessions, sign_ins
from ads.services.references import registry
from ads.services.reports import schedules
from ads.services.senders import webhooks

#: Seconds for a file: millions of rows take minutes. Less than the visibility timeout, after which
#: a task is delivered again.
FILE_SOFT_LIMIT: Final = 780
FILE_LIMIT: Final = 840

#: Seconds for telling the platforms: the next minute tries again, so a platform that does not
#: answer never holds more than one process.
TELL_SOFT_LIMIT: Final = 50
TELL_LIMIT: Final = 55


#: Seconds for telling channels: what takes longer is told by the next.
ALERTS_SOFT_LIMIT: Final = 85
ALERTS_LIMIT: Final = 90


#: A task whose clock differs too much from the database's changes nothing and fails with that.
_task: Final = partial(shared_task, throws=(ClockDiffers,))


@_task
def update_spend() -> dict[str, int]:
    """Have each account on the ad platforms asked for spend, by a task of its own."""
    now = timezone.now()
    with _running("update_spend", now):
        handed_out = platforms.hand_out(now)
    return asdict(handed_out)


@_task(soft_time_limit=platforms.SOFT_LIMIT, time_limit=platforms.LIMIT)
def ask_account(account_id: int) -> dict[str, Any]:
    """Ask one account what was spent, record it, and pause what is over its budget."""
    now = _now()
    with acting_as("task: update_spend"):
        asked = platforms.ask(account_id, now)
    done = asked.outcome
    return {
        "asked": asked.is_asked,
        "recorded": done.recorded,
        "spend": {code: plain(amount) for code, amount in done.spend.items()},
        "waiting": done.waiting,
        "switched": done.switched,
        "failed": bool(asked.error or done.problems),
    }


@_task(soft_time_limit=platforms.SOFT_LIMIT, time_limit=platforms.LIMIT)
def list_accounts(connection_id: int) -> dict[str, int]:
    """Ask a platform which accounts a connection has."""
    return {"accounts": platforms.list_accounts(connection_id, _now())}


@_task(soft_time_limit=platforms.SOFT_LIMIT, time_limit=platforms.LIMIT)
def reconcile_account(account_id: int) -> dict[str, int]:
    """Compare an account's sums with those of its campaigns and of the ledger."""
    return {"differences": platforms.reconcile(account_id, _now())}


@_task
def tell_platforms() -> dict[str, int]:
    """Have each account told which campaigns to run and to stop, by a task of its own."""
    now = timezone.now()
    with _running("tell_platforms", now):
        return {"accounts": platforms.hand_out_orders(now)}


@_task(soft_time_limit=TELL_SOFT_LIMIT, time_limit=TELL_LIMIT)
def tell_account(account_id: int) -> dict[str, int]:
    """Tell one account which campaigns to run and to stop, and see that it did."""
    _now()
    with acting_as("task: tell_platforms"):
        told = platforms.tell(account_id, timezone.now)
    return {
        "started": told.started,
        "stopped": told.stopped,
        "refused": told.refused,
        "unconfirmed": told.unconfirmed,
    }


@_task
def cap_platforms() -> dict[str, int]:
    """Have each account told the daily budgets that have changed, by a task of its own."""
    now = timezone.now()
    with _running("cap_platforms", now):
        changed, accounts = platforms.hand_out_caps(now)
    return {"changed": changed, "accounts": accounts}


@_task(soft_time_limit=platforms.SOFT_LIMIT, time_limit=platforms.LIMIT)
def cap_account(account_id: int) -> dict[str, int]:
    """Tell one account the daily budgets of its campaigns."""
    _now()
    with acting_as("task: cap_platforms"):
        capped = platforms.cap(account_id, timezone.now)
    return {
        "confirmed": capped.confirmed,
        "refused": capped.refused,
        "unconfirmed": capped.unconfirmed,
    }


@_task
def check_campaign_budgets() -> dict[str, int]:
    """Enforce every campaign: the safety check. Once committed, it gives its sign of life."""
    done = _enforcing("check_campaign_budgets", check)
    dead_man.ping(settings.DEAD_MAN_URL)
    return done


@_task
def enforce_dayparting() -> dict[str, int]:
    """Enforce the campaigns that run in the hours of their schedules."""
    return _enforcing(
        "enforce_dayparting",
        lambda now: enforce(
            Campaign.objects.filter(is_dayparting_enabled=True), now, Trigger.ENFORCE_DAYPARTING
        ),
    )


@_task
def reset_daily_budgets() -> dict[str, int]:
    """Roll over the brands whose local day has turned; complete ended flights."""
    return _enforcing("reset_daily_budgets", rollover.roll_over_days)


@_task
def reset_monthly_budgets() -> dict[str, int]:
    """Roll over the brands whose local month has turned."""
    return _enforcing("reset_monthly_budgets", rollover.roll_over_months)


@_task
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


@_task
def refresh_paces() -> dict[str, int]:
    """Work out every pace anew; once a month, how far projections were off in the month before."""
    now = timezone.now()
    with _running("refresh_paces", now) as run:
        done = pacing.refresh(now)
        run.errors += [
            f"Paces of brands {first} to {last} could not be worked out; see the log."
            for first, last in done.failed
        ]
        return {
            "paces": done.paces,
            "failed": len(done.failed),
            "learned": int(pacing.learn(now)),
        }


@_task(soft_time_limit=FILE_SOFT_LIMIT, time_limit=FILE_LIMIT)
def check_upload(import_id: int) -> str:
    """Preview an uploaded file."""
    return uploads.check(import_id, _now())


@_task(soft_time_limit=FILE_SOFT_LIMIT, time_limit=FILE_LIMIT)
def record_upload(import_id: int) -> str:
    """Record a confirmed upload, in the name of the person who confirmed it."""
    _now()
    return uploads.record(import_id, _now)


@_task
def continue_imports() -> dict[str, int]:
    """Resume uploads that no worker is processing; delete those never confirmed."""
    now = timezone.now()
    with _running("continue_imports", now):
        return uploads.continue_all(now)


@_task
def check_alerts() -> dict[str, int]:
    """Look for what is to be alerted, and have it sent."""
    now = timezone.now()
    with _running("check_alerts", now):
        found = alerts.evaluate(now)
    if found.is_busy:
        messages.send(messages.CHECK_ALERTS, countdown=messages.ALERTS_AFTER)
    if found.raised:
        messages.send(alerts.channels.SEND)
    return {"raised": found.raised}


@_task(soft_time_limit=ALERTS_SOFT_LIMIT, time_limit=ALERTS_LIMIT)
def send_alerts() -> dict[str, int]:
    """Send what is due to the channels."""
    now = timezone.now()
    with _running("send_alerts", now):
        done = alerts.channels.send_due(timezone.now)
    return asdict(done)


@_task
def send_reports() -> dict[str, int]:
    """Hand the reports of the month before to the channels that are due to get them."""
    now = timezone.now()
    with _running("send_reports", now) as run:
        done = schedules.send_due(now)
        run.errors += [f"Scheduled report {pk} failed; see the log." for pk in done.failed]
    if done.sent:
        messages.send(alerts.channels.SEND)
    return {"sent": done.sent, "failed": len(done.failed)}


@_task
def forget_alerts() -> dict[str, int]:
    """Delete alerts and messages that are long over."""
    now = timezone.now()
    with _running("forget_alerts", now):
        forgotten = alerts.bell.forget(now)
    return {"forgotten": forgotten}


@_task
def forget_webhooks() -> dict[str, int]:
    """Delete old records of received webhooks."""
    now = timezone.now()
    with _running("forget_webhooks", now):
        forgotten = webhooks.prune(now)
    return {"forgotten": forgotten}


@_task
def forget_sign_ins() -> dict[str, int]:
    """Delete logins older than the settings say."""
    now = timezone.now()
    with _running("forget_sign_ins", now):
        forgotten = sign_ins.forget(now)
    return {"forgotten": forgotten}


@_task
def clear_sessions() -> dict[str, int]:
    """Delete expired sessions."""
    now = timezone.now()
    with _running("clear_sessions", now):
        cleared = sessions.forget(now)
    return {"cleared": cleared}


def _now() -> datetime:
    require_clock()
    return timezone.now()


@contextmanager
def _running(task: str, now: datetime) -> Iterator[heartbeats.Run]:
    """Act in the name of ``task``, and record how the run that begins at ``now`` ends."""
    with acting_as(f"task: {task}"), heartbeats.beat(task, now) as run:
        yield run


def _enforcing(task: str, work: Callable[[datetime], Enforced | Rollover]) -> dict[str, int]:
    """Run ``work``, once what the time has come for is done.

    Planned budgets begin, and what was allowed until then is taken out.
    """
    now = timezone.now()
    with _running(task, now) as run:
        planned = plans.apply_due(now)
        run.errors += [
            f"Planned budgets of brand {pk} could not be applied; see the log."
            for pk in planned.failed
        ]
        begun = planned.enforced + allowances.expire(now)
        done = work(now)
        if isinstance(done, Rollover):
            run.errors += [
                f"Brand {pk} could not be rolled over; see the log." for pk in done.failed
            ]
            done = done.enforced
        done += begun
        _note(run, done)
    return {"started": done.started, "stopped": done.stopped, "failed": len(run.errors)}


@signals.worker_ready.connect
@signals.task_revoked.connect
def say(**_: Any) -> None:
    """A worker logs how far its clock is off when it starts, and when a task has expired by it."""
    try:
        say_clock()
    finally:
        connection.close()  # the processes that are forked later have their own


def _note(run: heartbeats.Run, done: Enforced) -> None:
    """Note what was enforced."""
    run.errors += [f"Campaign {pk} could not be enforced; see the log." for pk in done.failed]
    run.changed = done.switched
