"""Connecting on the pages: pasted or by login, looked at, confirmed, tried, renewed, ended."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ads.models import Brand, BudgetCap, Campaign, Connection, Person, PlatformAccount
from ads.models.platforms import ConnectionState
from ads.services import platform_credentials
from ads.services.connections import lifecycle
from ads.tests.admin.pages import add, change, changelist, said, save
from ads.tests.factories import BrandFactory
from ads.tests.services.connections import example
from ads.tests.services.connections.example import CODE, TOKEN, World
from ads.tests.services.connections.oauth_server import Login

pytestmark = pytest.mark.django_db

ADD = f"{add('ads_connection')}?platform={CODE}"


def page(name: str, row: Any) -> str:
    return reverse(f"admin:ads_{row._meta.model_name}_{name}", args=[row.pk])


def paste(client: Client, url: str = ADD, **fields: str) -> Any:
    entered = {"by": "paste", **{f"paste-{name}": text for name, text in fields.items()}}
    return client.post(url, entered, follow=True)


def text_of(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def test_the_platforms_are_offered(admin: Client, world: World) -> None:
    shown = admin.get(add("ads_connection"))

    assert "Example Ads" in text_of(shown)
    assert f'href="?platform={CODE}"' in shown.content.decode()


def test_pasted_credentials_are_kept_and_what_they_reach_is_listed(
    admin: Client, world: World
) -> None:
    shown = paste(admin, name="Acme's ads", token=TOKEN, manager="99")

    connection = Connection.objects.get()
    assert (connection.name, connection.is_read_only) == ("Acme's ads", False)
    assert platform_credentials.of(connection) == {"token": TOKEN, "manager": "99"}
    assert said(shown) == [
        "Acme's ads is connected.",
        "1 account and 2 campaigns in under 0.1 s.",
    ]
    assert shown.request["PATH_INFO"] == page("first_look", connection)
    assert "Acme" in text_of(shown)
    assert TOKEN not in shown.content.decode()


def test_what_is_wrong_stands_beside_its_field_and_no_secret_comes_back(
    admin: Client, world: World
) -> None:
    secrets = {"token": "bad-secret-11", "client_secret": "secret-22"}
    shown = paste(admin, name="", **secrets)

    form = shown.context["forms"]["paste"]
    assert form.errors == {"name": ["This field is required."]}
    assert "secret-22" not in shown.content.decode()

    shown = paste(admin, name="x", **secrets)
    assert shown.context["forms"]["paste"].errors == {
        "token": ["It is not one of this platform. Copy it anew."]
    }
    assert "bad-secret-11" not in shown.content.decode()
    assert not Connection.objects.exists()


def test_without_the_own_app_the_page_says_which_setting_is_missing(
    admin: Client, login: Login, settings: Any
) -> None:
    settings.EXAMPLE_ADS_CLIENT_ID = settings.EXAMPLE_ADS_CLIENT_SECRET = ""

    shown = text_of(admin.get(ADD))

    assert "set EXAMPLE_ADS_CLIENT_ID and EXAMPLE_ADS_CLIENT_SECRET to the values of your" in shown
    assert "http://testserver/admin/ads/connection/connected/" in shown


def begin(client: Client, url: str = ADD, **fields: str) -> str:
    """Press Connect; the address that the page leads to."""
    entered = {"by": "oauth", **{f"by-{name}": text for name, text in fields.items()}}
    left = client.post(url, entered)
    assert "no-store" in left.headers["Cache-Control"]
    address: str = left.context["address"]
    return address


def back(address: str) -> str:
    """The path and query of an address on this site."""
    parts = urlsplit(address)
    assert parts.netloc == "testserver"
    return f"{parts.path}?{parts.query}"


def test_a_login_at_the_platform_connects(admin: Client, login: Login) -> None:
    login.token["refresh_token_expires_in"] = 604800
    address = begin(admin, name="Acme's ads", manager="99")

    shown = admin.get(back(login.consent(address)), follow=True)

    connection = Connection.objects.get()
    assert said(shown)[0] == "Acme's ads is connected."
    assert platform_credentials.of(connection) == {"token": TOKEN, "manager": "99"}
    assert connection.expires_at is not None
    assert timedelta(days=6) < connection.expires_at - timezone.now() < timedelta(days=8)
    # The code is gone from the address that the browser shows.
    assert shown.request["QUERY_STRING"] == ""


def test_a_form_is_not_led_to_another_host_by_its_answer(admin: Client, login: Login) -> None:
    """The policy of the pages forbids it, and browsers would stop there."""
    left = admin.post(ADD, {"by": "oauth", "by-name": "Acme"})

    assert left.status_code == 200
    assert f'href="{login.address}/authorize?' in left.content.decode()


def test_an_answer_can_be_used_once(admin: Client, login: Login) -> None:
    answer = back(login.consent(begin(admin, name="Acme")))
    admin.get(answer)

    again = admin.get(answer, follow=True)

    assert said(again)[-1].startswith("No connection was begun in this browser, or this login was")
    assert Connection.objects.count() == 1


def test_somebody_elses_answer_connects_nothing(admin: Client, login: Login) -> None:
    other = Client()
    other.force_login(User.objects.create_superuser("mallory"))
    foreign = back(login.consent(begin(other, name="Mallory's")))

    begin(admin, name="Acme")
    shown = admin.get(foreign, follow=True)

    assert said(shown)[-1].startswith("This does not belong to the login that was begun here")
    assert not Connection.objects.exists()
    assert login.forms == []


def test_an_answer_that_comes_too_late_connects_nothing(admin: Client, login: Login) -> None:
    with time_machine.travel(timezone.now() - timedelta(minutes=16)):
        answer = back(login.consent(begin(admin, name="Acme")))

    shown = admin.get(answer, follow=True)

    assert said(shown)[-1] == "That took longer than 15 minutes. Connect again."
    assert not Connection.objects.exists()


def test_access_denied_leads_back_to_the_form_and_says_so(admin: Client, login: Login) -> None:
    login.denial = {"error": "access_denied"}

    shown = admin.get(back(login.consent(begin(admin, name="Acme"))), follow=True)

    assert said(shown) == ["Access was denied at Example Ads, so nothing was connected."]
    assert shown.request["PATH_INFO"] == add("ads_connection")


def test_a_name_that_is_taken_is_said_before_anybody_logs_in(
    admin: Client, login: Login, connection: Connection
) -> None:
    shown = admin.post(ADD, {"by": "oauth", "by-name": connection.name})

    errors = shown.context["forms"]["oauth"].errors
    assert errors["name"][0].startswith("Another connection is called")


def test_renewing_by_login_keeps_the_connection(
    admin: Client, login: Login, connection: Connection
) -> None:
    Connection.objects.update(state=ConnectionState.REFUSED, problem="Revoked.")
    login.token["refresh_token"] = "renewed"  # noqa: S105
    example.WORLD.tokens = {"renewed"}

    shown = admin.get(back(login.consent(begin(admin, page("renew", connection)))), follow=True)

    connection.refresh_from_db()
    assert said(shown)[0] == "The credentials of Acme's ads were renewed."
    assert (connection.state, connection.problem) == (ConnectionState.WORKING, "")
    assert platform_credentials.of(connection) == {"token": "renewed"}


def test_renewing_shows_what_is_no_secret_and_replaces_all(
    admin: Client, connection: Connection, now: Any
) -> None:
    lifecycle.renew(connection, given={"token": TOKEN, "manager": "99"}, now=now)
    form = admin.get(page("renew", connection)).content.decode()

    paste(admin, page("renew", connection), token=TOKEN, manager="")

    connection.refresh_from_db()
    assert 'value="99"' in form
    assert TOKEN not in form
    assert platform_credentials.of(connection) == {"token": TOKEN}


def choose(client: Client, connection: Connection, **fields: str) -> Any:
    """The page of the first look as it is, with other choices; previewed."""
    account = PlatformAccount.objects.get()
    data = {
        "account": str(account.pk),
        f"read-{account.pk}": "on",
        f"brand-{account.pk}": "Acme",
        f"budgets-{account.pk}": "on",
        "preview": "1",
    }
    data |= {f"{name}-{account.pk}": text for name, text in fields.items()}
    return client.post(page("first_look", connection), data)


def confirm(client: Client, connection: Connection, previewed: Any) -> Any:
    kept = previewed.context["kept"]
    return client.post(page("first_look", connection), {"apply": "1", "kept": kept}, follow=True)


def test_what_is_previewed_is_confirmed_and_made(admin: Client, world: World) -> None:
    paste(admin, name="Acme's ads", token=TOKEN)
    connection = Connection.objects.get()

    previewed = choose(admin, connection)
    assert "1 new brand, 2 new campaigns. 1 account will be read." in text_of(previewed)
    assert not Brand.objects.exists()
    done = confirm(admin, connection, previewed)

    assert Brand.objects.get().name == "Acme"
    assert sorted(Campaign.objects.values_list("name", "status")) == [
        ("Spring", "active"), ("Summer", "paused"),
    ]  # fmt: skip
    assert PlatformAccount.objects.get().is_read
    assert "1 new brand, 2 new campaigns." in said(done)[0]
    assert done.request["PATH_INFO"] == change(connection)


def test_what_does_not_fit_is_said_beside_the_account_and_nothing_is_made(
    admin: Client, world: World
) -> None:
    BrandFactory.create(name="Dollars", timezone="Europe/Berlin", currency="USD")
    paste(admin, name="Acme's ads", token=TOKEN)

    shown = choose(admin, Connection.objects.get(), brand="Dollars")

    assert "Nothing was created. Correct the marked accounts." in text_of(shown)
    assert "Use a brand in EUR." in text_of(shown)
    assert "kept" not in shown.context
    assert not Campaign.objects.exists()


def test_a_change_after_the_preview_is_previewed_again(admin: Client, world: World) -> None:
    paste(admin, name="Acme's ads", token=TOKEN)
    connection = Connection.objects.get()
    previewed = choose(admin, connection)
    BrandFactory.create(name="Acme", timezone="Europe/Berlin", currency="EUR")

    shown = confirm(admin, connection, previewed)

    assert "in this connection was edited after the preview" in text_of(shown)
    assert not Campaign.objects.exists()
    done = confirm(admin, connection, shown)
    assert Campaign.objects.count() == 2
    assert done.request["PATH_INFO"] == change(connection)


def test_a_preview_that_was_tampered_with_is_refused(admin: Client, world: World) -> None:
    paste(admin, name="Acme's ads", token=TOKEN)
    connection = Connection.objects.get()

    shown = admin.post(
        page("first_look", connection), {"apply": "1", "kept": "tampered"}, follow=True
    )

    assert said(shown) == ["The preview is more than a day old, or incomplete. Look again."]
    assert not Brand.objects.exists()


def test_trying_it_shows_what_was_seen(admin: Client, connection: Connection) -> None:
    shown = text_of(admin.post(page("try_it", connection)))

    assert "Accounts Works 1 account." in shown
    assert "Costs of Acme today Works €12.34 on" in shown
    assert not PlatformAccount.objects.exists()


def test_disconnecting_is_asked_and_forgets_the_credentials(
    admin: Client, connection: Connection
) -> None:
    asked = text_of(admin.get(page("disconnect", connection)))
    connection.refresh_from_db()
    assert connection.state == ConnectionState.WORKING
    assert "Spend that was recorded stays." in asked

    done = admin.post(page("disconnect", connection), {"confirmed": "yes"}, follow=True)

    connection.refresh_from_db()
    assert (connection.state, connection.credentials) == (ConnectionState.DISCONNECTED, "")
    assert said(done) == [
        "Acme's ads is disconnected: 0 accounts no longer read. What was recorded stays."
    ]


def test_a_connection_is_renamed_and_made_read_only(admin: Client, connection: Connection) -> None:
    assert save(admin, change(connection), name="Acme EU", is_read_only="on").status_code == 302

    connection.refresh_from_db()
    assert (connection.name, connection.is_read_only) == ("Acme EU", True)
    assert platform_credentials.of(connection) == {"token": TOKEN}


def test_reading_of_an_account_is_switched(admin: Client, connection: Connection) -> None:
    account = PlatformAccount.objects.create(
        connection=connection, platform=CODE, source=CODE, remote_id="100", name="Acme"
    )

    stopped = admin.post(page("switch_reading", account), {"confirmed": "off"}, follow=True)
    account.refresh_from_db()
    assert not account.is_read
    assert said(stopped) == ["1 account is no longer read."]

    admin.post(
        changelist("ads_platformaccount"),
        {"action": "read_accounts", "_selected_action": [account.pk]},
    )
    account.refresh_from_db()
    assert account.is_read


@pytest.mark.parametrize("how", ["read only", "not read"])
def test_caps_that_stay_on_the_platform_are_said(
    admin: Client, connection: Connection, how: str
) -> None:
    now = timezone.now()
    account = PlatformAccount.objects.create(
        connection=connection, platform=CODE, source=CODE, remote_id="100", name="Acme"
    )
    there = account.campaigns.create(remote_id="7", seen_at=now)
    BudgetCap.objects.create(
        place=there, original=200, amount=75, set_amount=75, state="confirmed", written_at=now
    )
    if how == "read only":
        save(admin, change(connection), name=connection.name, is_read_only="on")
        done = admin.get(change(connection))
    else:
        done = admin.post(page("switch_reading", account), {"confirmed": "off"}, follow=True)
    kept = "One campaign keeps the daily cap on the platform, as nothing is told there any more."
    assert any(each.startswith(kept) for each in said(done)), said(done)


def test_credentials_that_end_soon_are_said_on_the_overview_its_page_and_system_health(
    admin: Client, connection: Connection
) -> None:
    Connection.objects.update(expires_at=timezone.now() + timedelta(days=3))

    for url in (
        reverse("admin:index"),
        change(connection),
        changelist("ads_connection"),
        changelist("django_celery_beat_periodictask"),
    ):
        assert "the credentials expire at" in text_of(admin.get(url)).lower(), url


def test_who_is_limited_to_brands_sees_no_connection(connection: Connection) -> None:
    somebody = User.objects.create_user("nora", is_staff=True)
    somebody.groups.add(Group.objects.get(name="Administrator"))
    person = Person.objects.create(user=somebody, every_brand=False)
    person.brands.add(BrandFactory.create())
    client = Client()
    client.force_login(somebody)

    for url in (changelist("ads_connection"), change(connection), add("ads_connection"),
                page("renew", connection), page("first_look", connection),
                reverse("admin:ads_connection_connected")):  # fmt: skip
        assert client.get(url).status_code in (403, 404), url
    assert "Connections" not in text_of(client.get(reverse("admin:index")))


def test_an_operator_looks_and_changes_nothing(
    connection: Connection, staff: Callable[..., Client]
) -> None:
    viewer = staff("view_connection", "view_platformaccount")

    assert viewer.get(change(connection)).status_code == 200
    for url in (add("ads_connection"), page("renew", connection), page("try_it", connection),
                page("disconnect", connection), page("first_look", connection)):  # fmt: skip
        assert viewer.post(url, {"confirmed": "yes"}).status_code == 403, url
    connection.refresh_from_db()
    assert connection.state == ConnectionState.WORKING


def test_no_secret_is_in_a_session(admin: Client, login: Login) -> None:
    begin(admin, name="Acme", manager="manager-77")

    (session,) = Session.objects.all()
    kept = str(session.get_decoded())

    assert "connecting" in kept
    assert "manager-77" not in kept
    assert "verifier" not in kept
