"""Who has budgets: the SQL for the brands and the campaigns of a queryset.

Another owner (a budget that several campaigns share) or another period (a flight) is another
:class:`Owners`: the statement of the rule is the same for all.
"""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.db.models.expressions import ExpressionWrapper
from django.db.models.fields import BooleanField
from django.db.models.functions import Least

from ads import brand_figures
from ads.holds import (
    BUDGET_HOLDS,
    BUDGET_OF,
    LIMITS,
    LOCAL_DATE,
    TOTAL_BUDGET,
    Clock,
    Hold,
    Moment,
    as_array,
    budget_sums,
    compiled,
    has_ended,
    with_spend,
)
from ads.models import Brand, BudgetGroup, Campaign
from ads.models.campaigns import Status
from ads.models.spend import Period
from ads.rules.pacing import Bounds, Step
from ads.services.explain import limits
from ads.services.pacing import month
from ads.services.pacing.calendars import Span
from ads.services.planned import course

SPEND, LIMIT = brand_figures.SPEND, brand_figures.LIMIT

#: A statement and its parameters.
Sql = tuple[str, Sequence[Any]]

#: Of a campaign's own budgets.
_OWN: Final = tuple(budget for budget in BUDGET_HOLDS if not budget.of_brand)

#: Of its brand.
_BRANDS: Final = BUDGET_OF[Hold.BRAND_DAILY_BUDGET], BUDGET_OF[Hold.BRAND_MONTHLY_BUDGET]

#: Schedules of ``base``, ids ascending.
_HOURS: Final = """
    LEFT JOIN LATERAL (
        SELECT array_agg(schedule_id ORDER BY schedule_id) AS ids
          FROM ads_campaignschedule WHERE campaign_id = base.id AND base.dayparted
    ) AS hours ON true
"""


@dataclass(frozen=True, slots=True)
class Owners:
    """SQL for some owners.

    ``figures``: id, brand_id, timezone, currency, today, runs, starts, ends, hours, day_spent,
    day_limit, month_spent, month_limit, day_budget; and others_today, others_daily, others_left:
    the :class:`~ads.rules.pacing.Bounds` of budgets that are not its own day's or month's.
    ``keys``: timezone, hours and brand_id of their calendars. ``totals``: which rows of SpendTotal,
    ``total``, are those of ``owner``; ``days``: which of them are of a day from %s to today, as the
    index finds them. ``ids``: brand and campaign of ``owner`` in BudgetPace. ``steps``: the id
    and :class:`~ads.rules.pacing.Step` of each of which something is planned later in the month.
    """

    figures: Sql
    keys: Sql
    totals: str
    days: str
    ids: str
    steps: Sequence[tuple[int, Sequence[Step]]]


def of_campaigns(campaigns: QuerySet[Campaign] | Sequence[int], now: datetime) -> Owners:
    """Campaigns or ids, without those of brands with an invalid timezone.

    Four queries, small ones, and four for budget groups if there are any; three if something is
    planned.
    """
    groups, totals, _ = budget_sums.there_are()
    moment = _moment(now, totals=totals)
    (figures, parameters), rows = _asked(_figures_of_campaigns, Campaign, campaigns, moment)
    shared = _of_groups(rows, now) if groups else [[]] * 4
    keys, of_keys = _sql(
        rows.values_list("pk", "brand_id", "brand__timezone", "is_dayparting_enabled")
    )
    return Owners(
        figures=(
            f"""SELECT id, brand_id, timezone, currency, today, runs, starts, ends,
                       coalesce(ids, '{{}}') AS hours, day_spent, day_limit, month_spent,
                       month_limit, day_budget,
                       least(base.today_left, its.today_left) AS others_today,
                       least(base.daily, its.daily) AS others_daily,
                       least(base.in_all, its.in_all) AS others_left
                  FROM ({figures}) AS base (
                       id, brand_id, timezone, currency, today, runs, starts, ends, dayparted,
                       day_spent, day_limit, month_spent, month_limit, day_budget, today_left,
                       daily, in_all, budget_group) {_HOURS}
                  LEFT JOIN unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[])
                       AS its (budget_group, today_left, daily, in_all) USING (budget_group)
            """,
            (*parameters, *shared),
        ),
        keys=(
            f"""SELECT timezone, coalesce(ids, '{{}}') AS hours, brand_id
                  FROM ({keys}) AS base (id, brand_id, timezone, dayparted) {_HOURS}""",
            of_keys,
        ),
        totals="total.campaign_id = owner.id",
        days="total.start BETWEEN %s AND owner.today",
        ids="owner.brand_id, owner.id",
        steps=_steps_of_campaigns(rows, moment),
    )


def _figures_of_campaigns(campaigns: QuerySet[Campaign], moment: Moment) -> QuerySet[Campaign, Any]:
    of_day, of_month = _BRANDS
    with_figures: QuerySet[Any] = with_spend(campaigns.order_by(), moment, LIMITS).annotate(
        today=F(LOCAL_DATE),
        today_left=F(of_day.limit) - F(of_day.spend),
        # PostgreSQL's passes over those that are missing.
        in_all=Least(*(F(one.limit) - F(one.spend) for one in (of_month, TOTAL_BUDGET))),
        runs=ExpressionWrapper(
            Q(status=Status.ACTIVE, brand__is_active=True), output_field=BooleanField()
        ),
    )
    day, of_its_month = _OWN
    return with_figures.values_list(
        "pk", "brand_id", "brand__timezone", "brand__currency", "today", "runs", "start_date",
        "end_date", "is_dayparting_enabled", day.spend, day.limit, of_its_month.spend,
        of_its_month.limit,
        "daily_budget", "today_left", of_day.budget, "in_all", "budget_group",
    )  # fmt: skip


def _of_groups(campaigns: QuerySet[Campaign], now: datetime) -> list[list[Any]]:
    """The groups of campaigns and what each lets through, as columns."""
    groups = BudgetGroup.objects.filter(pk__in=campaigns.values("budget_group"))
    bounds: dict[int, Bounds] = defaultdict(Bounds)
    for figures in budget_sums.of_groups(budget_sums.today(groups, now)).values():
        for each in figures.budgets:
            its = Bounds.of(each.period, each.budget, each.budget - each.spent)
            bounds[figures.id] = bounds[figures.id].within(its)
    return [
        list(bounds),
        [one.left_today for one in bounds.values()],
        [one.daily for one in bounds.values()],
        [one.left for one in bounds.values()],
    ]


def _steps_of_campaigns(campaigns: QuerySet[Any], moment: Moment) -> list[tuple[int, list[Step]]]:
    """What is planned for later in the month, by id; one query if nothing is."""
    plans = _plans(campaigns.values("brand"), campaigns, moment.now)
    if not plans:
        return []
    planned = Q(pk__in=[campaign for _, campaign in plans if campaign])
    planned |= Q(brand__in=[brand for brand, campaign in plans if not campaign])
    rows = with_spend(campaigns.filter(planned), moment, LIMITS).select_related("brand")
    found: list[Any] = list(
        rows.annotate(today=F(LOCAL_DATE), in_all=budget_sums.spent_since("start_date"))
    )
    groups = BudgetGroup.objects.filter(pk__in={row.budget_group_id for row in found})
    figures = budget_sums.of_groups(budget_sums.today(groups, moment.now)).values()
    limits.with_groups(found, {its.id: its for its in figures})
    steps = []
    for row in found:
        today, row.total_spend = row.today, row.in_all  # also of one that has no total budget yet
        of_brand, own = plans.get((row.brand_id, None), {}), plans.get((row.brand_id, row.pk), {})
        plan = {f"brand__{field}": its for field, its in of_brand.items()} | own
        span = Span.of(Period.MONTH, today)
        its = month.steps_of_campaign(row, BUDGET_OF[Hold.MONTHLY_BUDGET], plan, span, today)
        steps.append((row.pk, its))
    return [one for one in steps if one[1]]


def _plans(
    brands: QuerySet[Any], campaigns: QuerySet[Any], now: datetime
) -> dict[tuple[int, int | None], dict[str, list[tuple[date, Decimal | None]]]]:
    """By brand and campaign (None: the brand's own) and field; one query."""
    whose = Q(brand__in=brands, campaign=None) | Q(campaign__in=campaigns)
    changes = course.later_in_the_month(now).filter(whose)
    found: dict[Any, Any] = defaultdict(lambda: defaultdict(list))
    for brand, campaign, field, day, amount in changes.values_list(
        "brand", "campaign", "field", "starts_on", "amount"
    ):
        found[brand, campaign][field].append((day, amount))
    return found


def of_brands(brands: QuerySet[Brand] | Sequence[int], now: datetime) -> Owners:
    """Brands, likewise. One runs if a campaign of it does, as people want it."""
    moment = _moment(now, totals=False)
    (figures, parameters), rows = _asked(_figures_of_brands, Brand, brands, moment)
    keys, of_keys = _sql(rows.values_list("pk", "timezone"))
    return Owners(
        figures=(
            f"""SELECT id, id AS brand_id, timezone, currency, today, runs, NULL::date AS starts,
                       NULL::date AS ends, '{{}}'::bigint[] AS hours,
                       day_spent, day_limit, month_spent, month_limit, day_budget,
                       NULL::numeric AS others_today, NULL::numeric AS others_daily,
                       NULL::numeric AS others_left
                  FROM ({figures}) AS base (id, timezone, currency, today, runs, day_spent,
                                            day_limit, month_spent, month_limit, day_budget)""",
            parameters,
        ),
        keys=(
            f"""SELECT timezone, '{{}}'::bigint[] AS hours, id AS brand_id
                  FROM ({keys}) AS base (id, timezone)""",
            of_keys,
        ),
        totals="total.brand_id = owner.id AND total.campaign_id IS NULL",
        # Each day by itself: in the index, a day of all brands comes before the next.
        days="""total.start = ANY(ARRAY(
                    SELECT generate_series(%s::date, owner.today, interval '1 day')::date))""",
        ids="owner.id, NULL::bigint",
        steps=_steps_of_brands(rows, moment),
    )


def _figures_of_brands(brands: QuerySet[Brand], moment: Moment) -> QuerySet[Brand, Any]:
    wanted = Campaign.objects.filter(brand=OuterRef("pk"), status=Status.ACTIVE)
    with_figures: QuerySet[Any] = brand_figures.with_money_on(
        brands.order_by(), moment.now, moment.dates
    ).annotate(
        today=F(f"{Period.DAY.value}_start"),
        runs=ExpressionWrapper(Q(is_active=True) & Exists(wanted), output_field=BooleanField()),
    )
    return with_figures.filter(today__isnull=False).values_list(
        "pk", "timezone", "currency", "today", "runs",
        *(F(of[period]) for period in (Period.DAY, Period.MONTH) for of in (SPEND, LIMIT)),
        "daily_budget",
    )  # fmt: skip


def _steps_of_brands(brands: QuerySet[Any], moment: Moment) -> list[tuple[int, list[Step]]]:
    """Likewise."""
    plans = _plans(brands, Campaign.objects.none(), moment.now)
    if not plans:
        return []
    planned = brands.filter(pk__in=[brand for brand, _ in plans])
    found = brand_figures.with_money_on(planned, moment.now, moment.dates).annotate(
        today=F(f"{Period.DAY.value}_start"), its_limit=F(LIMIT[Period.MONTH])
    )
    steps = []
    for row in found.filter(today__isnull=False):
        waived = Decimal(0)
        if row.monthly_budget is not None:
            waived = row.its_limit - row.monthly_budget
        its = month.steps_of_brand(
            row.monthly_budget, waived, row.daily_budget, plans[row.pk, None], row.today
        )
        steps.append((row.pk, its))
    return [one for one in steps if one[1]]


def _asked(
    build: compiled.Build, of: type[Model], rows: QuerySet[Any] | Sequence[int], moment: Moment
) -> tuple[Sql, QuerySet[Any]]:
    """The SQL of ``build`` for rows or ids, and the rows. For ids, the SQL is kept."""
    if isinstance(rows, QuerySet):
        if not rows.query.is_sliced:
            return _sql(build(rows, moment)), rows.order_by()
        rows = list(rows.values_list("pk", flat=True))
    those: QuerySet[Any] = of._default_manager.filter(pk__any_of=as_array(rows)).order_by()
    with suppress(EmptyResultSet):
        return compiled.sql(build, moment, rows, of), those
    return _sql(build(those, moment)), those


def _moment(now: datetime, *, totals: bool) -> Moment:
    zones = Brand.objects.order_by().values_list("timezone", flat=True).distinct()
    clock = Clock.of(now, zones, [])
    return Moment.of(
        clock, allowances_end=has_ended(now), stale=False, totals=totals, margins=False
    )


def _sql(rows: QuerySet[Any, Any]) -> Sql:
    # Also where Django knows that there is none, such as without a brand in a valid timezone.
    compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS, elide_empty=False)
    statement, parameters = compiler.as_sql()
    return statement, parameters
