"""Comparing the running sums with the ledger and what is archived of it, and repairing them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction

from ads.models import Brand, Campaign
from ads.models.spend import EVER_RECORDED, sums_of
from ads.services import locks
from ads.services.delivery import Trigger, enforce


@dataclass(frozen=True, slots=True)
class Drift:
    """A sum that is not what the ledger adds up to."""

    brand_id: int
    campaign_id: int | None
    period: str
    start: date
    kept: Decimal
    true: Decimal


_DRIFTED = f"""
    SELECT brand_id, nullif(owner, 0), period, start,
           coalesce(kept.amount, 0), coalesce(summed.amount, 0)
      FROM (
            SELECT brand_id, coalesce(campaign_id, 0) AS owner, period, start, amount
              FROM ads_spendtotal
           ) AS kept
      FULL JOIN (
            SELECT brand_id, coalesce(campaign_id, 0) AS owner, period, start, amount
              FROM ({sums_of(EVER_RECORDED)}) AS true_sum
           ) AS summed
     USING (brand_id, owner, period, start)
     WHERE coalesce(kept.amount, 0) <> coalesce(summed.amount, 0)
     ORDER BY brand_id, owner, period, start
"""  # noqa: S608  (nothing in it comes from outside)

_ADD_UP = f"""
    SELECT coalesce(sum(recorded.amount), 0)
      FROM {EVER_RECORDED}
      JOIN ads_campaign AS campaign ON campaign.id = recorded.campaign_id
     WHERE campaign.brand_id = %s AND (campaign.id = %s OR %s IS NULL)
       AND date_trunc(%s, recorded.date)::date = %s
"""  # noqa: S608


def find_drift() -> list[Drift]:
    """Sums that differ from the ledger; one statement, and so at one instant."""
    with connection.cursor() as cursor:
        cursor.execute(_DRIFTED)
        return [Drift(*row) for row in cursor.fetchall()]


def verify(*, fix: bool, now: datetime) -> list[Drift]:
    """Find drift; with ``fix``, repair it and enforce what that changes."""
    found = find_drift()
    if fix:
        for drift in found:
            _repair(drift, now)
    return found


@transaction.atomic
def _repair(drift: Drift, now: datetime) -> None:
    """Add one sum up again from the ledger.

    While the sum's row is locked, an entry that is not committed waits with what it adds, and the
    statement after sees every other: none is lost or counted twice.
    """
    owner: Brand | Campaign = Brand.objects.get(pk=drift.brand_id)
    campaigns = Campaign.objects.filter(brand=drift.brand_id)
    if drift.campaign_id is not None:
        campaigns = campaigns.filter(pk=drift.campaign_id)
        owner = campaigns.select_related("brand").get()
    total = locks.totals_of_owner(owner, drift.period, drift.start)
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD_UP,
            [drift.brand_id, drift.campaign_id, drift.campaign_id, drift.period, drift.start],
        )
        (total.amount,) = cursor.fetchone()
    total.save(update_fields=["amount", "updated_at"])
    enforce(campaigns, now, Trigger.EDIT, lock_first=True)
