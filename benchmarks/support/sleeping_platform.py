"""Loaded into a worker (celery worker -I): from then on the ad platform sleeps for an hour."""

import time
from typing import Any

from ads.platforms import SimulatedPlatform

HOUR = 3600


def sleep(*_: Any, **__: Any) -> Any:
    time.sleep(HOUR)


SimulatedPlatform.accounts = SimulatedPlatform.out_of_step = sleep  # type: ignore[method-assign]
