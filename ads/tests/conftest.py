"""Fixtures for tests of every package."""

import os
from collections.abc import Iterator

import pytest
import time_machine

from ads.services.reports import printer
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


@pytest.fixture
def pango() -> None:
    """PDFs can be made here; elsewhere such tests are skipped, in CI they fail."""
    try:
        printer.loaded()
    except (ImportError, OSError) as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
