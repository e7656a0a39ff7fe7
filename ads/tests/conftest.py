"""Fixtures for tests of every package."""

from collections.abc import Iterator

import pytest
import time_machine

from ads.tests import support
from ads.tests.support import NOON


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    """It is noon in UTC, on a Wednesday, until a test moves the clock."""
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def impatient() -> Iterator[None]:
    """The test's session gives up soon when somebody else holds a lock."""
    with support.impatient():
        yield
