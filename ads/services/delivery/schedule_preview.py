"""What a schedule, stored or only being edited, would do: its next days, and to which campaigns."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ads.holds import Supposing
from ads.models import Campaign
from ads.rules.calendar import UnknownTimezone, zone
from ads.rules.dayparting import Schedule, is_in_force, is_open, next_closing, next_opening
from ads.rules.stretches import LocalDay, days_ahead
from ads.services import visible
from ads.services.delivery.preview import NAMED, Kind, Outcome, preview_campaigns

DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Preview:
    schedule: Schedule
    now: datetime
    is_in_force: bool
    is_open: bool
    #: When it next opens, if it is closed, or closes, if it is open; None: never.
    turns_at: datetime | None
    #: Today and the days after it, of the schedule's timezone.
    days: list[LocalDay]
    #: The same of the viewer's; empty where that is unknown.
    viewers_days: list[LocalDay] = field(default_factory=list)
    #: Those that have it attached.
    campaigns: Kind = field(default_factory=Kind)
    #: The outcome for them if it is saved; None where nothing can be saved.
    outcome: Outcome | None = None


def preview_schedule(
    schedule: Schedule, *, viewers_timezone: str, may_save: bool, now: datetime
) -> Preview:
    """What ``schedule`` would do; ``id`` is that of the stored one it replaces, or 0.

    At most nine queries, however many campaigns use it. A timezone of the viewer's that cannot be
    read is left out.

    Raises:
        UnknownTimezone: the schedule's timezone cannot be read.
    """
    zone(schedule.timezone)
    search = next_closing if is_open([schedule], now) else next_opening
    using = visible.rows(Campaign.objects.filter(dayparting_schedules=schedule.id))
    viewers_days: list[LocalDay] = []
    with suppress(UnknownTimezone):
        viewers_days = days_ahead([schedule], viewers_timezone, now, DAYS)
    campaigns, outcome = Kind(), None
    if schedule.id:
        first = using.select_related("brand").order_by("pk")[:NAMED]
        campaigns = Kind(using.count(), tuple(first))
        if may_save and campaigns:
            outcome = preview_campaigns(using, Supposing(schedules=[schedule]), now)
    return Preview(
        schedule=schedule,
        now=now,
        is_in_force=is_in_force(schedule, now),
        is_open=is_open([schedule], now),
        turns_at=search([schedule], now),
        days=days_ahead([schedule], schedule.timezone, now, DAYS),
        viewers_days=viewers_days,
        campaigns=campaigns,
        outcome=outcome,
    )
