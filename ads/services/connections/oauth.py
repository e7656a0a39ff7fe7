"""*Connect*: the authorization code flow (RFC 6749) with PKCE (RFC 7636), by Authlib.

::

    begin     an address of the platform, where somebody consents; and what to remember meanwhile
    finish    the platform sent them back with a code: exchanged here, not in the browser

Whoever calls these keeps ``Begun`` where only the same person finds it again, uses it once, and
compares the state.
"""

import hmac
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from ads.platforms.interface import OAuth, Platform, without
from ads.services import platform_credentials as credentials
from ads.services.connections import kinds
from ads.services.connections.errors import InvalidConnection

#: Seconds for each request to the platform.
PATIENCE: Final = 10

#: How long somebody may take to consent.
VALID_FOR: Final = timedelta(minutes=15)

_LONGEST_WORDS: Final = 300


class NotConnected(Exception):
    """The platform sent somebody back without access, or did not give a token for the code."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What has to be remembered until somebody comes back; ``verifier`` is secret."""

    platform: str
    redirect: str
    state: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Brought:
    """The credentials that came back, by name, and when they end, if the platform says so."""

    credentials: Mapping[str, str]
    expires_at: datetime | None


def begin(kind: Platform, *, redirect: str, state: str) -> tuple[str, Begun]:
    """The platform's address at which somebody consents, and what to remember.

    ``redirect``: where the platform sends them back to, as it is registered there. ``state``: a
    text that nobody can guess, by which they are known when they come back.

    Raises:
        InvalidConnection: it has no *Connect*, or the settings of the own app are missing.
    """
    oauth = _oauth_of(kind)
    begun = Begun(kind.code, redirect, state, secrets.token_urlsafe(48))
    with _session(oauth, redirect) as session:
        address, _ = session.create_authorization_url(
            oauth.authorize_url, state=begun.state, code_verifier=begun.verifier, **oauth.extra
        )
    return address, begun


def finish(begun: Begun, answer: Mapping[str, str], *, now: datetime) -> Brought:
    """Exchange the code that somebody came back with; ``answer``: the parameters of the address.

    Raises:
        NotConnected: it is not the answer to this, access was denied, or there was no token.
    """
    if not hmac.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
        raise NotConnected(
            "This does not belong to the login that was begun here last. Connect again, in one "
            "window."
        )
    kind = kinds.platform(begun.platform)
    oauth = _oauth_of(kind)
    if error := answer.get("error", ""):
        raise NotConnected(_denied(kind, error, answer.get("error_description", "")))
    if not (code := answer.get("code", "")):
        raise NotConnected(f"{kind.name} sent neither a code nor an error. Connect again.")
    with _session(oauth, begun.redirect) as session, _understood(kind, oauth, code):
        token = session.fetch_token(
            oauth.token_url,
            grant_type="authorization_code",
            code=code,
            code_verifier=begun.verifier,
            # Microsoft wants it here too; others ignore it, as RFC 6749 (3.2) says.
            scope=" ".join(oauth.scopes),
            allow_redirects=False,
        )
        if oauth.exchange:
            token = session.fetch_token(
                oauth.token_url,
                grant_type=oauth.exchange,
                allow_redirects=False,
                **{oauth.exchange: token.get("access_token", "")},
            )
    return _brought(kind, oauth, token, now)


def _oauth_of(kind: Platform) -> OAuth:
    """Where *Connect* leads to; to a stand-in where there is one."""
    if kind.oauth is None:
        raise InvalidConnection("platform", f"{kind.name} has no Connect; paste its credentials.")
    if missing := kinds.missing_settings(kind):
        raise InvalidConnection(
            "platform", f"set {' and '.join(missing)} first, or paste the credentials."
        )
    # A stand-in may have an address for each of its protocols.
    stand_in = urlsplit(kinds.endpoint(kind.code).rpartition(",")[2])
    if not stand_in.netloc:
        return kind.oauth
    at = {"scheme": stand_in.scheme, "netloc": stand_in.netloc}
    return replace(
        kind.oauth,
        authorize_url=urlsplit(kind.oauth.authorize_url)._replace(**at).geturl(),
        token_url=urlsplit(kind.oauth.token_url)._replace(**at).geturl(),
    )


def _session(oauth: OAuth, redirect: str) -> Any:
    # Few processes ever connect anything, and it brings 200 modules along.
    from authlib.integrations.requests_client import OAuth2Session

    client_id, client_secret = credentials.app(oauth)
    return OAuth2Session(
        client_id,
        client_secret,
        scope=" ".join(oauth.scopes),
        redirect_uri=redirect,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_post",  # noqa: S106
        default_timeout=PATIENCE,
    )


def _denied(kind: Platform, error: str, description: str) -> str:
    if error == "access_denied":
        return f"Access was denied at {kind.name}, so nothing was connected."
    words = f": {description[:_LONGEST_WORDS]}" if description else ""
    return f"{kind.name} answered {error[:100]}{words}. Nothing was connected."


@contextmanager
def _understood(kind: Platform, oauth: OAuth, code: str) -> Iterator[None]:
    """Errors of the exchange, in words that hold none of its secrets."""
    from authlib.common.errors import AuthlibBaseError

    try:
        yield
    except AuthlibBaseError as error:
        # Meta's errors are objects, where the standard has a text.
        said: Any = error.error or ""
        detail = said.get("message", "") if isinstance(said, dict) else error.description or ""
        words = without((code, *credentials.app(oauth)), str(detail))[:_LONGEST_WORDS]
        named = [] if isinstance(said, dict) else [str(said)[:100]]
        why = ": ".join([*named, words.rstrip(". ") or "it did not say why"])
        raise NotConnected(
            f"{kind.name} refused the login: {why}. Connect again; if this stays, "
            f"compare the redirect address and {oauth.client_secret} with the app's."
        ) from None
    except requests.Timeout:
        raise NotConnected(
            f"{kind.name} did not answer within {PATIENCE} seconds. Connect again."
        ) from None
    except (requests.RequestException, ValueError):
        raise NotConnected(
            f"{kind.name} could not be reached, or gave no answer that can be read. Connect again."
        ) from None


def _brought(kind: Platform, oauth: OAuth, token: Mapping[str, Any], now: datetime) -> Brought:
    refresh, access = token.get("refresh_token"), token.get("access_token")
    is_refresh = bool(refresh) or "refresh" in oauth.token
    secret = refresh if is_refresh else access
    if not secret:
        raise NotConnected(
            f"{kind.name} gave no {oauth.token.replace('_', ' ')}. Remove this app's access there, "
            "and connect again."
        )
    seconds = token.get("refresh_token_expires_in" if is_refresh else "expires_in")
    try:
        expires_at = now + timedelta(seconds=int(seconds)) if seconds else None
    except (TypeError, ValueError, OverflowError):
        expires_at = None
    return Brought({oauth.token: str(secret)}, expires_at)
