"""Finding and starting the browser: the system's own Chromium, never one that is downloaded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connections
from playwright.sync_api import Browser, sync_playwright

#: The first is the same without windows: it takes half of the processor to start.
NAMES: Final = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
#: It runs as root in containers, and talks to nobody but the page's own server.
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Each page starts cold: optimizing what is called a few hundred times in it costs more than it
    # saves. These numbers of calls put that off.
    "--js-flags=--invocation-count-for-maglev=3000 --invocation-count-for-turbofan=20000",
)
HOW_TO_GET_ONE: Final = (
    "No browser was found: the tests of the pages as people see them need Chromium on the PATH "
    "(Debian and Ubuntu: apt-get install chromium)."
)


def executable() -> str | None:
    """The browser that is installed, if any."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def running(path: str) -> Iterator[Browser]:
    """A browser without a window.

    Playwright keeps an event loop in this thread while it runs, so Django would refuse to be asked
    anything in between; nothing here runs in that loop.
    """
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
            yield browser
            browser.close()
            # Beside that loop Django's connections are others than without it.
            connections.close_all()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before
