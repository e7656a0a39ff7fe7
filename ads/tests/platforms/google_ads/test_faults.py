"""Each fault at each call: the right error, no secret in it, and the next call works."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ads.platforms.google_ads.connector import GoogleAdsConnector
from ads.platforms.interface import (
    AccountGone,
    CredentialsRefused,
    OutOfQuota,
    PlatformError,
    Unreachable,
    UnreadableAnswer,
)
from ads.tests.platforms.google_ads.conftest import CREDENTIALS, NOW, US
from ads.tests.platforms.stand_in import StandIn

pytestmark = pytest.mark.real_clock

DAY = date(2026, 3, 10)

CALLS: dict[str, Callable[[GoogleAdsConnector], object]] = {
    "accounts": lambda connector: connector.accounts(),
    "campaigns": lambda connector: connector.campaigns(US),
    "costs": lambda connector: connector.costs(US, DAY, DAY, now=NOW),
    "totals": lambda connector: connector.account_totals(US, DAY, DAY, now=NOW),
    "set_cap": lambda connector: connector.set_cap(
        US, "101", Decimal(10), is_expected=bool, now=NOW
    ),
}
FAULTS: dict[str, type[PlatformError]] = {
    "quota": OutOfQuota,
    "timeout": Unreachable,
    "half": Unreachable,
    "lost": Unreachable,
    "empty_body": Unreachable,
    "html_502": Unreachable,
    "not_json": Unreachable,
    "server_error": Unreachable,
    "revoked": CredentialsRefused,
}


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("call", CALLS)
def test_each_fault_of_each_call_is_its_error_and_passes(
    google: StandIn,
    connector: GoogleAdsConnector,
    caplog: pytest.LogCaptureFixture,
    call: str,
    kind: str,
) -> None:
    google.fault(kind, call, seconds=0)
    with pytest.raises(FAULTS[kind]) as caught:
        CALLS[call](connector)
    assert_no_secret(caught.value)
    assert caplog.records == []  # the library would write a line for each
    CALLS[call](connector)


@pytest.mark.parametrize("seconds", [1, 3600])
def test_a_used_up_quota_says_when_to_ask_again(
    google: StandIn, connector: GoogleAdsConnector, seconds: int
) -> None:
    google.fault("quota", "costs", seconds=seconds)
    with pytest.raises(OutOfQuota, match="RESOURCE_EXHAUSTED") as caught:
        CALLS["costs"](connector)
    assert caught.value.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("code", "error", "remedy"),
    [
        ("authentication_error.OAUTH_TOKEN_REVOKED", CredentialsRefused, "Connect Google Ads"),
        ("authentication_error.TWO_STEP_VERIFICATION_NOT_ENROLLED", CredentialsRefused, "2-step"),
        ("authentication_error.DEVELOPER_TOKEN_INVALID", CredentialsRefused, "developer token"),
        ("authentication_error.CUSTOMER_NOT_FOUND", AccountGone, ""),
        ("authorization_error.USER_PERMISSION_DENIED", AccountGone, "access to the account"),
        ("authorization_error.CUSTOMER_NOT_ENABLED", AccountGone, "Activate the account"),
        ("authorization_error.DEVELOPER_TOKEN_PROHIBITED", CredentialsRefused, "project"),
        ("authorization_error.DEVELOPER_TOKEN_NOT_APPROVED", CredentialsRefused, "Basic access"),
        ("authorization_error.MISSING_TOS", CredentialsRefused, "terms of service"),
        ("authorization_error.SERVICE_ACCESS_DENIED", CredentialsRefused, "Connect Google Ads"),
        ("quota_error.RESOURCE_TEMPORARILY_EXHAUSTED", OutOfQuota, ""),
        ("quota_error.ACCESS_PROHIBITED", CredentialsRefused, "Google Cloud console"),
        ("internal_error.INTERNAL_ERROR", Unreachable, ""),
        ("database_error.CONCURRENT_MODIFICATION", Unreachable, ""),
        ("request_error.UNSUPPORTED_VERSION", UnreadableAnswer, "Update Budget Manager"),
        ("query_error.UNRECOGNIZED_FIELD", UnreadableAnswer, ""),
    ],
)
def test_what_google_says_decides_whom_it_concerns(
    google: StandIn,
    connector: GoogleAdsConnector,
    code: str,
    error: type[PlatformError],
    remedy: str,
) -> None:
    google.fault("revoked", "campaigns", code=code)
    with pytest.raises(PlatformError) as caught:
        connector.campaigns(US)
    assert isinstance(caught.value, error)
    assert code.partition(".")[2] in caught.value.text
    assert remedy in caught.value.remedy
    assert bool(caught.value.remedy) is bool(remedy)


def test_an_access_token_that_google_knows_no_more_is_a_matter_of_the_credentials(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.configure(is_revoked=True)
    with pytest.raises(CredentialsRefused, match="OAUTH_TOKEN_REVOKED"):
        connector.campaigns(US)


def assert_no_secret(error: BaseException | None) -> None:
    """Neither in the error nor in what it came from."""
    seen = []
    while error:
        seen += [str(error), repr(error), repr(vars(error))]
        assert error.__suppress_context__
        error = error.__cause__
    text = " ".join(seen)
    for secret in (CREDENTIALS["refresh_token"], CREDENTIALS["client_secret"], "ya29.", "Bearer"):
        assert secret not in text
    assert "?" not in text
