"""API keys: made, shown once, authenticated and revoked.

A key reads ``bm_<prefix>_<secret>``. It is found by its prefix; only the SHA-256 of its secret is
stored. A slow hash, as for passwords, is not needed: 43 random letters and digits (256 bits) cannot
be guessed.
"""

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from ads.models import ApiKey, Brand
from ads.models.access import Scope
from ads.rules.calendar import format_instant
from ads.services.senders import rights as senders
from ads.services.senders.rights import InvalidSender

_LETTERS: Final = string.ascii_letters + string.digits
_PREFIX: Final = 8
_SECRET: Final = 43
_KEY: Final = re.compile(rf"bm_([A-Za-z0-9]{{{_PREFIX}}})_([A-Za-z0-9]{{{_SECRET}}})", re.ASCII)

MOST_A_MINUTE: Final = 1_000_000

#: The state of a valid key.
IN_USE: Final = "in use"


class ApiKeyRefused(Exception):
    """The key is not valid; the message says what to do, and never contains the key."""


class UnknownKey(ApiKeyRefused):
    def __init__(self) -> None:
        super().__init__(
            "This is not a key of this system. Check that it was copied completely: it reads "
            f"bm_<{_PREFIX} characters>_<{_SECRET} characters>."
        )


class ExpiredKey(ApiKeyRefused):
    state = "expired"

    def __init__(self, name: str, expires_at: datetime) -> None:
        super().__init__(
            f"The key {name!r} expired at {format_instant(expires_at)}; ask for a new one."
        )
        self.expires_at = expires_at


class RevokedKey(ApiKeyRefused):
    state = "revoked"

    def __init__(self, name: str, revoked_at: datetime) -> None:
        super().__init__(
            f"The key {name!r} was revoked at {format_instant(revoked_at)}; ask for a new one."
        )
        self.revoked_at = revoked_at


@dataclass(frozen=True, slots=True)
class Caller:
    key_id: int
    name: str
    #: The source of its entries in the ledger.
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
    """Make a key; its row, and its text, which cannot be read again.

    Raises:
        InvalidSender: with the field, the value and the remedy.
    """
    rights = senders.rights(source, brands=brands, every_brand=every_brand)
    check_terms(scopes, expires_at, requests_per_minute, now)
    with transaction.atomic():
        senders.check(ApiKey, name, rights)
        prefix, secret = _random(_PREFIX), _random(_SECRET)  # two equal prefixes: one in 10¹⁴
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
    """Refuse invalid terms.

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
            "expires_at", format_instant(expires_at), "it is in the past; give a future time."
        )
    if requests_per_minute is not None and not 1 <= requests_per_minute <= MOST_A_MINUTE:
        raise InvalidSender(
            "requests_per_minute",
            requests_per_minute,
            f"give 1 to {MOST_A_MINUTE:,}, or leave it out.",
        )


def revoke(key: ApiKey, *, now: datetime) -> bool:
    """Revoke the key for good; False when it had been revoked already."""
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(
        revoked_at=now, updated_at=now
    )
    return revoked == 1


def refusal(key: ApiKey, now: datetime) -> ExpiredKey | RevokedKey | None:
    """Why the key is not valid; None: it is."""
    if key.revoked_at is not None:
        return RevokedKey(key.name, key.revoked_at)
    if key.expires_at is not None and key.expires_at <= now:
        return ExpiredKey(key.name, key.expires_at)
    return None


def state(key: ApiKey, now: datetime) -> str:
    """In a word: "in use", "expired" or "revoked"."""
    refused = refusal(key, now)
    return refused.state if refused else IN_USE


_FIELDS: Final = [field.attname for field in ApiKey._meta.concrete_fields]

#: In SQL, because every request begins with it: the ORM takes longer to compose it than to run it.
_FIND: Final = f"""
    SELECT ARRAY(SELECT brand_id FROM ads_apikey_brands WHERE apikey_id = key.id),
           {", ".join(f"key.{field.column}" for field in ApiKey._meta.concrete_fields)}
      FROM ads_apikey AS key
     WHERE key.prefix = %s
"""  # noqa: S608  (our own names)


def authenticate(text: str, now: datetime) -> Caller:
    """The holder of the key; one query.

    Only who has the whole key learns that it has expired or was revoked.

    Raises:
        UnknownKey, ExpiredKey, RevokedKey: it is not valid.
    """
    match = _KEY.fullmatch(text)
    if match is None:
        raise UnknownKey
    prefix, secret = match.groups()
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [prefix])
        found = cursor.fetchone()
    if found is None:
        raise UnknownKey
    brand_ids, *values = found
    key = ApiKey.from_db(connection.alias, _FIELDS, values)
    if not hmac.compare_digest(key.secret_hash, _hashed(secret)):
        raise UnknownKey
    if refused := refusal(key, now):
        raise refused
    senders.note(key, "last_used_at", now)
    return Caller(
        key_id=key.pk,
        name=key.name,
        source=key.source,
        brand_ids=None if key.every_brand else frozenset(brand_ids),
        scopes=frozenset(key.scopes),
        requests_per_minute=key.requests_per_minute,
    )


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
