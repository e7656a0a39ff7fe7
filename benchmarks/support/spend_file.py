"""Files of spend to import: by ad, by campaign and day, or with an external ID for each row."""

import csv
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import xlsxwriter

DAYS = 25
ADS = 13
HEADER = ["Date", "ad_id", "campaign", "age", "gender", "Impressions", "Clicks", "amount"]


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


def campaigns_of(kind: str, rows: int) -> int:
    """How many campaigns a file of so many rows names."""
    return max(1, rows // (DAYS * (1 if kind == "distinct" else ADS)))


def write_workbook(path: Path, rows: int) -> None:
    """The rows of ``totals`` as a spreadsheet saves them: days and numbers as such."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Report")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        money = book.add_format({"num_format": "#,##0.00"})
        sheet.write_row(0, 0, HEADER)
        told = rows_of("totals", rows, campaigns_of("totals", rows), datetime.now(UTC).date())
        for at, (i, campaign, date_, amount) in enumerate(told, start=1):
            sheet.write_datetime(at, 0, date_, day)
            sheet.write_row(at, 1, _rest(i, campaign))
            sheet.write_number(at, len(HEADER) - 1, float(amount), money)
