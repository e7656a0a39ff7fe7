"""A browser, and somebody who is logged in to what it shows."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from ads.tests.browser import chromium, world
from ads.tests.browser.contexts import Tabs, context_of
from ads.tests.browser.visits import Visitor

Open = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for all tests; each opens a context of its own in it."""
    path = chromium.executable()
    if path is None and os.environ.get("CI"):
        pytest.fail(chromium.HOW_TO_GET_ONE)
    if path is None:
        pytest.skip(chromium.HOW_TO_GET_ONE)
    # A connection that outlives its request would be in the way when the database is emptied.
    kept = connection.settings_dict["CONN_MAX_AGE"]
    connection.settings_dict["CONN_MAX_AGE"] = 0
    with chromium.running(path) as started:
        yield started
    connection.settings_dict["CONN_MAX_AGE"] = kept


@pytest.fixture(scope="package")
def tabs(browser: Browser, live_server: LiveServer) -> Tabs:
    """They are open until the last test in a browser."""
    return Tabs(browser, live_server.url)


@pytest.fixture
def open_as(tabs: Tabs, live_server: LiveServer) -> Iterator[Open]:
    """Opens a page as a user sees it: ``open_as(user, "/admin/", width=NARROW, theme="dark")``."""

    def open_page(user: User | None, path: str, **options: Any) -> Page:
        page = tabs.take(user, **options)
        page.goto(path)
        return page

    yield open_page
    tabs.give_back()


@pytest.fixture(scope="module")
def visitor(
    browser: Browser, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Visitor]:
    """Opens pages of one world, in one tab."""
    with django_db_blocker.unblock():
        database = connection.settings_dict
        assert database["NAME"] == database["TEST"]["NAME"], "mark the tests with django_db"
        olivia = world.make(timezone.now())
        server = LiveServer("localhost")
        server._live_server_modified_settings.enable()
        try:
            everybody = context_of(browser, server.url, None)
            hers = context_of(browser, server.url, olivia)
            yield Visitor(everybody=everybody, staff=hers, own=server.url)
            everybody.close()
            hers.close()
        finally:
            server.stop()
            server._live_server_modified_settings.disable()
            call_command("flush", verbosity=0, interactive=False)
