"""Tokens of people, which Facebook Login brings: exchanged for ones that last about 60 days.

From Meta's page on long-lived tokens: ``grant_type=fb_exchange_token``; the answer has
``expires_in`` seconds. Sent as a form, so that nothing secret is in an address.
"""

from datetime import timedelta

from ads.platforms.http import Client, Deadline
from ads.platforms.interface import CredentialsRefused
from ads.platforms.meta_ads.errors import GraphError, unreadable
from ads.platforms.meta_ads.graph import ENDPOINT, VERSION


def long_lived(
    token: str, *, app_id: str, app_secret: str, timeout: timedelta, endpoint: str = ""
) -> tuple[str, timedelta | None]:
    """A long-lived token for a person's token, and how long it lasts; None: Meta does not say.

    Raises:
        PlatformError: it could not be exchanged.
    """
    client = Client("Meta", is_near=bool(endpoint))
    form = {
        "grant_type": "fb_exchange_token",
        "client_id": app_id,
        "client_secret": app_secret,
        "fb_exchange_token": token,
    }
    try:
        address = f"{endpoint.rstrip('/') or ENDPOINT}/{VERSION}/oauth/access_token"
        content = client.ask("POST", address, Deadline(timeout), form=form).json()
    finally:
        client.close()
    if error := GraphError.read(content, {token, app_secret}):
        raise error.as_platform_error(of_account=False)
    found = content.get("access_token") if isinstance(content, dict) else None
    if not isinstance(found, str):
        raise unreadable("no token for the one it was given")
    if not found:
        raise CredentialsRefused("Meta gave an empty token.", remedy="Connect Meta again.")
    lasts = content.get("expires_in")
    return found, timedelta(seconds=lasts) if isinstance(lasts, int) and lasts > 0 else None
