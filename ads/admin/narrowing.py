"""By what a list is narrowed, in words: the search and each filter, with the list without it."""

from dataclasses import dataclass
from typing import Any

from django.contrib.admin import ListFilter
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.forms import ChoiceField, Field, Form, ModelChoiceField
from django.http import HttpRequest

from ads.admin.keys import is_key


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One filter that is set, or the search: "daily budget used", "80% or more"."""

    by: str
    to: str
    #: The address of the list without it.
    without: str


def narrowings(request: HttpRequest, rows: ChangeList) -> list[Narrowing]:
    """What is searched for, and each filter that is set; one query for each row that it names."""
    found = []
    if rows.query:
        without = rows.get_query_string(remove=[SEARCH_VAR, PAGE_VAR])
        found.append(Narrowing("search", rows.query, without))
    for spec in rows.filter_specs:
        names = [name for name in spec.expected_parameters() if name]
        if any(request.GET.get(name) for name in names) and (to := _in_words(spec, rows)):
            without = rows.get_query_string(remove=[*names, PAGE_VAR])
            found.append(Narrowing(str(spec.title), to, without))
    return found


def without_any(rows: ChangeList) -> str:
    """The address of the whole list, in the order it is in."""
    names = [name for spec in rows.filter_specs for name in spec.expected_parameters() if name]
    return rows.get_query_string(remove=[SEARCH_VAR, PAGE_VAR, *names])


def _in_words(spec: ListFilter, rows: ChangeList) -> str:
    # The theme's filters are forms, of one choice each; Django's own are links.
    for choice in spec.choices(rows):
        form: Form | None = choice.get("form")  # type: ignore[assignment]
        if form is not None:
            return _of_form(form)
        if choice["selected"]:
            return str(choice["display"])
    return ""


def _of_form(form: Form) -> str:
    """What was chosen or entered: "80% or more", "from 2026-11-01 to 2026-11-21"."""
    parts = []
    for name, field in form.fields.items():
        value = form[name].value()
        given = [one for one in (value if isinstance(value, list) else [value]) if one]
        if given:
            end = next((end for end in ("from", "to") if name.endswith(f"_{end}")), "")
            parts += [end, *(_chosen(field, one) for one in given)]
    return " ".join(part for part in parts if part)


def _chosen(field: Field, value: Any) -> str:
    """A choice as it reads; one that there is none of, as it stands in the address."""
    if isinstance(field, ModelChoiceField):
        rows: Any = field.queryset
        row = rows.filter(pk=value).first() if is_key(str(value)) else None
        return str(row or value)
    if isinstance(field, ChoiceField):
        return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]
    return str(value)
