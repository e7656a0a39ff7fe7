"""A scripted platform, without the simulated one unless a test wants it."""

from typing import Any

import pytest

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
