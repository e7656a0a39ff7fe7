"""Logging in: on record, and throttled by user and by address.

Each attempt is written as a failure before the password, or the code, is looked at, and then
becomes what it was. So attempts at the same moment, in whatever process, count each other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q

from ads.models import SignIn
from ads.models.access import SignInKind
from ads.services.actor import current_actor

logger = structlog.stdlib.get_logger(__name__)

_LONGEST: Final = 150

#: How long an address from which a user has logged in counts as known.
KNOWN_FOR: Final = timedelta(days=30)

#: A locked out user, or address, is on record so often at most.
NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures within a time; then nothing more is tried until the first is that old."""

    failures: int
    within: timedelta


#: Of one user from one address: a typing error or four lock nobody out, and never the office.
OF_USER_THERE: Final = Limit(5, timedelta(minutes=15))
#: Of one user from anywhere, except from where that user has logged in of late.
OF_USER: Final = Limit(20, timedelta(minutes=15))
#: Of all users from one address.
OF_ADDRESS: Final = Limit(50, timedelta(minutes=15))
#: Of the codes of one user, of which three in a million are right.
OF_CODES: Final = Limit(10, timedelta(hours=1))


class LockedOut(Exception):
    """Nothing was tried: there were too many failures. ``until``: when to try again."""

    def __init__(self, until: datetime, now: datetime) -> None:
        minutes = max(1, -(-int((until - now).total_seconds()) // 60))
        super().__init__(
            f"Too many failed attempts. Try again in {minutes} minute{'s' if minutes > 1 else ''}, "
            f"at {until:%H:%M} UTC, or ask an administrator to unlock you."
        )
        self.until = until


def begin(
    username: str, address: str, now: datetime, *, kind: SignInKind = SignInKind.FAILED
) -> SignIn:
    """Put an attempt on record as failed; call :func:`succeed` if it did not.

    ``kind``: that of the failure. The same is done, and takes as long, whether there is such a user
    or not.

    Raises:
        LockedOut: there were too many before.
    """
    attempt = SignIn.objects.create(
        at=now, kind=kind, username=_tidy(username), address=address or None, counts=True
    )
    if until := _locked_until(attempt, now):
        _note_locked_out(attempt, now)
        raise LockedOut(until, now)
    return attempt


def succeed(attempt: SignIn, kind: SignInKind) -> None:
    """The attempt was right. Once logged in, earlier failures from there no longer count."""
    attempt.kind, attempt.counts = kind, False
    attempt.save(update_fields=["kind", "counts"])
    if kind in (SignInKind.SIGNED_IN, SignInKind.RECOVERY_CODE):
        there = SignIn.objects.filter(_from(attempt.address), username=attempt.username)
        there.filter(counts=True).update(counts=False)


def check_password(user: User, password: str, address: str, now: datetime) -> bool:
    """Is it the password of somebody who is logged in? Throttled; only a wrong one is on record.

    Raises:
        LockedOut: there were too many failures before.
    """
    attempt = begin(user.get_username(), address, now)
    if not user.check_password(password):
        return False
    attempt.delete()
    return True


def note(kind: SignInKind, username: str, address: str, now: datetime) -> None:
    """Put something else on record."""
    by = current_actor()
    SignIn.objects.create(
        at=now,
        kind=kind,
        username=_tidy(username),
        address=address or None,
        by="" if by == username else by,
    )


def unlock(now: datetime, *, username: str = "", address: str = "") -> int:
    """Let failures of a user, or from an address, no longer count; how many did."""
    counting = SignIn.objects.filter(counts=True)
    if username:
        counting = counting.filter(username=_tidy(username))
    if address:
        counting = counting.filter(_from(address))
    count = counting.update(counts=False)
    note(SignInKind.UNLOCKED, username, address, now)
    return count


def forget(now: datetime) -> int:
    """Delete what is older than the settings say; how many."""
    old = SignIn.objects.filter(at__lt=now - timedelta(days=settings.SIGN_INS_KEPT_DAYS))
    return old.delete()[0]


def network(address: str) -> str:
    """What counts as one address: of IPv6, of which everybody has very many, the network."""
    return str(_network(address)[0]) if address else ""


def _tidy(username: str) -> str:
    return username.replace("\x00", "")[:_LONGEST]


def _from(address: str | None) -> Q:
    if not address:
        return Q(address=None)
    of_it = _network(address)
    return Q(address__gte=str(of_it[0]), address__lte=str(of_it[-1]))


def _network(address: str) -> IPv4Network | IPv6Network:
    length = 32 if isinstance(ip_address(address), IPv4Address) else 64
    return ip_network(f"{address}/{length}", strict=False)


def _locked_until(attempt: SignIn, now: datetime) -> datetime | None:
    """When the last of the limits that are reached ends; None: none is."""
    of_user, there = Q(username=attempt.username), _from(attempt.address)
    limits = [(OF_USER_THERE, of_user & there)]
    if attempt.kind == SignInKind.CODE_FAILED:
        limits.append((OF_CODES, of_user & Q(kind=SignInKind.CODE_FAILED)))
    elif not _is_known(of_user & there, now):
        limits.append((OF_USER, of_user))
    if attempt.address:
        limits.append((OF_ADDRESS, there))
    ends = [_end(limit, those, attempt, now) for limit, those in limits]
    return max((end for end in ends if end), default=None)


def _end(limit: Limit, those: Q, attempt: SignIn, now: datetime) -> datetime | None:
    failures = list(
        SignIn.objects.filter(those, counts=True, at__gt=now - limit.within)
        .exclude(pk=attempt.pk)
        .order_by("-at")
        .values_list("at", flat=True)[: limit.failures]
    )
    return failures[limit.failures - 1] + limit.within if len(failures) == limit.failures else None


def _is_known(those: Q, now: datetime) -> bool:
    """Has the user logged in from there of late? Then strangers cannot lock the user out."""
    return SignIn.objects.filter(
        those, kind=SignInKind.SIGNED_IN, at__gt=now - KNOWN_FOR
    ).exists()  # fmt: skip


def _note_locked_out(attempt: SignIn, now: datetime) -> None:
    lately = SignIn.objects.filter(
        kind=SignInKind.LOCKED_OUT,
        username=attempt.username,
        address=attempt.address,
        at__gt=now - NOTED_EVERY,
    )
    if lately.exists():
        attempt.delete()
        return
    attempt.kind, attempt.counts = SignInKind.LOCKED_OUT, False
    attempt.save(update_fields=["kind", "counts"])
    logger.warning("Logins refused", username=attempt.username, address=attempt.address)
