"""People: what they may do, how they log in, and their second factor."""

from ads.services.people import second_factor, sessions, sign_ins
from ads.services.people.access import Roles, is_for_limited
from ads.services.people.sign_ins import LockedOut, network
