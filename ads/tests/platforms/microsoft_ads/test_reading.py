"""Accounts, campaigns, sign-in."""

import base64
import hashlib
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from ads.platforms.interface import CredentialsRefused, RemoteCampaign
from ads.platforms.microsoft_ads import PLATFORM
from ads.platforms.microsoft_ads.connector import MicrosoftAdsConnector
from ads.platforms.microsoft_ads.timezones import IANA, of_report
from ads.rules.calendar import names
from ads.tests.platforms.microsoft_ads.conftest import (
    BERLIN,
    CREDENTIALS,
    NEW_YORK,
    NOON,
    TODAY,
    Connect,
)
from ads.tests.platforms.stand_in import StandIn


def test_accounts_have_their_timezone_their_currency_and_their_customer(
    connector: MicrosoftAdsConnector,
) -> None:
    assert connector.accounts() == [NEW_YORK, BERLIN]


def test_accounts_come_in_pages(microsoft: StandIn, connector: MicrosoftAdsConnector) -> None:
    microsoft.configure(page_size=1)

    assert connector.accounts() == [NEW_YORK, BERLIN]
    assert microsoft.calls()["accounts"] == 1 + 3  # the user, two pages and one that has nothing


def test_what_is_wrong_with_an_account_is_said(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.post(f"/accounts/{NEW_YORK.id}", {"state": "suspended"})
    microsoft.post(f"/accounts/{BERLIN.id}", {"timezone": "Asia/Novosibirsk"})

    states = {each.id: (each.state, each.timezone) for each in connector.accounts()}

    assert states == {
        NEW_YORK.id: ("Suspended", "America/New_York"),
        BERLIN.id: ("timezone AlmatyNovosibirsk is not known", ""),
    }


def test_campaigns_of_all_types_say_their_switch_and_their_budget(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.post("/campaigns/301", {"issue": "BudgetPaused"})

    assert connector.campaigns(NEW_YORK) == [
        RemoteCampaign("301", "Brand", True, False, "BudgetPaused", Decimal(9999)),
        RemoteCampaign("302", "Shopping", True, True, "Active", Decimal("5000.5"), True),
        RemoteCampaign("303", "Paused", False, False, "Paused", Decimal(20)),
        RemoteCampaign("304", "ObjectiveBased, for its life", True, True, "Active", None),
    ]


@pytest.mark.parametrize(
    ("status", "is_on", "is_serving"),
    [
        ("BudgetAndManualPaused", False, False),
        ("Suspended", None, False),
        ("NobodyHasDocumentedThis", None, None),
    ],
)
def test_other_statuses_are_shown_and_what_they_mean_for_the_switch(
    microsoft: StandIn,
    connector: MicrosoftAdsConnector,
    status: str,
    is_on: bool | None,
    is_serving: bool | None,
) -> None:
    microsoft.post("/campaigns/401", {"issue": status})

    (campaign,) = connector.campaigns(BERLIN)

    assert (campaign.status, campaign.is_on, campaign.is_serving) == (status, is_on, is_serving)


def test_a_deleted_campaign_is_left_out_and_its_cost_is_not(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.post("/campaigns/401", {"is_removed": True})

    assert connector.campaigns(BERLIN) == []
    costs = connector.costs(BERLIN, TODAY, TODAY, now=NOON)
    assert {row.campaign for row in costs.rows} == {"401"}


def test_an_account_without_campaigns_has_none(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.delete("/campaigns/401")

    assert connector.campaigns(BERLIN) == []


def test_one_sign_in_serves_many_calls_and_brings_a_new_refresh_token(
    microsoft: StandIn, connect: Connect
) -> None:
    connector = connect()
    connector.accounts()
    connector.campaigns(NEW_YORK)

    assert microsoft.calls()["token"] == 1
    assert list(connector.changed_credentials) == ["refresh_token"]
    later = connect(connector.changed_credentials)
    assert later.accounts() == [NEW_YORK, BERLIN]


def test_an_expired_token_is_replaced_within_the_call(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    connector.accounts()
    microsoft.advance(3601)

    assert len(connector.campaigns(NEW_YORK)) == 4
    assert microsoft.calls()["token"] == 2
    microsoft.fault("revoked", "campaigns", code="109", times=2)
    with pytest.raises(CredentialsRefused, match="token expired"):
        connector.campaigns(NEW_YORK)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"refresh_token": "old-one"}, "invalid_grant"),
        ({"client_secret": "wrong-one"}, "invalid_client"),
        ({"client_id": "another-app"}, "unauthorized_client"),
        ({"developer_token": "not-mine"}, "Authentication failed"),
    ],
)
def test_credentials_that_open_nothing_are_refused_and_not_repeated(
    connect: Connect, changed: dict[str, str], text: str
) -> None:
    connector = connect(changed)

    with pytest.raises(CredentialsRefused, match=text) as caught:
        connector.accounts()

    assert next(iter(changed.values())) not in str(caught.value) or "client_id" in changed
    assert "Connect again" in caught.value.remedy
    assert ("make a new one in Microsoft Entra" in caught.value.remedy) is (
        text == "invalid_client"
    )


@pytest.mark.parametrize("field", ["developer_token", "refresh_token", "client_id"])
@pytest.mark.parametrize("entered", ["", "two words", "tökén"])
def test_a_field_that_cannot_be_one_is_named(field: str, entered: str) -> None:
    label = {each.name: each.label for each in PLATFORM.credentials}[field]

    with pytest.raises(CredentialsRefused, match=f"^{label.split(' (')[0]}"):
        PLATFORM.connect(CREDENTIALS | {field: entered}, timeout=NOON - NOON)


def test_connect_leads_to_a_refresh_token(microsoft: StandIn, connect: Connect) -> None:
    assert PLATFORM.oauth
    verifier = "a-verifier-of-more-than-forty-three-characters-in-all"
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "client_id": CREDENTIALS["client_id"],
        "response_type": "code",
        "redirect_uri": "http://127.0.0.1:1/back",
        "scope": " ".join(PLATFORM.oauth.scopes),
        "state": "the-state",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        **PLATFORM.oauth.extra,
    }
    login = microsoft.address + urlsplit(PLATFORM.oauth.authorize_url).path
    answer = requests.get(login, params=query, allow_redirects=False, timeout=5)
    back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert back["state"] == ["the-state"]

    tokens: Any = requests.post(
        microsoft.address + urlsplit(PLATFORM.oauth.token_url).path,
        {
            "client_id": CREDENTIALS["client_id"],
            "client_secret": CREDENTIALS["client_secret"],
            "grant_type": "authorization_code",
            "code": back["code"][0],
            "redirect_uri": query["redirect_uri"],
            "scope": query["scope"],
            "code_verifier": verifier,
        },
        timeout=5,
    ).json()

    assert connect({"refresh_token": tokens["refresh_token"]}).accounts() == [NEW_YORK, BERLIN]


def test_every_timezone_is_one_of_iana_and_has_a_name_in_reports() -> None:
    assert set(IANA.values()) <= names() | {"Etc/GMT+12"}
    assert len(set(IANA.values())) == len(IANA)
    assert {of_report(iana) for iana in IANA.values()} & {""} == set()
    assert (of_report("Europe/Athens"), of_report("Europe/Vatican")) == (
        "AthensIslandanbulMinsk",
        "",
    )
