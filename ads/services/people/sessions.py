"""What a session says of the login that began it: how long it lasts, and what it still lacks."""

from typing import Any, Final

from django.conf import settings

from ads.services.people import second_factor

#: In the session: what is missing before anything else can be opened.
MISSING: Final = "second_factor_missing"
#: The code of the second factor, or setting one up.
CODE, SETUP = "code", "setup"


def begin(session: Any, user: Any) -> None:
    """Note what is missing, and how long the session lasts (``user.is_remembered``)."""
    if getattr(user, "is_remembered", False):
        session.set_expiry(settings.REMEMBERED_DAYS * 24 * 3600)
    if second_factor.of(user) is not None:
        session[MISSING] = CODE
    else:
        session[MISSING] = SETUP if second_factor.is_required(user) else ""


def missing(session: Any, user: Any) -> str:
    """:data:`CODE`, :data:`SETUP` or "". A session from before there were any is asked for it."""
    if MISSING not in session:
        begin(session, user)
    found: str = session[MISSING]
    return found


def complete(session: Any) -> None:
    """Nothing is missing any more."""
    session.cycle_key()
    session[MISSING] = ""
