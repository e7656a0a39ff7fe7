"""Filters with choices, and the instant of a list."""

from datetime import datetime
from typing import Any, ClassVar, Final

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.contrib.filters.forms import AutocompleteDropdownForm

from ads.admin.elements.links import is_number
from ads.models import Campaign
from ads.services import visible

#: Choices for the used share of a budget.
USED: Final = [("50", "50% or more"), ("80", "80% or more"), ("100", "100%: used up")]


def instant_of(request: HttpRequest) -> datetime:
    """The instant of the request, the same for all its filters and columns."""
    now: datetime = request.__dict__.setdefault("ads_now", timezone.now())
    return now


class _RowForm(AutocompleteDropdownForm):  # type: ignore[misc]
    """The theme's form, which would show the name of any row whose key is in the address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.queryset = visible.rows(field.queryset.all())


class RowFilter(AutocompleteSelectFilter):  # type: ignore[misc]
    """By a related row, which is searched for among those that the user may see."""

    form_class = _RowForm


class CampaignsBrandFilter(RowFilter):
    """Rows of a brand's campaigns, by campaign, because the indexes begin with that."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        brand = self.used_parameters.get(self.lookup_kwarg)
        brand = brand[-1] if isinstance(brand, list) else brand
        if not brand:
            return queryset
        if not is_number(str(brand)):
            raise IncorrectLookupParameters
        return queryset.filter(self.of(int(brand)))

    def of(self, brand: int) -> Q:
        """The condition on a row."""
        campaigns = Campaign.objects.filter(brand=brand).order_by()
        return Q(campaign__in=list(campaigns.values_list("pk", flat=True)))


class ChoiceFilter(DropdownFilter):  # type: ignore[misc]
    """A filter with fixed choices."""

    CHOICES: ClassVar[list[tuple[str, str]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return self.CHOICES

    def value(self) -> str | None:
        # Any other value filters nothing and is not shown as chosen.
        value = super().value()
        return value if value in dict(self.CHOICES) else None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        chosen = self.value()
        return None if chosen is None else self.pick(request, queryset, chosen)

    def pick(self, request: HttpRequest, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        """The ``rows`` that match the choice."""
        raise NotImplementedError
