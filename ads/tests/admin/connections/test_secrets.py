"""No credential is anywhere but in the sealed column: logs, tables, pages, messages, audit."""

import base64
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.contrib.sessions.models import Session
from django.db import connection as database
from django.test import Client
from django.urls import reverse

from ads.models import Connection
from ads.platforms.interface import Unreachable
from ads.services import platform_credentials
from ads.tests.admin.connections.test_connecting import back, begin, confirm, page, paste
from ads.tests.services.connections import oauth_server
from ads.tests.services.connections.example import TOKEN, World
from ads.tests.services.connections.oauth_server import Login

pytestmark = pytest.mark.django_db

PASTED = {"token": "pasted-token-3f81", "client_secret": "pasted-client-secret-77aa"}
KEY = "-----BEGIN PRIVATE KEY-----\nprivate-key-5b0c\n-----END PRIVATE KEY-----"


def spellings(secret: str) -> set[str]:
    """How a text may be written where it leaks."""
    return {secret, quote(secret), base64.b64encode(secret.encode()).decode().rstrip("=")}


def tables() -> Iterator[str]:
    """Every row of every table, as text."""
    with database.cursor() as cursor:
        for name in database.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{name}" AS t')
            yield from (f"{name}: {row}" for (row,) in cursor.fetchall())


def test_no_credential_is_anywhere_but_sealed(
    admin: Client, login: Login, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world.tokens |= {PASTED["token"]}
    pages = [
        paste(admin, name="", key=KEY, **PASTED),  # refused
        paste(admin, name="Pasted", key=KEY, manager="99", **PASTED),
        admin.get(back(login.consent(begin(admin, name="By login"))), follow=True),
    ]
    pasted, by_login = Connection.objects.order_by("pk")
    # Its own first look, confirmed; then with errors, and with the credentials revoked.
    previewed = choose_first(admin, pasted)
    pages += [previewed, confirm(admin, pasted, previewed)]
    world.failing["100"] = Unreachable("No answer.")
    pages.append(admin.post(page("first_look", pasted), {"look": "1"}, follow=True))
    world.tokens = set()
    pages.append(admin.post(page("try_it", by_login)))
    login.instead = (400, '{"error": "invalid_grant"}')
    address = begin(admin, page("renew", by_login))
    pages.append(admin.get(back(login.consent(address)), follow=True))
    for row in (pasted, by_login):
        names = ("change", "first_look", "try_it", "renew", "disconnect")
        pages += [admin.get(page(name, row)) for name in names]
    pages.append(admin.get(reverse("admin:index")))
    pages.append(admin.get(reverse("admin:ads_connectionevent_changelist")))

    assert platform_credentials.of(pasted)["key"] == KEY
    assert platform_credentials.of(by_login) == {"token": TOKEN}
    codes = [form["code"] for form in login.forms]
    verifiers = [form["code_verifier"] for form in login.forms]
    secrets = [*PASTED.values(), "private-key-5b0c", TOKEN, oauth_server.CLIENT_SECRET]
    secrets += ["access-0e1d", *codes, *verifiers]
    assert len(secrets) == 10
    places = {
        "log": caplog.text,
        "tables": "\n".join(tables()),
        "sessions": str([one.get_decoded() for one in Session.objects.all()]),
        "pages": "\n".join(each.content.decode() for each in pages),
        "addresses": "\n".join(str(getattr(each, "redirect_chain", "")) for each in pages),
    }
    found = [
        (secret, place)
        for secret in secrets
        for place, text in places.items()
        for spelling in spellings(secret)
        if spelling in text
    ]
    assert found == []


def choose_first(client: Client, connection: Connection) -> object:
    """The first look of one of two connections, previewed."""
    account = connection.accounts.get()
    return client.post(
        page("first_look", connection),
        {
            "account": account.pk,
            f"read-{account.pk}": "on",
            f"brand-{account.pk}": "Acme",
            "preview": "1",
        },
    )
