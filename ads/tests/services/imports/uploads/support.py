"""What the tests of uploaded files share."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone

from ads.models import Campaign, Spend, SpendImport, SpendImportPart
from ads.models.spend import ImportPart
from ads.services.actor import acting_as
from ads.services.imports import uploads
from ads.services.imports.plan import Plan
from ads.tests.factories import CampaignFactory
from ads.tests.support import NOON

LIMIT = 64 << 20
TODAY = NOON.date()


def chunked(content: bytes, size: int = 70_000) -> Iterator[bytes]:
    """The bytes as they come in from a browser."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


def rows(campaign: Campaign, *amounts: object) -> str:
    """A file with these amounts of one campaign today."""
    file = io.StringIO()
    lines = [(campaign.name, TODAY, amount) for amount in amounts]
    csv.writer(file, lineterminator="\n").writerows([("campaign", "date", "amount"), *lines])
    return file.getvalue()


def upload(
    content: str | bytes,
    *,
    name: str = "spend.csv",
    by: str = "anna",
    plan: Plan | None = None,
    now: datetime | None = None,
) -> SpendImport:
    """A file that ``by`` has uploaded."""
    data = content.encode() if isinstance(content, str) else content
    with acting_as(by):
        return uploads.receive(
            chunked(data), name=name, plan=plan or Plan(), limit=LIMIT, now=now or timezone.now()
        )


def checked(content: str | bytes, **more: Any) -> SpendImport:
    """A file that was uploaded and checked."""
    one = upload(content, **more)
    assert uploads.check(one.pk, timezone.now()) == "checked"
    one.refresh_from_db()
    return one


def confirm(one: SpendImport, *, by: str = "ben", leaves_out: int = 0) -> SpendImport:
    """Confirmed by ``by``, as its page shows it now."""
    one.refresh_from_db()
    with acting_as(by):
        uploads.confirm(one, checks=one.checks, leaves_out=leaves_out, now=timezone.now())
    return one


def recorded(content: str | bytes, **more: Any) -> SpendImport:
    """A file that was recorded."""
    leaves_out = more.pop("leaves_out", 0)
    return finish(upload(content, **more), leaves_out=leaves_out)


def finish(one: SpendImport, *, leaves_out: int = 0) -> SpendImport:
    """Checked, confirmed and recorded."""
    assert uploads.check(one.pk, timezone.now()) == "checked"
    confirm(one, leaves_out=leaves_out)
    assert uploads.record(one.pk, timezone.now) == "recorded"
    one.refresh_from_db()
    return one


def preview(one: SpendImport) -> dict[str, Any]:
    """What it would do, as its last check says."""
    one.refresh_from_db()
    assert one.preview is not None
    return dict(one.preview)


def outcome(one: SpendImport) -> dict[str, Any]:
    """What it did."""
    one.refresh_from_db()
    assert one.outcome is not None
    return dict(one.outcome)


def has_file(one: SpendImport) -> bool:
    """Is the file still kept?"""
    return SpendImportPart.objects.filter(spend_import=one, kind=ImportPart.FILE).exists()


def spent() -> list[Any]:
    """The amounts in the ledger, in the order they were recorded."""
    return list(Spend.objects.order_by("id").values_list("amount", flat=True))


def statuses(imports: Iterable[SpendImport]) -> list[str]:
    """How far they have come."""
    return [SpendImport.objects.get(pk=one.pk).status for one in imports]


def check(one: SpendImport) -> str:
    """How far it has come once it was checked."""
    return uploads.check(one.pk, timezone.now())


def record(one: SpendImport) -> str:
    """How far it has come once it was recorded."""
    return uploads.record(one.pk, timezone.now)


def status(one: SpendImport) -> str:
    """How far it has come, as it is stored."""
    one.refresh_from_db()
    return one.status


def active(**more: Any) -> Campaign:
    """A campaign that delivers."""
    campaign = CampaignFactory.create(**more)
    Campaign.objects.filter(pk=campaign.pk).update(is_active=True)
    return campaign
