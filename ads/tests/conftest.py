"""Fixtures for tests of every package."""

import os
from collections.abc import Iterator

import pytest
import time_machine
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from ads.services.reports import printer
from ads.tests import support
from ads.tests.support import NOON


@pytest.fixture(autouse=True, scope="module")
def any_hour(request: pytest.FixtureRequest) -> Iterator[None]:
    """A module begins at noon in UTC, on a Wednesday, whenever it is run.

    By the real clock, what says "today" fails near a midnight or on the first of a month. It is
    left to modules that are marked ``real_clock``, as the database and other programs go by it.
    """
    if request.node.get_closest_marker("real_clock"):
        yield
    else:
        with time_machine.travel(NOON):
            yield


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    """It is noon in UTC, on a Wednesday, until a test moves the clock."""
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """What a module's other fixtures make serves all of its tests, none of which may commit.

    What a test does is rolled back after it, and what the fixtures made after the last one.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


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
