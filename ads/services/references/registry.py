"""What platforms know campaigns by, and matching what came in under a reference nobody knew."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from ads.models import Campaign, CampaignReference, UnknownReference, WaitingSpend
from ads.services import campaign_lookup, locks
from ads.services.actor import current_actor
from ads.services.campaign_lookup import Owner, Reference
from ads.services.errors import InvalidReference, InvalidSpend
from ads.services.ledger import check_text
from ads.services.references.release import Settled, record_waiting

__all__ = [
    "AT_ONCE",
    "Reference",
    "Settled",
    "add",
    "discard",
    "find",
    "hand_over",
    "match",
    "record_under",
    "record_waiting",
]

#: Rows that are recorded while somebody waits for the page; the periodic task takes the rest.
AT_ONCE: Final = 20_000


def find(
    references: Collection[Reference], *, brand_ids: frozenset[int] | None = None
) -> dict[Reference, Owner]:
    """The campaigns that carry these, as far as there are any (in ``brand_ids``); one query."""
    return campaign_lookup.by_reference(references, brand_ids)


def add(campaign: Campaign, reference: Reference) -> CampaignReference:
    """Let the campaign be known by this; what had come in under it is recorded on commit.

    Returns the one it has if it is known by it already.

    Raises:
        InvalidReference: a part cannot be used, or another campaign is known by it.
    """
    for field in ("platform", "account", "reference"):
        try:
            check_text(field, getattr(reference, field), required=field != "account")
        except InvalidSpend as error:
            raise InvalidReference(error.field, error.value, error.reason) from error
    carried, _ = CampaignReference.objects.get_or_create(
        **_parts(reference), defaults={"campaign": campaign}
    )
    _refuse_another(carried, campaign)
    return carried


def match(unknown: UnknownReference, campaign: Campaign, *, now: datetime) -> Settled:
    """The unknown reference is this campaign's: from now on, and for what has come in under it.

    :data:`AT_ONCE` rows are recorded when it returns, in batches with a commit each (if the caller
    has no transaction open), and the rest by the periodic task.

    Raises:
        InvalidReference: the reference is not there any more, another campaign is known by it, or
            its sender may not write to the campaign's brand.
    """
    return record_under(hand_over(unknown, campaign), now=now)


@transaction.atomic
def hand_over(unknown: UnknownReference, campaign: Campaign) -> CampaignReference:
    """The first half of :func:`match`: from now on the campaign carries it; same errors.

    The second, :func:`record_under`, belongs into no transaction with it, for what waits is
    recorded in several.
    """
    locked = locks.unknown_reference(unknown.pk)
    if locked is None:
        raise InvalidReference("reference", unknown, "it has been matched already.")
    if locked.only_brands is not None and campaign.brand_id not in locked.only_brands:
        raise InvalidReference(
            "campaign",
            campaign,
            "whoever sent this may not write to its brand; choose a campaign of a brand that "
            "the sender is limited to, or discard what waits.",
        )
    # Bulk, because saving it would have what waits recorded on commit: record_under does so.
    parts = _parts(locked)
    CampaignReference.objects.bulk_create(
        [CampaignReference(campaign=campaign, **parts)], ignore_conflicts=True
    )
    carried = CampaignReference.objects.get(**parts)
    _refuse_another(carried, campaign)
    return carried


def record_under(carried: CampaignReference, *, now: datetime) -> Settled:
    """Record what waits under this, :data:`AT_ONCE` rows; the periodic task records the rest."""
    return record_waiting(now, references=[carried.pk], at_most=AT_ONCE)


def discard(unknown: UnknownReference, *, because: str, now: datetime) -> int:
    """What waits under it shall never be recorded; how many rows. Who said so stays on record.

    Raises:
        InvalidSpend: ``because`` is missing or too long.
    """
    check_text("because", because, required=True)
    with transaction.atomic():
        locks.unknown_reference(unknown.pk)
        waits = WaitingSpend.objects.filter(unknown=unknown.pk, discarded_at=None)
        return waits.update(
            discarded_at=now,
            discarded_by=current_actor()[: _longest("discarded_by")],
            discarded_because=because,
        )


def _parts(referring: Reference | UnknownReference) -> dict[str, str]:
    return {
        "platform": referring.platform,
        "account": referring.account,
        "reference": referring.reference,
    }


def _refuse_another(carried: CampaignReference, campaign: Campaign) -> None:
    if carried.campaign_id == campaign.pk:
        return
    other = carried.campaign
    raise InvalidReference(
        "reference",
        carried,
        f'it is what campaign {other.pk} ("{other.name}" of {other.brand}) is known by; '
        "take it off there first.",
    )


def _longest(field: str) -> int:
    column: Any = WaitingSpend._meta.get_field(field)
    return int(column.max_length)
