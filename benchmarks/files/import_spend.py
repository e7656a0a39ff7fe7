"""Importing 10,000, 100,000 and 1,000,000 rows: rows a second, memory, cost per row.

Each size runs in a process and on a database of its own, like ``manage.py import_spend``, including
enforcement; the peak resident memory is that process's. Three kinds of file:

- ``totals``: one row per ad, 13 for each campaign and day (as in real exports), added up;
- ``distinct``: every row is a campaign-day of its own, the worst case;
- ``entries``: rows with an external id, each a ledger entry, 13 for each campaign and day.

Every size has the same number of rows per campaign, so that costs per row compare. Each import is
compared with copying the same rows straight into the ledger (``COPY`` and its trigger), which no
import can do without: by the clock, and by the processor time of the process and of its server
process, which says more on a busy machine.

At the end, a workbook (.xlsx) of 200,000 rows is imported and previewed in the same way, and a file
of 50,000 columns is uploaded on the page, until it is previewed or refused.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from support.database import execute, scratch
from support.report import DEFAULT, expect, options, seconds, verdict
from support.spend_file import campaigns_of, write, write_workbook
from support.world import decide, fill

from ads.services.imports import Plan, preview_of

#: Seconds that the page may take with a file of so many columns.
WIDE_SECONDS = 1.0
WIDE = 50_000

#: Seconds and MB that a workbook of so many rows may take.
BOOK_SECONDS = 20.0
BOOK_MB = 300
BOOK_ROWS = 200_000

#: How many times as long as COPY an import may take.
RATIO = 1.2
HOW = ("import", "copy", "preview")
KINDS = ("totals", "distinct", "entries")


def main() -> None:
    parser = options(__doc__, sizes=[10_000, 100_000, 1_000_000], rounds=1)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS, help=DEFAULT)
    parser.add_argument("--alone", nargs=3, metavar=("KIND", "ROWS", "HOW"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.alone:
        kind, rows, how = given.alone
        if how == "write":
            write_workbook(Path(kind), int(rows))
        else:
            run(kind, int(rows), how)
        return
    print(
        f"{'kind':10} {'rows':>10} {'seconds':>8} {'rows/s':>9} {'peak MB':>8} {'load':>6} "
        f"{'COPY s':>8} {'preview s':>10}  per row"
    )
    for kind in given.kinds:
        first = None
        for rows in given.sizes:
            # In turns, because the machine's speed varies.
            rounds = [[measured(kind, rows, how) for how in HOW] for _ in range(given.rounds)]
            turns = list(zip(*rounds, strict=True))
            imported, copied, previewed = map(min, turns)
            of_import, of_copy, _ = (min(each[-1] for each in turn) for turn in turns)
            took, peak, load, _ = imported
            baseline = copied[0]
            each = took / rows
            first = first or each
            print(
                f"{kind:10} {rows:>10,} {took:>8.2f} {rows / took:>9,.0f} {peak:>8.0f} "
                f"{load:>6.1f} {baseline:>8.2f} {previewed[0]:>10.2f}  {each * 1e6:.1f} µs "
                f"({each / first:.2f}×); {verdict(took / baseline, RATIO, '× of COPY')}, "
                f"processor {of_import / of_copy:.2f}×",
                flush=True,
            )
    for how in ("import", "preview"):
        took, peak = min(measured_workbook(how) for _ in range(given.rounds))
        print(
            f"{how} of a workbook of {BOOK_ROWS:,} rows: {verdict(took, BOOK_SECONDS, ' s')}, "
            f"{verdict(peak, BOOK_MB, ' MB')}",
            flush=True,
        )
    took = upload_wide()
    print(f"a file of {WIDE:,} columns on the page: {verdict(took, WIDE_SECONDS, ' s')}")


def upload_wide() -> float:
    """Seconds from the upload of a wide file to the page that follows."""
    content = ",".join(f"c{i:05}" for i in range(WIDE)) + "\n" + ",".join("1" * WIDE) + "\n"
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    with scratch():
        client = Client(headers={"X-Forwarded-Proto": "https"})
        client.force_login(get_user_model().objects.create_superuser("anna"))
        page = reverse("admin:ads_spendimport_add")
        client.get(page)
        file = SimpleUploadedFile("wide.csv", content.encode())
        sent = {"file": file, "campaign_by": "auto"}
        took, answer = seconds(lambda: client.post(page, sent, follow=True))
        expect(True, "more than 1,000 columns" in answer.content.decode())
    return took


def measured_workbook(how: str) -> tuple[float, float]:
    """Seconds and peak resident MB with a workbook.

    Another process writes it: a process inherits the peak of the one that starts it.
    """
    with tempfile.TemporaryDirectory() as directory:
        path = str(Path(directory) / "spend.xlsx")
        written = [sys.executable, __file__, "--alone", path, str(BOOK_ROWS), "write"]
        subprocess.run(written, check=True)
        took, peak, *_ = measured(path, BOOK_ROWS, how)
    return took, peak


def measured(kind: str, rows: int, how: str) -> tuple[float, float, float, float]:
    """Seconds, peak resident MB, the load when it ended, and seconds of processor time."""
    done = subprocess.run(
        [sys.executable, __file__, "--alone", kind, str(rows), how],
        check=True,
        capture_output=True,
        text=True,
    )
    took, peak, processor = done.stdout.split()[-3:]
    return float(took), float(peak), os.getloadavg()[0], float(processor)


def run(kind: str, rows: int, how: str) -> None:
    """Import one file (or one of the other HOW); prints the seconds and the peak of the memory."""
    now = datetime.now(UTC)
    campaigns = campaigns_of(kind, rows)
    with scratch(), tempfile.TemporaryDirectory() as directory:
        fill(campaigns, brands=max(1, campaigns // 50), schedules=50, now=now)
        decide(now)
        path = Path(kind) if kind.endswith(".xlsx") else Path(directory) / "spend.csv"
        if not path.exists():
            write(path, kind, rows, campaigns, now.date(), for_copy=how == "copy")
        execute("CHECKPOINT")
        act = {"copy": copy, "preview": preview, "import": import_file}[how]
        before = processor_time()
        took, _ = seconds(lambda: act(path))
        processor = processor_time() - before
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(execute("SELECT count(*), sum(amount) FROM ads_spend"))
    print(f"{took:.3f} {peak:.1f} {processor:.3f}")


def processor_time() -> float:
    """Seconds that this process and its server process have had; the server is on this machine."""
    ((pid,),) = execute("SELECT pg_backend_pid()")
    of_server = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    return time.process_time() + of_server


def import_file(path: Path) -> None:
    options = ("--map", "date=Date", "--campaign-by", "name", "--accept", "finer")
    call_command("import_spend", str(path), *options, verbosity=0, stdout=StringIO())


def copy(path: Path) -> None:
    """The baseline: COPY and the trigger that adds up totals; no checks, no enforcement."""
    with connection.cursor() as cursor, path.open(newline="") as file:
        cursor.execute("SET work_mem = '256MB'")  # as the import has it
        cursor.copy_expert(
            "COPY ads_spend (campaign_id, date, amount, external_id) FROM STDIN (FORMAT csv)",
            file,
            1 << 18,
        )


def preview(path: Path) -> None:
    """The preview on the import's page."""
    plan = Plan(mapping={"date": "Date"}, campaign_by="name")
    with path.open("rb") as file:
        expect(0, preview_of(file, plan, now=datetime.now(UTC))["problem_count"])


if __name__ == "__main__":
    main()
