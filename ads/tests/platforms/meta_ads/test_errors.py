"""Meta's codes as the errors of the interface, and its headers as quotas."""

import json
from datetime import timedelta

import pytest

from ads.platforms.interface import (
    AccountGone,
    CredentialsRefused,
    OutOfQuota,
    PlatformError,
    Unreachable,
)
from ads.platforms.meta_ads.errors import GraphError, TimedOut, TooMuchData
from ads.platforms.meta_ads.usage import INSIGHTS, MANAGEMENT, Usage


def error(code: int, subcode: int = 0, **others: object) -> GraphError:
    """An error as Meta writes it."""
    content = {"message": "Words", "code": code, "error_subcode": subcode, **others}
    found = GraphError.read({"error": content}, set())
    assert found
    return found


@pytest.mark.parametrize(
    ("code", "subcode", "kind"),
    [
        (190, 463, CredentialsRefused),
        (102, 0, CredentialsRefused),
        (104, 0, CredentialsRefused),
        (3, 0, AccountGone),
        (10, 0, AccountGone),
        (200, 0, AccountGone),
        (270, 0, AccountGone),
        (294, 0, AccountGone),
        (275, 0, AccountGone),
        (100, 33, AccountGone),
        (803, 0, AccountGone),
        (4, 1504022, OutOfQuota),
        (17, 2446079, OutOfQuota),
        (32, 0, OutOfQuota),
        (613, 1487742, OutOfQuota),
        *((code, 0, OutOfQuota) for code in range(80000, 80015)),
        (1, 0, Unreachable),
        (2, 0, Unreachable),
        (100, 1487534, TooMuchData),
        (100, 1504018, TimedOut),
        (2, 1504038, TimedOut),
        (2635, 0, PlatformError),
        (613, 1487632, Unreachable),
        (100, 0, PlatformError),
        (99999, 0, PlatformError),
    ],
)
def test_each_code_has_its_error(code: int, subcode: int, kind: type[PlatformError]) -> None:
    raised = error(code, subcode).as_platform_error(of_account=True)
    assert type(raised) is kind
    shown = f"{code}/{subcode}" if subcode else str(code)
    assert raised.text.startswith(f"Meta: Words (code {shown})")


@pytest.mark.parametrize("code", [3, 10, 200, 270, 294])
def test_a_permission_that_is_missing_for_all_accounts_is_one_of_the_credentials(code: int) -> None:
    assert type(error(code).as_platform_error(of_account=False)) is CredentialsRefused


@pytest.mark.parametrize(
    "code", [190, 10, 200, 803, 2635], ids=["token", "app", "permission", "gone", "version"]
)
def test_what_somebody_has_to_do_is_said(code: int) -> None:
    assert error(code).as_platform_error(of_account=True).remedy


def test_an_error_that_meta_calls_transient_is_asked_again() -> None:
    assert type(error(100, is_transient=True).as_platform_error(of_account=True)) is Unreachable


def test_words_for_people_come_before_those_for_developers() -> None:
    found = error(100, error_user_title="Too low", error_user_msg="At least $1.")
    assert found.text == "Too low: At least $1."


@pytest.mark.parametrize(
    "content", [[], {}, {"error": None}, {"error": "Words"}, {"data": []}, None, "error"]
)
def test_what_is_no_error_is_none(content: object) -> None:
    assert GraphError.read(content, set()) is None


def test_an_error_without_words_or_codes_is_one_all_the_same() -> None:
    found = GraphError.read({"error": {"code": "190", "message": 5}}, set())
    assert found == GraphError(0, 0, "Meta gave no reason.", is_transient=False)


def used(usage: Usage, account: str, use_case: str) -> timedelta | None:
    """When reading may go on; None: now."""
    try:
        usage.check(account, use_case)
    except OutOfQuota as refused:
        return refused.retry_after
    return None


def case(kind: str, percent: int, minutes: int = 0) -> dict[str, object]:
    """A use case in the header."""
    return {
        "type": kind,
        "call_count": 1,
        "total_cputime": percent,
        "total_time": 2,
        "estimated_time_to_regain_access": minutes,
    }


def test_quotas_are_those_of_an_account_and_a_use_case() -> None:
    usage = Usage()
    cases = {"71": [case(INSIGHTS, 90, 19), case(MANAGEMENT, 84)]}
    header = {"X-Business-Use-Case-Usage": json.dumps(cases)}
    assert usage.note(header, "71") == timedelta(minutes=19)
    assert used(usage, "71", INSIGHTS) == timedelta(minutes=19)
    assert used(usage, "71", MANAGEMENT) is None
    assert used(usage, "72", INSIGHTS) is None
    # Headers that say nothing change nothing; newer ones do.
    assert usage.note({}, "71") is None
    assert used(usage, "71", INSIGHTS) == timedelta(minutes=19)
    usage.note({"X-Business-Use-Case-Usage": json.dumps({"71": [case(INSIGHTS, 10)]})}, "71")
    assert used(usage, "71", INSIGHTS) is None


@pytest.mark.parametrize(
    ("name", "content", "others_too"),
    [
        ("X-Ad-Account-Usage", {"acc_id_util_pct": 99.2, "reset_time_duration": 120}, False),
        ("X-FB-Ads-Insights-Throttle", {"acc_id_util_pct": 99, "app_id_util_pct": 1}, False),
        ("X-FB-Ads-Insights-Throttle", {"acc_id_util_pct": 1, "app_id_util_pct": 99}, True),
        ("X-App-Usage", {"call_count": 99, "total_time": 1, "total_cputime": 1}, True),
    ],
)
def test_other_headers_count_too(name: str, content: object, others_too: bool) -> None:
    usage = Usage()
    usage.note({name: json.dumps(content)}, "71")
    assert used(usage, "71", INSIGHTS) is not None
    assert (used(usage, "72", INSIGHTS) is not None) is others_too


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", '{"71": 7}', '{"71": [7]}', '{"71": [{}]}', '{"call_count": -Infinity}'],
)
def test_headers_that_make_no_sense_are_ignored(text: str) -> None:
    usage = Usage()
    headers = {"X-Business-Use-Case-Usage": text, "X-App-Usage": text, "X-Ad-Account-Usage": text}
    assert usage.note(headers, "71") is None
    assert used(usage, "71", INSIGHTS) is None
