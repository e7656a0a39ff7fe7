"""The campaign that a checked row belongs to, and the accounting day on which it counts."""

from datetime import datetime

from ads.models import Campaign
from ads.services import campaign_lookup
from ads.services.campaign_lookup import CampaignNamed, Owner, Reference
from ads.services.errors import InvalidSpend
from ads.services.ledger.rows import DayTotal, Placed, Row
from ads.services.ledger.validation import (
    check_has_come,
    check_has_come_somewhere,
    check_same_day,
    day_of,
    in_another,
)


def place(row: Row, owner: Owner, now: datetime, *, received_at: datetime | None = None) -> Placed:
    """The row on its accounting day. If it names no instant, it is of when it was received.

    Raises:
        InvalidSpend: that day has not come, is not the brand's day, or the amount is not in the
            brand's currency.
    """
    if error := in_another(row.currency, owner.currency):
        raise InvalidSpend("currency", row.currency, error)
    occurred_at = row.occurred_at or received_at or now
    if row.date is None:
        return Placed(row, owner, day_of(occurred_at, owner.timezone, now), occurred_at)
    check_has_come(row.date, owner.timezone, now)
    if isinstance(row, DayTotal) and row.timezone is not None:
        check_same_day(row.date, row.timezone, owner.timezone)
    return Placed(row, owner, row.date, occurred_at)


def check_unmatched(row: Row, now: datetime) -> None:
    """Accept a row without a campaign if it can wait for one.

    Raises:
        InvalidSpend: it does not name its campaign by a reference, or its day has come nowhere.
    """
    given = row.campaign
    if isinstance(given, CampaignNamed):
        raise InvalidSpend("campaign", given, "there is no campaign of this name in this brand.")
    if not isinstance(given, Reference):
        pk = given.pk if isinstance(given, Campaign) else given
        raise campaign_lookup.no_such_id(pk)
    if row.date is not None:
        check_has_come_somewhere(row.date, now)
    elif row.occurred_at is not None:
        check_has_come_somewhere(row.occurred_at.date(), now, field="occurred_at")
