"""Something to export, and reading exports as whoever gets them does."""

import csv
from collections.abc import Iterable
from io import StringIO

from ads.models import Campaign
from ads.services.exports.stream import Export, Stream
from ads.tests.support import NOON, execute

DAY = NOON.date()


def many_entries(campaign: Campaign, count: int) -> None:
    execute(
        "INSERT INTO ads_spend (campaign_id, amount, date)"
        " SELECT %s, 0.01, %s FROM generate_series(1, %s)",
        [campaign.pk, DAY, count],
    )


def read(pieces: Iterable[bytes]) -> list[dict[str, str]]:
    """The rows by column."""
    text = b"".join(pieces).decode()
    rows = list(csv.DictReader(StringIO(text, newline="")))
    assert all(None not in row and None not in row.values() for row in rows)
    return rows


def rows_of(export: Export) -> list[dict[str, str]]:
    return read(Stream(export))
