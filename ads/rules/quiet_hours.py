"""When an alert may be sent: after quiet hours, or with a digest."""

from datetime import datetime, time, timedelta
from typing import Final

from ads.rules.calendar import local_date, local_time, wall_instants

_DAY: Final = timedelta(days=1)


def quiet_until(at: datetime, begins: time, ends: time, tz: str) -> datetime:
    """Return when the quiet hours around `at` are over, or `at` if there are none then.

    They last from `begins` to before `ends` by the clock in `tz`, over midnight if `ends` is
    earlier.
    """
    here = local_time(at, tz)
    clock = here.time()
    is_quiet = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    if not is_quiet:
        return at
    day = here.date() if clock < ends else here.date() + _DAY
    return next((end for end in wall_instants(day, ends, tz) if end > at), at)


def next_digest(at: datetime, when: time, tz: str, *, weekly: bool) -> datetime:
    """Return the first instant after `at` at which the clock in `tz` shows `when`.

    `weekly`: on a Monday.
    """
    day = local_date(at, tz)
    while True:
        if not weekly or day.weekday() == 0:
            for instant in wall_instants(day, when, tz):
                if instant > at:
                    return instant
        day += _DAY
