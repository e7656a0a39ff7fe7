"""Beat by the right time: see :mod:`ads.services.operations.clocks`."""

from typing import Any

from django.db import DatabaseError
from django_celery_beat.schedulers import DatabaseScheduler

from ads.services.operations import ClockDiffers, require_clock


class Scheduler(DatabaseScheduler):  # type: ignore[misc]  # celery-beat has no published types
    """Sends nothing while its clock and the database's differ too much, which is logged.

    It would note times in the future at which it had sent tasks, and send none until then.
    """

    def tick(self, *given: Any, **named: Any) -> float:
        try:
            require_clock()
        except ClockDiffers:
            return float(self.max_interval)
        except DatabaseError:
            pass  # the schedule is in the database too, and the scheduler waits for it
        return float(super().tick(*given, **named))
