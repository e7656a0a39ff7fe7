"""The second factor: codes of an authenticator app (RFC 6238), and recovery codes.

Secrets are encrypted and recovery codes are hashed, so that no copy of the database has either.
"""

import base64
import hashlib
import re
import secrets
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Func, Value

from ads.models import SecondFactor
from ads.services.senders import encryption

#: Authenticator apps know no other.
PERIOD: Final = 30
_DIGITS: Final = 6
#: Periods before and after the present one whose codes are good: clocks differ.
_APART: Final = 1

RECOVERY_CODES: Final = 10
_RECOVERY_BYTES: Final = 10

#: The name of all superusers among the roles that need a second factor.
SUPERUSERS: Final = "Superuser"


def of(user: Any) -> SecondFactor | None:
    """The user's second factor, if it is in use."""
    return SecondFactor.objects.filter(user=user.pk, confirmed_at__isnull=False).first()


def is_required(user: Any) -> bool:
    """Does the installation require one of somebody in the user's roles?"""
    roles = set(settings.SECOND_FACTOR_ROLES)
    if not roles:
        return False
    if user.is_superuser and SUPERUSERS in roles:
        return True
    return bool(user.groups.filter(name__in=roles).exists())


def begin(user: User, *, anew: bool = False) -> SecondFactor:
    """The second factor that is being set up, made if need be.

    ``anew``: with a new secret, so that one somebody has seen earlier is never turned on.
    """
    if anew:
        SecondFactor.objects.filter(user=user, confirmed_at=None).delete()
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    factor, _ = SecondFactor.objects.get_or_create(
        user=user, defaults={"secret": encryption.seal(secret)}
    )
    return factor


def secret_of(factor: SecondFactor) -> str:
    """The secret, as an app takes it.

    Raises:
        CannotUnseal: SECRET_KEY has changed.
    """
    return encryption.unseal(factor.secret)


def address(factor: SecondFactor, issuer: str) -> str:
    return _totp(factor).get_provisioning_uri(str(factor.user.get_username()), issuer)


def confirm(factor: SecondFactor, code: str, now: datetime) -> list[str] | None:
    """Turn it on if the code is right, and return the recovery codes, which are shown once."""
    if factor.confirmed_at is not None or not _use(factor, code, now):
        return None
    SecondFactor.objects.filter(pk=factor.pk).update(confirmed_at=now, updated_at=now)
    return new_recovery_codes(factor, now)


def new_recovery_codes(factor: SecondFactor, now: datetime) -> list[str]:
    """Recovery codes in place of the previous ones; only now can they be read."""
    codes = [_random() for _ in range(RECOVERY_CODES)]
    SecondFactor.objects.filter(pk=factor.pk).update(
        recovery_hashes=[_hashed(code) for code in codes], updated_at=now
    )
    return codes


def verify(factor: SecondFactor, code: str, now: datetime) -> bool:
    """Is it a code of the app that has not been used?"""
    return _use(factor, code, now)


def recover(factor: SecondFactor, code: str) -> bool:
    """Is it a recovery code that has not been used? It is now."""
    hashed = _hashed(code)
    rows = SecondFactor.objects.filter(pk=factor.pk, recovery_hashes__contains=[hashed])
    left = Func(F("recovery_hashes"), Value(hashed), function="array_remove")
    return rows.update(recovery_hashes=left) == 1


def remove(user: User) -> bool:
    """Turn it off; False: there was none."""
    return SecondFactor.objects.filter(user=user).delete()[0] > 0


def seal_all_anew() -> int:
    """Seal every secret with the present SECRET_KEY; how many.

    Raises:
        CannotUnseal: a secret was sealed with another key.
    """
    with transaction.atomic():
        factors = list(SecondFactor.objects.select_for_update().order_by("pk"))
        for factor in factors:
            factor.secret = encryption.seal_anew(factor.secret)
            factor.save(update_fields=["secret"])
    return len(factors)


def _use(factor: SecondFactor, code: str, now: datetime) -> bool:
    digits = re.sub(r"\s", "", code)
    if not re.fullmatch(rf"[0-9]{{{_DIGITS}}}", digits, re.ASCII):
        return False
    totp, present = _totp(factor), int(now.timestamp()) // PERIOD
    for period in range(present - _APART, present + _APART + 1):
        if secrets.compare_digest(totp.generate(period * PERIOD), digits.encode()):
            # Of two at once with the same code, one.
            unused = SecondFactor.objects.filter(pk=factor.pk, last_period__lt=period)
            return unused.update(last_period=period) == 1
    return False


def _totp(factor: SecondFactor) -> TOTP:
    key = base64.b32decode(secret_of(factor))
    return TOTP(key, _DIGITS, SHA1(), PERIOD)  # noqa: S303  (what apps know)


def _random() -> str:
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _hashed(code: str) -> str:
    plain = re.sub(r"[\s-]", "", code).lower()
    return hashlib.sha256(plain.encode()).hexdigest()
