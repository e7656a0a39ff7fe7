"""The platforms that can be connected, by their code."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from django.conf import settings

from ads import platforms
from ads.platforms import SIMULATED, UnknownPlatform
from ads.platforms.interface import Connector, Credential, Platform
from ads.services import platform_credentials as credentials
from ads.services.connections.errors import InvalidConnection
from ads.services.platforms import connect_with

#: For each request, where somebody waits for the page.
PATIENCE: Final = timedelta(seconds=20)


def offered() -> Sequence[Platform]:
    return [platforms.platform(code) for code in platforms.MODULES if code != SIMULATED]


def platform(code: str) -> Platform:
    """The platform with this code, such as "google_ads".

    Raises:
        InvalidConnection: there is none.
    """
    try:
        return platforms.platform(code)
    except UnknownPlatform as error:
        raise InvalidConnection("platform", str(error).removeprefix("platform: ")) from error


def name(code: str) -> str:
    """What a platform is called; its code where this version does not know it."""
    return platforms.platform(code).name if code in platforms.MODULES else code


def connector(code: str, held: Mapping[str, str]) -> Connector:
    """A connector with these credentials, where somebody waits for the page.

    Raises:
        PlatformError: they cannot be used.
    """
    return connect_with(code, held, timeout=PATIENCE)


def endpoint(code: str) -> str:
    """The address of a platform's stand-in; "" for its own."""
    found: str = settings.PLATFORM_ENDPOINTS.get(code, "")
    return found


def beside_oauth(kind: Platform) -> Sequence[Credential]:
    """What is still to be entered where *Connect* brings the token: nothing that is optional and
    secret.
    """
    brought = {kind.oauth.token if kind.oauth else "", credentials.CLIENT_ID}
    return [
        one
        for one in kind.credentials
        if one.name not in brought and (one.is_required or not one.is_secret)
    ]


def missing_settings(kind: Platform) -> list[str]:
    """The settings without which *Connect* is not offered; [] if the platform has no *Connect*."""
    if kind.oauth is None:
        return []
    names = (kind.oauth.client_id, kind.oauth.client_secret)
    pairs = zip(names, credentials.app(kind.oauth), strict=True)
    return [name for name, value in pairs if not value]
