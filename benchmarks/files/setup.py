"""Setup by file of 10,000 campaigns: reading, previewing and applying it.

Half of the campaigns exist and get other budgets, names of schedules and platform IDs; half are
new. Queries are counted in a round of its own, because counting costs time.
"""

import csv
import io
import sys
import tracemalloc
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.database import execute, scratch
from support.report import at_most, expect, options, seconds, table, verdict
from support.world import NOW, fill, settle

from ads.models import Brand, Campaign
from ads.services import setup
from ads.services.exports import Stream
from ads.services.setup import COLUMNS, Sheet

SECONDS = {"read": 1, "preview": 4, "apply": 8, "export": 3}
QUERIES = {"preview": 40, "apply": 120}
MEMORY = 150
PER_BRAND = 50


def main() -> None:
    sizes = options(__doc__, campaigns=10_000, rounds=3).parse_args()
    existing = sizes.campaigns // 2
    with scratch():
        fill(existing, brands=existing // PER_BRAND, schedules=50, now=NOW)
        settle(NOW)
        file = edited(sizes.campaigns)
        took: dict[str, list[float]] = {name: [] for name in SECONDS}
        for round_ in range(sizes.rounds):
            once, sheet = seconds(lambda: Sheet.read(io.BytesIO(file), "setup.csv"))
            took["read"].append(once)
            once, preview = seconds(partial(setup.preview, sheet, NOW))
            took["preview"].append(once)
            expect(sizes.campaigns, len([one for one in preview.plan.changed if one.brand]))
            if round_ == 0:
                with CaptureQueriesContext(connection) as previewing:
                    setup.preview(sheet, NOW)
                tracemalloc.start()
                setup.preview(sheet, NOW)
                memory = tracemalloc.get_traced_memory()[1] / 1e6
                tracemalloc.stop()
        with CaptureQueriesContext(connection) as applying:
            once, done = seconds(lambda: setup.apply(sheet, NOW, seen=preview.plan.digests()))
        took["apply"].append(once)
        expect(sizes.campaigns, done.counts["campaigns_new"] + done.counts["campaigns_changed"])
        everything = Brand.objects.all(), Campaign.objects.all()
        once, _ = seconds(lambda: list(Stream(setup.export(*everything))))
        took["export"].append(once)
    rows = [
        at_most(f"{name} {sizes.campaigns:,} campaigns", min(took[name]), most, " s")
        for name, most in SECONDS.items()
    ]
    for name, queries in (("preview", previewing), ("apply", applying)):
        counted = verdict(len(queries), QUERIES[name], digits=0)
        rows.append((f"{name}: queries", counted, f"at most {QUERIES[name]}"))
    table([*rows, at_most("preview: memory of Python", memory, MEMORY, " MB")])


def edited(campaigns: int) -> bytes:
    """Every campaign with other budgets, and as many new ones, up to this number."""
    exported = b"".join(Stream(setup.export(Brand.objects.all(), Campaign.objects.all())))
    rows = [dict(row) for row in csv.DictReader(io.StringIO(exported.decode()))]
    schedule = execute("SELECT name FROM ads_daypartingschedule ORDER BY id LIMIT 1")[0][0]
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    number = 0
    for row in rows:
        new = {}
        if row["campaign"]:
            number += 1
            row |= {
                "daily_budget": str(1000 + number),
                "platform_ids": f"google_ads / 123-456-7890 / {number}",
                "schedules": schedule,
                "dayparting": "on",
            }
            new = row | {
                "campaign_id": "",
                "campaign": f"New {number}",
                "platform_ids": f"google_ads / 123-456-7890 / 9{number:07}",
            }
        writer.writerow(row)
        if new and number <= campaigns // 2:
            writer.writerow(new)
    return file.getvalue().encode()


if __name__ == "__main__":
    main()
