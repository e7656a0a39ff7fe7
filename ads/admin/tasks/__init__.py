"""Periodic tasks in the admin."""

from ads.admin.tasks.admin import PeriodicTaskAdmin
from ads.admin.tasks.beat_schedules import ScheduleAdmin
from ads.admin.tasks.text import in_short, told

__all__ = [
    "PeriodicTaskAdmin",
    "ScheduleAdmin",
    "in_short",
    "told",
]
