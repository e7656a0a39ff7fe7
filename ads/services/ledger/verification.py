"""Compares the running sums with the ledger they are sums of, and repairs them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from ads.models import Campaign, SpendTotal
from ads.models.spend import sums_of
from ads.services.delivery import Trigger, enforce


@dataclass(frozen=True, slots=True)
class Drift:
    """A sum that is not what the ledger adds up to. Amounts in US dollars."""

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
              FROM ({sums_of("ads_spend")}) AS true_sum
           ) AS summed
     USING (brand_id, owner, period, start)
     WHERE coalesce(kept.amount, 0) <> coalesce(summed.amount, 0)
     ORDER BY brand_id, owner, period, start
"""  # noqa: S608  (nothing in it comes from outside)

_ADD_UP = """
    SELECT coalesce(sum(entry.amount), 0)
      FROM ads_spend AS entry
      JOIN ads_campaign AS campaign ON campaign.id = entry.campaign_id
     WHERE campaign.brand_id = %s AND (campaign.id = %s OR %s IS NULL)
       AND date_trunc(%s, entry.date)::date = %s
"""


def find_drift() -> list[Drift]:
    """Sums that differ from the ledger, read in one statement and so at one instant."""
    with connection.cursor() as cursor:
        cursor.execute(_DRIFTED)
        return [Drift(*row) for row in cursor.fetchall()]


def verify(*, fix: bool, now: datetime) -> list[Drift]:
    """Find drift and, if ``fix``, repair it and enforce what that changes; what was found."""
    found = find_drift()
    if fix:
        for drift in found:
            _repair(drift, now)
    return found


@transaction.atomic
def _repair(drift: Drift, now: datetime) -> None:
    """Add one sum up again from the ledger.

    While the sum's row is locked, an entry that is not committed yet waits for it with what it
    adds, and one that is committed is seen by the statement after: none is lost or counted twice.
    """
    key: dict[str, Any] = {
        "brand_id": drift.brand_id,
        "campaign_id": drift.campaign_id,
        "period": drift.period,
        "start": drift.start,
    }
    total, _ = SpendTotal.objects.get_or_create(**key)
    total = SpendTotal.objects.select_for_update(no_key=True).get(pk=total.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD_UP,
            [drift.brand_id, drift.campaign_id, drift.campaign_id, drift.period, drift.start],
        )
        (total.amount,) = cursor.fetchone()
    total.save(update_fields=["amount", "updated_at"])
    campaigns = Campaign.objects.filter(brand=drift.brand_id)
    if drift.campaign_id is not None:
        campaigns = campaigns.filter(pk=drift.campaign_id)
    enforce(campaigns, now, Trigger.EDIT, lock_first=True)
