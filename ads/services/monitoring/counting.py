"""Counters of the metrics, from the ledger and the delivery changes: each row once, none lost.

New rows are added to the counters when the metrics are asked for, so they are right whichever
process or SQL client wrote them, and cost nothing where nobody asks. They begin with the rows that
are written after the first time.

Ids are given out before the commit, so "after the last id" would lose rows that commit late. A
writer locks the table before its first id and until its rows are visible. So rows up to an id, the
last at the time, can be counted when every transaction that held such a lock then has ended. While
a long import runs, newer rows wait for it.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

from django.db import connection

from ads.holds import BUDGET_OF
from ads.models import CountedTable, DeliveryChange, MetricCounter, Spend
from ads.services import locks
from ads.services.delivery import Trigger
from ads.services.monitoring.bounded import bounded
from ads.services.monitoring.crossings import earliest, known_since, limits_of

#: The labels of each counter, in the order of :attr:`MetricCounter.labels`.
LABELS: Final = {
    "spend_entries": ("source", "kind", "currency"),
    "spend_amount": ("source", "currency"),
    "spend_taken_back": ("source", "currency"),
    "switches": ("direction", "hold", "trigger"),
    "stop_lag_bucket": ("trigger", "le"),
    "stop_lag_sum": ("trigger",),
}

#: Upper bounds of the lag's histogram, in seconds: a check a minute, every five, and beyond.
BOUNDS: Final = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
INFINITE: Final = "+Inf"

#: The triggers of stops that follow from spend, not from what people changed.
_BY_SPEND: Final = (
    Trigger.SPEND,
    Trigger.CORRECTION,
    Trigger.UPDATE_SPEND,
    Trigger.CHECK_CAMPAIGN_BUDGETS,
    Trigger.ENFORCE_DAYPARTING,
    Trigger.RESET_DAILY_BUDGETS,
    Trigger.RESET_MONTHLY_BUDGETS,
)

#: Seconds that one request counts, in portions of so many rows; the next goes on.
PATIENCE: Final = 2.0
SPEND_PORTION: Final = 200_000
SWITCHES_PORTION: Final = 20_000

_WRITERS: Final = """
    SELECT virtualtransaction
      FROM pg_locks
     WHERE (relation = %s::regclass OR relation IN (SELECT relid FROM pg_partition_tree(%s)))
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND mode = 'RowExclusiveLock' AND granted AND pid IS DISTINCT FROM pg_backend_pid()
"""

_ADD: Final = """
    INSERT INTO ads_metriccounter AS counter (name, labels, value)
    {new}
        ON CONFLICT (name, labels) DO UPDATE SET value = counter.value + excluded.value
"""

_SPEND: Final = _ADD.format(
    new="""
    SELECT counted.name, counted.labels, sum(counted.value)
      FROM (
            SELECT entry.source::text, entry.kind::text, brand.currency::text, count(*) AS entries,
                   coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS spent,
                   coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS taken_back
              FROM ads_spend AS entry
              JOIN ads_campaign AS campaign ON campaign.id = entry.campaign_id
              JOIN ads_brand AS brand ON brand.id = campaign.brand_id
             WHERE entry.id > %s AND entry.id <= %s
             GROUP BY 1, 2, 3
           ) AS new
     CROSS JOIN LATERAL (
            VALUES ('spend_entries', ARRAY[source, kind, currency], entries),
                   ('spend_amount', ARRAY[source, currency], spent),
                   ('spend_taken_back', ARRAY[source, currency], taken_back)
           ) AS counted (name, labels, value)
     GROUP BY counted.name, counted.labels
    """
)

_SWITCHES: Final = _ADD.format(
    new="""
    SELECT 'switches', ARRAY[CASE WHEN is_active THEN 'on' ELSE 'off' END,
                             coalesce(holds[1], 'none'), trigger], count(*)
      FROM ads_deliverychange
     WHERE id > %s AND id <= %s
     GROUP BY 2
    """
)

_COUNTED: Final = _ADD.format(
    new="SELECT %s, string_to_array(labels, ' '), value"
    " FROM unnest(%s::text[], %s::numeric[]) AS new (labels, value)"
)


def count_new() -> None:
    """Add what is new to the counters; if another process is doing so, leave it to that one."""
    end = time.monotonic() + PATIENCE
    for table, most, add in (
        (Spend._meta.db_table, SPEND_PORTION, _add_spend),
        (DeliveryChange._meta.db_table, SWITCHES_PORTION, _add_switches),
    ):
        while _count(table, most, add) and time.monotonic() < end:
            pass


def counters() -> list[MetricCounter]:
    return list(MetricCounter.objects.all())


def _count(table: str, most: int, add: Callable[[int, int], None]) -> bool:
    """Count at most ``most`` ids; are there more?"""
    with bounded():
        if not locks.is_alone(locks.Only.COUNTING_METRICS):
            return False
        with connection.cursor() as cursor:
            # Before the writers are looked at.
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")  # noqa: S608  (ours)
            newest: int = cursor.fetchone()[0]
            cursor.execute(_WRITERS, [table, table])
            writers = {row[0] for row in cursor.fetchall()}
        counted, _ = CountedTable.objects.get_or_create(
            table=table, defaults={"last_id": newest, "pending_id": newest}
        )
        if not writers:
            counted.pending_id, counted.pending_writers = newest, []
        before = counted.last_id
        if writers.isdisjoint(counted.pending_writers):
            counted.last_id = max(before, min(counted.pending_id, before + most))
            if counted.last_id > before:
                add(before, counted.last_id)
            if counted.last_id >= counted.pending_id:  # the newest may have been archived
                counted.pending_id, counted.pending_writers = newest, sorted(writers)
        counted.save()
        return counted.last_id > before


def _add_spend(after: int, to: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, [after, to])


def _add_switches(after: int, to: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SWITCHES, [after, to])
    stops = DeliveryChange.objects.filter(
        id__gt=after, id__lte=to, is_active=False, holds__0__in=[*BUDGET_OF], trigger__in=_BY_SPEND
    ).select_related("campaign__brand")
    buckets: Counter[str] = Counter()
    sums: dict[str, Decimal] = {}
    for trigger, lag in _lags(stops):
        seconds = lag.total_seconds()
        bound = next((str(bound) for bound in BOUNDS if seconds <= bound), INFINITE)
        buckets[f"{trigger} {bound}"] += 1
        sums[trigger] = sums.get(trigger, Decimal(0)) + Decimal(str(seconds))
    _add("stop_lag_bucket", buckets)
    _add("stop_lag_sum", sums)


def _lags(stops: Collection[DeliveryChange]) -> list[tuple[str, timedelta]]:
    """Of each stop, its trigger and the time since its budget was known to be used up."""
    asked = [
        (stop, limits_of(stop.campaign, holds, partial(getattr, stop), stop.at))
        for stop in stops
        if (holds := [hold for hold in stop.holds if hold in BUDGET_OF])
    ]
    known = known_since(limit for _, limits in asked for limit in limits)
    return [
        (stop.trigger, max(stop.recorded_at - at, timedelta(0)))
        for stop, limits in asked
        if (at := earliest(limits, known))
    ]


def _add(name: str, values: Any) -> None:
    if values:
        with connection.cursor() as cursor:
            cursor.execute(_COUNTED, [name, list(values), list(values.values())])
