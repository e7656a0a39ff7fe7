"""Day totals: how ad platforms report ("campaign C has cost X so far on day D").

The ledger gets the difference to what that source has reported for that day; a total that was
lowered becomes a correction. An older observation never overrides a newer one.

The statements work on a relation of reported totals, so the same ones serve a handful of them
(arrays) and a file of a million (a temporary table).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from ads.models import Campaign
from ads.services import crossings
from ads.services.enforcement import Trigger
from ads.services.errors import InvalidSpend
from ads.services.ledger import (
    check_amount,
    check_date,
    check_instant,
    check_text,
    enforce_crossed,
    owners_of,
)

#: How far a source's clock may be ahead. An observation from the future would silence every true
#: one until then.
CLOCK_TOLERANCE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class DayTotal:
    """What a campaign has cost so far on a day, as a source observed it.

    Args:
        campaign: the campaign, or its id.
        date: the accounting day, in the brand's timezone.
        amount: US dollars, zero or more: a Decimal, an int or plain decimal text.
        observed_at: when the source looked (aware).
    """

    campaign: Campaign | int
    date: dt.date
    amount: object
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class ReportOutcome:
    """The answer for one day total: ``recorded``, ``unchanged``, or ``older`` than known ones."""

    #: What went into the ledger, in US dollars; zero unless recorded.
    difference: Decimal
    outcome: str


def report(totals: Sequence[DayTotal], *, source: str, now: datetime) -> list[ReportOutcome]:
    """Record day totals, all or none, and enforce what they cross; answers in the same order.

    Raises:
        InvalidSpend: a total cannot be recorded; with its field, value and the remedy.
    """
    check_text("source", source, required=True)
    owners = owners_of(total.campaign for total in totals)
    latest: dict[tuple[int, date], tuple[Decimal, datetime]] = {}
    keys: list[tuple[int, date]] = []
    for total in totals:
        pk = total.campaign.pk if isinstance(total.campaign, Campaign) else total.campaign
        day = check_date(total.date, owners[pk].timezone, now)
        amount = check_amount(total.amount)
        observed_at = check_instant("observed_at", total.observed_at)
        if observed_at > now + CLOCK_TOLERANCE:
            raise InvalidSpend(
                "observed_at",
                total.observed_at,
                f"it lies in the future (it is {now:%Y-%m-%d %H:%M:%S} UTC now); "
                "check the source's clock.",
            )
        keys.append((pk, day))
        if (pk, day) not in latest or observed_at >= latest[pk, day][1]:
            latest[pk, day] = (amount, observed_at)
    if not latest:
        return []
    pks, days = zip(*latest, strict=True)
    amounts, observations = zip(*latest.values(), strict=True)
    arrays = {
        "campaigns": list(pks),
        "dates": list(days),
        "amounts": list(amounts),
        "observations": list(observations),
    }
    with transaction.atomic():
        differences, known = post(ARRAYS, source=source, now=now, parameters=arrays)
        enforce_crossed(
            [
                crossings.Moved(pk, owners[pk].brand_id, owners[pk].timezone, day, difference)
                for (pk, day), difference in differences.items()
            ],
            now,
            Trigger.SPEND,
        )
    return [
        _outcome(
            differences.get(key), believed=key in known and total.observed_at >= latest[key][1]
        )
        for key, total in zip(keys, totals, strict=True)
    ]


def _outcome(difference: Decimal | None, *, believed: bool) -> ReportOutcome:
    if not believed:
        return ReportOutcome(Decimal(0), "older")
    if difference is None:
        return ReportOutcome(Decimal(0), "unchanged")
    return ReportOutcome(difference, "recorded")


#: A relation of reported totals made of arrays.
ARRAYS = """
    unnest(%(campaigns)s::bigint[], %(dates)s::date[], %(amounts)s::numeric[],
           %(observations)s::timestamptz[]) AS staged (campaign_id, date, amount, observed_at)
"""

# Locks every row, new or known, in key order: the rest of the transaction rests on them.
_LOCK = """
    INSERT INTO ads_reportedtotal AS reported (source, campaign_id, date, amount, observed_at)
    SELECT %(source)s, campaign_id, date, 0, '0001-01-01 00:00:00+00'
      FROM {staged}
     ORDER BY campaign_id, date
        ON CONFLICT (source, campaign_id, date) DO UPDATE SET amount = reported.amount
"""

_RECORD = """
    INSERT INTO ads_spend
           (campaign_id, amount, date, occurred_at, description, source, kind, created_at)
    SELECT staged.campaign_id, staged.amount - reported.amount, staged.date, staged.observed_at,
           CASE WHEN staged.amount < reported.amount
                THEN format('The day''s total was lowered from %%s to %%s.',
                            trim_scale(reported.amount), trim_scale(staged.amount))
                ELSE format('The day''s total is %%s.', trim_scale(staged.amount)) END,
           %(source)s,
           CASE WHEN staged.amount < reported.amount THEN 'correction' ELSE 'day_total' END,
           %(now)s
      FROM {staged}
      JOIN ads_reportedtotal AS reported
        ON reported.source = %(source)s
       AND reported.campaign_id = staged.campaign_id AND reported.date = staged.date
     WHERE staged.observed_at >= reported.observed_at AND staged.amount <> reported.amount
"""

_REMEMBER = """
    UPDATE ads_reportedtotal AS reported
       SET amount = staged.amount, observed_at = staged.observed_at, updated_at = %(now)s
      FROM {staged}
     WHERE reported.source = %(source)s
       AND reported.campaign_id = staged.campaign_id AND reported.date = staged.date
       AND staged.observed_at >= reported.observed_at
"""


def post(
    staged: str, *, source: str, now: datetime, parameters: dict[str, Any] | None = None
) -> tuple[dict[tuple[int, date], Decimal], set[tuple[int, date]]]:
    """Bring the ledger in line with ``staged``; the differences recorded, and the keys believed.

    ``staged`` is SQL for a relation named ``staged`` with the columns campaign_id, date, amount and
    observed_at, checked already, one row per campaign and date. Runs inside the caller's
    transaction, which enforces.
    """
    values = {"source": source, "now": now, **(parameters or {})}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.format(staged=staged), values)
        cursor.execute(
            _RECORD.format(staged=staged) + "RETURNING campaign_id, date, amount", values
        )
        differences = {(pk, day): amount for pk, day, amount in cursor.fetchall()}
        cursor.execute(
            _REMEMBER.format(staged=staged) + "RETURNING reported.campaign_id, reported.date",
            values,
        )
        return differences, set(cursor.fetchall())
