"""Day totals: how ad platforms report ("campaign C has cost X so far on day D").

The ledger gets the difference to what that source has reported for that day; a total that was
lowered becomes a correction. An older observation never overrides a newer one.

The statements work on a relation of reported totals, so the same ones serve a handful of them
(arrays) and a file of a million (a temporary table).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from ads.models import Campaign
from ads.services import crossings
from ads.services.checking import check_amount, check_date, check_observed_at, check_text
from ads.services.enforcement import Trigger
from ads.services.ledger import enforce_crossed, owners_of


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
        observed_at = check_observed_at(total.observed_at, now)
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
        differences, known = _post_arrays(arrays, source=source, now=now)
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

# One statement: every row, new or known, is locked in key order before the ledger gets the
# difference to what it said. An older observation is locked too, and leaves everything as it is.
_POST = """
    WITH reported AS (
        INSERT INTO ads_reportedtotal AS reported (source, campaign_id, date, amount, observed_at)
        SELECT %(source)s, campaign_id, date, amount, observed_at
          FROM {staged}
         ORDER BY campaign_id, date
            ON CONFLICT (campaign_id, date, source) DO UPDATE
           SET previous = reported.amount, amount = excluded.amount,
               observed_at = excluded.observed_at, updated_at = %(now)s
         WHERE excluded.observed_at >= reported.observed_at
        RETURNING campaign_id, date, previous, amount, observed_at
    ), recorded AS (
        INSERT INTO ads_spend
               (campaign_id, amount, date, occurred_at, description, source, kind, created_at)
        SELECT campaign_id, amount - previous, date, observed_at,
               CASE WHEN amount < previous
                    THEN format('The day''s total was lowered from %%s to %%s.',
                                trim_scale(previous), trim_scale(amount))
                    ELSE format('The day''s total is %%s.', trim_scale(amount)) END,
               %(source)s,
               CASE WHEN amount < previous THEN 'correction' ELSE 'day_total' END,
               %(now)s
          FROM reported
         WHERE amount <> previous
        RETURNING campaign_id, date, amount
    )
    {answer}
"""

_LISTED = "SELECT campaign_id, date, amount FROM recorded"

_COUNTED = """
    SELECT count(*), coalesce(sum(amount), 0),
           count(*) FILTER (WHERE amount < 0), coalesce(sum(amount) FILTER (WHERE amount < 0), 0)
      FROM recorded
"""

_KNOWN = """
      FROM {staged}
      JOIN ads_reportedtotal AS reported
        ON reported.source = %(source)s
       AND reported.campaign_id = staged.campaign_id AND reported.date = staged.date
"""

_BELIEVED = f"""
    SELECT staged.campaign_id, staged.date {_KNOWN}
     WHERE staged.observed_at >= reported.observed_at
"""

_OLDER = f"SELECT count(*) {_KNOWN} WHERE staged.observed_at < reported.observed_at"


@dataclass(frozen=True, slots=True)
class Posted:
    """How day totals moved the ledger; amounts in US dollars."""

    #: Totals that did, and by how much in sum.
    recorded: int
    difference: Decimal
    #: Those among them that were lower than reported before, and by how much in sum (zero or less).
    lowered: int
    lowered_by: Decimal


def post(staged: str, *, source: str, now: datetime) -> Posted:
    """Bring the ledger in line with ``staged``, inside the caller's transaction, which enforces.

    ``staged`` is SQL for a relation named ``staged`` with the columns campaign_id, date, amount and
    observed_at, checked already, one row per campaign and date.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _POST.format(staged=staged, answer=_COUNTED),
            {"source": source, "now": now},
        )
        return Posted(*cursor.fetchone())


def count_older(staged: str, *, source: str) -> int:
    """How many of ``staged`` were observed before what is known already."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDER.format(staged=staged), {"source": source})
        return int(cursor.fetchone()[0])


def _post_arrays(
    arrays: dict[str, Any], *, source: str, now: datetime
) -> tuple[dict[tuple[int, date], Decimal], set[tuple[int, date]]]:
    """The same for :data:`ARRAYS`; the differences recorded, and the keys that were believed."""
    values = {"source": source, "now": now, **arrays}
    with connection.cursor() as cursor:
        cursor.execute(_POST.format(staged=ARRAYS, answer=_LISTED), values)
        differences = {(pk, day): amount for pk, day, amount in cursor.fetchall()}
        cursor.execute(_BELIEVED.format(staged=ARRAYS), values)
        return differences, set(cursor.fetchall())
