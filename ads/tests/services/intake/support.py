"""What the tests of the intake share."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ads.models import Brand, Campaign, CampaignReference, Spend, UnknownReference, WaitingSpend
from ads.services.campaign_lookup import Reference
from ads.services.intake import take_corrections, take_day_totals, take_entries
from ads.services.intake.rows import Intake, IntakeEntry, IntakeSender, IntakeTotal
from ads.tests.support import NOON

TODAY = NOON.date()

#: A sender that may write to every brand.
ANY = IntakeSender("etl", None)


def limited_to(*brands: Brand, source: str = "limited") -> IntakeSender:
    """A sender that may write to these brands alone."""
    return IntakeSender(source, frozenset(brand.pk for brand in brands))


def entry(campaign: Any, amount: object = 1, **more: Any) -> IntakeEntry:
    """An entry as it is sent; a campaign stands for its id."""
    given = campaign.pk if isinstance(campaign, Campaign) else campaign
    return IntakeEntry(given, amount, **more)


def total(campaign: Any, amount: object = 1, **more: Any) -> IntakeTotal:
    """A day total as it is sent, of today, seen at noon unless said otherwise."""
    given = campaign.pk if isinstance(campaign, Campaign) else campaign
    more = {"date": TODAY, "observed_at": NOON, **more}
    return IntakeTotal(given, amount=amount, **more)


def take(
    *rows: Any, sender: IntakeSender = ANY, now: datetime = NOON, keep_good: bool = False
) -> Intake:
    """Take rows in: entries, or day totals."""
    if any(isinstance(row, IntakeTotal) for row in rows):
        return take_day_totals(rows, sender=sender, now=now, keep_good=keep_good)
    return take_entries(rows, sender=sender, now=now, keep_good=keep_good)


def correct(*rows: Any, sender: IntakeSender = ANY, keep_good: bool = False) -> Intake:
    """Take corrections in."""
    return take_corrections(rows, sender=sender, now=NOON, keep_good=keep_good)


def outcomes(intake: Intake) -> list[str]:
    """What became of each row."""
    return [answer.outcome for answer in intake.answers]


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
