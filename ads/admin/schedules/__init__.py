"""Dayparting schedules in the admin."""

from ads.admin.schedules.admin import DaypartingScheduleAdmin
