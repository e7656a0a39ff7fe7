"""Failures that this version of the library does not know, or that cannot be read."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from google.ads.googleads.v26.errors.types.errors import GoogleAdsFailure
from google.api_core.exceptions import GoogleAPICallError, from_grpc_status
from google.rpc.status_pb2 import Status
from grpc import StatusCode

from ads.platforms.google_ads.errors import Failures, Rejected, cleaned
from ads.platforms.interface import (
    CredentialsRefused,
    OutOfQuota,
    PlatformError,
    Unreachable,
    UnreadableAnswer,
)

PLAIN = type(GoogleAdsFailure.pb(GoogleAdsFailure()))
FAILURES = Failures(PLAIN, [])


class Call:
    """The end of a call."""

    def __init__(self, failure: bytes) -> None:
        self._failure = failure

    def trailing_metadata(self) -> list[tuple[str, bytes]]:
        return [("google.ads.googleads.v99.errors.googleadsfailure-bin", self._failure)]


def error(status: StatusCode, failure: bytes | None = None) -> GoogleAPICallError:
    """As the library raises it."""
    calls = [] if failure is None else [Call(failure)]
    make: Callable[..., GoogleAPICallError] = from_grpc_status
    return make(status, "Words.", errors=calls)


def failure(**fields: Any) -> bytes:
    """A failure with one error, as it is sent."""
    return bytes(GoogleAdsFailure.serialize(GoogleAdsFailure(errors=[fields])))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (StatusCode.ABORTED, Unreachable),
        (StatusCode.CANCELLED, Unreachable),
        (StatusCode.INTERNAL, Unreachable),
        (StatusCode.RESOURCE_EXHAUSTED, OutOfQuota),
        (StatusCode.PERMISSION_DENIED, CredentialsRefused),
        (StatusCode.UNAUTHENTICATED, CredentialsRefused),
        (StatusCode.UNIMPLEMENTED, UnreadableAnswer),
        (StatusCode.INVALID_ARGUMENT, UnreadableAnswer),
    ],
)
@pytest.mark.parametrize("sent", [None, b"", b"\xff\xff", failure()[:-1]])
def test_without_details_the_status_decides(
    status: StatusCode, kind: type[PlatformError], sent: bytes | None
) -> None:
    found = FAILURES.translated(error(status, sent))
    assert isinstance(found, kind)
    assert status.name in found.text


def test_a_code_of_another_version_survives_as_a_number() -> None:
    sent = failure(error_code={"authorization_error": 999}, message="No.")
    found = FAILURES.translated(error(StatusCode.INTERNAL, sent))
    assert isinstance(found, CredentialsRefused)
    assert found.text == "Google Ads refused: No (authorization_error 999)."


def test_a_kind_of_another_version_is_a_refusal() -> None:
    found = FAILURES.translated(error(StatusCode.INTERNAL, failure(message="New words.")))
    assert isinstance(found, Rejected)
    assert found.text == "Google Ads refused: New words (UNKNOWN)."


@pytest.mark.parametrize(
    ("delay", "wait"), [(-5, None), (0, None), (90, timedelta(seconds=90)), (10**11, timedelta(31))]
)
def test_a_quota_is_waited_for_a_month_at_most(delay: int, wait: timedelta | None) -> None:
    plain = PLAIN()
    one = plain.errors.add(message="Later.")
    one.error_code.quota_error = 2
    one.details.quota_error_details.retry_delay.seconds = delay
    found = FAILURES.translated(error(StatusCode.RESOURCE_EXHAUSTED, plain.SerializeToString()))
    assert isinstance(found, OutOfQuota)
    assert found.retry_after == wait


def test_details_that_cannot_be_read_are_none() -> None:
    status = Status()
    kind = "type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure"
    status.details.add(type_url=kind, value=b"\xff\xff")
    status.details.add(type_url="type.googleapis.com/google.rpc.DebugInfo", value=failure())
    assert FAILURES.partial(status) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bearer ya29.a0-b_c is old.", "… is old"),
        ("See https://example.com/a?key=b, or\nask\x00us.", "See https://example.com/a or ask us"),
        ("Token 1//0g-abc_D and secret GOCSPX-x_1-y.", "Token … and secret …"),
        ("", "no reason given"),
    ],
)
def test_googles_words_are_shown_without_secrets(text: str, shown: str) -> None:
    assert cleaned(text) == shown
