"""Rows from an instant to another."""

from datetime import UTC
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.utils import parse_datetime_str

#: The ends of the range: what the lookup is, and which time a day without one stands for.
_ENDS: Final = {"from": ("gte", "00:00"), "to": ("lte", "23:59:59.999999")}


class InstantFilter(RangeDateTimeFilter):  # type: ignore[misc]
    """From an instant to another, in UTC; a day without a time counts whole.

    The theme's own takes no notice of such a day.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for end, (lookup, time) in _ENDS.items():
            day, given = (self._given(f"{end}_{part}") for part in (0, 1))
            if day and (at := parse_datetime_str(f"{day} {given or time}")):
                bound = {f"{self.parameter_name}__{lookup}": at.replace(tzinfo=UTC)}
                queryset = queryset.filter(**bound)
        return queryset

    def _given(self, part: str) -> str:
        return self.used_parameters.get(f"{self.parameter_name}_{part}") or ""
