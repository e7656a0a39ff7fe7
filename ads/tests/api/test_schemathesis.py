"""The whole OpenAPI document is tried out: what it allows is taken, what it forbids is refused.

The examples are the same on every run, and so is the time: they name days and times of day.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import time_machine
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import settings as how
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    negative_data_rejection,
    positive_data_acceptance,
)

from ads.api.frame import JSON, NDJSON
from ads.tests.api.support import key_for
from ads.tests.factories import CampaignFactory
from budget_manager.wsgi import application

load_all_checks()

#: Of what is drawn; how far each field goes is tried besides.
EXAMPLES = 6
NOW = "2026-03-18T16:00:00Z"

CONFIG = SchemathesisConfig.from_dict(
    {
        "cache": {"enabled": False},
        "checks": {
            "negative_data_rejection": {
                # 413 besides: that there are more than 10,000 rows is a matter of size
                "expected-statuses": [400, 401, 403, 404, 405, 409, 413, 415, 422, 429]
            }
        },
    }
)

#: Refusals of what the document allows, for it cannot say these: by what they say, and why.
BEYOND_A_SCHEMA = {
    "there is no campaign of this": "which campaigns there are",
    "is later than tomorrow": "what day it is",
    "lies in the future": "what time it is",
    "it has passed": "what time it is",
    "it is before 1990-01-01": "a format has no earliest date",
    "it is not between 1990-01-01": "nor has that of instants",
    "use a time such as": "the ways to say when it ends",
    "use more than zero": "a pattern of decimal numbers includes zero",
    "send the header Idempotency-Key": "a field that is needed unless there is a header",
    "an exponent is not accepted": "how a JSON number is written",
    "has more than 6 decimal places": "how a JSON number is written",
    "give either cursor or since": "one of two, neither of which is required",
    "swap the two dates": "the order of two dates",
    "it is after the last day": "the order of two dates",
    "ask for at most 366 days": "how far two dates lie apart",
    "is not a currency code": "which currencies there are",
    "would come to 1,000,000,000,000,000": "a sum over rows",
}


#: Operations that refused a request without a key that succeeds with one: to ask once is enough.
needs_key: set[str] = set()


@schemathesis.hook
def before_load_schema(_context: Any, document: dict[str, Any]) -> None:
    """Try out lines as what is on them, and no body that says nothing new.

    Whatever the rows are, lists and lines of them are read by the same code: they are tried out
    with entries, and of other kinds one row by itself. The document's examples are sent as they
    are, lists too. No example has the address of a webhook endpoint, and what is sent elsewhere is
    refused unread: it was three of ten requests.
    """
    for name, path in document["paths"].items():
        for operation in path.values():
            content = operation.get("requestBody", {"content": {}})["content"]
            if name.startswith("/api/v1/webhooks/"):
                operation["requestBody"]["content"] = {media: {"schema": {}} for media in content}
            elif NDJSON in content:
                many, one = content[JSON]["schema"]["anyOf"]
                if name == "/api/v1/spend/entries":
                    content[JSON]["schema"] = many
                    content[NDJSON]["schema"] = content[NDJSON]["schema"]["contentSchema"]
                else:
                    content[JSON]["schema"] = one
                    del content[NDJSON]


api = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application, config=CONFIG)


@schemathesis.serializer(NDJSON)
def as_lines(_context: Any, value: Any) -> bytes:
    rows = value if isinstance(value, list) else [value]
    return b"\n".join(json.dumps(row).encode() for row in rows)


@pytest.fixture
def headers(db: None, settings: Any) -> Iterator[dict[str, str]]:
    """What a program with every right sends; requests stay in the test's transaction."""
    settings.API_FAILURES_PER_MINUTE = 10**6
    budgets = {"daily_budget": 100, "monthly_budget": 1000}
    CampaignFactory.create(pk=1, **budgets)
    # the document's examples
    CampaignFactory.create(pk=3, brand__name="Acme", name="Spring Sale", **budgets)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield {"Authorization": f"Bearer {key_for(requests_per_minute=10**6)}"}
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@api.parametrize()
@time_machine.travel(NOW)
@how(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_the_document_holds(case: Any, headers: dict[str, str]) -> None:
    response = case.call(headers=headers)

    excepted: list[Any] = []
    if is_beyond_a_schema(response):
        excepted.append(positive_data_acceptance)
    if refuses_rows(response):
        excepted.append(negative_data_rejection)
    if case.operation.label in needs_key:
        excepted.append(ignored_auth)
    case.validate_response(response, headers=headers, excluded_checks=excepted)
    if response.status_code == 200:
        needs_key.add(case.operation.label)


def refuses_rows(response: Any) -> bool:
    """Whether it was asked to keep the good rows, so that bad ones are refused one by one."""
    kept = "mode=keep_good" in response.request.url and response.status_code == 200
    return kept and response.json()["refused"] > 0


def is_beyond_a_schema(response: Any) -> bool:
    """Whether all that is refused is refused for reasons that a schema cannot express."""
    if response.status_code != 422:
        return False
    reasons = [error["reason"] for error in response.json()["errors"]]
    return all(any(part in reason for part in BEYOND_A_SCHEMA) for reason in reasons)
