"""Filters for a range of instants, days or whole numbers."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import (
    RangeDateFilter,
    RangeDateTimeFilter,
    RangeNumericFilter,
)
from unfold.utils import parse_date_str, parse_datetime_str

#: The ends of the range: the lookup, and the time of a day without one.
_ENDS: Final = {"from": ("gte", "00:00"), "to": ("lte", "23:59:59.999999")}


#: A whole number, of a size that means something.
_WHOLE: Final = re.compile(r"-?[0-9]{1,9}")


class InstantFilter(RangeDateTimeFilter):  # type: ignore[misc]
    """A range of instants in UTC; a day without a time counts as a whole.

    The theme's own ignores such a day. Unreadable values filter nothing, and do not show as chosen.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title: str = f"{self.title}, in UTC"
        for end in _ENDS:
            if self._at(end) is None:
                for part in (0, 1):
                    self.used_parameters.pop(f"{self.parameter_name}_{end}_{part}", None)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for end, (lookup, _) in _ENDS.items():
            if at := self._at(end):
                queryset = queryset.filter(**{f"{self.parameter_name}__{lookup}": at})
        return queryset

    def _at(self, end: str) -> datetime | None:
        day, time = (
            self.used_parameters.get(f"{self.parameter_name}_{end}_{part}") or "" for part in (0, 1)
        )
        at = parse_datetime_str(f"{day} {time or _ENDS[end][1]}") if day else None
        return at.replace(tzinfo=UTC) if at else None


class DayFilter(RangeDateFilter):  # type: ignore[misc]
    """A range of days; unreadable values filter nothing and are not shown as chosen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for end in _ENDS:
            name = f"{self.parameter_name}_{end}"
            if parse_date_str(self.used_parameters.get(name) or "") is None:
                self.used_parameters.pop(name, None)


class NumberFilter(RangeNumericFilter):  # type: ignore[misc]
    """A range of whole numbers; unreadable values filter nothing and are not shown as chosen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for end in _ENDS:
            name = f"{self.parameter_name}_{end}"
            if not _WHOLE.fullmatch(self.used_parameters.get(name) or ""):
                self.used_parameters.pop(name, None)
