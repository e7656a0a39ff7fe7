"""Pace: how budgets are being spent, what they will come to, and what to spend a day from now on.

The rule for one owner is :func:`ads.rules.pacing.pace_of`; here it is asked of any number, in SQL.
"""

from ads.rules.pacing import Basis, Pace, PaceState
from ads.services.pacing import backtest
from ads.services.pacing.day import used_up_at
from ads.services.pacing.flight import flight_of
from ads.services.pacing.live import of_brands, of_campaigns
from ads.services.pacing.month import MonthPace, month_of
from ads.services.pacing.outlook import Outlook, Projected, outlook
from ads.services.pacing.ranges import learn
from ads.services.pacing.stored import (
    PACE,
    Paced,
    Refreshed,
    after_edit,
    after_event,
    as_of,
    paced,
    refresh,
    stored_of,
    with_pace,
)
