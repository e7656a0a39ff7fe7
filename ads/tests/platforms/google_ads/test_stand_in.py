"""The stand-in refuses what Google refuses. It is asked with the library itself."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import grpc
import pytest
import requests
from google.ads.googleads.errors import GoogleAdsException

from ads.platforms.google_ads.connector import GoogleAdsConnector
from ads.platforms.google_ads.platform import GoogleAds
from ads.tests.platforms.google_ads.conftest import MANAGER, US, connect
from ads.tests.platforms.stand_in import StandIn
from stand_ins.google_ads.oauth import CLIENT_ID, CLIENT_SECRET

pytestmark = pytest.mark.real_clock

HEADERS = [("login-customer-id", MANAGER)]


@pytest.fixture
def search(connector: GoogleAdsConnector) -> Callable[..., list[Any]]:
    """Ask a query."""
    service = connector._service("GoogleAdsService")

    def ask(query: str, customer: str = US.id) -> list[Any]:
        stream = service.search_stream(
            customer_id=customer, query=query, metadata=HEADERS, timeout=5
        )
        return [row for answer in stream for row in answer.results]

    return ask


def code(caught: pytest.ExceptionInfo[GoogleAdsException]) -> str:
    """The first error's code."""
    error: Any = caught.value.failure.errors[0].error_code
    kind = type(error).pb(error).WhichOneof("error_code")
    return f"{kind}.{getattr(error, kind).name}"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("campaign.id FROM campaign", "EXPECTED_SELECT"),
        ("SELECT campaign.id", "EXPECTED_FROM"),
        ("SELECT campaign.id FROM", "UNEXPECTED_END_OF_QUERY"),
        ("SELECT campaign.id FROM campaigns", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("SELECT campaign.cost FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT campaign FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT campaign.id FROM customer", "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE"),
        (
            "SELECT customer.id FROM customer WHERE campaign.id = 1",
            "PROHIBITED_RESOURCE_TYPE_IN_WHERE_CLAUSE",
        ),
        ("SELECT campaign.id FROM campaign WHERE campaign.id IS 1", "BAD_OPERATOR"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id = x", "BAD_NUMBER"),
        ("SELECT campaign.id FROM campaign WHERE campaign.name = 7", "INVALID_STRING_VALUE"),
        ("SELECT campaign.id FROM campaign WHERE campaign.status = ON", "BAD_ENUM_CONSTANT"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id IN 1", "EXPECTED_LIST"),
        (
            "SELECT campaign.id FROM campaign WHERE campaign.id IN ()",
            "PROHIBITED_EMPTY_LIST_IN_CONDITION",
        ),
        ("SELECT campaign.id FROM campaign WHERE campaign.id = 1 OR 2", "UNEXPECTED_INPUT"),
        ("SELECT campaign.id FROM campaign LIMIT 0", "LIMIT_VALUE_TOO_LOW"),
        (
            "SELECT campaign.id FROM campaign ORDER BY campaign.name",
            "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE",
        ),
        (
            "SELECT campaign.id, segments.date, metrics.cost_micros FROM campaign",
            "EXPECTED_FILTERS_ON_DATE_RANGE",
        ),
        (
            "SELECT campaign.id, segments.date FROM campaign WHERE segments.date >= '2026-03-01'",
            "EXPECTED_FILTERS_ON_DATE_RANGE",
        ),
        (
            (
                "SELECT segments.date FROM campaign "
                "WHERE segments.date BETWEEN '2026-03-02' AND '2026-03-01'"
            ),
            "DATE_RANGE_TOO_NARROW",
        ),
        (
            "SELECT segments.date FROM campaign WHERE segments.date = '1.3.26'",
            "INVALID_DATE_FORMAT",
        ),
        (
            (
                "SELECT metrics.cost_micros FROM campaign "
                "WHERE segments.hour = 3 AND segments.date = '2026-03-01'"
            ),
            "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE",
        ),
    ],
)
def test_a_wrong_query_is_refused_with_googles_code(
    search: Callable[..., list[Any]], query: str, expected: str
) -> None:
    with pytest.raises(GoogleAdsException) as caught:
        search(query)
    assert code(caught) == f"query_error.{expected}"


def test_a_query_may_be_filtered_ordered_and_limited(search: Callable[..., list[Any]]) -> None:
    rows = search(
        "select campaign.id, campaign.name from campaign "
        "where campaign.status != REMOVED and campaign.name NOT IN ('Search', \"Launch\") "
        "order by campaign.name desc limit 1"
    )
    assert [(row.campaign.id, row.campaign.name) for row in rows] == [(102, "Shopping")]


def test_without_segments_zeros_are_answered_too(search: Callable[..., list[Any]]) -> None:
    rows = search(
        "SELECT campaign.id, metrics.cost_micros FROM campaign WHERE segments.date = '2026-03-10'"
    )
    costs = {row.campaign.id: row.metrics.cost_micros for row in rows}
    assert (costs[101], costs[103], costs[104]) == (648_000_000, 0, 0)


def test_a_manager_has_no_metrics(search: Callable[..., list[Any]]) -> None:
    with pytest.raises(GoogleAdsException) as caught:
        search("SELECT metrics.cost_micros FROM customer", MANAGER)
    assert code(caught) == "query_error.REQUESTED_METRICS_FOR_MANAGER"


def test_an_account_is_reached_through_its_manager_only(connector: GoogleAdsConnector) -> None:
    service = connector._service("GoogleAdsService")
    with pytest.raises(GoogleAdsException) as caught:
        list(
            service.search_stream(
                customer_id=US.id, query="SELECT customer.id FROM customer", timeout=5
            )
        )
    assert code(caught) == "authorization_error.USER_PERMISSION_DENIED"


def test_pages_follow_each_other_and_their_size_cannot_be_asked_for(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.configure(page_size=2)
    google.fault("empty_page", "campaigns")
    service = connector._service("GoogleAdsService")
    request = {"customer_id": US.id, "query": "SELECT campaign.id FROM campaign"}
    rows = service.search(request=request, metadata=HEADERS, timeout=5)
    assert [row.campaign.id for row in rows] == [101, 102, 103, 104, 105]
    assert google.calls()["campaigns"] == 4
    with pytest.raises(GoogleAdsException) as caught:
        service.search(request={**request, "page_size": 2}, metadata=HEADERS, timeout=5)
    assert code(caught) == "request_error.PAGE_SIZE_NOT_SUPPORTED"


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"status": 3}, "field_mask_error.FIELD_MASK_MISSING"),
        ({"status": 3, "mask": ["switch"]}, "field_mask_error.FIELD_NOT_FOUND"),
        ({"status": 3, "mask": ["network_settings"]}, "field_mask_error.FIELD_HAS_SUBFIELDS"),
        ({"status": 3, "mask": ["serving_status"]}, "field_error.IMMUTABLE_FIELD"),
        ({"status": 0, "mask": ["status"]}, "request_error.INVALID_ENUM_VALUE"),
        ({"status": 4, "mask": ["status"]}, "field_error.INVALID_VALUE"),
        (
            {"status": 3, "mask": ["status"], "name": "campaigns/101"},
            "request_error.RESOURCE_NAME_MALFORMED",
        ),
        ({"status": 3, "mask": ["status"], "name": ""}, "request_error.RESOURCE_NAME_MISSING"),
        (
            {"status": 3, "mask": ["status"], "twice": True},
            "mutate_error.ID_EXISTS_IN_MULTIPLE_MUTATES",
        ),
    ],
)
def test_a_wrong_change_is_refused_and_changes_nothing(
    google: StandIn, connector: GoogleAdsConnector, operation: dict[str, Any], expected: str
) -> None:
    request = connector._client.get_type("MutateCampaignsRequest")
    request.customer_id = US.id
    for _ in range(2 if operation.get("twice") else 1):
        one = request.operations.add()
        one.update.resource_name = operation.get("name", f"customers/{US.id}/campaigns/101")
        one.update.status = operation["status"]
        one.update_mask.paths.extend(operation.get("mask", []))
    with pytest.raises(GoogleAdsException) as caught:
        connector._service("CampaignService").mutate_campaigns(
            request=request, metadata=HEADERS, timeout=5
        )
    assert code(caught) == expected
    assert google.state()["switches"] == []


def test_too_many_operations_are_refused(connector: GoogleAdsConnector) -> None:
    request = connector._client.get_type("MutateCampaignsRequest")
    request.customer_id = US.id
    for _ in range(10_001):
        request.operations.add()
    with pytest.raises(GoogleAdsException) as caught:
        connector._service("CampaignService").mutate_campaigns(
            request=request, metadata=HEADERS, timeout=5
        )
    assert code(caught) == "request_error.TOO_MANY_MUTATE_OPERATIONS"


@pytest.mark.parametrize(
    ("micros", "expected"),
    [
        (-10_000, "NEGATIVE_MONEY_AMOUNT"),
        (2_009_999, "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT"),
        (0, "BUDGET_BELOW_PER_DAY_MINIMUM"),
    ],
)
def test_a_budget_is_a_multiple_of_the_cent(
    connector: GoogleAdsConnector, micros: int, expected: str
) -> None:
    request = connector._client.get_type("MutateCampaignBudgetsRequest")
    request.customer_id = US.id
    operation = request.operations.add()
    operation.update.resource_name = f"customers/{US.id}/campaignBudgets/101"
    operation.update.amount_micros = micros
    operation.update_mask.paths.append("amount_micros")
    with pytest.raises(GoogleAdsException) as caught:
        connector._service("CampaignBudgetService").mutate_campaign_budgets(
            request=request, metadata=HEADERS, timeout=5
        )
    assert code(caught) == f"campaign_budget_error.{expected}"


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("v19.services.GoogleAdsService/Search", grpc.StatusCode.INVALID_ARGUMENT),
        ("v26.services.AdService/MutateAds", grpc.StatusCode.UNIMPLEMENTED),
    ],
)
def test_an_old_version_and_an_unknown_method_are_refused(
    google: StandIn, method: str, status: grpc.StatusCode
) -> None:
    channel = grpc.secure_channel(google.address.partition(",")[0], grpc.ssl_channel_credentials())
    with channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(f"/google.ads.googleads.{method}")(b"", timeout=5)
    assert caught.value.code() == status


def test_without_a_token_nobody_gets_in(google: StandIn) -> None:
    method = "/google.ads.googleads.v26.services.CustomerService/ListAccessibleCustomers"
    channel = grpc.secure_channel(google.address.partition(",")[0], grpc.ssl_channel_credentials())
    with channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(method)(b"", timeout=5)
    assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_consent_brings_a_code_and_with_its_verifier_a_refresh_token(google: StandIn) -> None:
    oauth = GoogleAds(google.address).oauth
    verifier = "v" * 43
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "scope": " ".join(oauth.scopes),
        "redirect_uri": "http://127.0.0.1:1/back",
        "state": "s/1",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        **oauth.extra,
    }
    answer = requests.get(oauth.authorize_url, asked, allow_redirects=False, timeout=5)
    assert answer.status_code == 302
    back = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert back["state"] == "s/1"
    form = {
        "grant_type": "authorization_code",
        "code": back["code"],
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": asked["redirect_uri"],
    }
    wrong = requests.post(oauth.token_url, {**form, "code_verifier": "w" * 43}, timeout=5)
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    answer = requests.get(oauth.authorize_url, asked, allow_redirects=False, timeout=5)
    form["code"] = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))["code"]
    token = requests.post(oauth.token_url, {**form, "code_verifier": verifier}, timeout=5).json()
    connect(google, refresh_token=token["refresh_token"]).close()


@pytest.mark.parametrize(
    "changed", [{"client_id": "x"}, {"scope": "email"}, {"code_challenge_method": "plain"}]
)
def test_consent_without_what_it_needs_is_refused(google: StandIn, changed: dict[str, str]) -> None:
    oauth = GoogleAds(google.address).oauth
    asked = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "scope": oauth.scopes[0],
        "redirect_uri": "http://127.0.0.1:1/back",
        "code_challenge": "x",
        "code_challenge_method": "S256",
    }
    answer = requests.get(
        oauth.authorize_url, {**asked, **changed}, allow_redirects=False, timeout=5
    )
    assert answer.status_code == 400
