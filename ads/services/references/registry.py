"""Platform IDs of campaigns, and matching an unmatched one."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import transaction

from ads.models import Campaign, CampaignReference, UnknownReference, WaitingSpend
from ads.services import locks, visible
from ads.services.campaign_lookup import Reference
from ads.services.errors import InvalidReference, InvalidSpend
from ads.services.ledger import OnOverlap, check_id, check_text, in_another, waiting
from ads.services.references.release import Settled, record_waiting

#: Rows that are recorded while somebody waits for the page; the periodic task takes the rest.
AT_ONCE: Final = 20_000

#: IDs in one INSERT.
_BATCH: Final = 2000


def add(campaign: Campaign, reference: Reference) -> CampaignReference:
    """Give the campaign this platform ID, if it has not; its waiting spend is recorded on commit.

    Raises:
        InvalidReference: a part cannot be used, or another campaign has it.
    """
    _check(reference)
    carried, _ = CampaignReference.objects.get_or_create(
        **_parts(reference), defaults={"campaign": campaign}
    )
    _refuse_another(carried, campaign)
    return carried


def add_many(pairs: Collection[tuple[Campaign, Reference]]) -> list[CampaignReference]:
    """Give new campaigns these platform IDs, which no campaign has; the caller records what waits.

    Raises:
        InvalidReference: a part cannot be used.
        IntegrityError: another campaign has one of them.
    """
    for _, reference in pairs:
        _check(reference)
    return CampaignReference.objects.bulk_create(
        [CampaignReference(campaign=campaign, **_parts(each)) for campaign, each in pairs],
        batch_size=_BATCH,
    )


def match(
    unknown: UnknownReference,
    campaign: Campaign,
    *,
    now: datetime,
    on_overlap: OnOverlap | None = None,
) -> Settled:
    """Match the reference with this campaign, from now on and for its waiting spend.

    ``on_overlap``: what becomes of waiting day totals of which others are on record (see
    :func:`.unmatched.overlaps`); None: they go on waiting, until it is matched again with a choice.

    :data:`AT_ONCE` rows are recorded when it returns, in batches with a commit each (if the caller
    has no transaction open), and the rest by the periodic task.

    Raises:
        InvalidReference: it was matched before, another campaign has it, its sender may not write
            to the campaign's brand, or its spend came in another currency than the brand's.
    """
    return record_under(hand_over(unknown, campaign), now=now, on_overlap=on_overlap)


@transaction.atomic
def hand_over(unknown: UnknownReference, campaign: Campaign) -> CampaignReference:
    """The first half of :func:`match`: give the campaign the reference; same errors.

    The second half, :func:`record_under`, needs several transactions of its own.
    """
    locked = locks.unknown_reference(unknown.pk)
    if locked is None:
        raise InvalidReference("reference", unknown, "it has been matched already.")
    if locked.only_brands is not None and campaign.brand_id not in locked.only_brands:
        raise InvalidReference(
            "campaign",
            campaign,
            "the sender may not write to its brand; choose a campaign of a brand that the sender "
            "is limited to, or discard the waiting spend.",
        )
    _refuse_other_currency(locked, campaign)
    # Bulk, because saving it would record waiting spend on commit, as record_under does.
    parts = _parts(locked)
    CampaignReference.objects.bulk_create(
        [CampaignReference(campaign=campaign, **parts)], ignore_conflicts=True
    )
    carried = CampaignReference.objects.get(**parts)
    _refuse_another(carried, campaign)
    return carried


def record_under(
    carried: CampaignReference, *, now: datetime, on_overlap: OnOverlap | None = None
) -> Settled:
    """Record :data:`AT_ONCE` rows that wait for this; the periodic task records the rest."""
    return record_waiting(now, references=[carried.pk], at_most=AT_ONCE, on_overlap=on_overlap)


def discard(unknown: UnknownReference, *, because: str, now: datetime) -> int:
    """Never record its waiting spend; how many rows. Who discarded it stays on record.

    Raises:
        InvalidSpend: ``because`` is missing or too long.
    """
    check_text("because", because, required=True)
    with transaction.atomic():
        locks.unknown_reference(unknown.pk)
        waits = WaitingSpend.objects.filter(unknown=unknown.pk, discarded_at=None)
        return waiting.discard(waits, because=because, now=now)


def _check(reference: Reference) -> None:
    for field in ("platform", "account", "reference"):
        check = check_text if field == "platform" else check_id
        try:
            check(field, getattr(reference, field), required=field != "account")
        except InvalidSpend as error:
            raise InvalidReference(error.field, error.value, error.reason) from error


def _parts(referring: Reference | UnknownReference) -> dict[str, str]:
    return {part: getattr(referring, part) for part in ("platform", "account", "reference")}


def _refuse_other_currency(unknown: UnknownReference, campaign: Campaign) -> None:
    waits = WaitingSpend.objects.filter(unknown=unknown, discarded_at=None).order_by()
    for currency in waits.values_list("currency", flat=True).distinct():
        if error := in_another(currency, campaign.brand.currency):
            raise InvalidReference(
                "campaign",
                campaign,
                f"{error.partition(';')[0]}; choose a campaign of a brand in {currency}, or "
                "discard the waiting spend.",
            )


def _refuse_another(carried: CampaignReference, campaign: Campaign) -> None:
    if carried.campaign_id != campaign.pk:
        other = carried.campaign
        ids = visible.brand_ids()
        named = f'campaign {other.pk} ("{other.name}" of {other.brand})'
        if ids is not None and other.brand_id not in ids:
            named = "a campaign of another brand"
        raise InvalidReference("reference", carried, f"{named} has this ID; remove it there first.")
