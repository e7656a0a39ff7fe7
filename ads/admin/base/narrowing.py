"""What a list is narrowed by: the search and each filter, with the list without it."""

from dataclasses import dataclass
from typing import Any

from django.contrib.admin import ListFilter
from django.contrib.admin.utils import NotRelationField, get_fields_from_path
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.core.exceptions import FieldDoesNotExist
from django.forms import Form, ModelChoiceField

from ads.admin.elements import is_number
from ads.services import visible


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One filter that is set, or the search: "daily budget used", "80% or more"."""

    by: str
    to: str
    #: The address of the list without it.
    without: str


def narrowings(rows: ChangeList) -> list[Narrowing]:
    """The search, each filter that is set, and every other condition in the address."""

    def without(*names: str) -> str:
        return rows.get_query_string(remove=[*names, PAGE_VAR])

    found = [Narrowing("search", rows.query, without(SEARCH_VAR))] if rows.query else []
    for spec in rows.filter_specs:
        names = _names(spec)
        if any(rows.params.get(name) for name in names) and (to := _in_words(spec, rows)):
            found.append(Narrowing(str(spec.title), to, without(*names)))
    for name, values in _others(rows).items():
        found.append(Narrowing(*_of_lookup(rows, name, values), without(name)))
    return found


def without_effect(rows: ChangeList) -> list[str]:
    """Parameters of the address that belong to a filter and choose nothing that it offers."""
    return [
        name
        for spec in rows.filter_specs
        for name in _names(spec)
        if rows.params.get(name) and not _in_words(spec, rows)
    ]


def without_any(rows: ChangeList) -> str:
    """The address of the whole list, in the order it is in."""
    names = [name for spec in rows.filter_specs for name in _names(spec)]
    return rows.get_query_string(remove=[SEARCH_VAR, PAGE_VAR, *names, *_others(rows)])


def _names(spec: ListFilter) -> list[str]:
    """What a filter is called in the address."""
    return [name for name in spec.expected_parameters() if name]


def _others(rows: ChangeList) -> dict[str, list[str]]:
    """Conditions in the address that no filter stands for."""
    expected = {name for spec in rows.filter_specs for name in _names(spec)}
    given: dict[str, Any] = rows.get_filters_params()
    return {name: values for name, values in given.items() if name not in expected}


def _of_lookup(rows: ChangeList, name: str, values: list[str]) -> tuple[str, str]:
    """A field and what it has to be: "dayparting schedules", "Evenings"."""
    path = name.removesuffix("__exact").removesuffix("__id")
    try:
        *_, last = get_fields_from_path(rows.model, path)
    except (FieldDoesNotExist, NotRelationField):
        return name, ", ".join(values)
    if last.is_relation and name.endswith("__exact"):
        related: Any = last.related_model
        return str(related._meta.verbose_name), ", ".join(_called(related, key) for key in values)
    return str(last.verbose_name), ", ".join(values)


def _called(model: Any, key: str) -> str:
    """A row as it is called; one that does not exist, by its key."""
    rows = visible.rows(model._default_manager.all())
    found = rows.filter(pk=key).first() if is_number(key) else None
    return str(found or key)


def _in_words(spec: ListFilter, rows: ChangeList) -> str:
    """What was chosen or entered: "80% or more", "from 2026-11-01 to 2026-11-21"."""
    # The theme's filters are forms, of one choice each; Django's own are links.
    for choice in spec.choices(rows):
        form: Form | None = choice.get("form")  # type: ignore[assignment]
        if form is not None:
            return " ".join(_entered(form))
        if choice["selected"]:
            return str(choice["display"])
    return ""


def _entered(form: Form) -> list[str]:
    words = []
    for name, field in form.fields.items():
        value = form[name].value()
        given = [str(one) for one in (value if isinstance(value, list) else [value]) if one]
        if given:
            words += [end for end in ("from", "to") if name.endswith(f"_{end}")]
        if isinstance(field, ModelChoiceField):
            rows: Any = field.queryset
            words += [_called(rows.model, key) for key in given]
        else:
            labels = {str(key): str(label) for key, label in getattr(field, "choices", ())}
            words += [labels.get(one, one) for one in given]
    return words
