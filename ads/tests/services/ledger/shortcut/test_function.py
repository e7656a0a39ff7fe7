"""The function of the database: each has those of this version, or entries go step by step."""

import importlib
from collections.abc import Iterator

import pytest
import time_machine
from django.core.checks import run_checks
from django.db import connection

from ads.models import Campaign, Spend
from ads.services.ledger import crossings, shortcut
from ads.services.ledger.shortcut import function
from ads.tests.factories import CampaignFactory
from ads.tests.services.ledger.support import statements_of
from ads.tests.support import NOON, delivers, enforce_all, execute, spend, totals

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = NOON.date()


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """Edits are enforced with the clock at noon."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def campaign() -> Campaign:
    """Delivers, with 100 dollars a day."""
    campaign = CampaignFactory.create(daily_budget=100)
    enforce_all(NOON)
    return Campaign.objects.select_related("brand").get(pk=campaign.pk)


@pytest.fixture
def without_function() -> Iterator[None]:
    for name in shortcut.NAMES:
        execute(f"DROP FUNCTION {name}")
    connection.close()
    yield
    shortcut.keep()
    connection.close()


def problems() -> list[str | None]:
    return [found.id for found in run_checks(databases=["default"]) if found.id == "ads.W004"]


def test_every_database_has_the_functions_of_this_version() -> None:
    assert shortcut.is_installed()
    assert problems() == []


@pytest.mark.usefixtures("without_function")
def test_without_the_function_it_is_recorded_step_by_step_and_said(
    campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    amounts = [spend(campaign, amount, NOON).amount for amount in (60, 50)]

    assert amounts == [60, 50]
    assert totals(campaign)["day", TODAY] == 110
    assert not delivers(campaign)
    assert problems() == ["ads.W004"]
    assert caplog.text.count("A function of the database is missing") == 1  # for each session

    shortcut.keep()

    assert problems() == []
    connection.close()
    assert statements_of(lambda: spend(campaign, 1, NOON)) == 1


@pytest.mark.usefixtures("without_function")
def test_the_function_of_another_version_is_never_called_and_goes_with_the_next_migrate(
    campaign: Campaign,
) -> None:
    other = f"{function._PREFIX}0123456789ab"
    execute(f"CREATE FUNCTION {other}{function.ONE.declared} 'BEGIN RETURN ARRAY[1, 1]; END'")

    assert spend(campaign, 100, NOON).pk == Spend.objects.get().pk
    assert not delivers(campaign)
    assert problems() == ["ads.W004"]

    shortcut.keep()

    assert dict(function._found("default")).keys() == shortcut.NAMES


@pytest.mark.parametrize("one", [function.ONE, function.SEVERAL])
def test_a_function_that_somebody_has_edited_is_said_and_put_right(one: function.Function) -> None:
    edited = one.create.replace("IF EXISTS", "IF NOT EXISTS")
    execute(edited.replace("%", "%%"))
    assert problems() == ["ads.W004"]

    shortcut.keep()

    assert problems() == []


def test_another_rule_makes_another_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name follows from the SQL that the steps run."""
    before = function.NAMES
    with monkeypatch.context() as patch:
        patch.setattr(crossings, "QUESTION", crossings.QUESTION.replace(">=", ">"))
        assert before.isdisjoint(importlib.reload(function).NAMES)
    assert before == importlib.reload(function).NAMES
