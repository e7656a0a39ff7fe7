"""What a session says of the login that began it: how long it lasts, and what it still lacks."""

from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.contrib.sessions.models import Session

from ads.services.people import second_factor

#: In the session: what is missing before anything else can be opened.
MISSING: Final = "second_factor_missing"
#: The code of the second factor, or setting one up.
CODE, SETUP = "code", "setup"
#: Nothing is missing, because the code was given.
_GIVEN: Final = "given"


def begin(session: Any, user: Any) -> None:
    """Note what is missing, and how long the session lasts (``user.is_remembered``)."""
    if getattr(user, "is_remembered", False):
        session.set_expiry(settings.REMEMBERED_DAYS * 24 * 3600)
    if second_factor.of(user) is not None:
        session[MISSING] = CODE
    else:
        session[MISSING] = SETUP if second_factor.is_required(user) else ""


def missing(session: Any, user: Any) -> str:
    """:data:`CODE`, :data:`SETUP` or "".

    A session without a second factor lacks one as soon as one is required of its user, by a new
    role or a new setting. So does a session from before there were any.
    """
    found: str | None = session.get(MISSING)
    if found is None or (not found and second_factor.is_required(user)):
        begin(session, user)
        found = session[MISSING]
    return "" if found == _GIVEN else found


def complete(session: Any) -> None:
    session.cycle_key()
    session[MISSING] = _GIVEN


def forget(now: datetime) -> int:
    """Delete those that have expired; how many."""
    return Session.objects.filter(expire_date__lt=now).delete()[0]
