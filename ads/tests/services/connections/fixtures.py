"""Fixtures that tests of the services, the pages and the command share."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ads import platforms
from ads.models import Connection
from ads.services.connections import lifecycle
from ads.tests.services.connections import example
from ads.tests.services.connections.example import World


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
