"""The paces of this month as last worked out, for lists: a table that is refreshed.

Sorting a list by a pace means working out all of them, which takes seconds at 100,000 campaigns.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, groupby
from typing import Any, Final

import structlog
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.db.models import Count, F, FilteredRelation, Max, Q, QuerySet

from ads.failures import Failures
from ads.models import Brand, BudgetPace, Campaign
from ads.models.spend import Period
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


#: Alias of the pace of a brand or campaign, see :func:`with_pace`.
PACE: Final = "pace"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did."""

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


def with_pace(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Brands or campaigns with the alias :data:`PACE`, whose columns can be filtered and sorted."""
    known: Any = rows.query
    if PACE in known._filtered_relations:  # noqa: SLF001  (an alias can be set once)
        return rows
    own = Q(paces__period=Period.MONTH)
    if rows.model is Brand:
        own &= Q(paces__campaign=None)
    found: QuerySet[Any] = rows.alias(**{PACE: FilteredRelation("paces", condition=own)})
    return found


def paced(rows: QuerySet[Any], choice: str) -> QuerySet[Any]:
    """The brands or campaigns of which a choice of :class:`Paced` is true."""
    return with_pace(rows).filter(condition(Paced(choice), f"{PACE}__"))


def condition(choice: "Paced", path: str = "") -> Q:
    """The condition on columns of BudgetPace at ``path``."""
    projected, budget = f"{path}projected", F(f"{path}budget")
    if choice == Paced.EXCEEDS:
        return Q(**{f"{projected}__gt": budget}) | Q(**{f"{path}runs_out_on__isnull": False})
    if choice == Paced.LEFT_OVER:
        running = ~Q(**{f"{path}state": PaceState.NOT_RUNNING})
        return running & Q(**{f"{projected}__lt": budget * (1 - TOLERANCE)})
    return Q(**{f"{path}state": choice.value})


def stored_of(rows: Iterable[Brand | Campaign]) -> dict[int, Pace]:
    """The stored paces of these brands, or of these campaigns, by id; one query."""
    rows = list(rows)
    if not rows:
        return {}
    ids = [row.pk for row in rows]
    if isinstance(rows[0], Brand):
        found = BudgetPace.objects.filter(brand__in=ids, campaign=None, period=Period.MONTH)
        return {one.brand_id: as_pace(one) for one in found}
    found = BudgetPace.objects.filter(campaign__in=ids, period=Period.MONTH)
    return {one.campaign_id: as_pace(one) for one in found if one.campaign_id}


def as_pace(row: BudgetPace) -> Pace:
    """A stored pace."""
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
