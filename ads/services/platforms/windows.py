"""For which days an account is asked, and when.

- At each tick today and yesterday, and the days that were missed since it last answered.
- Each hour the last seven days, each night the last 35: platforms restate for up to a month.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from ads.models import PlatformAccount
from ads.rules.calendar import FIRST_TO_TURN, local_date, local_time, names

ONE_DAY: Final = timedelta(days=1)

#: From tick to tick of ``update_spend``.
TICK: Final = timedelta(minutes=5)

#: Days, today included. The last is more than any month has.
RECENT: Final = 2
WEEK: Final = 7
MONTH: Final = 35

#: Ticks come a little early or late: what is due each hour is due after this.
HOURLY: Final = timedelta(minutes=58)

#: The local hours in which the month is asked for, and after how long at any other hour.
NIGHT: Final = range(1, 6)
NIGHTLY: Final = timedelta(hours=20)
MISSED_NIGHT: Final = timedelta(hours=30)


@dataclass(frozen=True, slots=True)
class Window:
    """Days of an account, both ends included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.until - self.since).days + 1


def windows(account: PlatformAccount, now: datetime) -> list[Window]:
    """What to ask the account for, one after the other.

    The month is asked for apart, so that what was spent today need not wait for it.
    """
    today = today_of(account, now)
    days = RECENT
    if account.answered_at is not None:
        missed = (today - local_date(account.answered_at, zone_of(account))).days
        days = min(max(missed, 0) + RECENT, MONTH)
    wants_month = is_month_due(account, now)
    if is_week_due(account, now) and not wants_month:
        days = max(days, WEEK)
    asked = [_last(days, today)]
    if wants_month and days < MONTH:
        asked.append(_last(MONTH, today))
    return asked


def is_week_due(account: PlatformAccount, now: datetime) -> bool:
    """Whether the last seven days are to be asked for, and with them its campaigns."""
    return account.week_answered_at is None or now - account.week_answered_at >= HOURLY


def is_month_due(account: PlatformAccount, now: datetime) -> bool:
    """Whether the last 35 days are to be asked for: at night, or at once if never."""
    if account.month_answered_at is None:
        return True
    age = now - account.month_answered_at
    at_night = local_time(now, zone_of(account)).hour in NIGHT
    return age >= (NIGHTLY if at_night else MISSED_NIGHT)


def today_of(account: PlatformAccount, now: datetime) -> date:
    """The last day of the account that may have costs."""
    known = account.timezone in names()
    return local_date(now, account.timezone if known else FIRST_TO_TURN)


def zone_of(account: PlatformAccount) -> str:
    """The account's timezone; UTC where the platform does not say."""
    return account.timezone or "UTC"


def _last(days: int, today: date) -> Window:
    return Window(today - (days - 1) * ONE_DAY, today)
