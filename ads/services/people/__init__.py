"""People: what they may do."""

from ads.services.people.access import Roles, is_for_limited
