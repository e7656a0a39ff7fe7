"""Fixtures that tests of the services, the pages and the command share."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ads import platforms
from ads.models import Connection
from ads.services.connections import lifecycle
from ads.tests.services.connections import example, oauth_server
from ads.tests.services.connections.example import World
from ads.tests.services.connections.oauth_server import Login


@pytest.fixture
def now() -> datetime:
    """Sunday noon in Berlin."""
    return datetime(2026, 11, 29, 11, tzinfo=UTC)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The example platform among the others, with a new world; every connector is closed."""
    monkeypatch.setitem(platforms.MODULES, example.CODE, example.__name__)
    world = example.reset()
    yield world
    assert world.still_open == 0


@pytest.fixture
def connection(db: None, world: World, now: datetime) -> Connection:
    """A connection to it."""
    return lifecycle.add(
        platform=example.CODE, name="Acme's ads", given={"token": example.TOKEN}, now=now
    )


@pytest.fixture
def login(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Login]:
    """The example platform's login, and this installation's own app there."""
    settings.EXAMPLE_ADS_CLIENT_ID = oauth_server.CLIENT_ID
    settings.EXAMPLE_ADS_CLIENT_SECRET = oauth_server.CLIENT_SECRET
    with oauth_server.running() as login:
        monkeypatch.setattr(example.PLATFORM, "oauth", login.oauth())
        yield login
