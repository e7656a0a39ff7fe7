"""A ledger with two old months and today, and reading all of it."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ads.models import Campaign, Spend, SpendTotal
from ads.models.spend import Kind
from ads.services.ledger import SpendEntry, record
from ads.tests.commands.support import say
from ads.tests.support import NOON

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)
MONTH = timedelta(days=31)


def entry(campaign: Campaign, amount: object, day: str, external_id: str | None = None) -> Any:
    """Offer one entry to the ledger; its answer."""
    rows = [SpendEntry(campaign, amount, date=day, external_id=external_id)]
    (answer,) = record(rows, source="etl", now=NOON, keep_good=True).answers
    return answer


def everything() -> list[tuple[Any, ...]]:
    """The ledger, every column of every row."""
    return list(Spend.objects.order_by("id").values_list())


def archived(directory: Path, before: str = "2024-03") -> str:
    return say("archive_spend", str(directory), "--before", before)


def correct(campaign: Campaign, amount: object, day: str) -> Any:
    rows = [SpendEntry(campaign, amount, "A mistake", date=day)]
    (answer,) = record(rows, source="etl", now=NOON, kind=Kind.CORRECTION).answers
    return answer


def sums() -> list[tuple[object, ...]]:
    return list(SpendTotal.objects.order_by("id").values_list("id", "amount", "waived"))
