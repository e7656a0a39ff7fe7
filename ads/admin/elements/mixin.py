"""What mixins for admin classes build on: a ModelAdmin to the type checker, and its rows."""

from typing import TYPE_CHECKING, TypeVar

from django.db.models import Model
from django.http import Http404, HttpRequest

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin as AdminMixin
else:

    class AdminMixin:
        def __class_getitem__(cls, _: object) -> type:
            return cls


M = TypeVar("M", bound=Model)


def the_row(pages: AdminMixin[M], request: HttpRequest, object_id: str) -> M:
    """The row of a page beside Django's own.

    Raises:
        Http404: there is none, or this user may not see it.
    """
    row = pages.get_object(request, object_id)
    if row is None:
        raise Http404
    return row


__all__ = ["AdminMixin", "the_row"]
