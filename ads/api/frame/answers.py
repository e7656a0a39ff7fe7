"""Answers as JSON that people can read, too."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ninja.renderers import JSONRenderer


def as_json(content: Any) -> bytes:
    """JSON in UTF-8, with characters as they are: a name stays what it is called.

    Half of a surrogate pair, which was sent and is repeated, is no character: it stays escaped.
    """
    return json.dumps(content, ensure_ascii=False).encode(errors="backslashreplace")


class Readable(JSONRenderer):
    """What endpoints return, written in the same way."""

    json_dumps_params: Mapping[str, Any] = MappingProxyType({"ensure_ascii": False})
