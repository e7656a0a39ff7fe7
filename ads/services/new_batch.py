"""Batches: what is recorded inside :func:`recording` names the batch, and is undone with it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from ads.models import ApiKey, SpendBatch, SpendImport
from ads.models.spend import BatchKind
from ads.rules.money import plain
from ads.services.actor import current_actor

_current: ContextVar[int | None] = ContextVar("batch", default=None)


def current() -> int | None:
    """The batch that rows recorded now belong to; None: none, as for a call from Python."""
    return _current.get()


@contextmanager
def recording(batch: SpendBatch) -> Iterator[SpendBatch]:
    """Record what is recorded inside as part of ``batch``."""
    token = _current.set(batch.pk)
    try:
        yield batch
    finally:
        _current.reset(token)


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A batch to be made, once there is something to record."""

    kind: BatchKind
    #: For people: the file, the key, the endpoint.
    title: str = ""
    spend_import: SpendImport | None = None
    api_key_id: int | None = None

    def make(self, *, source: str, now: datetime) -> SpendBatch:
        return SpendBatch.objects.create(
            kind=self.kind,
            title=self.title[:_LONGEST_TITLE],
            source=source,
            recorded_by=current_actor(),
            recorded_at=now,
            spend_import=self.spend_import,
            api_key=ApiKey(pk=self.api_key_id) if self.api_key_id else None,
        )

    def at_once(self, currency: str, amount: Decimal) -> tuple[Any, ...]:
        """The columns of one with a single entry: kind, title, key, who recorded it, amounts."""
        amounts = json.dumps(as_text({currency: amount}))
        return (
            self.kind.value,
            self.title[:_LONGEST_TITLE],
            self.api_key_id,
            current_actor(),
            amounts,
        )


#: The same for an entry that makes none.
NO_BATCH: Final = (None,) * 5

_LONGEST_TITLE: Final = 255


def close(batch: SpendBatch, *, rows: int, sums: Mapping[str, Decimal]) -> bool:
    """Note the figures; a batch without rows is no batch, and is deleted. Is there one?

    ``sums``: by how much it moved the ledger, by currency.
    """
    if not rows:
        # Not `batch.delete()`, which asks each table that may have rows of it first.
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM ads_spendbatch WHERE id = %s", [batch.pk])
        return False
    batch.rows, batch.amounts = rows, as_text(sums)
    batch.save(update_fields=["rows", "amounts"])
    return True


def as_text(sums: Mapping[str, Decimal]) -> dict[str, str]:
    """Sums by currency, as a batch keeps them."""
    return {code: plain(amount) for code, amount in sums.items()}
