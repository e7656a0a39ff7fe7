"""An import that is stopped in the middle of a file."""

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from django.utils import timezone

from ads.models import Campaign, Spend, SpendImport
from ads.services.actor import acting_as
from ads.services.imports import Plan, uploads
from budget_manager.tests.faults.system.load import Entries, Load
from budget_manager.tests.faults.system.servers import PATIENCE
from budget_manager.tests.faults.system.stack import Stack
from budget_manager.tests.support import wait_for

pytestmark = pytest.mark.faults

ROWS = 20_000
ENDS = [signal.SIGTERM, signal.SIGKILL]


def file_of(load: Load, source: str) -> tuple[str, Entries]:
    """A file of entries, and what is in the ledger once it is recorded."""
    names = dict(Campaign.objects.filter(pk__in=load.of["entries"]).values_list("pk", "name"))
    day = datetime.now(UTC).date() - timedelta(days=1)
    lines, rows = ["campaign,date,amount,external_id"], {}
    for number in range(ROWS):
        campaign = load.of["entries"][number % len(names)]
        lines.append(f"{names[campaign]},{day},0.01,{number}")
        rows[source, str(number)] = campaign, Decimal("0.01")
    return "\n".join(lines) + "\n", rows


def recorded(source: str) -> int:
    return Spend.objects.filter(source=source).count()


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.name)
def test_a_command_stopped_at_random_points_records_all_or_nothing(
    stack: Stack,
    load: Load,
    all_is_well: Callable[[], None],
    tmp_path: Path,
    end: signal.Signals,
) -> None:
    source = f"{load.name}, file"
    text, rows = file_of(load, source)
    path = tmp_path / "spend.csv"
    path.write_text(text)
    random = Random(end.name)
    command = ["import_spend", str(path), "--source", source]
    began = time.monotonic()

    stopped = stack.manage(*command)
    # While it reads, or while it records: about when it takes its locks.
    assert wait_for(lambda: begun() or stopped.poll() is not None, PATIENCE)
    time.sleep(random.uniform(0, 1))
    stopped.send_signal(end)
    stopped.wait(PATIENCE)
    assert recorded(source) in (0, ROWS)

    whole = stack.manage(*command)
    assert whole.wait(PATIENCE) == 0, (time.monotonic() - began, stack.last_words())
    load.sent |= rows
    load.acknowledged |= rows
    all_is_well()


def begun() -> bool:
    """Does an import hold its rows in a temporary table?"""
    sql = "SELECT 1 AS id FROM pg_class WHERE relpersistence = 't' LIMIT 1"
    return bool(list(Spend.objects.raw(sql)))


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.name)
def test_a_worker_stopped_while_it_records_an_uploaded_file_records_it_once(
    stack: Stack, load: Load, all_is_well: Callable[[], None], end: signal.Signals
) -> None:
    source = f"{load.name}, upload"
    text, rows = file_of(load, source)
    stack.app.set_current()
    with acting_as("anna"):
        upload = uploads.receive(
            [text.encode()], name="spend.csv", plan=Plan(source=source), limit=1 << 24,
            now=timezone.now(),
        )  # fmt: skip
    until(upload, "checked")
    with acting_as("ben"):
        uploads.confirm(upload, checks=upload.checks, leaves_out=0, now=timezone.now())
    until(upload, "recording", "recorded")

    for name in stack.workers:
        pool = stack.children(name)
        stack.processes[name].send_signal(end)
        if end == signal.SIGKILL:
            for child in pool:
                os.kill(child.pid, end)
    for name in stack.workers:
        stack.processes[name].wait(PATIENCE)
    stack.start()
    # A worker that was asked to stop has finished it; of a killed one it is taken up in a minute.
    SpendImport.objects.filter(pk=upload.pk).update(
        updated_at=timezone.now() - timedelta(minutes=2)
    )
    until(upload, "recorded")

    load.sent |= rows
    load.acknowledged |= rows
    all_is_well()


def until(upload: SpendImport, *statuses: str) -> None:
    def there() -> bool:
        upload.refresh_from_db()
        return upload.status in (*statuses, "refused")

    assert wait_for(there, PATIENCE), upload.status
    assert upload.status in statuses, upload.error
