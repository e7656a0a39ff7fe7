"""Whatever goes wrong, in whatever order: what is said is true, or it is an error."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ads.platforms.google_ads.connector import GoogleAdsConnector
from ads.platforms.interface import Confirmed, PlatformError, Refused
from ads.tests.platforms.google_ads.conftest import NOW, US, connect, world
from ads.tests.platforms.google_ads.test_costs import by_key, expected
from ads.tests.platforms.google_ads.test_faults import assert_no_secret
from ads.tests.platforms.stand_in import StandIn
from stand_ins.faults import CALLS, KINDS

pytestmark = pytest.mark.real_clock

DAY = date(2026, 3, 10)
CAMPAIGNS = ("101", "102", "103", "104", "105", "999")

FAULT = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(KINDS),
        "call": st.sampled_from(("*", *CALLS[:8])),
        "after": st.integers(0, 2),
        "times": st.integers(1, 2),
        "seconds": st.just(0),
    }
)
STEP = (
    st.just("costs")
    | st.just("campaigns")
    | st.tuples(st.sampled_from(CAMPAIGNS), st.booleans())
    | st.tuples(st.sampled_from(CAMPAIGNS), st.integers(1, 5000))
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(faults=st.lists(FAULT, max_size=6), steps=st.lists(STEP, min_size=1, max_size=8))
def test_answers_are_true_or_errors(
    process: StandIn, faults: list[dict[str, object]], steps: list[str | tuple[str, int]]
) -> None:
    process.reset(world())
    connector = connect(process, timeout=timedelta(seconds=2))
    process.post("/faults", faults)
    try:
        for step in steps:
            try:
                check(process, connector, step)
            except PlatformError as error:
                assert_no_secret(error)
    finally:
        process.delete("/faults")
    check(process, connector, "costs")
    check(process, connector, "campaigns")
    connector.close()


def check(google: StandIn, connector: GoogleAdsConnector, step: str | tuple[str, int]) -> None:
    """Ask or switch, and compare what is said with the world."""
    if step == "costs":
        costs = connector.costs(US, DAY, DAY, now=NOW)
        assert by_key(list(costs.rows)) == expected(google, US.id, DAY)
    elif step == "campaigns":
        assert {each.id for each in connector.campaigns(US)} == set(CAMPAIGNS) - {"999"}
    elif isinstance(step[1], bool):
        campaign, is_on = str(step[0]), step[1]
        answer = connector.switch(US, {campaign: is_on}, now=NOW)[campaign]
        if isinstance(answer, Confirmed):
            assert google.state()["campaigns"][campaign]["is_on"] is is_on
        if campaign in {"104", "999"}:
            assert not isinstance(answer, Confirmed)
    else:
        campaign, amount = str(step[0]), Decimal(step[1])
        told = connector.set_cap(US, campaign, amount, is_expected=bool, now=NOW)
        there = google.state()["campaigns"].get(campaign, {})
        if isinstance(told, Confirmed):
            assert Decimal(there["daily_budget"]) == amount
        if campaign in {"102", "104", "105", "999"}:
            assert isinstance(told, Refused)
