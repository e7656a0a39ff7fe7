"""Archiving a month of a million entries, and bringing it back; and a backup of the same database.

Entries have external IDs, as those of an ETL job, and 20,000 campaigns. Afterwards the ledger must
be as it was, and its sums all along.
"""

import resource
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from support.database import execute, scratch
from support.report import expect, options, seconds, table
from support.world import fill

from ads.services import archive, backups
from ads.services.ledger import verification

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
MONTH = date(2025, 1, 1)
MB = 10**6


def main() -> None:
    sizes = options(__doc__, entries=1_000_000, campaigns=20_000).parse_args()
    with scratch(), tempfile.TemporaryDirectory() as folder:
        fill(sizes.campaigns, brands=sizes.campaigns // 50, schedules=10, now=NOW)
        execute(
            "INSERT INTO ads_spend (campaign_id, amount, date, occurred_at, description, source,"
            "  external_id) SELECT campaign.id, (n %% 1000) / 100.0, date '2025-01-01' + n %% 31,"
            "  timestamptz '2025-01-01' + n * interval '2.5 s', 'Search click', 'etl', 'job-' || n"
            " FROM generate_series(1, %s) AS n JOIN ("
            "  SELECT id, row_number() OVER (ORDER BY id) - 1 AS k FROM ads_campaign) AS campaign"
            "   ON campaign.k = n %% %s",
            [sizes.entries, sizes.campaigns],
        )
        execute("VACUUM ANALYZE ads_spend")
        before, full = ledger(), ledger_size()
        drift = verification.find_drift()  # of the sums that the world begins with
        dumping, taken = seconds(lambda: backups.take(Path(folder), NOW))
        (figures,) = archive.months_before(date(2025, 2, 1), NOW)
        expect(sizes.entries, figures.entries)
        memory = peak()
        moving, archived = seconds(lambda: archive.archive(figures, Path(folder), NOW))
        more = peak() - memory
        expect([(0, None)], ledger())
        expect(drift, verification.find_drift())
        execute("VACUUM FULL ads_spend")
        ((ids,),) = execute("SELECT pg_total_relation_size('ads_archivedid')")
        ((days,),) = execute("SELECT pg_total_relation_size('ads_archivedspend')")
        path = Path(folder) / archived.file
        returning, _ = seconds(lambda: archive.bring_back(path, NOW))
        expect(before, ledger())
        expect(drift, verification.find_drift())
    table(
        [
            ("in the ledger, with its indexes", f"{full / MB:,.0f} MB", ""),
            ("the file", f"{archived.size / MB:,.1f} MB, {full / archived.size:.0f}× smaller", ""),
            ("kept: IDs, sums by campaign and day", f"{ids / MB:,.0f} + {days / MB:,.0f} MB", ""),
            ("archived", f"{moving:.1f} s, {more:.0f} MB of memory more", ""),
            ("brought back", f"{returning:.1f} s", ""),
            ("backup", f"{dumping:.1f} s, {taken.manifest.size / MB:,.0f} MB", ""),
        ]
    )


def ledger() -> list[tuple[object, ...]]:
    """The number of entries, and a digest of all of them."""
    return execute("SELECT count(*), sum(hashtextextended(entry::text, 0)) FROM ads_spend AS entry")


def ledger_size() -> int:
    return int(execute("SELECT pg_total_relation_size('ads_spend')")[0][0])


def peak() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
