"""A window of the browser in which somebody is logged in already."""

from collections import defaultdict
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

WIDE: Final = 1400  # pixels
NARROW: Final = 380
HEIGHT: Final = 900


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
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if theme == "dark" else "light",
        timezone_id=timezone,
        has_touch=touch,
    )
    context.set_default_timeout(10_000)  # milliseconds
    log_in(context, url, user)
    return context


def log_in(context: BrowserContext, url: str, user: User | None) -> None:
    """Let the window be this user's; nobody's with None."""
    if user is not None:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])


class Tabs:
    """Tabs that one test after the other uses: in a new one all scripts and styles start cold.

    With ``alone`` a tab is of one test: for tests that listen to it or set its clock.
    """

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser, self._url = browser, url
        #: Those that nobody uses, by timezone and touch.
        self._free: dict[tuple[str | None, bool], list[Page]] = defaultdict(list)
        self._used: list[tuple[tuple[str | None, bool], Page]] = []
        self._alone: list[Page] = []

    def take(
        self,
        user: User | None,
        *,
        width: int = WIDE,
        theme: str = "light",
        timezone: str | None = None,
        touch: bool = False,
        alone: bool = False,
    ) -> Page:
        """An empty tab in which the user is logged in. For the rest see ``context_of``."""
        kind = timezone, touch
        if self._free[kind] and not alone:
            tab = self._free[kind].pop()
            log_in(tab.context, self._url, user)
        else:
            context = context_of(self._browser, self._url, user, timezone=timezone, touch=touch)
            tab = context.new_page()
        tab.set_viewport_size({"width": width, "height": HEIGHT})
        tab.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        if alone:
            self._alone.append(tab)
        else:
            self._used.append((kind, tab))
        return tab

    def give_back(self) -> None:
        """Clear what a test took: nothing of it stays but what the browser has cached of files."""
        while self._alone:
            self._alone.pop().context.close()
        while self._used:
            kind, tab = self._used.pop()
            # A page of the same site: for another, the browser would start another process.
            tab.goto(f"{self._url}/live")
            tab.evaluate("() => localStorage.clear()")
            tab.context.clear_cookies()
            tab.mouse.move(0, 0)
            self._free[kind].append(tab)
