"""Keys of the HTTP API: made, shown once, recognised and revoked.

A key reads ``bm_<prefix>_<secret>``. The prefix finds it and is shown; the secret is kept as its
SHA-256 alone. A plain hash is right here, where a password would need a slow one: 43 random letters
and digits (256 bits) cannot be guessed, and every request is checked.
"""

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from ads.models import ApiKey, Brand
from ads.models.senders import Scope
from ads.services.senders import rights as senders
from ads.services.senders.rights import InvalidSender

_LETTERS: Final = string.ascii_letters + string.digits
_PREFIX: Final = 8
_SECRET: Final = 43
_KEY: Final = re.compile(rf"bm_([A-Za-z0-9]{{{_PREFIX}}})_([A-Za-z0-9]{{{_SECRET}}})", re.ASCII)

#: Requests; nothing sends more.
MOST_A_MINUTE: Final = 1_000_000

#: The state of a key that opens what it was made for.
IN_USE: Final = "in use"


class ApiKeyRefused(Exception):
    """A key that opens nothing; the message says what to do. It never contains the key."""


class UnknownKey(ApiKeyRefused):
    """There is no such key."""

    def __init__(self) -> None:
        super().__init__(
            "This is not a key of this system. Check that it was copied whole: it reads "
            f"bm_<{_PREFIX} characters>_<{_SECRET} characters>."
        )


class ExpiredKey(ApiKeyRefused):
    """The key was good until ``expires_at``."""

    state = "expired"

    def __init__(self, name: str, expires_at: datetime) -> None:
        super().__init__(
            f"The key {name!r} expired on {expires_at:%Y-%m-%d at %H:%M} UTC; ask for a new one."
        )
        self.expires_at = expires_at


class RevokedKey(ApiKeyRefused):
    """The key was revoked at ``revoked_at``."""

    state = "revoked"

    def __init__(self, name: str, revoked_at: datetime) -> None:
        super().__init__(
            f"The key {name!r} was revoked on {revoked_at:%Y-%m-%d at %H:%M} UTC; "
            "ask for a new one."
        )
        self.revoked_at = revoked_at


@dataclass(frozen=True, slots=True)
class Caller:
    """Who holds a key, and what it opens."""

    key_id: int
    name: str
    #: What it sends stands in the ledger under this source.
    source: str
    #: Ids of the brands that it may see and write; None: every brand.
    brand_ids: frozenset[int] | None
    scopes: frozenset[str]
    #: None: as many as the settings say.
    requests_per_minute: int | None


def issue(
    *,
    name: str,
    source: str,
    scopes: Collection[str],
    brands: Collection[Brand] = (),
    every_brand: bool = False,
    expires_at: datetime | None = None,
    requests_per_minute: int | None = None,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Make a key; the row, and the text of the key, which nobody can read again.

    Raises:
        InvalidSender: with the field, the value and the remedy.
    """
    rights = senders.rights(source, brands=brands, every_brand=every_brand)
    check_terms(scopes, expires_at, requests_per_minute, now)
    with transaction.atomic():
        senders.check(ApiKey, name, rights)
        prefix = _random(_PREFIX)
        while ApiKey.objects.filter(prefix=prefix).exists():
            prefix = _random(_PREFIX)
        secret = _random(_SECRET)
        key = ApiKey.objects.create(
            name=name,
            source=source,
            every_brand=every_brand,
            scopes=[scope for scope in Scope.values if scope in scopes],
            expires_at=expires_at,
            requests_per_minute=requests_per_minute,
            prefix=prefix,
            secret_hash=_hashed(secret),
        )
        key.brands.set(brands)
    return key, f"bm_{prefix}_{secret}"


def check_terms(
    scopes: Collection[str],
    expires_at: datetime | None,
    requests_per_minute: int | None,
    now: datetime,
) -> None:
    """Refuse terms that make no sense.

    Raises:
        InvalidSender: with the field, the value and the remedy.
    """
    known = ", ".join(Scope.values)
    if not scopes:
        raise InvalidSender("scopes", "", f"choose at least one of {known}.")
    for scope in scopes:
        if scope not in Scope.values:
            raise InvalidSender("scopes", scope, f"there is no such scope; choose among {known}.")
    if expires_at is not None and expires_at <= now:
        raise InvalidSender(
            "expires_at", f"{expires_at:%Y-%m-%d %H:%M}", "it is over; give an instant to come."
        )
    if requests_per_minute is not None and not 1 <= requests_per_minute <= MOST_A_MINUTE:
        raise InvalidSender(
            "requests_per_minute",
            requests_per_minute,
            f"give 1 to {MOST_A_MINUTE:,}, or leave it out.",
        )


def revoke(key: ApiKey, *, now: datetime) -> bool:
    """Refuse the key from now on, for good; False when it had been revoked already."""
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(
        revoked_at=now, updated_at=now
    )
    return revoked == 1


def refusal(key: ApiKey, now: datetime) -> ExpiredKey | RevokedKey | None:
    """Why the key opens nothing; None: it does."""
    if key.revoked_at is not None:
        return RevokedKey(key.name, key.revoked_at)
    if key.expires_at is not None and key.expires_at <= now:
        return ExpiredKey(key.name, key.expires_at)
    return None


def state(key: ApiKey, now: datetime) -> str:
    """In a word: "in use", "expired" or "revoked"."""
    refused = refusal(key, now)
    return refused.state if refused else IN_USE


#: Written out, for every request begins with it: composing it takes longer than answering it.
_FIND: Final = """
    SELECT key.*,
           ARRAY(SELECT brand_id FROM ads_apikey_brands WHERE apikey_id = key.id) AS brand_ids
      FROM ads_apikey AS key
     WHERE key.prefix = %s
"""


def authenticate(text: str, now: datetime) -> Caller:
    """Whom the key belongs to; one query.

    Whether a key has expired or was revoked is told to those alone who have the whole of it.

    Raises:
        UnknownKey, ExpiredKey, RevokedKey: it opens nothing.
    """
    match = _KEY.fullmatch(text)
    if match is None:
        raise UnknownKey
    prefix, secret = match.groups()
    key: Any = next(iter(ApiKey.objects.raw(_FIND, [prefix])), None)
    if key is None or not hmac.compare_digest(key.secret_hash, _hashed(secret)):
        raise UnknownKey
    if refused := refusal(key, now):
        raise refused
    senders.note(key, "last_used_at", now)
    return Caller(
        key_id=key.pk,
        name=key.name,
        source=key.source,
        brand_ids=None if key.every_brand else frozenset(key.brand_ids),
        scopes=frozenset(key.scopes),
        requests_per_minute=key.requests_per_minute,
    )


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
