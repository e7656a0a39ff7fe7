"""Filters with choices, and the instant of a list."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, Final

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Field, Q, QuerySet
from django.forms import Form
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters import admin as theme
from unfold.contrib.filters.forms import AutocompleteDropdownForm, DropdownForm

from ads.admin.elements.links import is_number
from ads.models import Campaign
from ads.services import visible

#: Choices for the used share of a budget.
USED: Final = [("50", "50% or more"), ("80", "80% or more"), ("100", "100%: used up")]


def with_words(words: Iterable[str], *fields: str) -> Q:
    """The condition that each of the words is in one of the fields, in any order and case."""
    return Q(
        *(
            Q(*((f"{field}__icontains", word) for field in fields), _connector=Q.OR)
            for word in words
        )
    )


def instant_of(request: HttpRequest) -> datetime:
    """The instant of the request, the same for all its filters and columns."""
    now: datetime = request.__dict__.setdefault("ads_now", timezone.now())
    return now


#: Shows what a filter has ``drawn``. The theme draws the form of each filter of each list anew, by
#: six templates and two for each choice: a sixth of a list of campaigns.
_TEMPLATE: Final = "ads/admin/filter.html"


def _draw(form: Form) -> SafeString:
    return render_to_string(theme.DropdownFilter.template, {"choices": [{"form": form}]})


@lru_cache(maxsize=512)
def _dropdown(
    title: str, name: str, choices: tuple[tuple[str, str], ...], chosen: str | None
) -> SafeString:
    data = {name: chosen}
    return _draw(DropdownForm(name=name, label=_label(title), choices=choices, data=data))


@lru_cache(maxsize=128)
def _row_to_choose(title: str, name: str, field: "Field[Any, Any]", of: Any) -> SafeString:
    """The field of a filter by a row while none is chosen; ``of`` the admin of the list."""
    label = _label(title)
    form = _RowForm(
        request=None, name=name, label=label, choices=(), field=field, model_admin=of, data={}
    )
    return _draw(form)


def _label(title: str) -> str:
    return f" By {title} "


class _RowForm(AutocompleteDropdownForm):  # type: ignore[misc]
    """The theme's form, which would show the name of any row whose key is in the address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.queryset = visible.rows(field.queryset.all())


class RowFilter(theme.AutocompleteSelectFilter):  # type: ignore[misc]
    """By a related row, which is searched for among those that the user may see."""

    template = _TEMPLATE
    form_class = _RowForm

    def drawn(self) -> SafeString:
        if not self.value():
            return _row_to_choose(self.title, self.lookup_kwarg, self.field, self.model_admin)
        # The name of the row may change, and who may see it.
        (shown,) = self.choices(None)
        return _draw(shown["form"])


class DropdownFilter(theme.DropdownFilter):  # type: ignore[misc]
    template = _TEMPLATE

    def drawn(self) -> SafeString:
        given = (self.all_option, *self.lookup_choices)
        choices = tuple((str(value), str(text)) for value, text in given)
        return _dropdown(self.title, self.parameter_name, choices, self.value())


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
        campaigns = Campaign.objects.filter(brand=brand).order_by()
        return Q(campaign__in=list(campaigns.values_list("pk", flat=True)))


class ChoiceFilter(DropdownFilter):
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
        return rows.filter(**{self.parameter_name: chosen})
