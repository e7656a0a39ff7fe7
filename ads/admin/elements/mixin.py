"""The base of mixins for admin classes: a ModelAdmin to the type checker."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin as AdminMixin
else:

    class AdminMixin:
        def __class_getitem__(cls, _: object) -> type:
            return cls


__all__ = ["AdminMixin"]
