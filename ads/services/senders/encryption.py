"""Secrets that must be read again are kept encrypted: a copy of the database gives none away.

The key is derived from ``SECRET_KEY``, which is not in the database. When that is changed, the one
before goes into ``SECRET_KEY_FALLBACKS`` until everything has been sealed anew.
"""

import base64
import functools
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_PURPOSE: Final = b"budget-manager: sealed secrets, 1"


class CannotUnseal(Exception):
    """What was sealed cannot be read; the message says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "A sealed secret cannot be read: SECRET_KEY is not the one it was sealed with. Put "
            "that one into SECRET_KEY_FALLBACKS, or make a new secret."
        )


def seal(secret: str) -> str:
    """The secret as it is stored; never twice the same."""
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret that was sealed.

    Raises:
        CannotUnseal: not with the keys that there are.
    """
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotUnseal from error


def seal_anew(sealed: str) -> str:
    """The same secret, sealed with today's SECRET_KEY.

    Raises:
        CannotUnseal: not with the keys that there are.
    """
    try:
        return _box().rotate(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotUnseal from error


def _box() -> MultiFernet:
    return _box_of(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@functools.cache
def _box_of(*keys: str) -> MultiFernet:
    """Seals with the first key, reads with any."""
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key.encode())
    return base64.urlsafe_b64encode(derived)
