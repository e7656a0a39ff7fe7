"""Rows that are given by their ids, in SQL."""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import BigAutoField, DateField, ForeignObject, Lookup, Q, QuerySet
from django.db.models.expressions import Col, RawSQL
from django.db.models.lookups import In

#: SQL for the ids of an array as rows.
EACH: Final = "SELECT unnest(%s::bigint[])"


def as_array(ids: Iterable[int]) -> str:
    """An array of ids as PostgreSQL reads it from text, as one value.

    Of a list, psycopg2 writes ``ARRAY[1, 2, …]``: the server would parse and plan an expression for
    each of thousands.
    """
    return f"{{{','.join(map(str, ids))}}}"


@ForeignObject.register_lookup
@BigAutoField.register_lookup
class AnyOf(Lookup):
    """``filter(pk__any_of=as_array(ids))``: an index is read once for all of the ids, in order.

    Of ``IN (SELECT unnest(…))`` PostgreSQL looks each up from the root, which takes twice as long.
    """

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        array, ids = self.process_rhs(compiler, connection)
        return f"{column} = ANY({array}::bigint[])", (*parameters, *ids)


@DateField.register_lookup
class OneDay(Lookup):
    """``filter(start__in=days, start__one_day=F(day))``: that of the days which ``day`` is.

    PostgreSQL takes this for half of the rows. An equation it would take for one day of all there
    ever were, once more after ``days``: of years of sums it then expects a few, and compares all
    sums of a day with each campaign.
    """

    lookup_name = "one_day"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        day, of_day = self.process_rhs(compiler, connection)
        return f"coalesce({column} = {day}, false)", (*parameters, *of_day)


def ids_of(rows: QuerySet[Any]) -> Any:
    """The array of ids that ``rows`` were filtered by, and by nothing else; otherwise None."""
    where = rows.query.where
    match where.children:
        case [AnyOf(lhs=Col(target=column), rhs=ids)]:
            pass
        case [In(lhs=Col(target=column), rhs=RawSQL(sql=sql, params=[ids]))] if sql == EACH:
            pass
        case _:
            return None
    only_these = column.primary_key and not where.negated and not rows.query.is_sliced
    return ids if only_these else None


def one_of(key: str, rows: QuerySet[Any]) -> Q:
    """The row whose primary key is at ``key`` is one of these: by their ids, if they are given."""
    ids = ids_of(rows)
    if ids is not None:
        return Q(**{f"{key}__any_of": ids})
    return Q(**{f"{key}__in": rows.order_by().values("pk")})
