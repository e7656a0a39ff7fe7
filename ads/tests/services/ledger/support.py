"""What the tests of batches share."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.models import Brand, Campaign, CampaignReference, Spend, UnknownReference, WaitingSpend
from ads.models.spend import Kind
from ads.services.campaign_lookup import Reference
from ads.services.ledger import DayTotal, OnOverlap, Recorded, SpendEntry, record
from ads.tests.support import NOON

TODAY = NOON.date()


class Sender(NamedTuple):
    """Who sends: its source, and the brands that it may write to (None: every brand)."""

    source: str
    brand_ids: frozenset[int] | None = None


ANY = Sender("etl")


def limited_to(*brands: Brand, source: str = "limited") -> Sender:
    """A sender that may write to these brands alone."""
    return Sender(source, frozenset(brand.pk for brand in brands))


def entry(campaign: Any, amount: object = 1, **more: Any) -> SpendEntry:
    """An entry as it is sent; a campaign stands for its id."""
    given = campaign.pk if isinstance(campaign, Campaign) else campaign
    return SpendEntry(given, amount, **more)


def total(campaign: Any, amount: object = 1, **more: Any) -> DayTotal:
    """A day total as it is sent, of today, seen at noon unless said otherwise."""
    given = campaign.pk if isinstance(campaign, Campaign) else campaign
    more = {"date": TODAY, "observed_at": NOON, **more}
    return DayTotal(given, amount=amount, **more)


def take(
    *rows: Any,
    sender: Sender = ANY,
    now: datetime = NOON,
    kind: Kind | None = None,
    keep_good: bool = False,
    on_overlap: OnOverlap | None = None,
) -> Recorded:
    """Record a batch of entries, or of day totals."""
    totals = any(isinstance(row, DayTotal) for row in rows)
    kind = kind or (Kind.DAY_TOTAL if totals else Kind.ENTRY)
    return record(
        rows,
        **sender._asdict(),
        now=now,
        kind=kind,
        keep_good=keep_good,
        on_overlap=on_overlap,
    )


def correct(*rows: Any, sender: Sender = ANY, keep_good: bool = False) -> Recorded:
    """Record a batch of corrections."""
    return take(*rows, sender=sender, kind=Kind.CORRECTION, keep_good=keep_good)


def outcomes(recorded: Recorded) -> list[str]:
    """The outcome of each row."""
    return [answer.outcome for answer in recorded.answers]


def google(reference: str, account: str = "123", name: str = "") -> Reference:
    """What Google Ads calls a campaign by."""
    return Reference("google_ads", account, reference, name)


def known_as(campaign: Campaign, reference: Reference) -> CampaignReference:
    """From now on the campaign carries the reference."""
    return CampaignReference.objects.create(
        campaign=campaign,
        platform=reference.platform,
        account=reference.account,
        reference=reference.reference,
    )


def kept() -> Sequence[Any]:
    """What waits: reference, amount and external id, oldest first."""
    waiting = WaitingSpend.objects.filter(discarded_at=None).order_by("id")
    return list(waiting.values_list("unknown__reference", "amount", "external_id"))


def unknown(reference: str = "7") -> UnknownReference:
    """The unknown reference of this id."""
    return UnknownReference.objects.get(reference=reference)


def recorded() -> Sequence[Any]:
    """Amount, date and external id of what is in the ledger, oldest first."""
    return list(Spend.objects.order_by("id").values_list("amount", "date", "external_id"))


def statements_of(record: Callable[[], object]) -> int:
    """How many it sends, BEGIN and COMMIT included."""
    with CaptureQueriesContext(connection) as captured:
        record()
    return len(captured)
