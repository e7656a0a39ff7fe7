"""Daily budgets at Google, from exact amounts."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ads.platforms.google_ads.connector import GoogleAdsConnector
from ads.platforms.interface import Confirmed, Refused, Unknown, Unreachable
from ads.tests.platforms.google_ads.conftest import JP, NOW, US
from ads.tests.platforms.stand_in import StandIn

pytestmark = pytest.mark.real_clock

NO_MULTIPLE = "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT"


def budget(google: StandIn, campaign: str) -> Decimal:
    """What it is there."""
    return Decimal(google.state()["campaigns"][campaign]["daily_budget"])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2.01", "2.01"),  # 2009999 millionths as a float
        ("1.10", "1.1"),
        ("0.29", "0.29"),
        ("99999999.99", "99999999.99"),
        ("7.009999", "7"),  # down to the cent, never above what is left
    ],
)
def test_a_cap_is_set_to_the_cent(
    google: StandIn, connector: GoogleAdsConnector, given: str, kept: str
) -> None:
    answer = connector.set_cap(US, "101", Decimal(given), is_expected=bool, now=NOW)
    assert answer == Confirmed(f"USD {kept} a day")
    assert budget(google, "101") == Decimal(kept)


def test_yen_have_no_decimals(google: StandIn, connector: GoogleAdsConnector) -> None:
    answer = connector.set_cap(JP, "201", Decimal("5000.75"), is_expected=bool, now=NOW)
    assert answer == Confirmed("JPY 5000 a day")
    assert budget(google, "201") == 5000


def test_a_currency_of_which_google_takes_whole_amounts_is_rounded_down_to_those(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.post(f"/accounts/{US.id}", {"currency": "IDR"})
    rupiah = replace(US, currency="IDR")
    answer = connector.set_cap(rupiah, "101", Decimal("1500.75"), is_expected=bool, now=NOW)
    assert answer == Confirmed("IDR 1500 a day")
    assert budget(google, "101") == 1500
    google.fault("partial", "set_cap", code=f"campaign_budget_error.{NO_MULTIPLE}", times=2)
    answer = connector.set_cap(rupiah, "101", Decimal("99.75"), is_expected=bool, now=NOW)
    assert isinstance(answer, Refused)
    assert answer.code == NO_MULTIPLE


def test_a_cap_that_is_so_already_costs_one_question(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    assert connector.set_cap(US, "103", Decimal("12.34"), is_expected=bool, now=NOW) == Confirmed(
        "USD 12.34 a day"
    )
    assert google.calls()["operations"] == 1
    assert google.calls().get("set_cap", 0) == 0


@pytest.mark.parametrize(
    ("campaign", "code"),
    [
        ("102", "SHARED_BUDGET"),
        ("104", "REMOVED"),
        ("105", "CUSTOM_PERIOD"),
        ("999", "RESOURCE_NOT_FOUND"),
        ("Search", "RESOURCE_NOT_FOUND"),
    ],
)
def test_what_has_no_daily_budget_of_its_own_is_refused(
    google: StandIn, connector: GoogleAdsConnector, campaign: str, code: str
) -> None:
    before = google.state()
    answer = connector.set_cap(US, campaign, Decimal(10), is_expected=bool, now=NOW)
    assert isinstance(answer, Refused)
    assert answer.code == code
    after = google.state()
    assert after["campaigns"] == before["campaigns"]
    assert after["shared_budgets"] == before["shared_budgets"] == {"900": "180"}


@pytest.mark.parametrize("amount", ["0", "0.001"])
def test_google_refuses_an_amount_below_its_minimum(
    google: StandIn, connector: GoogleAdsConnector, amount: str
) -> None:
    assert connector.set_cap(US, "101", Decimal(amount), is_expected=bool, now=NOW) == Refused(
        "BUDGET_BELOW_PER_DAY_MINIMUM",
        "The amount is below the minimum",
        "Google allows no smaller daily budget.",
    )
    assert budget(google, "101") == 2000


def test_a_cap_whose_answer_was_lost_is_seen_the_next_time(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.fault("lost", "set_cap")
    with pytest.raises(Unreachable):
        connector.set_cap(US, "101", Decimal(50), is_expected=bool, now=NOW)
    assert connector.set_cap(US, "101", Decimal(50), is_expected=bool, now=NOW) == Confirmed(
        "USD 50 a day"
    )


def test_a_cap_that_cannot_be_read_back_is_unknown(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.fault("html_502", "read_back", after=1)
    assert connector.set_cap(US, "101", Decimal(50), is_expected=bool, now=NOW) == Unknown(
        "Google Ads did not answer (UNAVAILABLE)."
    )
    assert budget(google, "101") == 50
