"""What is planned of budgets, in the statement: part by part, as long as they stay as they are."""

from collections.abc import Sequence
from typing import Any, Final

from ads.rules.pacing import Step
from ads.services.pacing.calendars import as_array, by_weekday, sum_of, weight

#: Of the owners of which something is planned.
STEPS: Final = """
    its.days AS steps_on, its.limits AS step_limits, its.dailies AS step_dailies,
    its.lefts AS step_lefts,"""
STEPS_OF_OWNERS: Final = """
    LEFT JOIN (SELECT id, days::date[] AS days, limits::numeric[] AS limits,
                      dailies::numeric[] AS dailies, lefts::numeric[] AS lefts
                 FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])
                      AS its (id, days, limits, dailies, lefts)) AS its ON its.id = owner.id"""


def step_row(owner: tuple[int, Sequence[Step]]) -> tuple[Any, ...]:
    pk, steps = owner
    return (
        pk,
        as_array(step.first for step in steps),
        as_array(step.limit for step in steps),
        as_array(step.bounds.daily for step in steps),
        as_array(step.bounds.left for step in steps),
    )


def part_by_part() -> str:
    """SQL: the same for what is left while budgets stay as they are, one part after the other.

    Only of owners of which something is planned; of the others it is a row of NULLs.
    """
    on_later, on_any = (f"greatest({first}, owner.today + 1)" for first in ("first", "opens"))
    return f"""
      LEFT JOIN LATERAL (
        WITH RECURSIVE step AS (
            SELECT row_number() OVER (ORDER BY begins) AS n, greatest(begins, a.rest) AS first,
                   coalesce(next - 1, a.last) AS last, its_limit, daily, others_left
              FROM (SELECT *, lead(begins) OVER (ORDER BY begins) AS next
                      FROM unnest(
                               array_prepend(owner.today, owner.steps_on),
                               array_prepend(owner.month_limit, owner.step_limits),
                               array_prepend(least(owner.day_budget, owner.others_daily),
                                             owner.step_dailies),
                               array_prepend(owner.others_left, owner.step_lefts)
                           ) AS step (begins, its_limit, daily, others_left)
                     WHERE owner.steps_on IS NOT NULL AND a.runs) AS step
             WHERE next IS NULL OR next > a.rest
        ), part AS (
            SELECT row_number() OVER (ORDER BY n) AS n, first, its_limit, others_left, most,
                   elapsed, even, least(b.level * weight / b.level_weight, most) AS brings
              FROM step
             CROSS JOIN LATERAL (
                SELECT elapsed, CASE WHEN first > last THEN 0
                                     ELSE {sum_of("every", "first", "last")} END AS even,
                       {weight("first", "last")}
                       - elapsed * (ARRAY[{by_weekday("a.{day}")}])
                             [extract(isodow FROM owner.today)::int] AS weight,
                       coalesce(
                           daily * CASE WHEN {on_later} > last THEN 0
                                   ELSE {sum_of("running", on_later, "last")}
                                    END
                           + CASE WHEN first = owner.today
                                  THEN greatest(least(owner.day_limit - owner.day_spent,
                                                      owner.others_today), 0) ELSE 0 END,
                           'Infinity') AS most
                  FROM (SELECT CASE WHEN first = owner.today THEN a.elapsed ELSE 0 END AS elapsed
                       ) AS at
             ) AS its
             WHERE n >= (SELECT min(n) FROM step WHERE its_limit IS NULL OR its_limit > owner.spent)
        ), course AS (
            SELECT 0::bigint AS n, 0::numeric AS pace, 0::numeric AS to_come, 0::numeric AS most,
                   NULL::date AS runs_out_on
             WHERE owner.steps_on IS NOT NULL AND a.runs
             UNION ALL
            SELECT part.n, pace + brings, now.to_come,
                   greatest(course.most, least(course.most + part.most, others_left)),
                   coalesce(runs_out_on, CASE WHEN owner.spent + now.to_come > its_limit THEN
                       CASE WHEN owner.spent + pace >= its_limit THEN first ELSE
                       calendar.begins - 1 + width_bucket(
                           ceil(round((its_limit - owner.spent - pace) / brings
                                      * (even - elapsed), 6))::bigint - 1 + elapsed
                           + calendar.every[first - calendar.begins + 1], calendar.every)
                       END END)
              FROM course
              JOIN part ON part.n = course.n + 1
             CROSS JOIN LATERAL (
                SELECT greatest(course.to_come, least(course.to_come + brings, others_left))
                       AS to_come
             ) AS now
        )
        SELECT course.*, others_left, opens,
               CASE WHEN {on_any} > a.last THEN 0
                    ELSE {sum_of("running", on_any, "a.last")} END AS later
          FROM (SELECT * FROM course ORDER BY n DESC LIMIT 1) AS course
          LEFT JOIN part USING (n)
         CROSS JOIN (SELECT min(first) AS opens FROM part) AS first
     ) AS s ON true"""
