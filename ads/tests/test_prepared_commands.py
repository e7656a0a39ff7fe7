"""What every command says where it cannot work: no traceback, but what is wrong and what to do."""

import pytest
from django.core.management import CommandError, get_commands, load_command_class
from django.core.management.commands import migrate

from ads.management.prepared import PreparedCommand
from ads.tests.commands.support import say
from ads.tests.support import execute
from budget_manager.tests.template import using


def test_every_command_asks_first() -> None:
    ours = [name for name, app in get_commands().items() if app == "ads"]

    for name in ours:
        command = load_command_class("ads", name)
        assert isinstance(command, PreparedCommand | migrate.Command), name
    assert "explain" in ours


@pytest.mark.django_db
def test_a_database_that_is_behind_its_migrations_is_refused() -> None:
    assert say("verify_totals") == "All totals match the ledger.\n"
    ours = "FROM django_migrations WHERE app = 'ads'"
    assert execute(f"DELETE {ours} AND name = (SELECT max(name) {ours})") == 1

    with pytest.raises(CommandError) as refused:
        say("verify_totals")

    assert str(refused.value) == ("Of the migrations, 1 are not applied. Run: ./manage.py migrate")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("command", ["verify_totals", "migrate", "bootstrap"])
def test_a_database_that_does_not_answer_is_named(command: str) -> None:
    with (
        using("postgres://somebody:secret@127.0.0.1:1/name"),
        pytest.raises(CommandError) as refused,
    ):
        say(command)

    said = str(refused.value)
    assert said.startswith("The database cannot be reached: connection to server at ")
    assert said.endswith(". Check DATABASE_URL, and whether PostgreSQL is running there.")
    assert "secret" not in said
