"""The rule of :mod:`ads.rules.pacing` in one statement, for any number of owners."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ads.models.spend import Period
from ads.rules.currencies import MINOR_UNITS
from ads.rules.pacing import (
    LEAST_DAYS,
    LEAST_SEEN,
    LEVEL_WEEKS,
    MILLION,
    MOST_SHARE,
    PROFILE_DAYS,
    SPIKE,
    SPIKE_OF,
    TOLERANCE,
    Basis,
    Calendar,
    PaceState,
    Range,
)
from ads.services.pacing.calendars import (
    BITS,
    SUMS,
    WEEKDAYS,
    Key,
    Span,
    by_weekday,
    calendar_rows,
    sum_of,
    weight,
    zip_columns,
)
from ads.services.pacing.owners import Owners, Sql
from ads.services.pacing.steps import STEPS, STEPS_OF_OWNERS, part_by_part, step_row

#: The results, in order; the owner's brand and campaign come before them.
RESULTS: Final = (
    "state", "spent", "budget", "expected", "pace_percent", "projected", "low", "high",
    "runs_out_on", "recommended_daily", "basis",
)  # fmt: skip

#: Weeks before today, the last one being 0.
_WEEKS: Final = range(PROFILE_DAYS // 7)


def statement(
    owners: Owners,
    calendars: Mapping[Key, Calendar],
    ranges: Sequence[Range],
    period: Period,
    brands_with_events: Sequence[int],
) -> Sql:
    """The paces of ``owners``: brand, campaign and :data:`RESULTS` of each."""
    figures, parameters = owners.figures
    spans = [(Span.of(period, one.today), one.today) for one in calendars.values()]
    since = min(_read_from(period, span, today) for span, today in spans)
    # A month's digits after the decimal point, where they are not two.
    units = {code: places for code, places in MINOR_UNITS.items() if places != 2}  # noqa: PLR2004
    of_day = period == Period.DAY
    planned = [] if of_day else owners.steps
    budget = f"owner.{period.value}_limit"
    if planned:  # what it comes to in the end
        budget = (
            f"CASE WHEN its.days IS NULL THEN {budget} ELSE its.limits[cardinality(its.days)] END"
        )
    # The last one before today; 1 January 2001 was a Monday.
    last_one = "owner.today - 1 - (owner.today - 1 - date '2001-01-01' - {n}) %% 7 AS {day}_on"
    first = "owner.today" if of_day else "date_trunc('month', owner.today::timestamp)::date"
    paid = ", ".join(by_weekday(f"{_paid(week)} AS {{day}}_{week}") for week in _WEEKS)
    sql = f"""
    WITH calendar AS MATERIALIZED (
        SELECT timezone, hours::bigint[] AS hours, brand, today, begins, first, last, elapsed,
               basis, {", ".join(f"{name}::bigint[] AS {name}" for name in SUMS)}
          FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::date[], %s::date[], %s::date[],
                      %s::date[], %s::bigint[], %s::int[], {", ".join(["%s::text[]"] * len(SUMS))})
               AS calendar (timezone, hours, brand, today, begins, first, last, elapsed, basis,
                            {", ".join(SUMS)})
    ), unit AS (
        SELECT code, places FROM unnest(%s::text[], %s::int[]) AS unit (code, places)
    ), owner AS (
        SELECT owner.*, {STEPS if planned else ""} coalesce(unit.places, 2) AS places,
               CASE WHEN owner.brand_id = ANY(%s::bigint[]) THEN owner.brand_id ELSE 0
                END AS calendar_brand,
               owner.{period.value}_spent AS spent, {budget} AS budget,
               coalesce(total.amount, 0) > 0
               {"OR owner.month_spent > owner.day_spent" if of_day else ""} AS ran_before,
               {first} AS first, {by_weekday(last_one)}
          FROM ({figures}) AS owner
          LEFT JOIN unit ON unit.code = owner.currency
          {STEPS_OF_OWNERS if planned else ""}
          LEFT JOIN ads_spendtotal AS total
            ON {owners.totals} AND total.period = 'month'
           AND total.start = (date_trunc('month', owner.today::timestamp)
                              - interval '1 month')::date
         ORDER BY owner.id  -- sums of a day lie together: the next one finds its own in memory
    ), known AS (
        SELECT owner.*, first_spend, began, {paid}
          FROM owner
         CROSS JOIN LATERAL (
            SELECT min(total.start) FILTER (WHERE total.start >= owner.first) AS first_spend,
                   min(total.start) FILTER (WHERE total.start >= owner.today - {PROFILE_DAYS}
                                                  AND total.start < owner.today) AS began,
                   array_agg(total.start) AS days, array_agg(total.amount) AS amounts
              FROM ads_spendtotal AS total
             WHERE {owners.totals} AND total.period = 'day' AND {owners.days}
               AND total.amount > 0  -- a credit counts as nothing
         ) AS history
        OFFSET 0  -- so that calendars, whose arrays are long, are joined last
    )
    SELECT {owners.ids}, result.*
      FROM known AS owner
      JOIN calendar
        ON calendar.timezone = owner.timezone AND calendar.hours = owner.hours
       AND calendar.brand = owner.calendar_brand
     CROSS JOIN (SELECT %s::int[] AS days, %s::numeric[] AS lows, %s::numeric[] AS highs) AS range
     {_rule(of_day=of_day, planned=bool(planned))}
    """
    return sql, (
        *zip_columns(calendar_rows(calendars, period)),
        list(units), list(units.values()), list(brands_with_events), *parameters,
        *(zip_columns(map(step_row, planned)) if planned else ()), since,
        [one.days for one in ranges], [one.low for one in ranges], [one.high for one in ranges],
    )  # fmt: skip


def _read_from(period: Period, span: Span, today: Any) -> Any:
    return today if period == Period.DAY else span.begins


def _of_weeks(of_week: Callable[[int], str]) -> str:
    """SQL: the sum of the weeks before today, as much as each counts for the level."""
    return " + ".join(f"{counts} * ({of_week(week)})" for week, counts in enumerate(LEVEL_WEEKS))


def _bounded(week: int) -> str:
    """SQL: spend of a week, each day bounded by its like; LEAST passes over an unknown bound."""
    return by_weekday(f"least(owner.{{day}}_{week}, p.{{day}}_most)", " + ")


def _without_spike(week: int) -> str:
    """SQL: spend of a week whose days have no like yet; the highest is bounded by the others."""
    days = f"owner.{{day}}_{week}"
    return f"""SELECT CASE WHEN with_spend >= {SPIKE_OF}
                           THEN total - highest
                                + least(highest, (total - highest) * {SPIKE} / (with_spend - 1))
                           ELSE total END
                 FROM (SELECT {by_weekday(days, " + ")} AS total,
                              greatest({by_weekday(days)}) AS highest,
                              num_nonnulls({by_weekday(f"nullif({days}, 0)")}) AS with_spend
                      ) AS week"""


def _weight_of_week(week: int) -> str:
    """SQL: the weight of a week, since the first spend."""
    since = f"greatest(owner.began, owner.today - {7 * (week + 1)})"
    return weight(since, f"owner.today - {7 * week + 1}")


def _paid(week: int) -> str:
    """SQL: spend of a weekday in a week before today."""
    return f"coalesce(amounts[array_position(days, owner.{{day}}_on - {7 * week})], 0)"


def _rule(*, of_day: bool, planned: bool) -> str:
    """SQL: the rule step by step, for ``owner`` with its history and ``calendar``.

    ``planned``: something is, of some owners, which are worked out part by part.

    Each step is computed once: without OFFSET 0, PostgreSQL would write it into those that use it.
    Shares and weights are whole numbers, so that only money is numeric.
    """
    past = "owner.today - 1"
    likes = [f"owner.{{day}}_{week}" for week in _WEEKS]
    of_likes = (
        f"{' + '.join(likes)} AS {{day}}_total, greatest({', '.join(likes)}) AS {{day}}_highest,"
        f" num_nonnulls({', '.join(f'nullif({one}, 0)' for one in likes)}) AS {{day}}_count"
    )
    bound = (
        f"CASE WHEN {{day}}_count >= {SPIKE_OF}"
        f" THEN ({{day}}_total - {{day}}_highest) * {SPIKE} / ({{day}}_count - 1)"
        " END AS {day}_most"
    )
    seen = sum_of("{day}", f"owner.today - {PROFILE_DAYS}", past)
    spent = (
        f"CASE WHEN {seen} = 0 THEN 0"
        " ELSE {day}_total - {day}_highest + least({day}_highest, {day}_most) END AS {day}"
    )
    share = (
        "CASE WHEN NOT k.is_known THEN 1"
        f" WHEN {seen} = 0 OR p.total = 0 THEN 0"
        f" ELSE least(round(p.{{day}} * {sum_of('every', f'owner.today - {PROFILE_DAYS}', past)}"
        f" * {MILLION} / ({seen} * p.total)), {MOST_SHARE})::bigint END AS {{day}}"
    )
    level = f"""CASE WHEN owner.began IS NULL OR owner.began > owner.today - {LEAST_DAYS}
        THEN NULL WHEN a.is_known THEN {_of_weeks(_bounded)} ELSE {_of_weeks(_without_spike)} END"""
    level_weight = f"nullif({_of_weeks(_weight_of_week)}, 0)"
    if of_day:
        level = f"""CASE WHEN calendar.elapsed >= {LEAST_SEEN} * a.today
            THEN greatest(owner.spent, 0) END"""
        level_weight = "nullif(calendar.elapsed, 0)"
    shares = ", ".join(f"1 AS {day}" for day in WEEKDAYS) if of_day else by_weekday(share)
    spending = (
        ""
        if of_day
        else f"""
      LEFT JOIN LATERAL (
        SELECT *, {by_weekday("{day}", " + ")} AS total
          FROM (SELECT *, {by_weekday(spent)}
                  FROM (SELECT *, {by_weekday(bound)}
                          FROM (SELECT {by_weekday(of_likes)} WHERE k.is_known OFFSET 0) AS likes
                        OFFSET 0) AS bound
                OFFSET 0) AS spent
        OFFSET 0
     ) AS p ON true"""
    )
    is_known = f"coalesce(owner.began < owner.today - {PROFILE_DAYS - 7}, false)"
    begins = """CASE WHEN owner.ran_before THEN k.first
                    WHEN owner.first_spend IS NOT NULL
                    THEN greatest(k.first, owner.first_spend) END"""
    ranged = _no_range() if of_day else _range(planned=planned)
    others_left = "owner.others_left"
    if of_day:
        others_left = (
            "least(owner.others_left, owner.others_today, owner.month_limit - owner.month_spent)"
        )

    def either(usual: str, then: str) -> str:
        return (
            f"CASE WHEN owner.steps_on IS NULL THEN {usual} ELSE {then} END" if planned else usual
        )

    others_at_last = either("b.others_left", "s.others_left")
    opens, later = either("a.rest", "s.opens"), either("a.later", "s.later")
    return f"""
     CROSS JOIN LATERAL (
        SELECT {"false" if of_day else is_known} AS is_known,
               greatest(calendar.first, owner.starts) AS first,
               least(calendar.last, owner.ends) AS last,
               greatest(owner.today, owner.starts) AS rest
        OFFSET 0
     ) AS k {spending}
     CROSS JOIN LATERAL (
        SELECT k.*, {shares}, {begins} AS begins,
               owner.runs AND owner.today <= k.last AS runs,
               CASE WHEN k.rest = owner.today AND k.rest <= k.last THEN calendar.elapsed
                    ELSE 0 END AS elapsed,
               {sum_of("every", "owner.today", "owner.today")} AS today,
               CASE WHEN greatest(k.rest, owner.today + 1) > k.last THEN 0
                    ELSE {sum_of("running", "greatest(k.rest, owner.today + 1)", "k.last")}
                END AS later,
               CASE WHEN k.rest > k.last THEN 0 ELSE {sum_of("every", "k.rest", "k.last")} END
                   AS even
        OFFSET 0
     ) AS a
     CROSS JOIN LATERAL (
        SELECT past + ahead AS whole, past + gone AS seen, ahead - gone AS rest,
               level, level_weight,
               {
        "NULL::numeric"
        if of_day
        else '''least(owner.day_budget, owner.others_daily) * a.later
                   + CASE WHEN a.rest = owner.today
                          THEN greatest(least(owner.day_limit - owner.day_spent,
                                              owner.others_today), 0) ELSE 0 END'''
    } AS most,
               CASE WHEN {others_left} < 0 THEN 0 ELSE {others_left} END AS others_left
          FROM (SELECT {weight("a.begins", "least(a.last, owner.today - 1)")} AS past,
                       {weight("a.rest", "a.last")} AS ahead,
                       a.elapsed * (ARRAY[{by_weekday("a.{day}")}])
                           [extract(isodow FROM owner.today)::int] AS gone,
                       {level} AS level, {level_weight} AS level_weight OFFSET 0) AS part
        OFFSET 0
     ) AS b {part_by_part() if planned else ""}
     CROSS JOIN LATERAL (
        SELECT owner.budget * b.seen / nullif(b.whole, 0) AS expected, may_spend, left_of_it,
               day_by_day, CASE WHEN day_by_day IS NOT NULL
                                THEN {either("least(day_by_day, b.others_left)", "day_by_day")}
                           END AS to_come,
               {later} AS later,
               CASE WHEN {opens} = owner.today AND a.today > a.elapsed
                    THEN (left_of_it + owner.day_spent) / ({later} + 1) END AS from_today
          FROM (SELECT a.runs AND owner.budget > owner.spent AS may_spend,
                       least(owner.budget - owner.spent, {others_at_last}) AS left_of_it,
                       CASE WHEN NOT a.runs THEN 0
                            WHEN b.level IS NULL OR b.level_weight IS NULL THEN NULL
                            {"WHEN owner.steps_on IS NOT NULL THEN s.to_come" if planned else ""}
                            WHEN owner.spent >= owner.budget THEN 0  -- it has stopped there
                            ELSE least(b.level * b.rest / b.level_weight, b.most)
                        END AS day_by_day
                OFFSET 0) AS part
        OFFSET 0
     ) AS c
     CROSS JOIN LATERAL (
        SELECT CASE WHEN owner.budget IS NULL THEN '{PaceState.NO_BUDGET}'
                    WHEN NOT a.runs AND owner.spent <= owner.budget THEN '{PaceState.NOT_RUNNING}'
                    WHEN c.expected IS NULL
                         OR (owner.today <= a.last AND b.seen < {LEAST_SEEN} * b.whole)
                    THEN '{PaceState.NOT_ENOUGH_DATA}'
                    WHEN owner.spent > c.expected * {1 + TOLERANCE} THEN '{PaceState.OVER}'
                    WHEN owner.spent < c.expected * {1 - TOLERANCE} THEN '{PaceState.UNDER}'
                    ELSE '{PaceState.ON_PACE}' END AS state,
               owner.spent, owner.budget, round(c.expected, 6) AS expected,
               round(100 * owner.spent / CASE WHEN c.expected > 0 THEN c.expected END, 6)
                   AS pace_percent,
               round(owner.spent + c.to_come, 6) AS projected,
               {ranged},
               CASE {
        '''WHEN owner.steps_on IS NOT NULL
                    THEN CASE WHEN c.to_come IS NOT NULL AND owner.budget IS NOT NULL
                              THEN s.runs_out_on END'''
        if planned
        else ""
    }
                    WHEN c.may_spend AND owner.spent + c.to_come > owner.budget
                    THEN calendar.begins - 1 + width_bucket(
                             ceil(round((owner.budget - owner.spent) / c.day_by_day
                                        * (a.even - a.elapsed), 6))::bigint - 1 + a.elapsed
                             + calendar.every[a.rest - calendar.begins + 1], calendar.every)
                END AS runs_out_on,
               {
        "NULL::numeric"
        if of_day
        else '''CASE WHEN c.may_spend AND c.left_of_it > 0 THEN trunc(
                   CASE WHEN c.later > 0 AND (c.from_today IS NULL
                                              OR c.from_today < owner.day_spent)
                        THEN c.left_of_it / c.later ELSE c.from_today END,
                   owner.places) END'''
    } AS recommended_daily,
               calendar.basis
               | CASE WHEN a.begins IS NULL THEN 0 ELSE
                      CASE WHEN a.is_known THEN {BITS[Basis.WEEKDAYS]} ELSE 0 END
                      | CASE WHEN owner.starts > calendar.first OR owner.ends < calendar.last
                             THEN {BITS[Basis.FLIGHT]} ELSE 0 END
                      | CASE WHEN a.begins > a.first THEN {BITS[Basis.FIRST_SPEND]} ELSE 0 END
                      | {either("0", str(BITS[Basis.PLAN]))}
                 END AS basis
     ) AS result
    """


def _no_range() -> str:
    return "NULL::numeric AS low, NULL::numeric AS high"


def _range(*, planned: bool) -> str:
    """SQL: the range of a projection, by the days that are left."""
    at = "least(width_bucket(a.last - owner.today, range.days) + 1, cardinality(range.days))"
    most = "least(b.most, b.others_left)"
    if planned:
        most = f"CASE WHEN owner.steps_on IS NULL THEN {most} ELSE s.most END"
    return f"""round(owner.spent + c.to_come * range.lows[{at}], 6) AS low,
               round(owner.spent + CASE WHEN c.to_come IS NOT NULL
                     THEN least(c.to_come * range.highs[{at}], {most})
                      END, 6) AS high"""
