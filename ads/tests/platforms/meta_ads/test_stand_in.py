"""The stand-in refuses what Meta refuses, so that a mistake of the connector is seen."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from ads.tests.platforms.meta_ads.conftest import TOKEN
from ads.tests.platforms.stand_in import StandIn

DAYS = json.dumps({"since": "2026-03-09", "until": "2026-03-10"})
INSIGHTS = {"level": "campaign", "time_range": DAYS, "time_increment": "1"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def ask(
    meta: StandIn,
    path: str,
    params: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    headers: Mapping[str, str] = BEARER,
    form: Mapping[str, str] | None = None,
) -> Any:
    """What it answers."""
    address = meta.address + path
    return requests.request(
        method, address, params=params, data=form, headers=headers, timeout=5
    ).json()


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("/v19.0/me/adaccounts", {}, 2635),
        ("/me/adaccounts", {}, 2635),
        ("/v26.0/me/adaccounts", {"fields": "account_id,colour"}, 100),
        ("/v26.0/act_7001/campaigns", {"fields": "id,colour"}, 100),
        ("/v26.0/act_7001/campaigns", {"limit": "none"}, 100),
        ("/v26.0/act_7001/campaigns", {"after": "%%%"}, 2642),
        ("/v26.0/act_7001/campaigns", {"effective_status": "ACTIVE"}, 100),
        ("/v26.0/act_7001/colours", {}, 2500),
        ("/v26.0/7001/campaigns", {}, 100),
        ("/v26.0/act_1/campaigns", {}, 100),
        ("/v26.0/999", {}, 100),
        ("/v26.0/act_7001/insights", INSIGHTS | {"level": "planet"}, 100),
        ("/v26.0/act_7001/insights", INSIGHTS | {"fields": "cost"}, 100),
        ("/v26.0/act_7001/insights", INSIGHTS | {"time_range": "yesterday"}, 100),
        ("/v26.0/act_7001/insights", INSIGHTS | {"breakdowns": "hour"}, 100),
        ("/v26.0/act_7001/insights", INSIGHTS | {"filtering": "[]"}, 100),
        (
            "/v26.0/act_7001/insights",
            INSIGHTS | {"time_range": '{"since": "2022-01-01", "until": "2026-03-10"}'},
            3018,
        ),
    ],
)
def test_a_request_that_meta_would_refuse_is_refused(
    meta: StandIn, path: str, params: dict[str, str], code: int
) -> None:
    assert ask(meta, path, params)["error"]["code"] == code


def test_only_fields_that_were_asked_for_are_given(meta: StandIn) -> None:
    assert ask(meta, "/v26.0/101") == {"id": "101"}
    assert ask(meta, "/v26.0/101", {"fields": "status"}) == {"id": "101", "status": "ACTIVE"}
    row = ask(meta, "/v26.0/act_7001/insights", INSIGHTS)["data"][0]
    assert row == {
        "spend": "504.00",
        "impressions": "100",
        "date_start": "2026-03-09",
        "date_stop": "2026-03-09",
    }


def test_a_following_page_has_the_token_in_its_address_as_metas_has(meta: StandIn) -> None:
    page = ask(meta, "/v26.0/act_7001/campaigns", {"limit": "2"})
    assert len(page["data"]) == 2
    assert TOKEN in page["paging"]["next"]
    rest = requests.get(page["paging"]["next"], timeout=5).json()
    assert [row["id"] for row in rest["data"]] == ["103", "104"]
    assert "next" not in rest["paging"]


@pytest.mark.parametrize(
    ("headers", "code"), [({}, 104), ({"Authorization": "Bearer EAAnobody"}, 190)]
)
def test_without_a_token_that_it_knows_nothing_is_answered(
    meta: StandIn, headers: dict[str, str], code: int
) -> None:
    assert ask(meta, "/v26.0/me/adaccounts", headers=headers)["error"]["code"] == code
    meta.configure(is_revoked=True)
    assert ask(meta, "/v26.0/me/adaccounts")["error"]["code"] == 190


@pytest.mark.parametrize(
    "form", [{"status": "STOPPED"}, {"daily_budget": "12.50"}, {"colour": "red"}, {}]
)
def test_a_change_that_meta_would_refuse_changes_nothing(
    meta: StandIn, form: dict[str, str]
) -> None:
    before = meta.state()["campaigns"]
    assert ask(meta, "/v26.0/101", method="POST", form=form)["error"]["code"] == 100
    assert meta.state()["campaigns"] == before


@pytest.mark.parametrize("parts", ["[]", "{", '[{"method": "GET"}]', json.dumps([{}] * 51)])
def test_a_batch_has_one_to_fifty_parts(meta: StandIn, parts: str) -> None:
    assert ask(meta, "/", method="POST", form={"batch": parts})["error"]["code"] == 100
