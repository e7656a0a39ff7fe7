"""Each fault at each call that reads: an error of its own, or all rows; never half of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ads.platforms.interface import (
    CredentialsRefused,
    OutOfQuota,
    PlatformError,
    Unreachable,
    UnreadableAnswer,
)
from ads.platforms.meta_ads.connector import MetaAdsConnector
from ads.tests.platforms.meta_ads.conftest import NEW_YORK, NOON, TODAY, Connect
from ads.tests.platforms.stand_in import StandIn

LONG_AGO = TODAY - timedelta(days=34)

#: What reads, and the calls of the platform that it makes.
READERS: dict[str, tuple[Callable[[MetaAdsConnector], Any], tuple[str, ...]]] = {
    "accounts": (lambda meta: meta.accounts(), ("accounts",)),
    "campaigns": (lambda meta: meta.campaigns(NEW_YORK), ("campaigns",)),
    "costs": (lambda meta: set(meta.costs(NEW_YORK, TODAY, TODAY, now=NOON).rows), ("costs",)),
    "report": (
        lambda meta: set(meta.costs(NEW_YORK, LONG_AGO, TODAY, now=NOON).rows),
        ("report_submit", "report_poll", "report_download"),
    ),
    "totals": (lambda meta: meta.account_totals(NEW_YORK, TODAY, TODAY, now=NOON), ("totals",)),
}

#: The error of each fault; None: there is none, and the answer is the same as without it.
ERRORS: dict[str, type[PlatformError] | None] = {
    "quota": OutOfQuota,
    "timeout": Unreachable,
    "half": Unreachable,
    "lost": Unreachable,
    "html_502": Unreachable,
    "server_error": Unreachable,
    "empty_body": UnreadableAnswer,
    "not_json": UnreadableAnswer,
    "revoked": CredentialsRefused,
    "empty_page": None,
    "too_much_data": None,
}

CASES = [
    pytest.param(reader, call, kind, id=f"{call}-{kind}")
    for reader, (_, calls) in READERS.items()
    for call in calls
    for kind in ERRORS
]


@pytest.mark.parametrize(("reader", "call", "kind"), CASES)
def test_a_fault_is_an_error_or_makes_no_difference(
    meta: StandIn, connect: Connect, reader: str, call: str, kind: str
) -> None:
    read, _ = READERS[reader]
    connector = connect(timeout=0.2 if kind == "timeout" else 20)
    whole = read(connect())
    meta.fault(kind, call, seconds=90)
    if (error := ERRORS[kind]) is None:
        assert read(connector) == whole
    else:
        with pytest.raises(error) as raised:
            read(connector)
        assert type(raised.value) is error
        if isinstance(raised.value, OutOfQuota):
            assert raised.value.retry_after == timedelta(minutes=2)  # Meta counts in minutes
    assert read(connect()) == whole


@pytest.mark.parametrize("kind", ["half", "html_502", "empty_body", "quota"])
def test_an_error_on_a_later_page_spoils_all_of_them(
    meta: StandIn, connector: MetaAdsConnector, kind: str
) -> None:
    meta.configure(page_size=1)
    meta.fault(kind, "costs", after=2)
    with pytest.raises(PlatformError):
        connector.costs(NEW_YORK, TODAY, TODAY, now=NOON)


def test_pages_that_never_end_are_given_up(meta: StandIn, connector: MetaAdsConnector) -> None:
    meta.fault("empty_page", "campaigns", times=1000)
    with pytest.raises(UnreadableAnswer, match="do not end"):
        connector.campaigns(NEW_YORK)
    assert meta.calls()["campaigns"] < 100


def test_a_report_that_fails_says_why(meta: StandIn, connector: MetaAdsConnector) -> None:
    meta.fault("partial", "report_poll")
    with pytest.raises(Unreachable, match=r"Service temporarily unavailable \(code 2\)"):
        connector.costs(NEW_YORK, LONG_AGO, TODAY, now=NOON)


def test_a_report_in_a_state_that_is_not_documented_is_waited_for(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    meta.fault("unknown_enum", "report_poll")
    assert connector.costs(NEW_YORK, LONG_AGO, TODAY, now=NOON).rows


def test_a_report_that_is_not_ready_in_time_is_an_error(meta: StandIn, connect: Connect) -> None:
    meta.configure(asynchronous_seconds=60)
    with pytest.raises(Unreachable, match=r'in time \("Job Running"\)'):
        connect(timeout=1).costs(NEW_YORK, LONG_AGO, TODAY, now=NOON)


def test_nobody_there_is_an_error_without_an_address() -> None:
    connector = MetaAdsConnector(
        "EAAnobody", timeout=timedelta(seconds=2), endpoint="http://127.0.0.1:9"
    )
    with pytest.raises(Unreachable) as raised:
        connector.accounts()
    assert str(raised.value) == (
        "Meta cannot be reached (ConnectionError). Check the machine's connection to the internet"
        " and its proxy."
    )
