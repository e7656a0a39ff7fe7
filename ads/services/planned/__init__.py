"""What planned changes make of budgets, and when; nothing here is written."""

from ads.services.planned import carrying, course
from ads.services.planned.carrying import LATE_DAYS
