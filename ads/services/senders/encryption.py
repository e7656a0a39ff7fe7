"""Encryption of secrets that must be read again, so that no copy of the database reveals them.

The key is derived from ``SECRET_KEY``, which is not in the database. When ``SECRET_KEY`` changes,
the previous one goes into ``SECRET_KEY_FALLBACKS`` until all secrets have been sealed again.
"""

import base64
import functools
import secrets
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_PURPOSE: Final = b"budget-manager: sealed secrets, 1"


class CannotUnseal(Exception):
    """A sealed secret cannot be read; the message says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "A sealed secret cannot be read, because SECRET_KEY has changed. Put the previous key "
            "into SECRET_KEY_FALLBACKS, or make a new secret."
        )


def new_secret() -> str:
    """A secret for signing webhooks, as Standard Webhooks writes them: 32 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def seal(secret: str) -> str:
    """The secret as it is stored; each time another text."""
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret that was sealed.

    Raises:
        CannotUnseal: with none of the keys.
    """
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotUnseal from error


def seal_anew(sealed: str) -> str:
    """The same secret, sealed with the present SECRET_KEY.

    Raises:
        CannotUnseal: with none of the keys.
    """
    try:
        return _box().rotate(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotUnseal from error


def _box() -> MultiFernet:
    """Seals with the first key, reads with any."""
    return MultiFernet(
        [_derived(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    )


@functools.cache
def _derived(key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
