"""The role, made by the command, and what it adds to."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from ads.models import Campaign
from ads.tests.commands.support import say
from ads.tests.factories import CampaignFactory
from ads.tests.services.operations.ledger_role.support import PASSWORD, ROLE, connect


@pytest.fixture
def campaign(transactional_db: None) -> Campaign:
    return CampaignFactory.create()


@pytest.fixture
def role(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The role, made by the command; gone after the test."""
    monkeypatch.setenv("LEDGER_ROLE_PASSWORD", PASSWORD)
    say("ledger_role", ROLE)
    yield ROLE
    say("ledger_role", ROLE, "--drop")


@pytest.fixture
def run(role: str) -> Iterator[Callable[..., Any]]:
    """Runs SQL over a connection of the role's own."""
    with closing(connect()) as opened, opened.cursor() as cursor:

        def execute_as_role(sql: str, *parameters: Any) -> Any:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else cursor.rowcount

        execute_as_role.cursor = cursor  # type: ignore[attr-defined]
        yield execute_as_role
        # What a session leaves behind is cleared away after it, and the role owns it until then.
        cursor.execute("DISCARD ALL")
