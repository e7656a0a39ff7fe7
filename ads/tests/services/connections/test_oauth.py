"""*Connect*: a code from the browser becomes a token here, once, and only for who began."""

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ads.services.connections import Begun, InvalidConnection, NotConnected, kinds, oauth
from ads.tests.services.connections import example, oauth_server
from ads.tests.services.connections.example import TOKEN, World
from ads.tests.services.connections.oauth_server import Login

BACK = "https://budgets.example.com/admin/ads/connection/connected/"


def begin() -> tuple[str, Begun]:
    return oauth.begin(example.PLATFORM, redirect=BACK, state="a state")


def answer_of(address: str) -> dict[str, str]:
    return {name: each[0] for name, each in parse_qs(urlsplit(address).query).items()}


def refused(begun: Begun, answer: dict[str, str], now: datetime) -> str:
    with pytest.raises(NotConnected) as error:
        oauth.finish(begun, answer, now=now)
    text = str(error.value)
    for secret in (begun.verifier, oauth_server.CLIENT_SECRET, answer.get("code"), TOKEN):
        assert not secret or secret not in text
    return text


def test_a_code_is_exchanged_for_the_token(login: Login, now: datetime) -> None:
    address, begun = begin()

    brought = oauth.finish(begun, answer_of(login.consent(address)), now=now)

    assert brought.credentials == {"token": TOKEN}
    assert brought.expires_at is None
    (form,) = login.forms
    assert form["redirect_uri"] == BACK
    # The verifier is not in the address, only its digest.
    assert form["code_verifier"] == begun.verifier
    assert begun.verifier not in address
    assert oauth_server.CLIENT_SECRET not in address


def test_when_the_token_ends_is_known_if_the_platform_says_so(login: Login, now: datetime) -> None:
    login.token |= {"refresh_token_expires_in": "604800"}
    address, begun = begin()

    brought = oauth.finish(begun, answer_of(login.consent(address)), now=now)

    assert brought.expires_at == now + timedelta(days=7)


def test_a_token_that_lasts_hours_is_exchanged_where_the_platform_wants_it(
    login: Login, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lasting = login.oauth(exchange="fb_exchange_token")
    monkeypatch.setattr(example.PLATFORM, "oauth", lasting)
    login.token = {"access_token": "short", "expires_in": 3600}
    address, begun = begin()

    brought = oauth.finish(begun, answer_of(login.consent(address)), now=now)

    assert brought.credentials == {"token": "long-short"}
    assert brought.expires_at == now + timedelta(days=60)


def test_access_denied_is_said_plainly(login: Login, now: datetime) -> None:
    login.denial = {"error": "access_denied", "error_description": "The user said no"}
    address, begun = begin()

    said = refused(begun, answer_of(login.consent(address)), now)

    assert said == "Access was denied at Example Ads, so nothing was connected."
    assert login.forms == []


def test_the_answer_to_something_else_is_refused_before_anything_is_asked(
    login: Login, now: datetime
) -> None:
    address, _ = begin()
    _, begun = oauth.begin(example.PLATFORM, redirect=BACK, state="another state")

    said = refused(begun, answer_of(login.consent(address)), now)

    assert said.startswith("This does not belong to the login that was begun here")
    assert refused(begun, {}, now) == said
    assert login.forms == []


def test_a_code_is_good_once(login: Login, now: datetime) -> None:
    address, begun = begin()
    answer = answer_of(login.consent(address))
    oauth.finish(begun, answer, now=now)

    said = refused(begun, answer, now)

    assert said == (
        "Example Ads refused the login: invalid_grant: Malformed code …. Connect again; "
        "if this stays, compare the redirect address and EXAMPLE_ADS_CLIENT_SECRET with the app's."
    )


def test_a_wrong_client_secret_is_said(login: Login, now: datetime, settings: Any) -> None:
    settings.EXAMPLE_ADS_CLIENT_SECRET = "wrong"  # noqa: S105
    address, begun = begin()

    assert "invalid_client: it did not say why" in refused(
        begun, answer_of(login.consent(address)), now
    )


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        ((502, "<html>Bad gateway</html>"), "gave no answer that can be read"),
        ((200, ""), "gave no answer that can be read"),
        ((200, "[1]"), "gave no answer that can be read"),
        ((200, json.dumps({"token_type": "bearer"})), "gave no token. Remove this app's access"),
        ((400, json.dumps({"error": {"message": "Bad code", "code": 100}})), "Bad code"),
        ((302, ""), "gave no answer that can be read"),
    ],
)
def test_an_answer_that_is_none_connects_nothing(
    login: Login, now: datetime, instead: tuple[int, str], said: str
) -> None:
    login.instead = instead
    address, begun = begin()

    assert said in refused(begun, answer_of(login.consent(address)), now)


def test_a_platform_that_does_not_answer_is_not_waited_for(
    login: Login, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, begun = begin()
    monkeypatch.setattr(oauth, "PATIENCE", 0.05)
    login.delay = 0.3

    said = refused(begun, answer_of(login.consent(address)), now)

    assert said == "Example Ads did not answer within 0.05 seconds. Connect again."


def test_without_the_settings_there_is_no_connect_and_they_are_named(
    world: World, login: Login, settings: Any
) -> None:
    settings.EXAMPLE_ADS_CLIENT_SECRET = ""

    assert kinds.missing_settings(example.PLATFORM) == ["EXAMPLE_ADS_CLIENT_SECRET"]
    with pytest.raises(InvalidConnection, match="set EXAMPLE_ADS_CLIENT_SECRET first, or paste"):
        begin()


def test_connect_leads_to_a_stand_in_where_there_is_one(login: Login, settings: Any) -> None:
    settings.PLATFORM_ENDPOINTS = {example.CODE: "http://127.0.0.1:1,http://127.0.0.1:2"}

    address, _ = begin()

    assert address.startswith("http://127.0.0.1:2/authorize?")
