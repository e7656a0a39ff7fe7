"""Reads the Google Ads Query Language, as far as it matters here, and refuses what Google refuses.

    SELECT fields FROM resource [WHERE condition AND …] [ORDER BY field [ASC|DESC], …] [LIMIT n]

Fields are those of the library's own messages.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from google.ads.googleads.v26.services.types.google_ads_service import GoogleAdsRow
from google.protobuf.descriptor import FieldDescriptor

from stand_ins.google_ads.failures import Refusal

#: The resources, and of which others each shows fields.
RESOURCES: Final[Mapping[str, frozenset[str]]] = {
    "campaign": frozenset({"campaign", "campaign_budget", "customer", "metrics", "segments"}),
    "customer": frozenset({"customer", "metrics", "segments"}),
    "customer_client": frozenset({"customer_client", "customer"}),
}
_DATES: Final = frozenset(
    f"segments.{name}" for name in ("date", "week", "month", "quarter", "year")
)
_MOST_VALUES: Final = 20_000
_INTEGERS: Final = {FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64}
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>-?[0-9]+(?:\.[0-9]+)?)"""
    r"""|(?P<word>[A-Za-z_][A-Za-z0-9_.]*)|(?P<sign><=|>=|!=|[=<>(),]))"""
)
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda value, other: bool(value == other),
    "!=": lambda value, other: bool(value != other),
    "<": lambda value, other: bool(value < other),
    ">": lambda value, other: bool(value > other),
    "<=": lambda value, other: bool(value <= other),
    ">=": lambda value, other: bool(value >= other),
    "IN": lambda value, others: value in others,
    "NOT IN": lambda value, others: value not in others,
    "BETWEEN": lambda value, bounds: bool(bounds[0] <= value <= bounds[1]),
}

Value = str | int | tuple[str | int, ...] | frozenset[str | int]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Condition:
    field: str
    operator: str
    value: Value

    def holds(self, row: Row) -> bool:
        return _COMPARE[self.operator](row.get(self.field), self.value)


@dataclass(frozen=True, slots=True)
class Query:
    """A query that Google would answer."""

    fields: tuple[str, ...]
    resource: str
    conditions: tuple[Condition, ...]
    order: tuple[tuple[str, bool], ...]
    limit: int | None

    @property
    def has_metrics(self) -> bool:
        return any(name.startswith("metrics.") for name in self.fields)

    @property
    def segments(self) -> tuple[str, ...]:
        """By what the costs are divided."""
        return tuple(name for name in self.fields if name.startswith("segments."))

    def dates(self) -> tuple[date, date] | None:
        """The first and last date that its conditions leave."""
        first, last = date.min, date.max
        for condition in self.conditions:
            if condition.field != "segments.date":
                continue
            values = _values(condition)
            days = [date.fromisoformat(str(value)) for value in values]
            if condition.operator in {"=", ">=", "BETWEEN"}:
                first = max(first, days[0])
            if condition.operator in {"=", "<=", "BETWEEN"}:
                last = min(last, days[-1])
        return None if first == date.min or last == date.max else (first, last)


def read(text: str) -> Query:
    """The query of this text.

    Raises:
        Refusal: with Google's code.
    """
    return _Reader(text).query()


class _Reader:
    """One pass over the words of a query."""

    def __init__(self, text: str) -> None:
        self._words: list[tuple[str, str]] = []
        at = 0
        text = text.rstrip()
        while at < len(text):
            if (found := _TOKEN.match(text, at)) is None:
                raise _refusal("UNEXPECTED_INPUT", f"unexpected input {text[at:].strip()[:20]!r}")
            self._words.append((str(found.lastgroup), found[str(found.lastgroup)]))
            at = found.end()

    def query(self) -> Query:
        if not self._takes("SELECT"):
            raise _refusal("EXPECTED_SELECT", "expected SELECT")
        fields = self._fields()
        if not self._takes("FROM"):
            raise _refusal("EXPECTED_FROM", "expected FROM")
        resource = self._word()
        if resource not in RESOURCES:
            raise _refusal("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", f"invalid resource {resource!r}")
        conditions = []
        if self._takes("WHERE"):
            conditions.append(self._condition())
            while self._takes("AND"):
                conditions.append(self._condition())
        order = self._order() if self._takes("ORDER") else ()
        limit = self._limit() if self._takes("LIMIT") else None
        if self._words:
            raise _refusal("UNEXPECTED_INPUT", f"unexpected input {self._words[0][1]!r}")
        query = Query(fields, resource, tuple(conditions), order, limit)
        _check(query)
        return query

    def _takes(self, word: str) -> bool:
        if self._words and self._words[0][0] != "text" and self._words[0][1].upper() == word:
            del self._words[0]
            return True
        return False

    def _next(self) -> tuple[str, str]:
        if not self._words:
            raise _refusal("UNEXPECTED_END_OF_QUERY", "the query is incomplete")
        return self._words.pop(0)

    def _word(self) -> str:
        kind, word = self._next()
        if kind != "word":
            raise _refusal("BAD_FIELD_NAME", f"invalid field name {word!r}")
        return word

    def _fields(self) -> tuple[str, ...]:
        fields = [self._word()]
        while self._takes(","):
            fields.append(self._word())
        return tuple(fields)

    def _condition(self) -> Condition:
        name = self._word()
        operator = self._next()[1].upper()
        if operator == "NOT" and self._takes("IN"):
            operator = "NOT IN"
        if operator not in _COMPARE:
            raise _refusal("BAD_OPERATOR", f"invalid operator {operator!r}")
        value: Value
        if operator in {"IN", "NOT IN"}:
            value = self._list()
        elif operator == "BETWEEN":
            first = self._value()
            if not self._takes("AND"):
                raise _refusal("EXPECTED_AND", "expected AND between the values of BETWEEN")
            value = (first, self._value())
        else:
            value = self._value()
        return Condition(name, operator, value)

    def _list(self) -> frozenset[str | int]:
        if not self._takes("("):
            raise _refusal("EXPECTED_LIST", "the operator expects a list")
        if self._takes(")"):
            raise _refusal("PROHIBITED_EMPTY_LIST_IN_CONDITION", "the list is empty")
        values = [self._value()]
        while self._takes(","):
            values.append(self._value())
        if not self._takes(")"):
            raise _refusal("UNEXPECTED_INPUT", "expected ) after the list")
        if len(values) > _MOST_VALUES:
            raise _refusal("FILTER_HAS_TOO_MANY_VALUES", f"more than {_MOST_VALUES} values")
        return frozenset(values)

    def _value(self) -> str | int:
        kind, word = self._next()
        if kind == "number":
            if "." in word:
                raise _refusal("BAD_NUMBER", f"invalid number {word}")
            return int(word)
        if kind == "sign":
            raise _refusal("BAD_VALUE", f"invalid value {word!r}")
        return word[1:-1] if kind == "text" else word

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if not self._takes("BY"):
            raise _refusal("EXPECTED_BY", "expected BY after ORDER")
        order = [(self._word(), self._descends())]
        while self._takes(","):
            order.append((self._word(), self._descends()))
        return tuple(order)

    def _descends(self) -> bool:
        return not self._takes("ASC") and self._takes("DESC")

    def _limit(self) -> int:
        kind, word = self._next()
        if kind != "number" or "." in word:
            raise _refusal("BAD_LIMIT_VALUE", f"invalid limit {word!r}")
        if int(word) < 1:
            raise _refusal("LIMIT_VALUE_TOO_LOW", f"the limit {word} is too low")
        return int(word)


def _check(query: Query) -> None:
    for name in query.fields:
        _check_field(query, name, "SELECT")
    for condition in query.conditions:
        _check_field(query, condition.field, "WHERE")
        _check_value(condition)
        is_segment = condition.field.startswith("segments.") and condition.field not in _DATES
        if is_segment and condition.field not in query.fields:
            raise _refusal(
                "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE",
                f"{condition.field} is in WHERE and not in SELECT",
            )
    for name, _ in query.order:
        if name not in query.fields:
            raise _refusal(
                "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE",
                f"{name} is in ORDER BY and not in SELECT",
            )
    if set(query.segments) & (_DATES | {"segments.hour"}):
        bounds = query.dates()
        if bounds is None:
            raise _refusal(
                "EXPECTED_FILTERS_ON_DATE_RANGE", "a condition on segments.date is missing"
            )
        if bounds[0] > bounds[1]:
            raise _refusal("DATE_RANGE_TOO_NARROW", "the first date is after the last")


def _check_field(query: Query, name: str, clause: str) -> None:
    if kind_of(name) is None:
        raise _refusal("UNRECOGNIZED_FIELD", f"unrecognized field {name!r}")
    if name.split(".", maxsplit=1)[0] not in RESOURCES[query.resource]:
        raise _refusal(
            f"PROHIBITED_RESOURCE_TYPE_IN_{clause}_CLAUSE",
            f"{name} cannot be asked for from {query.resource}",
        )


def _values(condition: Condition) -> Sequence[str | int]:
    value = condition.value
    return list(value) if isinstance(value, tuple | frozenset) else [value]


def _check_value(condition: Condition) -> None:
    kind: Any = kind_of(condition.field)
    for value in _values(condition):
        if condition.field == "segments.date":
            try:
                date.fromisoformat(str(value))
            except ValueError:
                raise _refusal("INVALID_DATE_FORMAT", f"invalid date {value!r}") from None
        elif kind.enum_type is not None:
            if value not in kind.enum_type.values_by_name:
                raise _refusal("BAD_ENUM_CONSTANT", f"invalid value {value!r}")
        elif kind.cpp_type == kind.CPPTYPE_STRING and not isinstance(value, str):
            raise _refusal("INVALID_STRING_VALUE", f"{value!r} is no text")
        elif kind.cpp_type in _INTEGERS and not str(value).lstrip("-").isdigit():
            raise _refusal("BAD_NUMBER", f"{value!r} is no number")


def kind_of(name: str) -> Any:
    """The descriptor of a field such as ``campaign.id``; None: there is no such field."""
    message = GoogleAdsRow.pb(GoogleAdsRow()).DESCRIPTOR
    found = None
    for part in name.split("."):
        if message is None or (found := message.fields_by_name.get(part)) is None:
            return None
        message = found.message_type
    return found if message is None else None


def _refusal(code: str, text: str) -> Refusal:
    return Refusal(f"query_error.{code}", f"Error in query: {text}.")
