"""Variables of the environment that are numbers or choices: what is none is refused by its name.

Of django-environ's own, a number that is none ends in a traceback, and each word but "true" and the
like means no: a redirect to https or the like would be off without a word.
"""

import os
import re
from typing import Final

from django.core.exceptions import ImproperlyConfigured

_YES: Final = ("true", "yes", "on", "1", "y", "ok")
_NO: Final = ("false", "no", "off", "0", "n")


def number(name: str, default: int, *, least: int = 0, most: int = 10**12) -> int:
    """A whole number; empty is the default.

    Raises:
        ImproperlyConfigured: it is none, or out of bounds.
    """
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,15}", text) or not least <= int(text) <= most:
        raise ImproperlyConfigured(
            f"{name} is {text!r}: use a whole number from {least} to {most}, in digits alone."
        )
    return int(text)


def switch(name: str, *, default: bool) -> bool:
    """Yes or no; empty is the default.

    Raises:
        ImproperlyConfigured: it is neither.
    """
    text = os.environ.get(name, "").strip()
    if text and text.lower() not in (*_YES, *_NO):
        raise ImproperlyConfigured(f"{name} is {text!r}: use 'true' or 'false'.")
    return text.lower() in _YES if text else default
