"""No token, secret or proof in an error, an answer or a log, whatever Meta repeats of them."""

import hashlib
import hmac
import logging
import traceback
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ads.platforms.interface import CredentialsRefused, PlatformError
from ads.platforms.meta_ads import PLATFORM
from ads.platforms.meta_ads.connector import MetaAdsConnector
from ads.platforms.meta_ads.errors import scrubbed
from ads.tests.platforms.meta_ads.conftest import NEW_YORK, NOON, TODAY, TOKEN, Connect
from ads.tests.platforms.stand_in import StandIn
from stand_ins.meta_ads.routes import APP_SECRET

LONG_AGO = TODAY - timedelta(days=34)
PROOF = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
SECRETS = (TOKEN, APP_SECRET, PROOF)

CALLS: dict[str, Callable[[MetaAdsConnector], Any]] = {
    "accounts": lambda meta: meta.accounts(),
    "campaigns": lambda meta: meta.campaigns(NEW_YORK),
    "costs": lambda meta: meta.costs(NEW_YORK, TODAY, TODAY, now=NOON),
    "report": lambda meta: meta.costs(NEW_YORK, LONG_AGO, TODAY, now=NOON),
    "totals": lambda meta: meta.account_totals(NEW_YORK, TODAY, TODAY, now=NOON),
    "switch": lambda meta: meta.switch(NEW_YORK, {"101": False, "999": True}, now=NOON),
    "set_cap": lambda meta: meta.set_cap(NEW_YORK, "101", Decimal(50), is_expected=bool, now=NOON),
    "expires_at": lambda meta: meta.expires_at(),
}
KINDS = ("revoked", "quota", "server_error", "html_502", "half", "lost", "partial", "not_json")


@pytest.mark.parametrize("call", CALLS)
def test_nothing_that_is_said_or_logged_has_a_secret(
    meta: StandIn, connect: Connect, caplog: pytest.LogCaptureFixture, call: str
) -> None:
    caplog.set_level(logging.DEBUG)
    # The library's debug lines have addresses, with the proof in them. Nobody sees these lines: the
    # product's log begins at warnings.
    caplog.set_level(logging.INFO, logger="urllib3")
    said = []
    for kind in KINDS:
        meta.post("/faults", [{"kind": kind}])
        try:
            said.append(repr(CALLS[call](connect(app_secret=APP_SECRET))))
        except PlatformError as error:
            said += [str(error), repr(error), *traceback.format_exception(error)]
        meta.delete("/faults")
    text = "\n".join([*said, caplog.text])
    assert text
    assert [secret for secret in SECRETS if secret in text] == []
    assert "access_token=" not in text
    assert "http://" not in text


def test_a_wrong_token_is_refused_without_being_repeated(connect: Connect) -> None:
    with pytest.raises(CredentialsRefused) as raised:
        connect(token=f"{TOKEN}77").accounts()
    assert str(raised.value) == (
        "Meta: Invalid OAuth access token … - Cannot parse access token (code 190)"
        " Connect Meta again, or paste a new token."
    )


def test_a_proof_of_the_wrong_secret_is_refused(connect: Connect) -> None:
    assert connect(app_secret=APP_SECRET).accounts()
    with pytest.raises(PlatformError, match="Invalid appsecret_proof"):
        connect(app_secret=TOKEN).accounts()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Look at https://graph.facebook.com/v26.0/me?access_token=abc now", "Look at … now"),
        ("access_token=abc&x=1 and appsecret_proof=def", "…&x=1 and …"),
        ("Malformed access token EAAGm0PX4ZCpsBAKZC", "Malformed access token …"),
        ("of app 1234567890123456|aBcDeFgHiJkLmNoPqRsTuVw", "of app …"),
        ("(#100) Missing permissions", "(#100) Missing permissions"),
        ("x" * 500, "x" * 400 + "…"),
    ],
)
def test_what_looks_like_a_secret_is_left_out(text: str, shown: str) -> None:
    assert scrubbed(text, set()) == shown


@given(before=st.text(max_size=40), after=st.text(max_size=40))
def test_a_known_secret_is_left_out_wherever_it_stands(before: str, after: str) -> None:
    assert TOKEN not in scrubbed(f"{before}{TOKEN}{after}", {TOKEN})


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        ({}, "Access token: it is missing."),
        ({"access_token": "  "}, "Access token: it is missing."),
        ({"access_token": "EAA one"}, "Access token: it contains characters"),
        ({"access_token": "EAA“one”"}, "Access token: it contains characters"),
        ({"access_token": TOKEN, "business_id": "My agency"}, "Business ID: it is not a number."),
    ],
)
def test_credentials_that_cannot_be_used_are_refused_by_name(
    credentials: dict[str, str], words: str
) -> None:
    with pytest.raises(CredentialsRefused, match=words) as raised:
        PLATFORM.connect(credentials, timeout=timedelta(seconds=1))
    assert raised.value.remedy


def test_secrets_are_fields_of_their_own() -> None:
    fields = {each.name: (each.is_secret, each.is_required) for each in PLATFORM.credentials}
    assert fields == {
        "access_token": (True, True),
        "app_secret": (True, False),
        "business_id": (False, False),
    }
