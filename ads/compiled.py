"""The SQL of decisions on campaigns, which Django puts together once for many of them.

That takes Django ten times as long as PostgreSQL to decide on a few campaigns, and the SQL of two
decisions differs in little: the ids, which are filled in, and what a :class:`Moment` consists of.
"""

import functools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from ads.models import Campaign
from ads.moments import Moment


class _Ids:
    """Stands for the ids among the parameters. (The class itself: a copy of it is the same.)"""


def rows(
    build: Callable[[QuerySet[Campaign], Moment], QuerySet[Any, Any]],
    moment: Moment,
    ids: Sequence[int] | None = None,
) -> list[tuple[Any, ...]]:
    """The rows of ``build(campaigns, moment)`` for the campaigns with these ids; None: for all.

    ``build`` is a function of a module, whose query depends on nothing else.
    """
    try:
        sql, parameters = _sql(_Query(build, _key(moment), of_all=ids is None, moment=moment))
    except EmptyResultSet:  # such as where no brand's timezone is valid
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(ids or ()) if value is _Ids else value for value in parameters])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


@dataclass(frozen=True, slots=True)
class _Query:
    build: Callable[[QuerySet[Campaign], Moment], QuerySet[Any, Any]]
    key: Hashable
    of_all: bool
    moment: Moment = field(compare=False)


def _key(moment: Moment) -> Hashable:
    """All of a moment that is in the SQL: most often the dates and the open schedules."""
    ended = moment.allowances_end is not None
    dates, ranks = (
        tuple((each, *those) for each, those in part.items())
        for part in (moment.dates, moment.ranks)
    )
    return dates, ranks, ended, moment.stale, moment.now if ended or moment.stale else None


@functools.lru_cache(maxsize=128)
def _sql(query: _Query) -> tuple[str, tuple[Any, ...]]:
    campaigns = Campaign.objects.all()
    if not query.of_all:
        campaigns = campaigns.filter(pk__in=RawSQL("SELECT unnest(%s::bigint[])", [_Ids]))
    sql, parameters = query.build(campaigns, query.moment).query.sql_with_params()
    return sql, tuple(parameters)
