"""Whatever an answer holds, only errors of the interface leave the connector."""

import contextlib
import io
import json
import zipfile
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ads.platforms.interface import PlatformError
from ads.platforms.microsoft_ads.campaigns import account, campaign
from ads.platforms.microsoft_ads.errors import as_platform_error, errors_in
from ads.platforms.microsoft_ads.reports import _read
from ads.tests.platforms.microsoft_ads.conftest import BERLIN

NAMES = (
    "Id", "Name", "Status", "DailyBudget", "BudgetType", "BudgetId", "TimeZone", "CurrencyCode",
    "ParentCustomerId", "AccountLifeCycleStatus", "Errors", "OperationErrors", "PartialErrors",
    "Code", "Message", "Details", "Index", "ErrorCode",
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.decimals() | st.floats() | st.text()
ANSWERS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=12,
)
REPORT = (
    '"Report Name: x"\r\n"Time Zone: (GMT+01:00) Amsterdam, Berlin"\r\n"Rows: 1"\r\n\r\n'
    '"TimePeriod","AccountId","CampaignId","CampaignName","Spend"\r\n'
    '"2026-03-10","141002","401","Marke","1,041.23"\r\n\r\n"©2026 Microsoft"\r\n'
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answer=ANSWERS)
def test_a_strange_object_is_an_error_or_is_read(answer: Any) -> None:
    for error in errors_in(answer, {"secret"}):
        assert isinstance(as_platform_error(error, of_account=True), PlatformError)
    for read in (account, campaign):
        with contextlib.suppress(PlatformError):
            json.dumps(str(read(answer)))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    at=st.integers(0, len(REPORT)),
    length=st.integers(0, 60),
    text=st.text(st.sampled_from('",\r\n0123456789.-|:;abc\x00é\ufeff'), max_size=30),
)
def test_a_strange_report_is_an_error_or_is_read(at: int, length: int, text: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("report.csv", REPORT[:at] + text + REPORT[at + length :])
    with contextlib.suppress(PlatformError):
        _read(packed.getvalue(), BERLIN)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(at=st.integers(0, 700), by=st.integers(1, 255), length=st.integers(0, 700))
def test_a_spoiled_zip_is_an_error_or_is_read(at: int, by: int, length: int) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.csv", REPORT)
    content = bytearray(packed.getvalue())
    content[at % len(content)] ^= by
    with contextlib.suppress(PlatformError):
        _read(bytes(content[: len(content) - length if length % 2 else None]), BERLIN)
