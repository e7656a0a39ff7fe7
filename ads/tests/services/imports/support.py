"""Files for tests, imported, previewed or refused in one line."""

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from ads.models import CampaignReference, ReportedTotal, Spend, UnknownReference, WaitingSpend
from ads.services.imports.outcome import Imported
from ads.services.imports.plan import Plan
from ads.services.imports.refusals import ImportRefused, RefusedCsv, RowsRefused
from ads.services.imports.run import Import, preview_of
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON

Content = bytes | str | list[str]


def as_bytes(content: Content) -> bytes:
    """Bytes as they are, text in UTF-8, lines with an end each."""
    if isinstance(content, list):
        content = "".join(f"{line}\n" for line in content)
    return content.encode() if isinstance(content, str) else content


def recorded(
    content: Content,
    plan: Plan | None = None,
    *,
    now: datetime = NOON,
    enforces_again: bool = False,
) -> Imported:
    """What importing this did; with ``enforces_again``, what follows its commit too."""
    file = io.BytesIO(as_bytes(content))
    with Import.staged(file, plan or Plan(), now=now) as staged:
        done = staged.record(now=now)
        if enforces_again:
            staged.enforce_again(now=now + timedelta(seconds=1))
    return done


def previewed(content: Content, plan: Plan | None = None, *, now: datetime = NOON) -> Any:
    """What importing this would do, its keys as attributes; nothing has changed."""
    before = _everything()
    preview = preview_of(io.BytesIO(as_bytes(content)), plan or Plan(), now=now)
    assert _everything() == before
    return _with_attributes(preview)


def _with_attributes(value: Any) -> Any:
    if isinstance(value, dict) and all(key.isupper() for key in value):
        return value  # sums by currency
    if isinstance(value, dict):
        return SimpleNamespace(**{key: _with_attributes(each) for key, each in value.items()})
    return [_with_attributes(each) for each in value] if isinstance(value, list) else value


def refused(content: Content, plan: Plan | None = None, *, now: datetime = NOON) -> str:
    """Why importing this is refused, row by row if rows are; nothing has changed."""
    before = _everything()
    with pytest.raises(ImportRefused) as error:
        recorded(content, plan, now=now)
    assert _everything() == before
    rows = error.value.refused.shown if isinstance(error.value, RowsRefused) else []
    return "\n".join([str(error.value), *map(str, rows)])


def refused_csv(content: Content, plan: Plan | None = None) -> list[list[str]]:
    """The CSV of refused rows, of a preview of this."""
    text = io.StringIO(newline="")
    preview_of(io.BytesIO(as_bytes(content)), plan or Plan(), now=NOON, sink=RefusedCsv(text))
    return list(csv.reader(io.StringIO(text.getvalue(), newline="")))


def ledger() -> dict[tuple[str, str], Decimal]:
    """Sums of the ledger by the campaign's name and the day."""
    sums: dict[tuple[str, str], Decimal] = {}
    for name, day, amount in Spend.objects.values_list("campaign__name", "date", "amount"):
        key = (name, day.isoformat())
        sums[key] = sums.get(key, Decimal(0)) + amount
    return sums


def waiting() -> dict[tuple[str, str, str], Decimal]:
    """What waits, by account, reference and day."""
    rows = WaitingSpend.objects.filter(discarded_at=None).values_list(
        "unknown__account", "unknown__reference", "date", "amount"
    )
    return {(account, reference, str(day)): amount for account, reference, day, amount in rows}


def _everything() -> str:
    """The rows of all that an import writes, asked for in one statement."""
    tables = (Spend, ReportedTotal, UnknownReference, WaitingSpend, CampaignReference)
    each = (
        f"SELECT '{one}', r.id, r::text FROM {one} AS r"
        for one in (table._meta.db_table for table in tables)
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each) + " ORDER BY 1, 2")
        return str(cursor.fetchall())


def case(name: str) -> bytes:
    """A file of a shape that people have reported; skips where the folder is not there."""
    path = settings.BASE_DIR.parent / "shared" / "data" / "cases" / name
    if not path.exists():
        pytest.skip(f"{path} is not there: the files are not part of the repository.")
    return path.read_bytes()


def carrying(
    reference: str = "7",
    *,
    platform: str = "tiktok",
    account: str = "",
    timezone: str = "UTC",
    name: str = "C",
) -> None:
    """A campaign with this platform ID, of a brand in this timezone."""
    CampaignReference.objects.create(
        campaign=CampaignFactory.create(name=name, brand=BrandFactory.create(timezone=timezone)),
        platform=platform,
        account=account,
        reference=reference,
    )
