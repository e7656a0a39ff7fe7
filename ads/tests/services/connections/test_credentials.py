"""Credentials: checked, sealed, kept when a platform renews them, and sealed anew."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from ads.models import Connection
from ads.models.platforms import ConnectionState
from ads.services import platform_credentials
from ads.services.connections import InvalidConnection, kinds, lifecycle, look
from ads.services.senders import CannotUnseal
from ads.tests.services.connections import example, oauth_server
from ads.tests.services.connections.example import CODE, TOKEN, World
from ads.tests.services.connections.oauth_server import Login

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("given", "field", "reason"),
    [
        ({}, "token", "Token is missing. The refresh token."),
        ({"token": "  "}, "token", "Token is missing"),
        ({"token": "a\nb"}, "token", "line break"),
        ({"token": "a\x00b"}, "token", "line break or another invisible character"),
        ({"token": "x" * 20_001}, "token", "20,001 characters"),
        ({"token": "t", "colour": "red"}, "colour", "Example Ads has no such field; it has token"),
        ({"token": "bad one"}, "token", "it is not one of this platform. Copy it anew."),
    ],
)
def test_credentials_that_cannot_be_used_are_refused_by_their_field_and_nothing_is_kept(
    world: World, now: datetime, given: dict[str, str], field: str, reason: str
) -> None:
    with pytest.raises(InvalidConnection) as refused:
        lifecycle.add(platform=CODE, name="Acme", given=given, now=now)

    assert refused.value.field == field
    assert reason in refused.value.reason
    for text in given.values():
        assert len(text.strip()) < 3 or text not in str(refused.value)
    assert not Connection.objects.exists()


def test_white_space_around_a_credential_is_none_of_it(world: World, now: datetime) -> None:
    made = lifecycle.add(
        platform=CODE, name=" Acme ", given={"token": f" {TOKEN}\n", "manager": ""}, now=now
    )

    assert made.name == "Acme"
    assert platform_credentials.of(made) == {"token": TOKEN}


def test_credentials_are_sealed_and_only_public_ones_are_shown(world: World, now: datetime) -> None:
    given = {"token": TOKEN, "manager": "99"}
    made = lifecycle.add(platform=CODE, name="Acme", given=given, now=now)

    assert TOKEN not in made.credentials
    assert platform_credentials.shown(made, kinds.platform(CODE)) == {"manager": "99"}


def test_the_own_app_is_added_where_no_other_was_entered(login: Login) -> None:
    kind = example.PLATFORM

    ours = platform_credentials.with_app(kind, {"token": "t"})
    theirs = platform_credentials.with_app(kind, {"token": "t", "client_id": "their id"})

    assert ours == {
        "token": "t",
        "client_id": oauth_server.CLIENT_ID,
        "client_secret": oauth_server.CLIENT_SECRET,
    }
    assert theirs == {"token": "t", "client_id": "their id"}


def test_credentials_that_a_platform_renews_are_kept(
    connection: Connection, world: World, now: datetime
) -> None:
    world.renews_to = "example-token-2"

    look(connection, now=now)

    connection.refresh_from_db()
    assert platform_credentials.of(connection) == {"token": "example-token-2"}


def test_renewed_credentials_do_not_replace_those_that_were_entered_meanwhile(
    connection: Connection, world: World, now: datetime
) -> None:
    used = platform_credentials.of(connection)
    lifecycle.renew(connection, given={"token": "entered-meanwhile"}, now=now)

    kept = platform_credentials.keep(connection.pk, {"token": "from-the-old"}, used=used)

    connection.refresh_from_db()
    assert not kept
    assert platform_credentials.of(connection) == {"token": "entered-meanwhile"}


def test_renewed_credentials_do_not_bring_a_disconnected_one_back(
    connection: Connection, now: datetime
) -> None:
    used = platform_credentials.of(connection)
    lifecycle.disconnect(connection, now=now)

    assert not platform_credentials.keep(connection.pk, {"token": "from-the-old"}, used=used)

    connection.refresh_from_db()
    assert connection.credentials == ""


def test_one_command_seals_all_secrets_anew(connection: Connection, settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [settings.SECRET_KEY]
    said = StringIO()

    call_command("webhook", "seal-anew", stdout=said)

    settings.SECRET_KEY_FALLBACKS = []
    connection.refresh_from_db()
    assert platform_credentials.of(connection) == {"token": TOKEN}
    assert "So do the credentials of 1 connection." in said.getvalue()


def test_without_the_key_the_connection_is_refused_with_what_to_do(
    connection: Connection, settings: Any, now: datetime
) -> None:
    settings.SECRET_KEY = "another key"  # noqa: S105

    with pytest.raises(CannotUnseal):
        platform_credentials.of(connection)
    with pytest.raises(Exception, match="SECRET_KEY has changed"):
        look(connection, now=now + timedelta(minutes=1))
    assert connection.state == ConnectionState.WORKING
