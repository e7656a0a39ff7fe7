"""The rows of lists, without what Unfold would work out again for each of them."""

from functools import cache
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from unfold.admin import checkbox
from unfold.templatetags import unfold_list

_headers = unfold_list.result_headers


def _once_a_list(rows: Any) -> list[dict[str, Any]]:
    """The headers of a list, which label each cell too; their texts are escaped."""
    if not hasattr(rows, "read_headers"):
        rows.read_headers = [
            {**header, "text": conditional_escape(header["text"])} for header in _headers(rows)
        ]
    headers: list[dict[str, Any]] = rows.read_headers
    return headers


unfold_list.result_headers = _once_a_list


def box(row: Model) -> SafeString:
    before, after = _around_a_value()
    return mark_safe(f"{before}{escape(row.pk)}{after}")  # noqa: S308 - escaped


@cache
def _around_a_value() -> tuple[str, str]:
    before, after = checkbox.render(ACTION_CHECKBOX_NAME, "<value>").split(escape("<value>"))
    return before, after
