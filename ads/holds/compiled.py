"""The SQL of decisions on campaigns, which Django puts together once for many of them.

That takes Django ten times as long as PostgreSQL to decide on a few campaigns, and the SQL of two
decisions differs in little: the ids and the instant, which are filled in, and what else a
:class:`Moment` consists of.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import DateTimeField, Model, QuerySet, Value

from ads.holds.given import as_array
from ads.holds.moments import Moment
from ads.models import Campaign

#: Characters of a moment up to which its SQL is kept. One with more has the ids of thousands of
#: schedules, groups or campaigns: keeping many of those would take more memory than all else.
LONGEST: Final = 10_000

Build = Callable[[QuerySet[Any], Moment], QuerySet[Any, Any]]


class _Ids:
    """Stands for the ids among the parameters. (The class itself: a copy of it is the same.)"""


class _Any:
    """Stands for what the SQL of a moment does not depend on: no field of Django takes it."""


class _Instant(datetime):
    """Stands for the instant among the parameters, as its copies do; computing with it fails."""

    def _fail(self, *_: Any) -> NoReturn:
        raise TypeError("SQL that is kept has the instant as a parameter, and nothing made of it")

    __add__ = __radd__ = __sub__ = __rsub__ = __lt__ = __le__ = __gt__ = __ge__ = date = _fail
    astimezone = _fail  # type: ignore[assignment]


_NOW: Final = _Instant(9999, 12, 31, tzinfo=UTC)


def rows(build: Build, moment: Moment, ids: Sequence[int] | None = None) -> list[tuple[Any, ...]]:
    try:
        statement, parameters = sql(build, moment, ids)
    except EmptyResultSet:  # such as where no brand's timezone is valid
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def sql(
    build: Build, moment: Moment, ids: Sequence[int] | None = None, of: type[Model] = Campaign
) -> tuple[str, Sequence[Any]]:
    """``build(rows, moment)``, and its parameters, for campaigns by their ids; None: for all.

    ``build`` is a function of a module, whose query depends on nothing else. ``of``: the model,
    if the rows are not campaigns.

    Raises:
        EmptyResultSet: it has no rows.
    """
    now = moment.now
    ends = None if moment.allowances_end is None else Value(_NOW, output_field=DateTimeField())
    moment = replace(moment, now=_NOW, allowances_end=ends)
    content = repr(moment)
    # The figures of groups are not in the content, and would be kept with it.
    moment = replace(moment, groups=_Any)  # type: ignore[arg-type]
    query = _Query(build, of, ids is None, content, moment)
    statement, values = (_sql if len(content) <= LONGEST else _sql.__wrapped__)(query)
    given = as_array(ids or ())
    return statement, [
        given if value is _Ids else now if isinstance(value, _Instant) else value
        for value in values
    ]


@dataclass(frozen=True, slots=True)
class _Query:
    build: Build
    of: type[Model]
    of_all: bool
    #: All of the moment that SQL can contain, as text: a moment has no hash.
    content: str
    moment: Moment = field(compare=False)


@functools.lru_cache(maxsize=128)
def _sql(query: _Query) -> tuple[str, tuple[Any, ...]]:
    rows: QuerySet[Any] = query.of._default_manager.all()
    if not query.of_all:
        rows = rows.filter(pk__any_of=_Ids)
    sql, parameters = query.build(rows, query.moment).query.sql_with_params()
    return sql, tuple(parameters)
