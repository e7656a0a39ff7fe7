"""Forms as a browser would send them, and what a page says."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import pytest
from django.forms import MultiWidget
from django.template.response import TemplateResponse
from django.test import Client
from django.urls import reverse

from ads.admin.editing.version import VERSION


def changelist(model: str) -> str:
    """The address of a list, such as ``ads_campaign``."""
    return reverse(f"admin:{model}_changelist")


def change(row: Any) -> str:
    """The address of the page on which a row is changed."""
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def add(model: str) -> str:
    """The address of the page on which a row is added."""
    return reverse(f"admin:{model}_add")


@contextmanager
def undrawn() -> Iterator[None]:
    """Pages are answered without being drawn, which takes as long as all else.

    What is in their fields, and what is wrong with that, is known before: ``context_data``.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TemplateResponse, "rendered_content", "")
        yield


def context_of(client: Client, url: str, query: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the page at ``url`` would be drawn with."""
    with undrawn():
        response: Any = client.get(url, query)
    assert response.status_code == 200, response.status_code
    found: dict[str, Any] = response.context_data
    return found


def filled_in(client: Client, url: str) -> dict[str, Any]:
    """What a browser would send from the page at ``url`` if nobody touched it."""
    with undrawn():
        return as_it_is(client.get(url))


def as_it_is(response: Any) -> dict[str, Any]:
    """What a browser would send from a page that it was answered with, if nobody touched it."""
    context = response.context_data
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    data: dict[str, Any] = {}
    if version := context.get(VERSION):
        data[VERSION] = version
    for form in forms:
        for field in form:
            value = field.value()
            widget = field.field.widget
            if isinstance(widget, MultiWidget):
                parts: Any = value if isinstance(value, list) else widget.decompress(value)
                for part, text in zip(field.subwidgets[0].data["subwidgets"], parts, strict=True):
                    data[part["name"]] = "" if text is None else str(text)
            elif value is True:
                data[field.html_name] = "on"
            elif isinstance(value, list):
                data[field.html_name] = field.field.prepare_value(value)
            elif value is not None and value is not False:
                prepared = field.field.prepare_value(value)
                data[field.html_name] = field.field.widget.format_value(prepared) or ""
                if isinstance(data[field.html_name], list):
                    data[field.html_name] = data[field.html_name][0]
    return data


def save(client: Client, url: str, **fields: Any) -> Any:
    """Fill in ``fields`` on the page at ``url`` and save; a field of None is left out.

    If that is refused, the answer has the form with its errors, but the page is not drawn.
    """
    data = {**filled_in(client, url), **fields}
    with undrawn():
        return client.post(url, {name: value for name, value in data.items() if value is not None})


def act(client: Client, model: str, action: str, rows: list[Any]) -> Any:
    """Choose ``rows`` in a list and run an action on them."""
    selected = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(changelist(model), selected, follow=True)


def confirm(client: Client, asked: Any, **fields: Any) -> Any:
    """Fill in the page that an action asks with, have it worked out, and press its button."""
    context = asked.context_data
    data = {**dict(context["hidden"]), **fields}
    if fields:
        with undrawn():
            asked = client.post(context["address"], data)
        context = asked.context_data
        data |= dict(context["hidden"])
    return client.post(context["address"], {**data, "do": "1"}, follow=True)


def said(response: Any) -> list[str]:
    """The messages that the page shows."""
    return [str(message) for message in response.context["messages"]]


def errors(response: Any) -> dict[str, list[str]]:
    """The form's errors by field."""
    assert response.status_code == 200, response.status_code
    found: dict[str, list[str]] = response.context_data["adminform"].form.errors
    return found


def formset_errors(response: Any) -> list[str]:
    """What the first inline has to say about all its rows together, or about each."""
    assert response.status_code == 200, response.status_code
    formset = response.context_data["inline_admin_formsets"][0].formset
    each = [message for row in formset.errors for texts in row.values() for message in texts]
    return [*formset.non_form_errors(), *each]


def words(client: Client, row: Any, **query: str) -> str:
    """What a person reads on the page of a row, the menu and the header left out."""
    page = client.get(change(row), query).content.decode()
    content = page[page.index('id="content-main"') :]
    told = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", content, flags=re.DOTALL)
    return re.sub(r" ([,.])", r"\1", " ".join(unescape(told).split()))
