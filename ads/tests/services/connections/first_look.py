"""Looking, choosing, and making what was chosen."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from ads.models import (
    Connection,
)
from ads.services.connections import (
    Choice,
    ChoicesRefused,
    Fit,
    choices,
    fits,
    look,
)
from ads.services.setup import Preview


def no_hours() -> bool:
    return False


def seen(connection: Connection, now: datetime) -> list[Fit]:
    look(connection, now=now)
    return fits.fits(connection)


def preview(connection: Connection, chosen: Sequence[Choice], now: datetime) -> Preview:
    return choices.preview(connection, chosen, gives_hours=no_hours, now=now)


def make(connection: Connection, chosen: Sequence[Choice], now: datetime, **more: Any) -> Any:
    more.setdefault("seen", None)
    return choices.apply(connection, chosen, gives_hours=no_hours, now=now, **more)


def refused(connection: Connection, chosen: Sequence[Choice], now: datetime) -> list[str]:
    with pytest.raises(ChoicesRefused) as error:
        preview(connection, chosen, now)
    with pytest.raises(ChoicesRefused):
        make(connection, chosen, now)
    return [text for texts in error.value.reasons.values() for text in texts]
