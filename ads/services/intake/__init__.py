"""Spend comes in row by row, and every row is answered.

Entries, corrections and day totals of senders that may be limited to some brands. Sent again, a row
that was taken in is answered as a duplicate (or unchanged) and counts once.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from ads.models.spend import Kind
from ads.services.campaign_lookup import CampaignGiven, CampaignNamed, Reference
from ads.services.errors import InvalidSpend
from ads.services.intake.intake import take
from ads.services.intake.kinds import Entries, Totals
from ads.services.intake.rows import Intake, IntakeAnswer, IntakeEntry, IntakeSender, IntakeTotal

__all__ = [
    "CampaignGiven",
    "CampaignNamed",
    "Intake",
    "IntakeAnswer",
    "IntakeEntry",
    "IntakeSender",
    "IntakeTotal",
    "Reference",
    "take_corrections",
    "take_day_totals",
    "take_entries",
]


def take_entries(
    rows: Sequence[IntakeEntry | InvalidSpend],
    *,
    sender: IntakeSender,
    now: datetime,
    keep_good: bool = False,
) -> Intake:
    """Take entries in, all or none (or with ``keep_good`` those that are good), and enforce.

    One transaction. A row that is an InvalidSpend is refused as it says. Without ``keep_good``,
    conflicts are looked for once no row is refused.

    Raises:
        InvalidSpend: the sender's source cannot be recorded; of rows, the answers tell.
    """
    return take(
        rows, partial(Entries, kind=Kind.ENTRY), sender=sender, now=now, keep_good=keep_good
    )


def take_corrections(
    rows: Sequence[IntakeEntry | InvalidSpend],
    *,
    sender: IntakeSender,
    now: datetime,
    keep_good: bool = False,
) -> Intake:
    """The same for corrections, which may be negative, and name their day and their reason."""
    way = partial(Entries, kind=Kind.CORRECTION)
    return take(rows, way, sender=sender, now=now, keep_good=keep_good)


def take_day_totals(
    rows: Sequence[IntakeTotal | InvalidSpend],
    *,
    sender: IntakeSender,
    now: datetime,
    keep_good: bool = False,
) -> Intake:
    """The same for day totals, of which the newest observation counts."""
    return take(rows, Totals, sender=sender, now=now, keep_good=keep_good)
