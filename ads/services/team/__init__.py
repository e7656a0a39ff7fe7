"""What people keep for one another: labels, account managers, notes and saved views."""

from ads.services.team import labels, notes, saved_views
from ads.services.team.labels import InvalidLabel
from ads.services.team.managers import (
    MANAGER,
    ME,
    brands_told,
    managed_by,
    managers,
    may_be_told,
    possible_managers,
    reports_that_wait,
)
from ads.services.team.notes import InvalidNote
from ads.services.team.saved_views import Contents, ViewRefused
