"""Loaded into a worker (celery worker -I): from then on the ad platform sleeps for an hour."""

import time
from typing import Any

from ads.platforms.simulated import SimulatedConnector

HOUR = 3600


def sleep(*_: Any, **__: Any) -> Any:
    time.sleep(HOUR)


SimulatedConnector.accounts = SimulatedConnector.costs = sleep  # type: ignore[method-assign]
