"""The receipt of one pause: when the money was spent, reported, known here, and stopped there.

Nothing is kept for it. The ledger says when the entry that used the budget up came, the delivery
change what was decided on it, the switch orders what the platforms said, and the running sums what
it came to in the end; so a receipt grows truer with every late report.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection, models
from django.db.models import (
    BigIntegerField,
    Case,
    DateField,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from ads.holds import (
    ALL_BUDGETS,
    GROUP_BUDGET,
    TOTAL,
    TOTAL_BUDGET,
    AnyBudget,
    BudgetHold,
    budget_sums,
)
from ads.models import DeliveryChange, SwitchOrder
from ads.models.platforms import OrderState
from ads.models.spend import Kind
from ads.rules.calendar import local_date, next_period, period_start
from ads.rules.calendar import names as timezone_names
from ads.services.delivery import Trigger
from ads.services.history import audit
from ads.services.locks import among

ZERO: Final = Decimal(0)

#: A platform that has stopped a campaign within this time has cost nothing worth a name.
PROMPT: Final = timedelta(minutes=1)

#: Whoever changes a limit, or said until when it is raised, has stopped what is over it then.
_CHANGES: Final = frozenset(
    {
        Trigger.EDIT,
        Trigger.ACTION,
        Trigger.RESET,
        Trigger.ALLOWANCE_ENDED,
        Trigger.PLANNED_BUDGET,
    }
)

_HOLDS: Final = {budget.hold.value: budget for budget in ALL_BUDGETS}


class Delay(models.TextChoices):
    """What let a budget be overshot."""

    EDITED = "edited", "The limit was lowered after the money was spent"
    REPORTING = "reporting", "Spend was reported late"
    STOPPING = "stopping", "The campaign was stopped late on its platform"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One pause for a used-up budget. Amounts are in the brand's currency.

    Instants that nobody knows are None: an ad platform does not say when the money of a day total
    was spent, and a campaign on no platform is not told anything.
    """

    change: DeliveryChange
    #: The first budget that stopped it.
    budget: AnyBudget
    #: The ids of the brand, and of the campaign or group whose budget it was; None: the brand's.
    owner: tuple[int, int | None, int | None]
    #: "day", "month" or "total", and its first day; None: all that was ever spent.
    period: str
    start: date | None
    limit: Decimal
    #: The spend on which it was decided.
    spent_then: Decimal
    #: What it came to: in this period, until it was started again.
    spent: Decimal
    source: str
    spent_at: datetime | None
    #: When the source was asked for it.
    reported_at: datetime | None
    known_at: datetime | None
    told_at: datetime | None
    confirmed_at: datetime | None
    #: When each was confirmed, or ended by a later decision; None: one is open, or was refused.
    settled_at: datetime | None
    #: The orders for it: on how many platforms it was to be stopped, and the answers of those that
    #: refused.
    orders: int
    refusals: tuple[str, ...]

    @property
    def decided_at(self) -> datetime:
        return self.change.at

    @property
    def over(self) -> Decimal:
        return max(self.spent - self.limit, ZERO)

    @property
    def over_then(self) -> Decimal:
        """How much of that was known when it was decided: spent before it was reported."""
        return min(max(self.spent_then - self.limit, ZERO), self.over)

    @property
    def over_later(self) -> Decimal:
        """How much of that was reported after it was decided."""
        return self.over - self.over_then

    @property
    def is_kept(self) -> bool:
        return not self.over

    @property
    def cost_by(self) -> Delay | None:
        """What cost the most; None where the budget was kept."""
        if self.is_kept:
            return None
        if self.over_then >= self.over_later or not self.orders:
            return Delay.EDITED if self.change.trigger in _CHANGES else Delay.REPORTING
        settled = self.settled_at
        is_late = settled is None or settled - self.decided_at > PROMPT
        return Delay.STOPPING if is_late else Delay.REPORTING


def pauses() -> QuerySet[DeliveryChange]:
    """The switches that receipts are about.

    Each with the timezone of its brand (``zone_then``), the budget group and the start date of its
    campaign (``group_then``, ``first_then``) and the start date of the group (``group_first_then``)
    at the time, by the audit; NULL: it does not go back so far, or there was no group. Without a
    start date it was the first of all.
    """
    first = Coalesce("start_date", Value(date.min))
    found = DeliveryChange.objects.filter(is_active=False, holds__overlap=list(_HOLDS))
    return found.annotate(
        zone_then=_then("BrandEvent", "campaign__brand", F("timezone")),
        group_then=_then("CampaignEvent", "campaign", F("budget_group")),
        first_then=_then("CampaignEvent", "campaign", first),
        its_group=Coalesce("group_then", "campaign__budget_group"),
        group_first_then=_then("BudgetGroupEvent", "its_group", first),
    )


def _then(event: str, row: str, value: Any) -> Subquery:
    events: Any = audit.event_model(event)._default_manager.order_by("-pgh_id")
    before = events.filter(pgh_obj_id=OuterRef(row), pgh_created_at__lte=OuterRef("recorded_at"))
    return Subquery(before.annotate(then=value).values("then")[:1])


def receipts_of(changes: Iterable[Any]) -> list[Receipt]:
    """The receipts of these :func:`pauses`, in their order; a fixed number of queries.

    ``changes`` come with ``campaign__brand``.
    """
    found = [_Pause.of(change) for change in changes]
    if not found:
        return []
    sums, entries, orders = _sums(found), _entries(found), _orders(found)
    return [
        _receipt(pause, sums, entries.get(position), orders.get(pause.change.pk, []))
        for position, pause in enumerate(found)
    ]


@dataclass(frozen=True, slots=True)
class _Pause:
    change: DeliveryChange
    budget: AnyBudget
    period: str
    start: date | None
    #: The brand's timezone and the campaign's group at the time, as far as anybody knows.
    timezone: str
    group: int | None

    @classmethod
    def of(cls, change: Any) -> "_Pause":
        budget = next(_HOLDS[hold] for hold in change.holds if hold in _HOLDS)
        period, campaign = TOTAL, change.campaign
        # The timezone database may have dropped the name since.
        is_known = change.zone_then in timezone_names()
        timezone = change.zone_then if is_known else campaign.brand.timezone
        group = change.its_group
        if isinstance(budget, BudgetHold):
            period = budget.period.value
        elif budget == GROUP_BUDGET:
            period = change.group_period
        if period != TOTAL:
            start = period_start(period, local_date(change.at, timezone))
            return cls(change, budget, period, start, timezone, group)
        if budget == GROUP_BUDGET:
            now = campaign.budget_group.start_date if campaign.budget_group else None
            first = change.group_first_then or now
        else:
            first = change.first_then or campaign.start_date
        return cls(change, budget, period, None if first == date.min else first, timezone, group)

    @property
    def owner(self) -> tuple[int, int | None, int | None]:
        """Its brand, and the campaign or the group; None: all."""
        campaign = self.change.campaign
        if self.budget == GROUP_BUDGET:
            return campaign.brand_id, None, self.group
        of_brand = isinstance(self.budget, BudgetHold) and self.budget.of_brand
        return campaign.brand_id, None if of_brand else campaign.pk, None

    @property
    def has_left(self) -> bool:
        """Was it a group's budget, and is the campaign no longer in that group?"""
        group = self.change.campaign.budget_group_id
        return self.budget == GROUP_BUDGET and (group is None or group != self.group)

    @property
    def group_on(self) -> budget_sums.Key | None:
        """The group whose budget of a day or month it was, and a day of it; None: of no group, or
        the campaign has left it.
        """
        if self.budget != GROUP_BUDGET or self.group is None or self.has_left or not self.start:
            return None
        return None if self.period == TOTAL else (self.group, self.start)

    @property
    def ends(self) -> date:
        """The first day that is not of its period."""
        if self.period == TOTAL or self.start is None:
            return date.max
        return next_period(self.period, self.start)


def _receipt(
    pause: _Pause,
    sums: Mapping[int, Decimal],
    entry: tuple[str, str, datetime, datetime] | None,
    orders: Sequence[SwitchOrder],
) -> Receipt:
    change, budget = pause.change, pause.budget
    source, kind, occurred_at, known_at = entry or ("", "", None, None)
    is_entry = kind == Kind.ENTRY
    confirmed = [order.settled_at for order in orders if order.state == OrderState.CONFIRMED]
    settled = [order.settled_at for order in orders if order.state != OrderState.REFUSED]
    told = [order.told_at for order in orders]
    limit = getattr(change, budget.limit_then)
    spent_then = getattr(change, budget.spend)
    return Receipt(
        change=change,
        budget=budget,
        owner=pause.owner,
        period=pause.period,
        start=pause.start,
        limit=spent_then if limit is None else limit,
        spent_then=spent_then,
        spent=sums.get(change.pk, spent_then),
        source=source,
        spent_at=occurred_at if is_entry else None,
        reported_at=None if is_entry else occurred_at,
        known_at=known_at,
        told_at=_last(told),
        confirmed_at=_last(confirmed) if len(confirmed) == len(orders) else None,
        settled_at=_last(settled) if len(settled) == len(orders) else None,
        orders=len(orders),
        refusals=tuple(order.answer for order in orders if order.state == OrderState.REFUSED),
    )


def _last(instants: Sequence[datetime | None]) -> datetime | None:
    """The latest; None where there is none, or one is missing."""
    known = [instant for instant in instants if instant is not None]
    return max(known) if known and len(known) == len(instants) else None


def _sums(found: Sequence[_Pause]) -> dict[int, Decimal]:
    """By change, what was spent in its period until the campaign was started again in it.

    Without those of which nobody knows: what it was decided on stands.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _SUMS,
            [
                [pause.change.pk for pause in found],
                [pause.change.campaign_id for pause in found],
                [pause.change.at for pause in found],
                [pause.owner[0] for pause in found],
                [pause.owner[1] for pause in found],
                [pause.period for pause in found],
                [pause.start for pause in found],
                [pause.budget.spend for pause in found],
            ],
        )
        rows: list[tuple[int, datetime | None, Decimal | None, Decimal | None]] = cursor.fetchall()
    pauses = {pause.change.pk: pause for pause in found}
    others = _other_sums(found)
    sums = {}
    for pk, restarted_at, at_restart, total in rows:
        pause = pauses[pk]
        if pause.has_left:
            continue
        is_restarted = restarted_at is not None and (
            local_date(restarted_at, pause.timezone) < pause.ends
        )
        amount = at_restart if is_restarted else others.get(pk, total)
        if amount is not None:
            sums[pk] = amount
    return sums


def _other_sums(found: Sequence[_Pause]) -> dict[int, Decimal | None]:
    """By change, the spend of total budgets and of groups, which no sum is kept of.

    None: the group has no such budget any more.
    """
    in_groups = {pause.change.pk: key for pause in found if (key := pause.group_on) is not None}
    figures = budget_sums.of_groups(set(in_groups.values()))
    sums: dict[int, Decimal | None] = {}
    for pause in found:
        pk = pause.change.pk
        if pk in in_groups:
            its = figures[in_groups[pk]].budgets
            sums[pk] = next((each.spent for each in its if each.period == pause.period), None)
    return sums | _in_all([pause for pause in found if pause.period == TOTAL])


def _in_all(found: Sequence[_Pause]) -> dict[int, Decimal]:
    """By change, the spend of total budgets, each since the first day that it had then."""
    if not found:
        return {}
    firsts = [When(pk=pause.change.pk, then=Value(pause.start)) for pause in found]
    groups = [When(pk=pause.change.pk, then=Value(pause.owner[2])) for pause in found]
    own = budget_sums.spent_since("first", "campaign")
    annotated: Any = DeliveryChange.objects.annotate(
        first=Cast(Case(*firsts), DateField()),
        of_group=Cast(Case(*groups), BigIntegerField()),
        spent=Case(
            When(of_group=None, then=own),
            default=budget_sums.spent_since("first", "of_group", of="campaign__budget_group"),
        ),
    )
    those = annotated.filter(pk__in=[pause.change.pk for pause in found])
    return dict(those.values_list("pk", "spent"))


#: When the figure of a later change is of the same budget; of others, always.
_IS_SAME: Final[Mapping[AnyBudget, str]] = {
    TOTAL_BUDGET: f"next.{TOTAL_BUDGET.limit_then} IS NOT NULL",
    GROUP_BUDGET: "next.group_period = pause.period",
}

#: The figure of a delivery change by the name of its field.
_FIGURE: Final = " ".join(
    f"WHEN pause.figure = '{budget.spend}' AND {_IS_SAME.get(budget, 'true')}"
    f" THEN next.{budget.spend}"
    for budget in ALL_BUDGETS
)

_SUMS: Final = f"""
    SELECT pause.id, next.at, CASE {_FIGURE} END, total.amount
      FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::bigint[], %s::bigint[],
                  %s::text[], %s::date[], %s::text[])
           AS pause (id, campaign_id, at, brand_id, owner_id, period, start, figure)
      LEFT JOIN LATERAL (
            SELECT next.* FROM ads_deliverychange AS next
             WHERE next.campaign_id = pause.campaign_id AND next.at >= pause.at
               AND next.id > pause.id AND next.is_active
             ORDER BY next.at, next.id LIMIT 1
           ) AS next ON true
      LEFT JOIN ads_spendtotal AS total
        ON total.brand_id = pause.brand_id
       AND total.campaign_id IS NOT DISTINCT FROM pause.owner_id
       AND total.period = pause.period AND total.start = pause.start
"""  # noqa: S608  (names of our own fields)


def _entries(
    found: Sequence[_Pause],
) -> dict[int, tuple[str, str, datetime, datetime]]:
    """By position, the last entry of the owner's period that was there when it was decided."""
    keys: dict[tuple[Any, ...], list[int]] = {}
    for position, pause in enumerate(found):
        key = (*pause.owner, pause.start or date.min, pause.ends, pause.change.at)
        keys.setdefault(key, []).append(position)
    columns = [list(column) for column in zip(*keys, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, columns)
        rows = cursor.fetchall()
    positions = list(keys.values())
    return {
        position: (source, kind, occurred_at, created_at)
        for number, source, kind, occurred_at, created_at in rows
        for position in positions[number - 1]
    }


_ENTRIES: Final = """
    SELECT period.number, entry.source, entry.kind, entry.occurred_at, entry.created_at
      FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::date[], %s::date[],
                  %s::timestamptz[])
           WITH ORDINALITY AS period (brand_id, campaign_id, group_id, start, ends, at, number)
     CROSS JOIN LATERAL (
            SELECT spend.source, spend.kind, spend.occurred_at, spend.created_at
              FROM ads_campaign AS campaign
              JOIN ads_spend AS spend ON spend.campaign_id = campaign.id
             WHERE campaign.brand_id = period.brand_id
               AND (period.campaign_id IS NULL OR campaign.id = period.campaign_id)
               AND (period.group_id IS NULL OR campaign.budget_group_id = period.group_id)
               AND spend.date >= period.start AND spend.date < period.ends
               AND spend.created_at <= period.at AND spend.amount > 0
             ORDER BY spend.created_at DESC, spend.id DESC
             LIMIT 1
           ) AS entry
"""


def _orders(found: Sequence[_Pause]) -> dict[int, list[SwitchOrder]]:
    """By change, the last order for each place, told when the first there was.

    One that was refused is followed by another for the same change; a later decision that ends that
    one does not undo the refusal.
    """
    orders: dict[int, dict[tuple[int, str], SwitchOrder]] = defaultdict(dict)
    changes = [pause.change.pk for pause in found]
    for order in SwitchOrder.objects.filter(change__in=among(changes)).order_by("pk"):
        its = orders[order.change_id or 0]
        place = order.account_id, order.remote_id
        if place in its:
            if order.state == OrderState.WITHDRAWN:
                continue
            order.told_at = its[place].told_at or order.told_at
        its[place] = order
    return {change: list(its.values()) for change, its in orders.items()}
