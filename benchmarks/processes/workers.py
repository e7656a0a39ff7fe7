"""Checks that come late: how many of those sent each second, while the workers have other work.

Starts the workers of the Procfile on a database of its own with 10,000 campaigns, and sends a check
of all campaigns each second, which beat does every five minutes:

- with nothing else to do;
- while an ad platform sleeps for an hour and beat goes on asking it for spend; then also an
  order to another platform each second;
- while a file of a million rows is checked and recorded;
- behind 10,000 expired ticks in each queue, as after a week without workers; none of them is run.

A check is late if it is not done five seconds after it was sent. ``--together`` starts one worker
for all queues instead, with as many processes as this machine has, as it was before.
"""

import logging
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from celery.result import AsyncResult
from django.conf import settings
from support.database import scratch
from support.imports import import_file
from support.report import at_most, expect, options, table
from support.workers import own_redis, workers
from support.world import decide, fill

from budget_manager.celery import app
from budget_manager.processes import parse_procfile

LATE = 5.0  # seconds
PATIENCE = 60  # seconds after the last check was sent
CHECK = "ads.tasks.check_campaign_budgets"
TELL = "ads.tasks.tell_platforms"
#: Of an account that there is not, so that nothing but the queue takes time.
TELL_ACCOUNT = "ads.tasks.tell_account"
TOGETHER = {"worker": "celery -A budget_manager worker --loglevel=WARNING"}


def main() -> None:
    parser = options(__doc__, campaigns=10_000, checks=20, rows=1_000_000, ticks=10_000)
    parser.add_argument("--together", action="store_true", help="one worker for all queues")
    given = parser.parse_args()
    procfile = parse_procfile((settings.BASE_DIR / "Procfile").read_text())
    commands = {name: line for name, line in procfile.items() if " worker " in line}
    if given.together:
        commands = TOGETHER
    now = datetime.now(UTC)
    logging.getLogger("ads").setLevel(logging.WARNING)
    with scratch() as database, own_redis() as client:
        fill(given.campaigns, brands=given.campaigns // 50, schedules=50, now=now)
        decide(now)
        with workers(commands, database):
            with checks() as alone:
                time.sleep(given.checks)
            with checks() as importing:
                import_file(given.rows, given.campaigns)
        with (
            workers(commands, database, "-I", "support.sleeping_platform"),
            checks() as asleep,
            checks(TELL_ACCOUNT, 0) as orders,
        ):
            for _ in range(given.checks):
                # What beat sends in as many minutes.
                app.send_task("ads.tasks.update_spend", expires=300)
                app.send_task(TELL, expires=60)
                time.sleep(1)
        client.flushdb()
        stale = queue_stale(given.ticks)
        with workers(commands, database):
            first = app.send_task(CHECK)
            began = time.monotonic()
            first.get(timeout=5 * PATIENCE)
            waited = time.monotonic() - began
            with checks() as behind:
                time.sleep(given.checks)
            while any(client.llen(queue) for queue in settings.CELERY_TASK_QUEUES):
                time.sleep(0.2)
        states = Counter(AsyncResult(each, app=app).state for each in stale)
    expect({"PENDING": len(stale)}, dict(states))
    table(
        [
            row("with nothing else to do", alone),
            row("while a platform sleeps for an hour", asleep),
            row("while a platform sleeps for an hour", orders, "orders"),
            row(f"while {given.rows:,} rows are imported", importing),
            row(f"after {len(stale):,} expired ticks, of which none was run", behind),
            at_most("… the first check after them", waited, LATE, " s"),
        ]
    )


def row(what: str, sent: list[float | None], of: str = "checks") -> tuple[str, str, str]:
    """How many of these tasks were late, and the longest that one took."""
    late = [took for took in sent if took is None or took > LATE]
    slowest = max((took for took in sent if took is not None), default=0.0)
    verdict = "MISSED" if late else "kept"
    return f"{of} late {what}", f"{len(late)} of {len(sent)} ({verdict}), {slowest:.1f} s", "0"


@contextmanager
def checks(task: str = CHECK, *given: object) -> Iterator[list[float | None]]:
    """Send a check, or another task, each second; afterwards the list has the seconds of each.

    None: it was never done.
    """
    sent: list[tuple[float, AsyncResult[object]]] = []
    over = threading.Event()

    def send() -> None:
        while not over.wait(1):
            sent.append((time.time(), app.send_task(task, given)))

    sender = threading.Thread(target=send)
    sender.start()
    took: list[float | None] = []
    try:
        yield took
    finally:
        over.set()
        sender.join()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and not all(result.ready() for _, result in sent):
        time.sleep(0.1)
    for at, result in sent:
        done = result.date_done if result.successful() else None
        took.append(done.timestamp() - at if done else None)


def queue_stale(ticks: int) -> list[str]:
    """Ticks of every queue that expired a day ago; their ids."""
    logging.getLogger("celery.app.base").setLevel(logging.ERROR)  # it warns of each
    gone = datetime.now(UTC) - timedelta(days=1)
    names = (CHECK, TELL, "ads.tasks.continue_imports")
    with app.producer_pool.acquire() as producer:
        return [
            str(app.send_task(name, expires=gone, producer=producer).id)
            for name in names
            for _ in range(ticks)
        ]


if __name__ == "__main__":
    main()
