"""One stack for all faults of a process, and a load of its own for each."""

from collections.abc import Callable, Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from budget_manager.tests.faults.system.check import check
from budget_manager.tests.faults.system.load import Load
from budget_manager.tests.faults.system.stack import Stack
from budget_manager.tests.support import directory


@pytest.fixture(scope="session")
def running(django_db_blocker: DjangoDbBlocker) -> Iterator[Stack]:
    with directory() as base, django_db_blocker.unblock():
        stack = Stack(base)
        try:
            with stack.database():
                stack.prepare()
                stack.start()
                stack.one_check()
            yield stack
        finally:
            stack.stop()


@pytest.fixture
def stack(running: Stack, django_db_blocker: DjangoDbBlocker) -> Iterator[Stack]:
    """Everything runs, and Django uses its database."""
    running.start()
    with django_db_blocker.unblock(), running.database():
        yield running


@pytest.fixture
def load(stack: Stack) -> Iterator[Load]:
    """Spend comes in all the time."""
    with Load(stack) as load:
        yield load


@pytest.fixture
def all_is_well(request: pytest.FixtureRequest, stack: Stack, load: Load) -> Callable[[], None]:
    """The check after each fault."""

    def ask() -> None:
        request.node.user_properties.append(("lag", check(stack, load)))

    return ask
