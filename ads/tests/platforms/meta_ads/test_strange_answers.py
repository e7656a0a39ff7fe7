"""Whatever Meta sends, nothing but an error of the interface leaves the connector."""

import contextlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ads.platforms.interface import PlatformError
from ads.platforms.meta_ads.connector import MetaAdsConnector
from ads.tests.platforms.meta_ads.conftest import NEW_YORK, NOON, TODAY
from ads.tests.platforms.meta_ads.test_secrets import CALLS
from stand_ins.http import Reply, Request, Server

#: What Meta really sends, one value of which is replaced by something strange.
ROW = {
    "id": "101",
    "account_id": "7001",
    "name": "Brand",
    "status": "ACTIVE",
    "effective_status": "ACTIVE",
    "account_status": 1,
    "timezone_name": "Europe/Berlin",
    "currency": "EUR",
    "business": {"id": "9001"},
    "daily_budget": "100",
    "lifetime_budget": "100",
    "issues_info": [{"error_summary": "Words"}],
    "campaign_id": "101",
    "campaign_name": "Brand",
    "spend": "1.50",
    "date_start": TODAY.isoformat(),
    "date_stop": TODAY.isoformat(),
    "report_run_id": "600100",
    "async_status": "Job Failed",
    "async_percent_completion": 100,
    "error_code": 190,
    "error_message": "Words",
    "expires_at": 1_900_000_000,
    "code": 200,
    "error_subcode": 463,
    "is_transient": True,
}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.text(max_size=5)
    | st.sampled_from(["NaN", "1e5", "-0.01", "9" * 400, "²", "２"])
)
JSON = st.recursive(
    SCALARS, lambda some: st.lists(some, max_size=2) | st.dictionaries(st.text(max_size=3), some)
)


class Strange:
    """A platform that gives an answer of the test's choice to whatever is asked."""

    def __init__(self) -> None:
        self.whole: Any = {}
        self.part: Any = {}
        self.headers: dict[str, str] = {}
        self.server = Server(self.answer, 0)
        self.connector = MetaAdsConnector(
            "EAAtoken",
            timeout=timedelta(seconds=0.3),
            endpoint=self.server.address,
            read_back_after=(0.0,),
        )

    def answer(self, request: Request) -> Reply:
        return Reply([self.part] if b"batch=" in request.body else self.whole, headers=self.headers)


@pytest.fixture(scope="module")
def strange() -> Iterator[Strange]:
    made = Strange()
    yield made
    made.connector.close()
    made.server.close()


@st.composite
def slightly_wrong(draw: st.DrawFn) -> Any:
    """A row one value of which is strange, and some of which are missing."""
    row = {**ROW, draw(st.sampled_from(sorted(ROW))): draw(JSON)}
    for name in draw(st.lists(st.sampled_from(sorted(ROW)), max_size=2)):
        row.pop(name, None)
    return row


@pytest.mark.parametrize("call", CALLS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(row=slightly_wrong(), paging=st.none() | JSON, other=JSON, form=st.integers(0, 5))
def test_a_strange_answer_is_an_error_or_makes_sense(
    strange: Strange, call: str, row: Any, paging: Any, other: Any, form: int
) -> None:
    page = {"data": [row], "paging": paging}
    strange.whole = [page, row, {"error": row}, {"data": row}, [row], other][form]
    body = json.dumps(strange.whole)
    strange.part = [{"code": 200, "body": body}, {"code": 200, "body": ""}, None, other][form % 4]
    strange.headers = {"X-Business-Use-Case-Usage": json.dumps(other)}
    with contextlib.suppress(PlatformError):
        CALLS[call](strange.connector)


def test_the_answer_without_anything_strange_is_understood(strange: Strange) -> None:
    strange.whole = {"data": [ROW]}
    assert strange.connector.accounts()[0].timezone == "Europe/Berlin"
    assert strange.connector.campaigns(NEW_YORK)[0].id == "101"
    costs = strange.connector.costs(NEW_YORK, TODAY, TODAY, now=NOON)
    assert [str(row.amount) for row in costs.rows] == ["1.5"]


@pytest.mark.parametrize("ends", [-1, 0, 10**20, "soon", None, [1]])
def test_an_end_that_is_none_is_not_known(strange: Strange, ends: object) -> None:
    strange.whole = {"data": {"expires_at": ends}}
    assert strange.connector.expires_at() is None
