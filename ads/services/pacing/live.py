"""Paces at one instant, from what is on record."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet

from ads.models import Brand, Campaign
from ads.models.spend import Period
from ads.rules.pacing import Basis, Pace, PaceState, Range
from ads.services.pacing import owners, ranges
from ads.services.pacing.calendars import BITS, Events, Key, calendars
from ads.services.pacing.owners import Owners, Sql
from ads.services.pacing.statement import statement

#: For the statement, in its transaction. PostgreSQL knows nothing about the number of rows in
#: between, and compiling takes longer than it saves. Calendars are joined by hashing, in memory:
#: to merge, it would sort all campaigns with the days of each.
SETTINGS: Final = (
    "SET LOCAL jit = off; SET LOCAL work_mem = '128MB'; SET LOCAL enable_mergejoin = off"
)

#: As COPY writes it.
_NULL: Final = "\\N"
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


@cache
def basis_of(bits: int) -> frozenset[Basis]:
    """What the figures rest on."""
    return frozenset(basis for basis, bit in BITS.items() if bits & bit)


class _Reader:
    """Takes what COPY writes, row by row, and makes paces of it."""

    def __init__(self) -> None:
        self.paces: list[tuple[int, int, Pace]] = []

    def write(self, row: bytes) -> None:
        brand, campaign, *results = row.decode().rstrip("\n").split("\t")
        self.paces.append((int(brand), 0 if campaign == _NULL else int(campaign), _pace(*results)))


def _pace(  # noqa: PLR0917  (in the order of RESULTS)
    state: str,
    spent: str,
    budget: str,
    expected: str,
    pace_percent: str,
    projected: str,
    low: str,
    high: str,
    runs_out_on: str,
    recommended_daily: str,
    basis: str,
) -> Pace:
    return Pace(
        _STATES[state],
        Decimal(spent),
        _amount(budget),
        _amount(expected),
        _amount(pace_percent),
        _amount(projected),
        _amount(low),
        _amount(high),
        None if runs_out_on == _NULL else date.fromisoformat(runs_out_on),
        _amount(recommended_daily),
        basis_of(int(basis)),
    )


def _amount(text: str) -> Decimal | None:
    return None if text == _NULL else Decimal(text)


def _paces(of: Owners, now: datetime, period: Period) -> list[tuple[int, int, Pace]]:
    """Brand, campaign (0: the brand itself) and pace of each.

    By COPY, so that rows are read here while the server works out the next ones; psycopg2's
    cursors hand out none before it has all.
    """
    if (asked := statement_for(of, now, period)) is None:
        return []
    reader = _Reader()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        statement = cursor.mogrify(*asked).decode()
        with connection.wrap_database_errors:
            cursor.copy_expert(f"COPY ({statement}) TO STDOUT", reader)
    return reader.paces


def _rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
