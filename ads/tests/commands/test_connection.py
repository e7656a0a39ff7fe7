"""``manage.py connection``: what the console does, from a terminal; no secret is an argument."""

import io
import json
import sys
import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.management import CommandError, call_command

from ads.models import Brand, Campaign, Connection, PlatformAccount
from ads.platforms.interface import Account, RemoteCampaign
from ads.services import platform_credentials
from ads.tests.services.connections.example import CODE, TOKEN, World
from ads.tests.services.connections.fixtures import connection, login, now, world
from ads.tests.services.connections.oauth_server import Login

__all__ = ["connection", "login", "now", "world"]

pytestmark = pytest.mark.django_db

NAME = "Acme's ads"


def run(*arguments: str, **options: Any) -> str:
    said = options.pop("stdout", StringIO())
    call_command("connection", *arguments, stdout=said, **options)
    text: str = said.getvalue()
    return text


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pipes an object into the command."""

    def pipe(given: object) -> None:
        text = given if isinstance(given, str) else json.dumps(given)
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return pipe


def test_a_platform_is_connected_looked_at_created_tried_and_disconnected(
    world: World, piped: Any
) -> None:
    assert "There are no connections yet" in run("list")
    piped({"token": TOKEN, "key": {"a": 1}})

    added = run("add", CODE, NAME, "--from", "-")
    looked = run("look", NAME)
    previewed = run("create", NAME, "--dry-run")
    assert not Brand.objects.exists()
    created = run("create", NAME)
    tried = run("try", NAME)
    listed = run("list")
    ended = run("disconnect", NAME)

    made = Connection.objects.get()
    assert added.startswith("Acme's ads is connected.")
    assert "Europe/Berlin" in looked
    assert "1 account, 2 campaigns. Nothing was created" in looked
    assert "€50.00" in previewed
    assert "Preview: nothing was changed." in previewed
    assert "Created: 1 brand, 2 campaigns; 0 got platform IDs." in created
    assert "Nothing was recorded or switched." in tried
    assert "1 of 1" in listed
    assert "1 account no longer read" in ended
    assert sorted(Campaign.objects.values_list("name", flat=True)) == ["Spring", "Summer"]
    assert made.credentials == ""
    for text in (added, looked, previewed, created, tried, listed, ended):
        assert TOKEN not in text


def test_a_key_that_is_an_object_in_the_file_is_kept_as_its_text(
    world: World, tmp_path: Path
) -> None:
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps({"token": TOKEN, "key": {"a": 1}}))

    run("add", CODE, NAME, "--from", str(file), "--read-only")

    made = Connection.objects.get()
    assert made.is_read_only
    assert platform_credentials.of(made) == {"token": TOKEN, "key": '{"a": 1}'}


def test_credentials_are_asked_for_and_secrets_are_not_echoed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)

    def shown(prompt: str) -> str:
        asked.append(prompt)
        return ""

    monkeypatch.setattr("builtins.input", shown)

    def hidden(prompt: str) -> str:
        return TOKEN if prompt.startswith("Token") else ""

    monkeypatch.setattr("getpass.getpass", hidden)

    run("add", CODE, NAME)

    assert platform_credentials.of(Connection.objects.get()) == {"token": TOKEN}
    assert asked == [
        "Manager ID (Enter: none): ",
        "Client ID (Enter: none): ",
        "Key file, as the name of a file (Enter: none): ",
    ]


@pytest.mark.parametrize("text", ["secret-4711", "[1]", '{"token": "secret-4711'])
def test_what_is_no_object_is_refused_without_being_repeated(
    world: World, piped: Any, text: str
) -> None:
    piped(text)

    with pytest.raises(CommandError) as refused:
        run("add", CODE, NAME, "--from", "-")

    assert "The credentials are no JSON" in str(refused.value)
    assert "4711" not in str(refused.value)
    assert not Connection.objects.exists()


def test_without_a_terminal_it_says_how_to_pipe(world: World, piped: Any) -> None:
    piped("")

    with pytest.raises(CommandError, match="pipe a JSON object of the credentials in"):
        run("add", CODE, NAME)


class Browser(StringIO):
    """A person who opens the address that the command prints, and agrees."""

    def __init__(self, login: Login) -> None:
        super().__init__()
        self.login = login
        self.pages: list[str] = []

    def write(self, text: str) -> int:
        if text.startswith(self.login.address):
            threading.Thread(target=self.open, args=[text.strip()], daemon=True).start()
        return super().write(text)

    def open(self, address: str) -> None:
        back = requests.get(address, allow_redirects=False, timeout=5).headers["Location"]
        # Something else on the machine asks first.
        requests.get(f"{back.partition('?')[0]}favicon.ico", timeout=5)
        requests.get(f"{back.partition('?')[0]}?code=x&state=forged", timeout=5)
        self.pages.append(requests.get(back, timeout=5).text)


def test_a_browser_on_this_machine_connects_by_login(login: Login, piped: Any) -> None:
    piped({"manager": "99"})
    browser = Browser(login)

    said = run("add", CODE, NAME, "--browser", "--from", "-", stdout=browser)

    assert platform_credentials.of(Connection.objects.get()) == {"token": TOKEN, "manager": "99"}
    (form,) = login.forms
    assert form["redirect_uri"].startswith("http://127.0.0.1:")
    assert "Open this address in a browser on this machine" in said
    assert TOKEN not in said
    assert form["code"] not in said


def test_access_that_is_denied_in_the_browser_is_said(login: Login, piped: Any) -> None:
    piped({})
    login.denial = {"error": "access_denied"}

    with pytest.raises(CommandError, match="Access was denied at Example Ads"):
        run("add", CODE, NAME, "--browser", "--from", "-", stdout=Browser(login))

    assert not Connection.objects.exists()


def test_renewing_takes_new_credentials(connection: Connection, world: World, piped: Any) -> None:
    piped({"token": "another"})

    assert "were renewed" in run("renew", NAME, "--from", "-")

    connection.refresh_from_db()
    assert platform_credentials.of(connection) == {"token": "another"}


def test_only_the_named_accounts_are_read_with_the_named_brands(
    connection: Connection, world: World
) -> None:
    world.accounts.append(Account("200", "Other", "UTC", "USD"))
    world.campaigns["200"] = [RemoteCampaign("9", "Nine", is_on=True)]
    run("look", NAME)

    run("create", NAME, "--account", "200=Globex", "--without-budgets")

    assert list(Brand.objects.values_list("name", flat=True)) == ["Globex"]
    assert PlatformAccount.objects.get(is_read=True).remote_id == "200"
    with pytest.raises(CommandError, match="has listed no account '300'; look first"):
        run("create", NAME, "--account", "300")


def test_what_does_not_fit_is_said_and_nothing_is_created(
    connection: Connection, world: World
) -> None:
    Brand.objects.create(name="Dollars", currency="USD", timezone="Europe/Berlin")
    run("look", NAME)
    said = StringIO()

    with pytest.raises(CommandError, match=r"Nothing was created\."):
        run("create", NAME, "--account", "100=Dollars", stdout=said)

    assert "Use a brand in EUR." in said.getvalue()
    assert not Campaign.objects.exists()


def test_a_try_out_that_fails_ends_with_an_error(connection: Connection, world: World) -> None:
    world.tokens = set()

    with pytest.raises(CommandError, match="Something does not work"):
        run("try", NAME)


def test_the_fields_of_each_platform_are_listed(world: World) -> None:
    said = run("platforms")

    assert "The refresh token." in said
    for code in ("google_ads", "meta_ads", "microsoft_ads", "warehouse"):
        assert code in said
    assert "set GOOGLE_ADS_CLIENT_ID and GOOGLE_ADS_CLIENT_SECRET first" in said


def test_a_connection_that_there_is_not_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match='There is no connection "Nobody"'):
        run("look", "Nobody")
