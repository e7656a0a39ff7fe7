"""A window of the browser in which somebody is logged in already."""

from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext

WIDE: Final = 1400  # pixels
NARROW: Final = 380


def context_of(
    browser: Browser,
    url: str,
    user: User | None,
    *,
    width: int = WIDE,
    theme: str = "light",
    timezone: str | None = None,
    touch: bool = False,
) -> BrowserContext:
    """A window of this width, in the theme ``light`` or ``dark``; of nobody with ``user`` None.

    Somewhere in ``timezone``, and with ``touch`` on a screen for fingers.
    """
    context = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        timezone_id=timezone,
        has_touch=touch,
    )
    context.set_default_timeout(10_000)  # milliseconds
    if user is not None:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])
    return context
