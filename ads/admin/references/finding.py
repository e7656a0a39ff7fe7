"""Finding platform IDs in lists, in whatever spelling they are typed or pasted."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import FieldTextFilter

from ads.rules.platform_ids import spelled


class IdSearch:
    """A list whose search knows an ID and an account in any spelling."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = spelled(spelled(search_term), account=True)
        found: tuple[QuerySet[Any], bool] = super().get_search_results(  # type: ignore[misc]
            request, queryset, term
        )
        return found


class AccountFilter(FieldTextFilter):  # type: ignore[misc]
    """By a part of an account, or all of it in any spelling."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        typed = spelled(self.value() or "", account=True)
        return queryset.filter(**{self.lookup_kwarg: typed}) if typed else queryset
