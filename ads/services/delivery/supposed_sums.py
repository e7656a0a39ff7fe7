"""Supposing amounts in the running sums, to preview which campaigns they would switch."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction

from ads.holds import IS_LONG
from ads.models import SpendTotal
from ads.models.spend import Period, sums_of
from ads.rules.calendar import local_date, month_start

#: The timezone in which a day begins last: no brand's month began earlier.
_LAST_TO_TURN: Final = "Etc/GMT+12"

_SUMS: Final = SpendTotal._meta.db_table
_COUNTS: Final = "start >= %(today)s OR (period = %(by_month)s AND start >= %(month)s)"
#: Those of which sums of any period count.
_LONG: Final = "SELECT id FROM ads_campaign AS campaign WHERE {is_long} AND brand_id IN ({brands})"

# Read before the table of that name exists, so the real one is read.
_RESULTING: Final = """
    SELECT brand_id, campaign_id, period, start, sum(amount) AS amount, sum(waived) AS waived
      FROM (
            SELECT brand_id, campaign_id, period, start, amount, waived
              FROM {sums}
             WHERE brand_id IN ({brands}) AND ({counts})
             UNION ALL
            SELECT brand_id, campaign_id, period, start, amount, waived
              FROM {sums}
             WHERE campaign_id IN ({long}) AND NOT ({counts})
             UNION ALL
            SELECT brand_id, campaign_id, period, start, amount, 0
              FROM ({moved}) AS moved
             WHERE {counts} OR campaign_id IN ({long})
           ) AS summand
     GROUP BY brand_id, campaign_id, period, start
"""


def earliest_month(now: datetime) -> date:
    """The first day from which spend can hold a campaign without a total budget and a group."""
    return month_start(local_date(now, _LAST_TO_TURN))


@contextmanager
def supposed_sums(
    moves: str, brands: str, now: datetime, values: Mapping[str, Any] | None = None
) -> Iterator[None]:
    """Inside, this session reads the sums that can hold campaigns with ``moves`` in them.

    Those of today and this month; all of campaigns with a total budget or a group. In a
    transaction that is rolled back, so that the table is gone however it ends.

    Args:
        moves: SQL for a relation with the columns campaign_id, date and amount.
        brands: SQL for the ids of the brands concerned.
        values: parameters of both.
    """
    given = {
        **(values or {}),
        "today": local_date(now, _LAST_TO_TURN),
        "month": earliest_month(now),
        "by_month": Period.MONTH.value,
    }
    resulting = _RESULTING.format(
        sums=_SUMS,
        brands=brands,
        long=_LONG.format(is_long=IS_LONG, brands=brands),
        moved=sums_of(moves),
        counts=_COUNTS,
    )
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMP TABLE {_SUMS} AS {resulting}", given)
            cursor.execute(f"CREATE INDEX ON {_SUMS} (campaign_id, period, start, brand_id)")
            cursor.execute(f"ANALYZE {_SUMS}")
        yield
        transaction.set_rollback(True)
