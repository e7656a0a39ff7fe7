"""Each fault at each call: an error of its own and without a secret, or all of the answer."""

import logging
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ads.platforms.interface import (
    AccountGone,
    CredentialsRefused,
    OutOfQuota,
    PlatformError,
    Unreachable,
    UnreadableAnswer,
)
from ads.platforms.microsoft_ads import PLATFORM
from ads.platforms.microsoft_ads.connector import MicrosoftAdsConnector
from ads.tests.platforms.microsoft_ads.conftest import (
    BERLIN,
    CREDENTIALS,
    NOON,
    SECRETS,
    TODAY,
    Connect,
)
from ads.tests.platforms.stand_in import StandIn

Read = Callable[[MicrosoftAdsConnector], Any]


def costs(connector: MicrosoftAdsConnector) -> Any:
    return connector.costs(BERLIN, TODAY, TODAY, now=NOON)


#: What reads, and the calls of the platform that it makes.
READERS: dict[str, tuple[Read, tuple[str, ...]]] = {
    "accounts": (lambda its: its.accounts(), ("token", "accounts")),
    "campaigns": (lambda its: its.campaigns(BERLIN), ("campaigns",)),
    "costs": (costs, ("report_submit", "report_poll", "report_download")),
    "totals": (lambda its: its.account_totals(BERLIN, TODAY, TODAY, now=NOON), ("report_poll",)),
}

ERRORS: dict[str, type[PlatformError]] = {
    "quota": OutOfQuota,
    "timeout": Unreachable,
    "half": Unreachable,
    "lost": Unreachable,
    "html_502": Unreachable,
    "server_error": Unreachable,
    "empty_body": UnreadableAnswer,
    "not_json": UnreadableAnswer,
    "revoked": CredentialsRefused,
}
#: The errors that are others.
OTHERS: dict[tuple[str, str], type[PlatformError]] = {
    ("token", "quota"): Unreachable,
    ("report_download", "not_json"): UnreadableAnswer,
    ("report_download", "empty_body"): Unreachable,
}
#: A file has its own address, so that no token is needed, and nobody counts.
_NOT_OF_FILES = {"quota", "revoked", "server_error"}

CASES = [
    pytest.param(reader, call, kind, id=f"{reader}-{call}-{kind}")
    for reader, (_, calls) in READERS.items()
    for call in calls
    for kind in ERRORS
    if call != "report_download" or kind not in _NOT_OF_FILES
]


def failure(read: Callable[[], Any]) -> PlatformError:
    """The error that it raises, in which nothing is a secret, not even in its traceback."""
    with pytest.raises(PlatformError) as caught:
        read()
    told = "".join(traceback.format_exception(caught.value))
    assert [secret for secret in SECRETS if secret in told] == []
    return caught.value


@pytest.mark.parametrize(("reader", "call", "kind"), CASES)
def test_a_fault_is_an_error_and_the_next_time_all_is_well(
    microsoft: StandIn,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    reader: str,
    call: str,
    kind: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    read, _ = READERS[reader]
    connector = connect(timeout=0.2 if kind == "timeout" else 20)
    microsoft.fault(kind, call, seconds=90)

    error = failure(lambda: read(connector))

    assert type(error) is OTHERS.get((call, kind), ERRORS[kind])
    if isinstance(error, OutOfQuota):
        of_submit = call == "report_submit"
        assert error.retry_after == (None if of_submit else timedelta(seconds=60))
    assert [token for token in SECRETS[:4] if token in caplog.text] == []
    assert read(connect())


def test_half_a_zip_is_an_error(microsoft: StandIn, connector: MicrosoftAdsConnector) -> None:
    microsoft.fault("half", "report_download", code="zip")

    error = failure(lambda: costs(connector))

    assert (type(error), error.text) == (Unreachable, "Microsoft Advertising's report broke off.")


@pytest.mark.parametrize("kind", ["server_error", "unknown_enum"])
def test_a_report_that_fails_is_ordered_anew_the_next_time(
    microsoft: StandIn, connector: MicrosoftAdsConnector, kind: str
) -> None:
    microsoft.fault(kind, "report_poll")

    error = failure(lambda: costs(connector))

    assert type(error) is Unreachable
    assert "could not make the report (status " in error.text
    assert costs(connector).rows
    assert microsoft.calls()["report_submit"] == 2


def test_success_without_a_file_sets_nothing_to_zero(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.fault("empty_page", "report_poll")

    answer = costs(connector)

    assert (answer.rows, answer.complete) == ([], False)


@pytest.mark.parametrize("call", ["campaigns", "costs"])
def test_an_account_that_is_not_the_users_any_more_is_gone_and_the_login_is_not(
    microsoft: StandIn, connector: MicrosoftAdsConnector, call: str
) -> None:
    read, _ = READERS[call]
    microsoft.delete(f"/accounts/{BERLIN.id}")

    error = failure(lambda: read(connector))

    assert type(error) is AccountGone
    assert "not authorized to perform this action. (code 106)" in error.text
    assert [each.id for each in connector.accounts()] == ["141001"]


def test_a_grant_that_was_revoked_is_said_at_the_next_call(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    connector.accounts()
    microsoft.configure(is_revoked=True)

    error = failure(connector.accounts)

    assert type(error) is CredentialsRefused
    assert error.remedy == "Connect again, as a user who may manage the accounts."


def test_an_unknown_kind_of_account_is_shown_as_it_is(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.fault("unknown_enum", "accounts", after=1)

    first = connector.accounts()[0]

    assert first.state == ("NobodyHasDocumentedThis; timezone NobodyHasDocumentedThis is not known")


def test_nobody_there_is_an_error_without_an_address() -> None:
    connector = PLATFORM.connect(
        CREDENTIALS, timeout=timedelta(seconds=2), endpoint="http://127.0.0.1:9"
    )

    error = failure(connector.accounts)

    assert type(error) is Unreachable
