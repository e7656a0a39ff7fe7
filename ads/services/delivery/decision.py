"""What becomes of campaigns, and why: previewed, or carried out in the statement that decides."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from ads.holds import (
    ALL_BUDGETS,
    BITS,
    GROUP_BUDGET,
    LIMITS,
    ON_ITS_WAY,
    Hold,
    Moment,
    as_array,
    compiled,
    from_bits,
    with_holds,
)
from ads.models import Campaign
from ads.services import restored
from ads.services.actor import current_actor


class Named(NamedTuple):
    """The names of a campaign and its brand, and the brand's currency."""

    campaign: str
    brand_id: int
    brand: str
    currency: str


@dataclass(frozen=True, slots=True)
class Decision:
    campaign_id: int
    is_active: bool
    holds: list[Hold]
    #: Spend and limits (None: no limit) by the fields of DeliveryChange.
    figures: dict[str, Decimal | None]
    named: Named
    #: Of the group's budget among the figures; "" without a group.
    group_period: str = ""
    #: What is still spent before the stop takes effect, if that is why; see DeliveryChange.
    on_its_way: Decimal | None = None


class Switch(NamedTuple):
    """A campaign that was switched, and the delivery change that says so."""

    change_id: int
    campaign_id: int
    is_active: bool
    hold_bits: int
    campaign: str
    brand_id: int
    brand: str
    currency: str
    #: Of each budget, in the order of :data:`ALL_BUDGETS`, as text; NULL is no limit.
    spends: Sequence[str]
    limits: Sequence[str | None]


#: Fields of DeliveryChange: the spend and the limit of each budget.
FIGURES: Final = [name for budget in ALL_BUDGETS for name in (budget.spend, budget.limit_then)]


def preview_switches(
    campaigns: QuerySet[Campaign] | Sequence[int], now: datetime, *, may_start: bool | None = None
) -> Iterator[Decision]:
    """What enforcement would switch of campaigns or ids; locks and changes nothing.

    After a restore it starts none, unless ``may_start``: what resuming would do.
    """
    if may_start is None:
        may_start = not restored.is_held()
    try:
        decided, parameters = _decided(campaigns, now, may_start=may_start)
    except EmptyResultSet:
        return
    columns = ["campaign_id", "hold_bits", "group_period", "on_its_way", *_NAMED, *FIGURES]
    sql = f"SELECT {', '.join(columns)} FROM ({decided}) AS decided ORDER BY 1"  # noqa: S608
    many = isinstance(campaigns, QuerySet)
    with connection.chunked_cursor() if many else connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for pk, bits, group_period, on_its_way, *rest in cursor:
            named, figures = rest[: len(_NAMED)], rest[len(_NAMED) :]
            by_field = dict(zip(FIGURES, figures, strict=True))
            yield Decision(
                pk, not bits, from_bits(bits), by_field, Named(*named), group_period, on_its_way
            )


def switch(
    campaign_ids: Sequence[int], now: datetime, trigger: str, *, may_start: bool = True
) -> list[Switch]:
    """Decide on campaigns, switch those that disagree, and write their delivery changes.

    All in one statement, so that what was decided is what is done and what is on record. Whoever
    calls it holds the locks of the campaigns: the statement sees everything committed before it.
    """
    try:
        decided, parameters = _decided(campaign_ids, now, may_start=may_start)
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _SWITCH.format(decided=decided),
            [*parameters, as_array(campaign_ids), now, trigger, current_actor()],
        )
        return list(map(Switch._make, cursor.fetchall()))


def _decided(
    campaigns: QuerySet[Campaign] | Sequence[int], now: datetime, *, may_start: bool = True
) -> tuple[str, list[Any]]:
    """SQL, and its parameters, for campaigns to switch: what a delivery change says, and names.

    Raises:
        EmptyResultSet: there can be none.
    """
    parameters: Sequence[Any]
    if isinstance(campaigns, QuerySet):
        moment = Moment.at(now, campaigns, group_figures=True)
        evaluated, parameters = _evaluated(campaigns, moment).query.sql_with_params()
    else:
        those = Campaign.objects.filter(pk__any_of=as_array(campaigns))
        moment = Moment.at(now, those, group_figures=True)
        evaluated, parameters = compiled.sql(_evaluated, moment, campaigns)
    leading = {pk: its.leading for pk, its in moment.groups.items() if its.leading}
    groups = [
        list(leading),
        *(
            [getattr(budget, name) for budget in leading.values()]
            for name in ("period", "spent", "budget", "on_its_way")
        ),
    ]
    sql = _DECIDED.format(
        evaluated=evaluated,
        on_its_way=_on_its_way(margins=moment.margins),
        unless="" if may_start else "AND hold_bits <> 0",
    )
    return sql, [*parameters, *groups]


def _evaluated(campaigns: QuerySet[Campaign], moment: Moment) -> QuerySet[Campaign, Any]:
    return (
        with_holds(campaigns, moment)
        .order_by()
        .values_list(
            "pk", "is_active", "hold_bits", "name", "brand", "brand__name", "brand__currency",
            "budget_group",
            *(name for budget in LIMITS for name in (budget.spend, budget.limit)),
            *(ON_ITS_WAY.values() if moment.margins else ()),
        )
    )  # fmt: skip


def _on_its_way(*, margins: bool) -> str:
    """SQL for what is still spent of the first budget that stops a campaign early."""
    if not margins:
        return "NULL"
    early = {
        budget: (f"{budget.spend}::numeric < {budget.limit}::numeric", ON_ITS_WAY[budget])
        for budget in LIMITS
    }
    early[GROUP_BUDGET] = ("its.spent < its.budget", "its.on_its_way")
    cases = (
        f"WHEN hold_bits & {BITS[budget.hold]} <> 0 AND {is_early} THEN {amount}"
        for budget, (is_early, amount) in early.items()
    )
    return f"CASE {' '.join(cases)} END"


#: Columns with the names of a campaign and its brand, and the brand's currency.
_NAMED: Final = ("campaign", "brand_id", "brand", "currency")

_OWN: Final = ", ".join(
    f"{budget.spend}::numeric AS {budget.spend}, {budget.limit}::numeric AS {budget.limit_then}"
    for budget in LIMITS
)

#: ``OFFSET 0``: so that the holds are worked out once, not in the condition again.
_DECIDED: Final = f"""
    SELECT pk AS campaign_id, hold_bits = 0 AS is_active, hold_bits, {_OWN},
           coalesce(its.spent, 0) AS {GROUP_BUDGET.spend}, its.budget AS {GROUP_BUDGET.limit_then},
           coalesce(its.period, '') AS group_period, ({{on_its_way}})::numeric AS on_its_way,
           name AS campaign, brand AS brand_id, brand__name AS brand, brand__currency AS currency
      FROM ({{evaluated}} OFFSET 0) AS evaluated
      LEFT JOIN unnest(%s::bigint[], %s::text[], %s::numeric[], %s::numeric[], %s::numeric[])
           AS its (id, period, spent, budget, on_its_way) ON its.id = evaluated.budget_group
     WHERE evaluated.is_active <> (hold_bits = 0) {{unless}}
"""  # noqa: S608  (nothing in it comes from outside)

_HOLDS: Final = ", ".join(
    f"CASE WHEN hold_bits & {bit} <> 0 THEN '{hold.value}' END" for hold, bit in BITS.items()
)

_CHANGED: Final = ", ".join(["campaign_id", "is_active", "group_period", "on_its_way", *FIGURES])


def _texts(names: Iterable[str]) -> str:
    """SQL for an array of these amounts as text."""
    return f"ARRAY[{', '.join(f'{name}::text' for name in names)}]"


#: Recorded after every change that it can see: see :mod:`ads.services.history.feed`.
_SWITCH: Final = f"""
    WITH decided AS MATERIALIZED ({{decided}}),
    switched AS (
        UPDATE ads_campaign AS campaign SET is_active = decided.is_active
          FROM decided
         -- By their ids: PostgreSQL would read all campaigns for a batch of them.
         WHERE campaign.id = ANY(%s::bigint[]) AND campaign.id = decided.campaign_id
    ),
    changed AS (
        INSERT INTO ads_deliverychange ({_CHANGED}, holds, at, trigger, actor, recorded_at)
        SELECT {_CHANGED},
               CASE WHEN is_active THEN '{{{{}}}}' ELSE array_remove(ARRAY[{_HOLDS}], NULL) END,
               %s, %s, %s,
               greatest(clock_timestamp(), transaction_timestamp(),
                        (SELECT max(recorded_at) FROM ads_deliverychange)
                        + interval '1 microsecond')
          FROM decided
         ORDER BY campaign_id
        RETURNING id, campaign_id
    )
    SELECT changed.id, campaign_id, is_active, hold_bits, {", ".join(_NAMED)},
           {_texts(budget.spend for budget in ALL_BUDGETS)},
           {_texts(budget.limit_then for budget in ALL_BUDGETS)}
      FROM decided JOIN changed USING (campaign_id)
     ORDER BY campaign_id
"""  # noqa: S608
