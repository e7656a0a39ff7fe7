"""Periodic tasks in the admin."""

from ads.admin.tasks import schedules
from ads.admin.tasks.admin import PeriodicTaskAdmin
from ads.admin.tasks.text import alarm_summary, describe
