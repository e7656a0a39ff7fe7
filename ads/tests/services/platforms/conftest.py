"""A scripted platform, without the simulated one unless a test wants it."""

import json
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings

from ads.tests.platforms.doubles import Scripted, offer


@pytest.fixture(autouse=True)
def _not_simulated(settings: Any) -> None:
    settings.SIMULATED_PLATFORM = False
    settings.SIMULATED_PLATFORM_SEED = 1


@pytest.fixture
def simulated(settings: Any) -> None:
    settings.SIMULATED_PLATFORM = True


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    return offer(monkeypatch)


@pytest.fixture
def queue() -> Any:
    """Answers the tasks that were sent to the platforms' queue, and their arguments."""
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    client.delete("platforms", "orders")
    yield lambda: [
        (message["headers"]["task"].rpartition(".")[2], json.loads(message["headers"]["argsrepr"]))
        for message in map(
            json.loads, [m for q in ("platforms", "orders") for m in client.lrange(q, 0, -1)[::-1]]
        )
    ]
    client.delete("platforms", "orders")
