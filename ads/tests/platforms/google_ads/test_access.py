"""Signing in: service accounts and OAuth, and what is said when Google does not let us in."""

import ast
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from ads.platforms.google_ads import PLATFORM
from ads.platforms.google_ads.platform import GoogleAds
from ads.platforms.interface import CredentialsRefused, PlatformError, Unreachable
from ads.tests.platforms.google_ads.conftest import CREDENTIALS, NOW, TIMEOUT, US, connect
from ads.tests.platforms.google_ads.test_faults import assert_no_secret
from ads.tests.platforms.stand_in import StandIn

pytestmark = pytest.mark.real_clock


def key_of(google: StandIn) -> str:
    """The file that people paste."""
    return Path(google.addresses["service_account"]).read_text()


def test_a_service_account_signs_in_with_its_key(google: StandIn) -> None:
    connector = connect(google, service_account=key_of(google))
    assert [each.id for each in connector.campaigns(US)][:2] == ["101", "102"]
    connector.close()


def test_a_service_accounts_key_does_not_choose_where_it_is_sent(google: StandIn) -> None:
    key = json.loads(key_of(google))
    key["token_uri"] = "http://127.0.0.1:1/steal"  # noqa: S105
    connect(google, service_account=json.dumps(key)).close()
    assert google.calls()["token"] == 1


def test_a_key_of_another_service_account_is_refused(google: StandIn) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    key = {**json.loads(key_of(google)), "private_key": other.decode()}
    with pytest.raises(CredentialsRefused, match="Invalid JWT Signature"):
        connect(google, service_account=json.dumps(key))


@pytest.mark.parametrize(
    "pasted",
    [
        "{",
        "[]",
        "null",
        '"text"',
        '{"type": "authorized_user"}',
        '{"private_key": "tellme", "client_email": "a@b"}',
    ],
)
def test_what_is_no_key_is_refused_without_being_quoted(google: StandIn, pasted: str) -> None:
    with pytest.raises(CredentialsRefused, match=r"service_account: this is not the key") as caught:
        connect(google, service_account=pasted)
    assert "tellme" not in str(caught.value)
    assert_no_secret(caught.value)


@pytest.mark.parametrize("field", ["refresh_token", "client_id", "client_secret"])
def test_a_missing_field_is_named(google: StandIn, field: str) -> None:
    with pytest.raises(CredentialsRefused, match=f"^{field}: nothing is entered"):
        connect(google, TIMEOUT, **{field: ""})


@pytest.mark.parametrize("entered", ["Fleet Foot", "12-34", "123-456-789٠"])
def test_a_manager_is_named_by_its_digits(google: StandIn, entered: str) -> None:
    with pytest.raises(CredentialsRefused, match=r"^login_customer_id: .* is not the ID"):
        connect(google, login_customer_id=entered)


@pytest.mark.parametrize(("entered", "allowed"), [("", 15_000), ("2880", 2_880), ("0", None)])
def test_the_operations_of_a_day_are_what_google_allows_the_project(
    google: StandIn, entered: str, allowed: int | None
) -> None:
    connector = connect(google, operations_per_day=entered)
    assert connector.operations_per_day == allowed
    connector.close()


def test_operations_are_a_number(google: StandIn) -> None:
    with pytest.raises(CredentialsRefused, match=r"^operations_per_day: 'many' is not a number"):
        connect(google, operations_per_day="many")


def test_a_revoked_refresh_token_says_what_ends_one(google: StandIn) -> None:
    google.configure(is_revoked=True)
    with pytest.raises(CredentialsRefused) as caught:
        connect(google)
    assert caught.value.text == (
        "Google refused the sign-in: Token has been expired or revoked (invalid_grant)."
    )
    assert "7 days while the OAuth app is only in testing" in caught.value.remedy
    assert_no_secret(caught.value)


@pytest.mark.parametrize("subtype", ["invalid_rapt", "rapt_required"])
def test_a_session_that_a_workspace_ended_is_a_matter_of_the_credentials(
    google: StandIn, subtype: str
) -> None:
    google.fault("revoked", "token", code=subtype)
    with pytest.raises(CredentialsRefused) as caught:
        connect(google)
    assert caught.value.text == f"Google refused the sign-in: reauth ({subtype}) (invalid_grant)."
    assert "when a session of the Google Workspace ends" in caught.value.remedy


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"client_secret": "wrong"}, "invalid_client"), ({"refresh_token": "old"}, "invalid_grant")],
)
def test_wrong_credentials_are_refused(google: StandIn, changed: dict[str, str], code: str) -> None:
    with pytest.raises(CredentialsRefused, match=code):
        connect(google, TIMEOUT, **changed)


@pytest.mark.parametrize(
    "kind", ["timeout", "half", "lost", "empty_body", "html_502", "not_json", "server_error"]
)
def test_a_sign_in_that_is_down_is_no_refusal(google: StandIn, kind: str) -> None:
    google.fault(kind, "token", seconds=0, times=9)
    with pytest.raises(Unreachable) as caught:
        connect(google)
    assert_no_secret(caught.value)


def test_a_sign_in_that_sleeps_is_given_up(google: StandIn) -> None:
    google.fault("timeout", "token", seconds=30)
    with pytest.raises(Unreachable, match="cannot be reached"):
        connect(google, timeout=timedelta(seconds=0.3))


def test_nobody_at_the_address_is_unreachable(google: StandIn) -> None:
    address = google.address.partition(",")[2]
    connector = PLATFORM.connect(CREDENTIALS, timeout=TIMEOUT, endpoint=f"127.0.0.1:1,{address}")
    with pytest.raises(Unreachable, match="UNAVAILABLE"):
        connector.costs(US, NOW.date(), NOW.date(), now=NOW)
    connector.close()


def test_a_developer_token_is_sent_and_shown_nowhere(google: StandIn) -> None:
    connector = connect(google, developer_token="dev-token-123")  # noqa: S106
    google.fault("revoked", "campaigns", code="authorization_error.DEVELOPER_TOKEN_PROHIBITED")
    with pytest.raises(PlatformError) as caught:
        connector.campaigns(US)
    assert "dev-token-123" not in repr(vars(caught.value))
    connector.close()


def test_a_closed_connector_lets_go_and_another_works(google: StandIn) -> None:
    for _ in range(2):
        connector = connect(google)
        connector.campaigns(US)
        connector.close()
        connector.close()


def test_connect_leads_to_google_or_to_the_stand_in() -> None:
    assert PLATFORM.oauth.authorize_url == "https://accounts.google.com/o/oauth2/v2/auth"
    assert PLATFORM.oauth.token_url.startswith("https://oauth2.googleapis.com/")
    there = GoogleAds("127.0.0.1:1,http://127.0.0.1:2").oauth
    assert there.authorize_url == "http://127.0.0.1:2/o/oauth2/v2/auth"
    assert there.token_url.startswith("http://127.0.0.1:2/")


@pytest.mark.parametrize("name", ["__init__", "platform"])
def test_the_platform_is_known_without_its_library(name: str) -> None:
    """It costs each process that imports it a second and 95 MB."""
    folder = settings.BASE_DIR / "ads" / "platforms" / "google_ads"
    imported = {
        name
        for node in ast.parse((folder / f"{name}.py").read_text()).body
        for name in (
            [node.module]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    assert imported
    assert imported <= {
        "ads.platforms.google_ads.platform",
        "ads.platforms.interface",
        "collections.abc",
        "dataclasses",
        "datetime",
        "decimal",
        "os",
        "typing",
    }
