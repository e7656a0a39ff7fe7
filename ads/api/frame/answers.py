"""Answers as JSON that people can read too."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ninja.renderers import JSONRenderer


def as_json(content: Any) -> bytes:
    """JSON in UTF-8 with characters unescaped, so that names stay readable.

    A lone surrogate that was sent and is echoed back stays escaped.
    """
    return json.dumps(content, ensure_ascii=False).encode(errors="backslashreplace")


class Readable(JSONRenderer):
    """Renders the answers of endpoints in the same way."""

    json_dumps_params: Mapping[str, Any] = MappingProxyType({"ensure_ascii": False})
