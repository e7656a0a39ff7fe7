"""A month's export of one brand among 20, against the same rows fetched by psycopg2 alone.

The bare statement joins the campaigns and names the brand and the days, as a person would write it,
and its rows are fetched at once. Both take turns; the shortest round counts. Entries lie in the
order of their days, over 160 of them, and every campaign has as many. What the export reads of the
ledger and its indexes is counted by PostgreSQL; it needs the brand's own entries alone.
"""

import csv
import sys
from contextlib import closing
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from django.db import connection, transaction
from support.database import execute, execute_unaudited, scratch
from support.report import at_most, expect, options, seconds, table
from support.world import fill

from ads.services.exports import Export, Kind, Stream, Wanted, choose

NOW: Final = datetime(2026, 11, 29, 12, tzinfo=UTC)
BRANDS: Final = 20
RATIO: Final = 2.0
#: Index rows that are read for each row that is exported.
READ: Final = 1.1

LEDGER: Final = """
    INSERT INTO ads_spend (campaign_id, amount, date, occurred_at, created_at, description, source,
                           external_id)
    SELECT 1 + n * 7919 %% %(campaigns)s, round((n %% 1000) / 100.0, 2),
           date '2026-06-01' + (n * 160 / %(entries)s)::int,
           timestamptz '2026-06-01' + n * interval '160 days' / %(entries)s, now(),
           'Search click', 'etl', 'job-' || n
      FROM generate_series(0, %(entries)s::bigint - 1) AS n
"""

BARE: Final = """
    SELECT spend.id, spend.date, brand.id, brand.name, campaign.id, campaign.name, spend.amount,
           spend.kind, spend.source, spend.external_id, spend.description, spend.occurred_at,
           spend.created_at, brand.currency
      FROM ads_spend AS spend
      JOIN ads_campaign AS campaign ON campaign.id = spend.campaign_id
      JOIN ads_brand AS brand ON brand.id = campaign.brand_id
     WHERE brand.id = %s AND spend.date BETWEEN %s AND %s
     ORDER BY spend.id
"""


def main() -> None:
    sizes = options(__doc__, entries=5_000_000, campaigns=2_000, rounds=7).parse_args()
    wanted = Wanted(brand=3, first=date(2026, 9, 1), last=date(2026, 9, 30))
    with scratch():
        fill(sizes.campaigns, brands=BRANDS, schedules=10, now=NOW)
        execute_unaudited(LEDGER, vars(sizes))
        execute("VACUUM ANALYZE ads_spend")
        export = choose(Kind.SPEND, wanted, NOW)
        expect([row[0] for row in bare(wanted)], ids(export))
        ours, theirs = [], []
        for _ in range(sizes.rounds):
            ours.append(seconds(lambda: sum(map(len, Stream(export))))[0])
            took, rows = seconds(lambda: bare(wanted))
            theirs.append(took)
            print(f"  export {ours[-1]:.2f} s, bare SQL {theirs[-1]:.2f} s", flush=True)
        read = read_of_ledger(export)
    table(
        [
            (f"{len(rows):,} of {sizes.entries:,} entries: bare SQL", f"{min(theirs):.2f} s", ""),
            ("the export", f"{min(ours):.2f} s", ""),
            at_most("... of the bare SQL's time", min(ours) / min(theirs), RATIO, "×"),
            ("rows of the ledger and its indexes read", f"{read:,}", ""),
            at_most("... for each row exported", read / len(rows), READ),
        ]
    )


def bare(wanted: Wanted) -> list[tuple[Any, ...]]:
    """What is exported, without this project's code."""
    connection.ensure_connection()
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(BARE, [wanted.brand, wanted.first, wanted.last])
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def ids(export: Export) -> list[int]:
    text = b"".join(Stream(export)).decode()
    return [int(row["id"]) for row in csv.DictReader(StringIO(text, newline=""))]


def read_of_ledger(export: Export) -> int:
    """Rows of the ledger and of its indexes that the export reads, those it skips included."""
    counted = (  # since the figures were last passed on, which is never within a transaction
        "SELECT sum(pg_stat_get_xact_tuples_returned(relation)) FROM (SELECT indexrelid FROM"
        " pg_index WHERE indrelid = 'ads_spend'::regclass UNION SELECT 'ads_spend'::regclass)"
        " AS every (relation)"
    )
    with transaction.atomic():
        ((before,),) = execute(counted)
        for _ in Stream(export):
            pass
        ((after,),) = execute(counted)
    return int(after - before)


if __name__ == "__main__":
    main()
