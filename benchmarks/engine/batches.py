"""Batches of 1,000 entries through the ledger's trigger, every row of a campaign of its own.

Against the same rows into a plain table, which has the ledger's indexes and checks, but no triggers
and no foreign keys. A day's first batches open sums, up to four for each row; later ones add to
them. All of these take turns, and the best round of each counts.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from support.database import execute, scratch
from support.report import at_most, expect, options, seconds, table
from support.world import NOW, fill

BATCH = 1_000
#: So many times as long as the plain table.
RATIO = 5.0

INSERT = """
INSERT INTO {} (campaign_id, amount, date, source, external_id)
SELECT id, 1.25, %(day)s::date, 'etl', %(day)s || %(source)s || id
  FROM generate_series(%(first)s::int, %(last)s) AS id
"""


def main() -> None:
    given = options(__doc__, batches=30, brands=600, rounds=5).parse_args()
    rows = given.batches * BATCH
    with scratch():
        fill(rows, brands=given.brands, schedules=10, now=NOW)
        execute("TRUNCATE ads_spendtotal")
        execute("CREATE TABLE plain (LIKE ads_spend INCLUDING ALL)")
        execute("VACUUM ANALYZE")
        best = {"plain": 0.0, "opens": 0.0, "adds": 0.0}
        for round_ in range(given.rounds):
            day = f"2026-01-{round_ + 1:02}"
            for what, into in (("plain", "plain"), ("opens", "ads_spend"), ("adds", "ads_spend")):
                took, _ = seconds(lambda: record(into, day, what, given.batches))  # noqa: B023
                best[what] = max(best[what], rows / took)
        amount = execute("SELECT sum(amount) FROM ads_spendtotal WHERE campaign_id IS NOT NULL")
        expect(rows * given.rounds * 2 * 2 * 125, int(amount[0][0] * 100))
    table(
        [
            ("a plain table", f"{best['plain']:,.0f} rows/s", ""),
            ("the ledger, opening sums", f"{best['opens']:,.0f} rows/s", ""),
            at_most("... so many times as long", best["plain"] / best["opens"], RATIO, "×"),
            ("the ledger, adding to sums", f"{best['adds']:,.0f} rows/s", ""),
            at_most("... so many times as long", best["plain"] / best["adds"], RATIO, "×"),
        ]
    )


def record(into: str, day: str, source: str, batches: int) -> None:
    for number in range(batches):
        first = number * BATCH + 1
        spans = {"day": day, "source": source, "first": first, "last": first + BATCH - 1}
        execute(INSERT.format(into), spans)


if __name__ == "__main__":
    main()
