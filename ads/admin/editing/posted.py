"""A form as a browser sends it: reading a field of it, and filling in what nobody touched."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import QueryDict


def sent(field: forms.Field, post: QueryDict, name: str) -> Any:
    """What was sent under a name, as the field's widget reads it."""
    return field.widget.value_from_datadict(post, {}, name)


def is_missing(field: forms.Field, post: QueryDict, name: str) -> bool:
    """Was nothing sent, where a browser sends something in any case?"""
    return bool(field.widget.value_omitted_from_data(post, {}, name))


def fill_in(post: QueryDict, bound: forms.BoundField, name: str) -> None:
    """Say in ``post`` what a browser sends of a field that nobody touched."""
    for part, texts in _untouched(bound.field.widget, name, bound.value()):
        if texts:
            post.setlist(part, texts)
        else:
            post.pop(part, None)


def _untouched(widget: Any, name: str, shown: Any) -> Iterator[tuple[str, list[str]]]:
    widget = getattr(widget, "widget", widget)  # the admin's wrapper around one that adds links
    if isinstance(widget, forms.MultiWidget):
        parts: Any = shown if isinstance(shown, list | tuple) else widget.decompress(shown)
        names = names_of(widget, name)
        for part, part_name, part_shown in zip(widget.widgets, names, parts, strict=True):
            yield from _untouched(part, part_name, part_shown)
    elif isinstance(widget, forms.CheckboxInput):
        yield name, ["on"] if widget.check_test(shown) else []
    else:
        formatted = widget.format_value(shown)
        several = formatted if isinstance(formatted, list | tuple) else [formatted]
        yield name, ["" if one is None else str(one) for one in several]


def names_of(widget: Any, name: str) -> list[str]:
    """The names under which a widget of this name is sent: its own, or those of its parts."""
    if isinstance(widget, forms.MultiWidget):
        suffixes: list[str] = widget.widgets_names  # type: ignore[attr-defined]
        return [f"{name}{suffix}" for suffix in suffixes]
    return [name]
