"""Values as PostgreSQL can store them in JSON."""

import datetime as dt
from decimal import Decimal
from typing import Any

from ads.rules.texts import storable


def json(value: Any) -> Any:
    """Amounts and dates as text; NUL and lone surrogates in texts as visible marks."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {json(key): json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [json(each) for each in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, dt.date) else value
