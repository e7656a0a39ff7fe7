"""The simulated platform, for every test here."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _simulated(settings: Any) -> None:
    settings.SIMULATED_PLATFORM = True
    settings.SIMULATED_PLATFORM_SEED = 1
