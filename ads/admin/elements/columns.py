"""Columns of lists and fields of pages."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin


def column(words: str, shown: Callable[[Any], object], **display: Any) -> Any:
    """What ``shown`` makes of a row, under these words; ``display`` as for ``admin.display``.

    What takes more than an expression is a method with ``admin.display``.
    """
    return admin.display(description=words, **display)(lambda _admin, row: shown(row))
