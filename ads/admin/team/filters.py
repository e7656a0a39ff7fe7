"""Filters of brands and campaigns by label and by account manager."""

from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest

from ads.admin.elements import ChoiceFilter
from ads.models import BrandLabel, Label
from ads.services import visible
from ads.services.team import ME, managed_by, managers

#: What the filters are called in a list's address.
LABEL, BRAND_LABEL, MANAGER = "label", "brand_label", "manager"

_NOBODY: Final = "none"


class _OfRows(ChoiceFilter):
    """A choice among rows; hidden where there are none, unless the address names one."""

    def value(self) -> str | None:
        value = super(ChoiceFilter, self).value()
        return value if value in dict(self.lookup_choices) else None

    def has_output(self) -> bool:
        return super().has_output() or self.parameter_name in self.used_parameters


def _labels(request: HttpRequest) -> list[tuple[str, str]]:
    """The labels that the user may see; asked once for all filters of a list."""
    if "ads_labels" not in request.__dict__:
        found = visible.rows(Label.objects.all()).order_by("name").values_list("pk", "name")
        request.__dict__["ads_labels"] = [(str(pk), name) for pk, name in found]
    labels: list[tuple[str, str]] = request.__dict__["ads_labels"]
    return labels


class LabelFilter(_OfRows):
    title, parameter_name = "label", LABEL

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return _labels(request)

    def pick(self, request: HttpRequest, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        through: Any = rows.model.labels.through
        has_it = through.objects.filter(label=chosen).order_by()
        return rows.filter(pk__in=has_it.values(rows.model._meta.model_name))


class BrandLabelFilter(_OfRows):
    title, parameter_name = "brand's label", BRAND_LABEL

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return _labels(request)

    def pick(self, request: HttpRequest, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        has_it = BrandLabel.objects.filter(label=chosen).order_by()
        return rows.filter(brand__in=has_it.values("brand"))


class ManagerFilter(_OfRows):
    """Those that an account manager looks after; "me" is whoever looks at the list."""

    title, parameter_name = "account manager", MANAGER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = [(str(user.pk), user.get_username()) for user in managers()]
        return [(ME, "Me"), (_NOBODY, "Nobody"), *people]

    def pick(self, request: HttpRequest, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        who = {ME: request.user.pk, _NOBODY: None}.get(chosen, chosen)
        return managed_by(rows, who)
