"""The paces of this month as last worked out, for lists: a table that is refreshed.

Sorting a list by a pace means working out all of them, which takes seconds at 100,000 campaigns.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, groupby
from typing import Any, Final

import structlog
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.db.models import (
    Case,
    Count,
    DateTimeField,
    F,
    FilteredRelation,
    Max,
    Q,
    QuerySet,
    Value,
    When,
)

from ads.failures import Failures
from ads.models import Brand, BudgetPace, Campaign
from ads.models.spend import Period
from ads.rules.calendar import (
    UnknownTimezone,
    day_begins,
    group_by_local_date,
    local_date,
    month_start,
)
from ads.rules.pacing import TOLERANCE, Pace, PaceState
from ads.services.pacing import owners
from ads.services.pacing.live import SETTINGS, basis_of, statement_for
from ads.services.pacing.owners import Owners
from ads.services.pacing.statement import RESULTS

logger = structlog.stdlib.get_logger(__name__)

#: So many campaigns and brands are refreshed in a transaction, or a brand with more.
IN_A_RANGE: Final = 10_000
#: After an edit, at most so many are worked out at once; more wait for the next refresh.
AT_ONCE: Final = 500


class Paced(models.TextChoices):
    """By what lists are filtered."""

    OVER = PaceState.OVER.value, "Over pace"
    UNDER = PaceState.UNDER.value, "Under pace"
    ON_PACE = PaceState.ON_PACE.value, "On pace"
    NOT_ENOUGH_DATA = PaceState.NOT_ENOUGH_DATA.value, "Not enough data yet"
    EXCEEDS = "exceeds", "Projected to exceed the budget"
    LEFT_OVER = "left_over", "Projected to leave more than 10%"


#: Alias of when its month began, see :func:`month_begins`.
_MONTH_BEGINS: Final = "month_begins"
#: Alias of the pace of a brand or campaign, see :func:`with_pace`.
PACE: Final = "pace"


@dataclass(frozen=True, slots=True)
class Refreshed:
    paces: int
    #: First and last brand of the ranges that it failed for; the log says why.
    failed: list[tuple[int, int]]


def refresh(now: datetime) -> Refreshed:
    """Work out every pace, range by range of brands, so that no edit waits long for its locks.

    A range that fails, such as for a lock, is logged; the others go on.
    """
    paces = 0
    failed = []
    with Failures(logger, "Paces of ranges of brands could not be worked out") as failures:
        for brands in _ranges():
            try:
                paces += _refresh_range(brands, now)
            except DatabaseError as error:
                failures.add(brands, error)
                failed.append(brands)
    return Refreshed(paces, failed)


def after_edit(campaigns: Collection[int], brands: Collection[int], now: datetime) -> None:
    """Work out the paces that an edit of these campaigns and brands concerns, unless many."""
    campaigns, brands = (ids if len(ids) <= AT_ONCE else () for ids in (campaigns, brands))
    if campaigns:
        _refresh(owners.of_campaigns(list(campaigns), now), now)
    edited = Campaign.objects.filter(pk__in=campaigns).order_by()
    if concerned := {*brands, *edited.values_list("brand", flat=True)}:
        _refresh(owners.of_brands(sorted(concerned), now), now)


def after_event(brand: int, now: datetime) -> None:
    """Work out the paces of a brand whose events have changed."""
    campaigns = Campaign.objects.filter(brand=brand).values_list("pk", flat=True)
    after_edit(list(campaigns[: AT_ONCE + 1]), [brand], now)


def with_pace(rows: QuerySet[Any], now: datetime) -> QuerySet[Any]:
    """Brands or campaigns with the alias :data:`PACE`, whose columns can be filtered and sorted.

    One query, for the timezones.
    """
    known: Any = rows.query
    if PACE in known._filtered_relations:  # noqa: SLF001  (an alias can be set once)
        return rows
    own = Q(paces__period=Period.MONTH, paces__as_of__gte=F(_MONTH_BEGINS))
    zone = "brand__timezone"
    if rows.model is Brand:
        own &= Q(paces__campaign=None)
        zone = "timezone"
    begins = {_MONTH_BEGINS: month_begins(zone, now)}
    found: QuerySet[Any] = rows.alias(**begins).alias(
        **{PACE: FilteredRelation("paces", condition=own)}
    )
    return found


def month_begins(zone: str, now: datetime) -> Case:
    """SQL for when the month began that it is in the timezone at the path ``zone``; one query.

    What was worked out before that is of another month: nobody's, until the next refresh.
    """
    zones = Brand.objects.order_by().values_list("timezone", flat=True).distinct()
    by_date = group_by_local_date(zones, now).by_date
    begins: dict[datetime, list[str]] = defaultdict(list)
    for today, those in by_date.items():
        for one in those:
            begins[day_begins(month_start(today), one)].append(one)
    return Case(
        *(When(**{f"{zone}__in": those}, then=Value(at)) for at, those in begins.items()),
        default=None,
        output_field=DateTimeField(),
    )


def paced(rows: QuerySet[Any], choice: str, now: datetime) -> QuerySet[Any]:
    """The brands or campaigns of which a choice of :class:`Paced` is true."""
    return with_pace(rows, now).filter(condition(Paced(choice), f"{PACE}__"))


def condition(choice: "Paced", path: str = "") -> Q:
    """The condition on columns of BudgetPace at ``path``."""
    projected, budget = f"{path}projected", F(f"{path}budget")
    if choice == Paced.EXCEEDS:
        return Q(**{f"{projected}__gt": budget})
    if choice == Paced.LEFT_OVER:
        # Not what it is not, for which Django would read paces a second time.
        others = [state for state in PaceState if state != PaceState.NOT_RUNNING]
        running = Q(**{f"{path}state__in": others})
        return running & Q(**{f"{projected}__lt": budget * (1 - TOLERANCE)})
    return Q(**{f"{path}state": choice.value})


def stored_of(rows: Iterable[Brand | Campaign], now: datetime) -> dict[int, Pace]:
    """The stored paces of these brands, or of these campaigns with their brands, by id; one query.

    Without those of a month that is over.
    """
    rows = list(rows)
    if not rows:
        return {}
    of_month = BudgetPace.objects.filter(period=Period.MONTH)
    zones = {row.pk: row.timezone if isinstance(row, Brand) else row.brand.timezone for row in rows}
    if isinstance(rows[0], Brand):
        found = {one.brand_id: one for one in of_month.filter(brand__in=zones, campaign=None)}
    else:
        found = {one.campaign_id or 0: one for one in of_month.filter(campaign__in=zones)}
    return {pk: as_pace(one) for pk, one in found.items() if _is_of_month(one, zones[pk], now)}


def _is_of_month(row: BudgetPace, zone: str, now: datetime) -> bool:
    try:
        return month_start(local_date(row.as_of, zone)) == month_start(local_date(now, zone))
    except UnknownTimezone:
        return False


def as_pace(row: BudgetPace) -> Pace:
    figures = {name: getattr(row, name) for name in ("as_of", *RESULTS)}
    return Pace(**figures | {"state": PaceState(row.state), "basis": basis_of(row.basis)})


def as_of() -> datetime | None:
    """When the paces of all were last worked out; None: never. One query."""
    found: dict[str, datetime | None] = BudgetPace.objects.filter(campaign=None).aggregate(
        at=Max("as_of")
    )
    return found["at"]


def _ranges() -> Iterator[tuple[int, int]]:
    """The first and the last brand of each range, by how many campaigns they have; one query."""
    counted = Brand.objects.order_by("pk").values_list("pk", 1 + Count("campaigns"))
    sums = accumulate(counted, lambda before, one: (one[0], before[1] + one[1]))
    for _, those in groupby(sums, lambda one: one[1] // IN_A_RANGE):
        ids = [pk for pk, _ in those]
        yield ids[0], ids[-1]


def _refresh_range(brands: tuple[int, int], now: datetime) -> int:
    def work_out() -> int:
        campaigns = Campaign.objects.filter(brand__id__range=brands)
        return _refresh(owners.of_campaigns(campaigns, now), now) + _refresh(
            owners.of_brands(Brand.objects.filter(pk__range=brands), now), now
        )

    try:
        return work_out()
    except IntegrityError:  # one was deleted meanwhile
        return work_out()


def _refresh(of: Owners, now: datetime) -> int:
    asked = statement_for(of, now, Period.MONTH)
    if asked is None:
        return 0
    statement, parameters = asked
    columns = ", ".join(RESULTS)
    kept = ", ".join(f"{name} = excluded.{name}" for name in ("as_of", *RESULTS))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        # In key order, so that two of these cannot wait for each other.
        cursor.execute(
            f"INSERT INTO ads_budgetpace (brand_id, campaign_id, period, as_of, {columns}) "
            f"SELECT brand, campaign, %s, %s, {columns} "
            f"  FROM ({statement}) AS pace (brand, campaign, {columns}) ORDER BY campaign, brand "
            f"    ON CONFLICT (campaign_id, period, brand_id) DO UPDATE SET {kept} "
            "  WHERE ads_budgetpace.as_of <= excluded.as_of",  # an edit's is newer
            [Period.MONTH, now, *parameters],
        )
        return int(cursor.rowcount)
