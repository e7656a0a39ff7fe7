"""Importing 10,000, 100,000 and 1,000,000 rows: rows a second, memory, cost per row.

    python benchmarks/import_spend.py [--sizes 10000 100000 1000000]

Each size is run in a process of its own, on a database of its own, as ``manage.py import_spend``
runs it, enforcement included: the peak of the resident memory is that run's. Three kinds of file:

- ``totals``: one row per ad, 13 of them to a campaign and day (as in real exports), added up;
- ``distinct``: every row a campaign-day of its own, the worst case;
- ``entries``: rows with an external id, each an entry of the ledger, 13 to a campaign and day.

There are as many rows per campaign at every size, so that cost per row can be compared. Beside each
import, the same rows are copied straight into the ledger (``COPY`` and its trigger, nothing else):
no import can do without that, so it is what its time is compared with.
"""

import argparse
import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

from _report import expect, verdict

#: How many times as long as COPY an import may take.
RATIO = 1.5
HOW = ("import", "copy", "preview")
KINDS = ("totals", "distinct", "entries")
DAYS = 25
ADS = 13
HEADER = ["Date", "ad_id", "campaign", "age", "gender", "Impressions", "Clicks", "amount"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--rounds", type=int, default=1, help="the least time counts")
    parser.add_argument("--alone", nargs=3, metavar=("KIND", "ROWS", "HOW"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        kind, rows, how = options.alone
        run(kind, int(rows), how)
        return
    print(
        f"{'kind':10} {'rows':>10} {'seconds':>8} {'rows/s':>9} {'peak MB':>8} {'load':>6} "
        f"{'COPY s':>8} {'preview s':>10}  per row"
    )
    for kind in options.kinds:
        first = None
        for rows in options.sizes:
            # Turn and turn about: the machine is not equally fast all the time.
            rounds = [[measured(kind, rows, how) for how in HOW] for _ in range(options.rounds)]
            imported, copied, previewed = (min(each) for each in zip(*rounds, strict=True))
            seconds, peak, load = imported
            baseline = copied[0]
            each = seconds / rows
            first = first or each
            print(
                f"{kind:10} {rows:>10,} {seconds:>8.2f} {rows / seconds:>9,.0f} {peak:>8.0f} "
                f"{load:>6.1f} {baseline:>8.2f} {previewed[0]:>10.2f}  {each * 1e6:.1f} µs "
                f"({each / first:.2f}×); {verdict(seconds / baseline, RATIO, '× of COPY')}",
                flush=True,
            )


def measured(kind: str, rows: int, how: str) -> tuple[float, float, float]:
    """Seconds, peak resident MB, and the machine's load when it ended."""
    done = subprocess.run(
        [sys.executable, __file__, "--alone", kind, str(rows), how],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, peak = done.stdout.split()[-2:]
    return float(seconds), float(peak), os.getloadavg()[0]


def run(kind: str, rows: int, how: str) -> None:
    """Import one file (or one of the other HOW); prints the seconds and the peak of the memory."""
    import _database
    import world
    from django.core.management import call_command
    from django.db import connection

    from ads.models import Campaign
    from ads.services.delivery.enforcement import Trigger, enforce

    now = datetime.now(UTC)
    per_campaign = DAYS * (1 if kind == "distinct" else ADS)
    campaigns = max(1, rows // per_campaign)
    with _database.scratch(), tempfile.TemporaryDirectory() as directory:
        world.fill(campaigns, brands=max(1, campaigns // 50), schedules=50, now=now)
        enforce(Campaign.objects.all(), now, Trigger.CHECK_CAMPAIGN_BUDGETS)
        path = Path(directory) / "spend.csv"
        write(path, kind, rows, campaigns, now.date())
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")
        entries = Path(directory) / "entries.csv"
        if how == "copy":
            write_entries(path, entries)
        began = time.perf_counter()
        if how == "copy":
            copy(entries)
        elif how == "preview":
            preview(path, now)
        else:
            call_command(
                "import_spend",
                str(path),
                *("--map", "date=Date", "--campaign-by", "name"),
                verbosity=0,
                stdout=StringIO(),
            )
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), sum(amount) FROM ads_spend")
            print(cursor.fetchone())
    print(f"{seconds:.3f} {peak:.1f}")


def write(path: Path, kind: str, rows: int, campaigns: int, today: date) -> None:
    """A file in no order, as an export by ad is; amounts small enough to cross no budget."""
    ads = 1 if kind == "distinct" else ADS
    order = list(range(rows))
    random.Random(1).shuffle(order)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow([*HEADER, *(["external_id"] if kind == "entries" else [])])
        for i in order:
            campaign, day = i // ads % campaigns + 1, i // ads // campaigns % DAYS
            out.writerow(
                [
                    today - timedelta(days=day),
                    700_000 + i,
                    f"Campaign {campaign}",
                    "30-34",
                    "M",
                    i % 9000,
                    i % 40,
                    f"{i % 97 / 1000 + 0.01:.6f}",
                    *([f"ad-{i:09}"] if kind == "entries" else []),
                ]
            )


def write_entries(path: Path, entries: Path) -> None:
    """The same rows as the ledger has them: ids for names."""
    with path.open(newline="") as file, entries.open("w", newline="") as out:
        to = csv.writer(out)
        for row in csv.DictReader(file):
            campaign = row["campaign"].removeprefix("Campaign ")
            to.writerow([campaign, row["Date"], row["amount"], row.get("external_id", "")])


def copy(entries: Path) -> None:
    """What the import is compared with: COPY, and the trigger that keeps the sums.

    No checks of ours, no look-ups, no day totals, no enforcement.
    """
    from django.db import connection

    with connection.cursor() as cursor, entries.open(newline="") as file:
        cursor.execute("SET work_mem = '256MB'")  # as the import has it
        cursor.copy_expert(
            "COPY ads_spend (campaign_id, date, amount, external_id) FROM STDIN (FORMAT csv)",
            file,
            1 << 18,
        )


def preview(path: Path, now: datetime) -> None:
    """What the page shows before somebody confirms."""
    from ads.services.imports.plan import Plan
    from ads.services.imports.run import preview_of

    with path.open("rb") as file:
        found = preview_of(file, Plan(mapping={"date": "Date"}, campaign_by="name"), now=now)
    expect(0, found.problem_count)


if __name__ == "__main__":
    main()
