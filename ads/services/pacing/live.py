"""Paces at one instant, from what is on record."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet

from ads.models import Brand, Campaign
from ads.models.spend import Period
from ads.rules.pacing import Basis, Pace, PaceState, Range
from ads.services.pacing import owners, ranges
from ads.services.pacing.calendars import Events, Key, calendars
from ads.services.pacing.owners import Owners, Sql
from ads.services.pacing.statement import BITS, statement

#: For the statement, in its transaction. PostgreSQL knows nothing about the number of rows in
#: between, and compiling takes longer than it saves. The sums of four weeks are grouped in memory.
SETTINGS: Final = "SET LOCAL jit = off; SET LOCAL work_mem = '128MB'"

_STATES: Final = {state.value: state for state in PaceState}


def of_campaigns(
    campaigns: QuerySet[Campaign], now: datetime, period: Period = Period.MONTH
) -> dict[int, Pace]:
    """The paces of these campaigns' own budgets at ``now``, by id.

    Without campaigns of brands with an invalid timezone.
    """
    return {
        campaign: pace
        for _, campaign, pace in _paces(owners.of_campaigns(campaigns, now), now, period)
    }


def of_brands(
    brands: QuerySet[Brand], now: datetime, period: Period = Period.MONTH
) -> dict[int, Pace]:
    """The paces of these brands' budgets, likewise."""
    return {brand: pace for brand, _, pace in _paces(owners.of_brands(brands, now), now, period)}


def statement_for(
    of: Owners, now: datetime, period: Period, factors: Sequence[Range] | None = None
) -> Sql | None:
    """The statement with everything that time decides in it; None: there are no owners."""
    events = Events.around(now)
    keys, parameters = of.keys
    found = _rows(
        f"""SELECT DISTINCT timezone, hours,
                   CASE WHEN brand_id = ANY(%s::bigint[]) THEN brand_id ELSE 0 END
              FROM ({keys}) AS key""",
        (events.brands, *parameters),
    )
    known = calendars([Key(tz, tuple(ids), brand) for tz, ids, brand in found], period, events, now)
    if not known:
        return None
    return statement(of, known, factors or ranges.learned(), period, events.brands)


def pace_of_row(row: Sequence[Any]) -> Pace:
    """A pace from the statement's results, whose order is that of its fields."""
    return Pace(_STATES[row[0]], *row[1:-1], basis=basis_of(row[-1]))  # type: ignore[misc]


@cache
def basis_of(bits: int) -> frozenset[Basis]:
    """What the figures rest on."""
    return frozenset(basis for basis, bit in BITS.items() if bits & bit)


def _paces(of: Owners, now: datetime, period: Period) -> list[tuple[int, int, Pace]]:
    if (asked := statement_for(of, now, period)) is None:
        return []
    return [(brand, campaign, pace_of_row(row)) for brand, campaign, *row in _rows(*asked)]


def _rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
