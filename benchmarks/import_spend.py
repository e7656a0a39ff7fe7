"""Importing 10,000, 100,000 and 1,000,000 rows: rows a second, memory, cost per row.

Each size runs in a process and on a database of its own, like ``manage.py import_spend``, including
enforcement; the peak resident memory is that process's. Three kinds of file:

- ``totals``: one row per ad, 13 for each campaign and day (as in real exports), added up;
- ``distinct``: every row is a campaign-day of its own, the worst case;
- ``entries``: rows with an external id, each a ledger entry, 13 for each campaign and day.

Every size has the same number of rows per campaign, so that costs per row compare. Each import is
compared with copying the same rows straight into the ledger (``COPY`` and its trigger), which no
import can do without.

At the end, a workbook (.xlsx) of 200,000 rows is imported and previewed in the same way, and a file
of 50,000 columns is uploaded on the page, until it is previewed or refused.
"""

import argparse
import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import xlsxwriter
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from support.database import execute, scratch
from support.report import DEFAULT, expect, options, seconds, verdict
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
RATIO = 1.5
HOW = ("import", "copy", "preview")
KINDS = ("totals", "distinct", "entries")
DAYS = 25
ADS = 13
HEADER = ["Date", "ad_id", "campaign", "age", "gender", "Impressions", "Clicks", "amount"]


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
            imported, copied, previewed = (min(each) for each in zip(*rounds, strict=True))
            took, peak, load = imported
            baseline = copied[0]
            each = took / rows
            first = first or each
            print(
                f"{kind:10} {rows:>10,} {took:>8.2f} {rows / took:>9,.0f} {peak:>8.0f} "
                f"{load:>6.1f} {baseline:>8.2f} {previewed[0]:>10.2f}  {each * 1e6:.1f} µs "
                f"({each / first:.2f}×); {verdict(took / baseline, RATIO, '× of COPY')}",
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
        took, peak, _ = measured(path, BOOK_ROWS, how)
    return took, peak


def write_workbook(path: Path, rows: int) -> None:
    """The rows of ``totals`` as a spreadsheet saves them: days and numbers as such."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Report")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        money = book.add_format({"num_format": "#,##0.00"})
        sheet.write_row(0, 0, HEADER)
        told = rows_of("totals", rows, _campaigns("totals", rows), datetime.now(UTC).date())
        for at, (i, campaign, date_, amount) in enumerate(told, start=1):
            sheet.write_datetime(at, 0, date_, day)
            sheet.write_row(at, 1, _rest(i, campaign))
            sheet.write_number(at, len(HEADER) - 1, float(amount), money)


def measured(kind: str, rows: int, how: str) -> tuple[float, float, float]:
    """Seconds, peak resident MB, and the machine's load when it ended."""
    done = subprocess.run(
        [sys.executable, __file__, "--alone", kind, str(rows), how],
        check=True,
        capture_output=True,
        text=True,
    )
    took, peak = done.stdout.split()[-2:]
    return float(took), float(peak), os.getloadavg()[0]


def run(kind: str, rows: int, how: str) -> None:
    """Import one file (or one of the other HOW); prints the seconds and the peak of the memory."""
    now = datetime.now(UTC)
    campaigns = _campaigns(kind, rows)
    with scratch(), tempfile.TemporaryDirectory() as directory:
        fill(campaigns, brands=max(1, campaigns // 50), schedules=50, now=now)
        decide(now)
        path = Path(kind) if kind.endswith(".xlsx") else Path(directory) / "spend.csv"
        if not path.exists():
            write(path, kind, rows, campaigns, now.date(), for_copy=how == "copy")
        execute("CHECKPOINT")
        act = {"copy": copy, "preview": preview, "import": import_file}[how]
        took, _ = seconds(lambda: act(path))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(execute("SELECT count(*), sum(amount) FROM ads_spend"))
    print(f"{took:.3f} {peak:.1f}")


def write(path: Path, kind: str, rows: int, campaigns: int, today: date, *, for_copy: bool) -> None:
    """A file in random order, like an export by ad; small amounts that cross no budget.

    ``for_copy``: the same rows as the ledger has them, with ids for names.
    """
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        if not for_copy:
            out.writerow([*HEADER, *(["external_id"] if kind == "entries" else [])])
        for i, campaign, day, amount in rows_of(kind, rows, campaigns, today):
            external_id = [f"ad-{i:09}"] if kind == "entries" else []
            if for_copy:
                out.writerow([campaign, day, amount, *(external_id or [""])])
            else:
                out.writerow([day, *_rest(i, campaign), amount, *external_id])


def rows_of(
    kind: str, rows: int, campaigns: int, today: date
) -> Iterator[tuple[int, int, date, str]]:
    """The number, campaign, day and amount of each row, in random order."""
    ads = 1 if kind == "distinct" else ADS
    order = list(range(rows))
    random.Random(1).shuffle(order)
    for i in order:
        day = today - timedelta(days=i // ads // campaigns % DAYS)
        yield i, i // ads % campaigns + 1, day, f"{i % 97 / 1000 + 0.01:.6f}"


def _rest(i: int, campaign: int) -> list[int | str]:
    return [700_000 + i, f"Campaign {campaign}", "30-34", "M", i % 9000, i % 40]


def _campaigns(kind: str, rows: int) -> int:
    return max(1, rows // (DAYS * (1 if kind == "distinct" else ADS)))


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
