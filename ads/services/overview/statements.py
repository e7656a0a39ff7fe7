"""Statements over all campaigns or brands, of which few leave the database."""

from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from ads.services.overview.near import MOST, NEAR

#: SQL for the ids of those in ``owner`` that have used most of one of their own budgets; what is
#: used up comes last. Shares are worked out of few.
NEAREST: Final = f"""
    SELECT id
      FROM (SELECT id,
                   CASE WHEN day_limit > 0 THEN day_spend / day_limit END AS of_day,
                   CASE WHEN month_limit > 0 THEN month_spend / month_limit END AS of_month
              FROM owner
             WHERE (day_limit > 0 AND day_spend >= day_limit * {NEAR})
                OR (month_limit > 0 AND month_spend >= month_limit * {NEAR})) AS used
     ORDER BY greatest(of_day, of_month) >= 1, greatest(of_day, of_month) DESC, id
     LIMIT {MOST}
"""  # noqa: S608


def run(statement: str, read: QuerySet[Any, Any], *parameters: Any) -> list[tuple[Any, ...]]:
    """What ``statement`` makes of the rows that are ``read``, which it has as ``{rows}``."""
    try:
        sql, of_sql = read.query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement.format(rows=sql), [*of_sql, *parameters])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
