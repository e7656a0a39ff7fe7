"""A scripted platform, without the simulated one."""

from typing import Any

import pytest

from ads.models import PlatformAccount
from ads.tests.platforms.doubles import Scripted, account, connection, offer


@pytest.fixture(autouse=True)
def _not_simulated(settings: Any) -> None:
    settings.SIMULATED_PLATFORM = False


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    return offer(monkeypatch)


@pytest.fixture
def its(platform: Scripted) -> PlatformAccount:
    return account(connection())
