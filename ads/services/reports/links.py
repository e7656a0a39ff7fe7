"""Links to a report for people without a login: made, opened, revoked.

An address reads ``/report/<token>/``. The token is 256 random bits, so it cannot be guessed, and
its SHA-256 is all that is kept. Whoever has an address that is unknown, has expired or was revoked
learns nothing from the answer, not even which of these it is.
"""

import hashlib
import secrets
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import F

from ads.models import Brand, ReportLink
from ads.services.actor import current_actor

#: Where it is opened, below the site's address. Workers would load every page to look it up.
PATH: Final = "/report/{}/"

#: How long a link is valid unless somebody says otherwise, and at most.
DEFAULT_DAYS: Final = 30
LONGEST_DAYS: Final = 366

_BYTES: Final = 32

#: The state of a link that opens the report.
VALID: Final = "valid"


class InvalidLink(ValueError):
    """A link that cannot be made; carries ``field`` and ``reason``."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field = field
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


def share(
    brand: Brand, month: date, now: datetime, *, days: int = DEFAULT_DAYS
) -> tuple[ReportLink, str]:
    """Make a link that is valid for so many days; its row and its token, which is shown once.

    ``month``: the first day of it.

    Raises:
        InvalidLink: it would be valid for too long, or not at all.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidLink("days", f"use 1 to {LONGEST_DAYS} days; {days} is not possible.")
    token = secrets.token_urlsafe(_BYTES)
    link = ReportLink.objects.create(
        brand=brand,
        month=month,
        token_hash=_hashed(token),
        created_by=current_actor(),
        expires_at=now + timedelta(days=days),
    )
    return link, token


def opened(token: str, now: datetime) -> ReportLink | None:
    """The link of this token, if it is valid; counts that it was opened. Two queries."""
    valid = ReportLink.objects.filter(
        token_hash=_hashed(token), revoked_at=None, expires_at__gt=now
    )
    if not valid.update(last_opened_at=now, times_opened=F("times_opened") + 1):
        return None
    return valid.select_related("brand").first()


def revoke(link: ReportLink, now: datetime) -> bool:
    """Revoke the link for good; False if it had been revoked already."""
    found = ReportLink.objects.filter(pk=link.pk, revoked_at=None)
    return found.update(revoked_at=now, updated_at=now) == 1


def state(link: ReportLink, now: datetime) -> str:
    """In a word: "valid", "expired" or "revoked"."""
    if link.revoked_at is not None:
        return "revoked"
    return "expired" if link.expires_at <= now else VALID


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
