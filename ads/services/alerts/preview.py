"""What a rule would have raised in the last 30 days, as far as there is a record of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from ads.holds import GROUP_BUDGETS, TOTAL
from ads.models import AlertRule, Brand, DeliveryChange, SwitchOrder, UnknownReference
from ads.models.alerts import AlertKind, Owner
from ads.models.platforms import OrderState
from ads.models.spend import Period
from ads.rules.calendar import local_date, month_start
from ads.rules.money import format_estimate, format_money
from ads.services.alerts import switches, unusual

DAYS: Final = 30
SPAN: Final = timedelta(days=DAYS)

#: Alerts of which the latest are named; and that are counted at most.
NAMED: Final = 20
MOST: Final = 20_000

#: More alerts than this a day are more than anybody reads.
MANY_A_DAY: Final = 20


@dataclass(frozen=True, slots=True)
class Would:
    """An alert that there would have been: on which day, and what it would have been about."""

    day: date
    text: str


@dataclass(frozen=True, slots=True)
class Preview:
    #: None: there is no record of what the rule watches.
    count: int | None
    latest: list[Would] = field(default_factory=list)
    warning: str = ""

    @property
    def is_more(self) -> bool:
        return self.count is not None and self.count >= MOST


def of(rule: AlertRule, now: datetime) -> Preview:
    """What the rule, saved or not, would have raised in the last 30 days with today's budgets."""
    find = _FOUND.get(AlertKind(rule.kind))
    if find is None:
        return Preview(None)
    found = sorted(find(rule, now), key=lambda one: (one.day, one.text), reverse=True)
    return Preview(len(found), found[:NAMED], _warning(found))


def _warning(found: Sequence[Would]) -> str:
    if not found:
        return ""
    day, most = Counter(one.day for one in found).most_common(1)[0]
    if most > MANY_A_DAY or len(found) > DAYS * MANY_A_DAY:
        return (
            f"The rule matches a lot: {len(found):,} alerts in {DAYS} days, {most:,} of them on "
            f"{day}. Use a higher percent, brands instead of campaigns, or one brand."
        )
    return ""


def _budgets(rule: AlertRule, now: datetime) -> Iterator[Would]:
    """Days on which a budget passed a percentage: by the sums of days, within each period."""
    since = (now - SPAN).date()
    for owner, periods in _BUDGETS.items():
        if rule.owners in (Owner.ALL, owner):
            for period, budget in periods.items():
                if rule.period in ("", period):
                    yield from _passed(rule, owner, period, budget, since)


#: The budgets of owners by period, and their fields.
_BUDGETS: Final[Mapping[Owner, Mapping[str, str]]] = {
    Owner.BRAND: {period.value: period.budget for period in Period},
    Owner.CAMPAIGN: GROUP_BUDGETS,
    Owner.GROUP: GROUP_BUDGETS,
}

#: Name, and the joins from the sums of days, ``total``, to the owner.
_OWNERS: Final[Mapping[Owner, tuple[str, str]]] = {
    Owner.BRAND: ("brand.name", "ON total.brand_id = brand.id AND total.campaign_id IS NULL"),
    Owner.CAMPAIGN: (
        "campaign.name || ' (' || brand.name || ')'",
        """ON total.brand_id = brand.id
          JOIN ads_campaign AS campaign
            ON campaign.id = total.campaign_id AND campaign.status = 'active'""",
    ),
    Owner.GROUP: (
        "'Group ' || budget_group.name || ' (' || brand.name || ')'",
        """ON total.brand_id = brand.id
          JOIN ads_campaign AS campaign ON campaign.id = total.campaign_id
          JOIN ads_budgetgroup AS budget_group ON budget_group.id = campaign.budget_group_id""",
    ),
}
_TABLES: Final = {Owner.GROUP: "budget_group"}

#: From which day on sums count, and what those of one period have in common.
_SPANS: Final[Mapping[str, tuple[str, str]]] = {
    Period.DAY: ("%(month)s", "total.start"),
    Period.MONTH: ("%(month)s", "date_trunc('month', total.start::timestamp)"),
    TOTAL: ("coalesce({table}.start_date, '-infinity')", "true"),
}


def _passed(
    rule: AlertRule, owner: Owner, period: str, budget: str, since: date
) -> Iterator[Would]:
    table = _TABLES.get(owner, owner.value)
    named, joined = _OWNERS[owner]
    begins, span = (part.format(table=table) for part in _SPANS[period])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT day, name, currency, percent, spent, budget
              FROM (SELECT total.start AS day, {named} AS name, brand.currency,
                           {table}.{budget} AS budget,
                           sum(sum(total.amount)) OVER used AS spent,
                           sum(sum(total.amount)) OVER used - sum(total.amount) AS before
                      FROM ads_brand AS brand
                      JOIN ads_spendtotal AS total {joined}
                     WHERE brand.is_active AND total.period = 'day' AND total.start >= {begins}
                       AND {table}.{budget} > 0
                       AND (%(brand)s::bigint IS NULL OR brand.id = %(brand)s::bigint)
                     GROUP BY brand.id, {table}.id, total.start
                    WINDOW used AS (PARTITION BY brand.id, {table}.id, {span}
                                    ORDER BY total.start)
                   ) AS day_by_day
             CROSS JOIN LATERAL (
                   SELECT max(percent) AS percent FROM unnest(%(thresholds)s::int[]) AS percent
                    WHERE spent * 100 >= percent * budget AND before * 100 < percent * budget
                   ) AS passed
             WHERE percent IS NOT NULL AND day >= %(since)s
             LIMIT {MOST}
            """,  # noqa: S608  (nothing in it comes from outside)
            {
                "since": since,
                "month": month_start(since),
                "brand": rule.brand_id,
                "thresholds": list(rule.thresholds),
            },
        )
        for day, name, currency, percent, spent, amount in cursor.fetchall():
            text = (
                f"{name}: {percent}% of the {budget.replace('_', ' ')} used "
                f"({format_money(spent, currency)} of {format_money(amount, currency)})"
            )
            yield Would(day, text)


def _switches(rule: AlertRule, now: datetime) -> Iterator[Would]:
    changes = DeliveryChange.objects.filter(at__gte=now - SPAN).select_related("campaign__brand")
    if rule.brand_id is not None:
        changes = changes.filter(campaign__brand=rule.brand_id)
    seen = set()
    if rule.kind == AlertKind.PAUSED:
        changes = changes.filter(is_active=False, holds__overlap=sorted(switches.TOLD))
    else:
        changes = changes.filter(is_active=True)
    for one in switches.told(list(changes.order_by("-at")[:MOST]), AlertKind(rule.kind)):
        campaign = one.change.campaign
        day = _day(one.change.at, campaign.brand.timezone)
        if (campaign.pk, day) not in seen:
            seen.add((campaign.pk, day))
            yield Would(day, f"{campaign.name} ({campaign.brand.name}): {one.reason}")


def _unmatched(_: AlertRule, now: datetime) -> Iterator[Would]:
    found = UnknownReference.objects.filter(created_at__gte=now - SPAN).order_by()
    days = Counter(at.date() for at in found.values_list("created_at", flat=True)[:MOST])
    for day, count in days.items():
        yield Would(day, f"{count:,} unmatched")


def _refused(rule: AlertRule, now: datetime) -> Iterator[Would]:
    orders = SwitchOrder.objects.filter(state=OrderState.REFUSED, settled_at__gte=now - SPAN)
    if rule.brand_id is not None:
        orders = orders.filter(campaign__brand=rule.brand_id)
    seen = set()
    for order in orders.select_related("campaign__brand").order_by("-settled_at")[:MOST]:
        if order.settled_at is None:
            continue
        day = order.settled_at.date()
        told = (order.account_id, order.remote_id, order.is_on, day)
        if told not in seen:
            seen.add(told)
            yield Would(day, f"{order.campaign.name} ({order.campaign.brand.name}): {order.answer}")


def _unusual(rule: AlertRule, now: datetime) -> Iterator[Would]:
    brands = Brand.objects.filter(is_active=True)
    if rule.brand_id is not None:
        brands = brands.filter(pk=rule.brand_id)
    days = unusual.days_of(brands.values_list("pk", flat=True), now.date(), 2 * DAYS)
    flights = unusual.flights_of(brands.values("pk"))
    for brand in brands:
        its = days.get(brand.pk, {})
        today = _day(now, brand.timezone)
        for n in range(DAYS):
            day = today - timedelta(days=n)
            spent, usual = its.get(day, Decimal(0)), unusual.usual_before(its, day)
            if usual and unusual.is_odd(spent, usual, high_only=n == 0):
                which = "high" if spent > usual.high else "low"
                if which == "low" and not unusual.is_to_run(flights.get(brand.pk, ()), day):
                    continue
                amounts = (
                    f"{format_money(spent, brand.currency)}, usually "
                    f"{format_estimate(usual.amount, brand.currency)}"
                )
                yield Would(day, f"{brand.name}: unusually {which} spend ({amounts})")


def _day(at: datetime, timezone: str) -> date:
    try:
        return local_date(at, timezone)
    except ValueError:
        return at.date()


_FOUND: Final[Mapping[AlertKind, Callable[[AlertRule, datetime], Any]]] = {
    AlertKind.BUDGET_USED: _budgets,
    AlertKind.PAUSED: _switches,
    AlertKind.RESUMED: _switches,
    AlertKind.UNMATCHED: _unmatched,
    AlertKind.SWITCH_REFUSED: _refused,
    AlertKind.UNUSUAL_SPEND: _unusual,
}
