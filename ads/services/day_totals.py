"""Day totals: how ad platforms report ("campaign C has cost X so far on day D").

The ledger gets the difference to what that source has reported for that day; a total that was
lowered becomes a correction. An older observation never overrides a newer one.

The statements work on a relation of reported totals, so the same ones serve a handful of them
(arrays) and a file of a million (a temporary table).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from django.db import connection, transaction

from ads.models import Campaign
from ads.services import owners
from ads.services.checking import (
    check_amount,
    check_day,
    check_has_come,
    check_observed_at,
    check_text,
)
from ads.services.enforcement import Enforced, Trigger
from ads.services.entries import enforce_crossed
from ads.services.owners import Owner


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


class Values(NamedTuple):
    """What a day total says, found good as far as that can be told without its campaign."""

    date: date
    amount: Decimal
    observed_at: datetime


class Total(NamedTuple):
    """A day total found good."""

    owner: Owner
    values: Values


def report(totals: Sequence[DayTotal], *, source: str, now: datetime) -> list[ReportOutcome]:
    """Record day totals, all or none, and enforce what they cross; answers in the same order.

    Raises:
        InvalidSpend: a total cannot be recorded; with its field, value and the remedy.
    """
    check_text("source", source, required=True)
    known = owners.of_campaigns(total.campaign for total in totals)
    checked = []
    for total in totals:
        values = check_values(
            day=total.date, amount=total.amount, observed_at=total.observed_at, now=now
        )
        pk = total.campaign.pk if isinstance(total.campaign, Campaign) else total.campaign
        checked.append(place(values, known[pk], now))
    if not checked:
        return []
    with transaction.atomic():
        outcomes = post_each(checked, source=source, now=now)
        enforce_posted(checked, outcomes, now)
    return outcomes


def check_values(*, day: object, amount: object, observed_at: object, now: datetime) -> Values:
    """What a day total says; no query.

    Raises:
        InvalidSpend: it cannot be recorded, whatever its campaign.
    """
    return Values(check_day(day), check_amount(amount), check_observed_at(observed_at, now))


def place(values: Values, owner: Owner, now: datetime) -> Total:
    """The total of this campaign.

    Raises:
        InvalidSpend: the day has not come.
    """
    check_has_come(values.date, owner.timezone, now)
    return Total(owner, values)


def post_each(totals: Sequence[Total], *, source: str, now: datetime) -> list[ReportOutcome]:
    """Bring the ledger in line with these, inside the caller's transaction, which enforces.

    Of several for one campaign and day the newest counts; the others are older.
    """
    keys = [(total.owner.campaign_id, total.values.date) for total in totals]
    newest = newest_of((key, total.values) for key, total in zip(keys, totals, strict=True))
    differences, believed = _post_arrays(
        {
            "campaigns": [pk for pk, _ in newest],
            "dates": [day for _, day in newest],
            "amounts": [totals[i].values.amount for i in newest.values()],
            "observations": [totals[i].values.observed_at for i in newest.values()],
        },
        source=source,
        now=now,
    )
    outcomes = []
    for i, (key, total) in enumerate(zip(keys, totals, strict=True)):
        last = newest[key]
        if key not in believed or total.values[1:] != totals[last].values[1:]:
            outcomes.append(ReportOutcome(Decimal(0), "older"))
        elif i != last or key not in differences:
            outcomes.append(ReportOutcome(Decimal(0), "unchanged"))
        else:
            outcomes.append(ReportOutcome(differences[key], "recorded"))
    return outcomes


K = TypeVar("K")


def newest_of(totals: Iterable[tuple[K, Values]]) -> dict[K, int]:
    """For each key the position of the total that was observed last; of several, the later one."""
    newest: dict[K, tuple[datetime, int]] = {}
    for i, (key, values) in enumerate(totals):
        if key not in newest or values.observed_at >= newest[key][0]:
            newest[key] = (values.observed_at, i)
    return {key: i for key, (_, i) in newest.items()}


def enforce_posted(
    totals: Iterable[Total], outcomes: Iterable[ReportOutcome], now: datetime
) -> Enforced:
    """Enforce what the totals that were recorded may have crossed; in the same transaction."""
    sums = {
        (total.owner, total.values.date): outcome.difference
        for total, outcome in zip(totals, outcomes, strict=True)
        if outcome.outcome == "recorded"
    }
    return enforce_crossed(sums, now, Trigger.SPEND)


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


#: By how much each of ``staged`` would move the ledger, as :data:`_POST` does it; ``is_older``:
#: not at all, as something newer is known.
MOVES = """
    SELECT staged.campaign_id, staged.date, staged.amount - coalesce(reported.amount, 0) AS amount,
           coalesce(reported.observed_at > staged.observed_at, false) AS is_older
      FROM {staged}
      LEFT JOIN ads_reportedtotal AS reported
        ON reported.source = %(source)s
       AND reported.campaign_id = staged.campaign_id AND reported.date = staged.date
"""


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
