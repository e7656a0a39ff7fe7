"""Signing in: the credentials in the library's form, with an access token.

The token is asked for here and not by gRPC: there a refused one looks like a platform that is down.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials as UserCredentials
from google.oauth2.service_account import Credentials as ServiceAccount

from ads.platforms.google_ads import platform
from ads.platforms.google_ads.errors import cleaned
from ads.platforms.interface import CredentialsRefused, Unreachable
from ads.rules.platform_ids import is_number, spelled

#: Operations a day with Basic access.
BASIC: Final = 15_000

_OK: Final = 200
_SERVER_ERROR: Final = 500
_NO_TOKEN: Final = "Google's sign-in gave no token."  # noqa: S105 - a sentence

_AGAIN: Final = (
    "Connect Google Ads again. Google ends a refresh token when access is withdrawn, the password "
    "is changed, or when a session of the Google Workspace ends, and after 7 days while the OAuth "
    "app is only in testing."
)
#: What the token endpoint says for good, and what to do; anything else may pass.
_REMEDIES: Final[Mapping[str, str]] = {
    "access_denied": _AGAIN,
    "admin_policy_enforced": "Ask the administrator of the Google Workspace to allow this app.",
    "deleted_client": "Enter the ID and secret of an OAuth client that exists.",
    "disabled_client": "Enable the OAuth client in the Google Cloud console.",
    "invalid_client": "Check the OAuth client's ID and secret.",
    "invalid_grant": _AGAIN,
    "invalid_scope": "Connect again, and allow access to Google Ads.",
    "unauthorized_client": "Use the OAuth client that the refresh token was given to.",
}


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who has signed in.

    Args:
        manager: the ID of the manager account, or "".
        operations_per_day: what Google allows; None: any number.
    """

    credentials: Credentials
    manager: str
    developer_token: str
    operations_per_day: int | None


def sign_in(
    credentials: Mapping[str, str], *, timeout: timedelta, token_url: str, is_near: bool
) -> Login:
    """Sign in with what was entered. ``is_near``: at a stand-in, to which no proxy leads.

    Raises:
        CredentialsRefused: with the field's name, or with what Google said.
        Unreachable: no answer.
    """
    manager = spelled(credentials.get(platform.LOGIN_CUSTOMER_ID, ""), account=True)
    if manager and not is_number(manager):
        raise CredentialsRefused(
            f"{platform.LOGIN_CUSTOMER_ID}: {manager!r} is not the ID of a Google Ads account;",
            remedy="enter its ten digits, such as 123-456-7890.",
        )
    operations = credentials.get(platform.OPERATIONS_PER_DAY, "") or str(BASIC)
    if not is_number(operations):
        raise CredentialsRefused(
            f"{platform.OPERATIONS_PER_DAY}: {operations!r} is not a number;",
            remedy="enter digits, 0 for Standard access, or nothing for Basic access.",
        )
    signs_in = _credentials(credentials, token_url)
    _refresh(signs_in, timeout, is_near=is_near)
    token = credentials.get(platform.DEVELOPER_TOKEN, "")
    return Login(signs_in, manager, token, int(operations) or None)


def _credentials(given: Mapping[str, str], token_url: str) -> Credentials:
    if key := given.get(platform.SERVICE_ACCOUNT):
        return _service_account(key, token_url)
    for name in (platform.REFRESH_TOKEN, platform.CLIENT_ID, platform.CLIENT_SECRET):
        if not given.get(name):
            raise CredentialsRefused(
                f"{name}: nothing is entered;",
                remedy="connect Google Ads, or enter a service account key, or all three of "
                "refresh token, OAuth client ID and OAuth client secret.",
            )
    make: Callable[..., Credentials] = UserCredentials
    return make(
        None,
        refresh_token=given[platform.REFRESH_TOKEN],
        client_id=given[platform.CLIENT_ID],
        client_secret=given[platform.CLIENT_SECRET],
        token_uri=token_url,
        scopes=[platform.SCOPE],
    )


def _service_account(key: str, token_url: str) -> Credentials:
    make: Callable[..., Credentials] = ServiceAccount.from_service_account_info
    try:
        # The key names an address for its tokens. Whoever pastes one does not choose where we go.
        info = {**json.loads(key), "token_uri": token_url}
        return make(info, scopes=[platform.SCOPE])
    except (ValueError, TypeError):  # its text could quote the key
        raise CredentialsRefused(
            f"{platform.SERVICE_ACCOUNT}: this is not the key of a service account;",
            remedy='paste the whole JSON file, which has a "private_key" and a "client_email".',
        ) from None


def _refresh(credentials: Credentials, timeout: timedelta, *, is_near: bool) -> None:
    refresh: Callable[..., None] = credentials.refresh
    with requests.Session() as session:
        session.trust_env = not is_near
        try:
            refresh(partial(_ask, Request(session=session), timeout.total_seconds()))
        except RefreshError:
            raise Unreachable(_NO_TOKEN) from None
        except GoogleAuthError:
            raise Unreachable(
                "Google's sign-in cannot be reached.",
                remedy="Check the machine's connection to the internet and its proxy.",
            ) from None


def _ask(request: Callable[..., Any], seconds: float, **about: Any) -> Any:
    """What the token endpoint says. Of anything but JSON the library makes a TypeError.

    A refusal is read here: of a session that a Workspace has ended, the library would keep only
    that a command of its own is to be run. And of some errors it would ask twice more, which is the
    next tick's matter.
    """
    answer = request(timeout=seconds, **about)
    try:
        said = json.loads(answer.data)
    except ValueError:
        said = None
    if answer.status >= _SERVER_ERROR or not isinstance(said, dict):
        raise TransportError
    if answer.status != _OK:
        raise _refused(said) from None
    return answer


def _refused(said: Mapping[str, Any]) -> CredentialsRefused | Unreachable:
    code = str(said.get("error", ""))
    if code not in _REMEDIES:
        return Unreachable(_NO_TOKEN)
    text = cleaned(str(said.get("error_description", "")))
    return CredentialsRefused(
        f"Google refused the sign-in: {text} ({code}).", remedy=_REMEDIES[code]
    )
