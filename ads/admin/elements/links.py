"""Links to pages, and the permissions to open them."""

import functools
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


def may(request: HttpRequest, model: type[Model], what: str) -> bool:
    """May this user "view", "add", "change" or "delete" rows of a model on its pages?"""
    pages: Any = admin.site._registry[model]
    allowed: bool = getattr(pages, f"has_{what}_permission")(request)
    return allowed


def address(model: type[Model], page: str) -> str:
    """The name of the address of a model's page, such as "changelist"."""
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


def list_address(model: type[Model]) -> str:
    """The address of a model's list. The menu has those of all models, on every page."""
    return _list_address(model, get_script_prefix())


@functools.cache
def _list_address(model: type[Model], _prefix: str) -> str:
    return reverse(address(model, "changelist"))


def picked(name: str, **given: str) -> str:
    """The address of a page with these filters, or with these fields filled in."""
    return f"{reverse(name)}?{urlencode(given)}" if given else reverse(name)


def link_to(row: Model) -> SafeString:
    page = reverse(address(type(row), "change"), args=[row.pk])
    return format_html('<a class="ads-link" href="{}">{}</a>', page, row)


def is_number(text: str) -> bool:
    """Could it be the key of a row? 18 digits always fit; Python refuses to read very many."""
    return text.isascii() and text.isdecimal() and len(text) <= 18  # noqa: PLR2004
