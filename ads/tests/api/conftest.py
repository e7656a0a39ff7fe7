"""Servers of a test's own, that it may stop."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from ads.tests.own_redis import OwnRedis


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """The Redis that settings name, for this test alone."""
    server = OwnRedis(tmp_path)
    try:
        with override_settings(REDIS_URL=server.url):
            yield server
    finally:
        server.stop()
