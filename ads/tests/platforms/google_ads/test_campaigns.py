"""Campaigns as Google has them."""

from decimal import Decimal

import pytest

from ads.platforms.google_ads.connector import GoogleAdsConnector
from ads.platforms.interface import RemoteCampaign
from ads.tests.platforms.google_ads.conftest import JP, US
from ads.tests.platforms.stand_in import StandIn

pytestmark = pytest.mark.real_clock


def test_each_campaign_comes_with_its_switch_what_it_does_and_its_budget(
    connector: GoogleAdsConnector,
) -> None:
    assert connector.campaigns(US) == [
        RemoteCampaign(
            "101", "Search", True, True, "ENABLED, eligible", daily_budget=Decimal(2000)
        ),
        RemoteCampaign(
            "102",
            "Shopping",
            True,
            True,
            "ENABLED, eligible",
            daily_budget=Decimal(180),
            is_budget_shared=True,
        ),
        RemoteCampaign("103", "Display", False, False, "PAUSED", daily_budget=Decimal("12.34")),
        RemoteCampaign(
            "104", "Old", False, False, "REMOVED", daily_budget=Decimal(5), is_removed=True
        ),
        RemoteCampaign("105", "Launch", True, True, "ENABLED, eligible"),
    ]


def test_a_budget_for_the_whole_time_is_no_daily_budget(connector: GoogleAdsConnector) -> None:
    launch = connector.campaigns(US)[-1]
    assert (launch.name, launch.daily_budget) == ("Launch", None)


def test_a_name_in_any_script_arrives(connector: GoogleAdsConnector) -> None:
    assert [each.name for each in connector.campaigns(JP)] == ["検索"]


def test_what_limits_a_campaign_is_in_its_status(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.post("/campaigns/101", {"issue": "BUDGET_CONSTRAINED"})
    search = connector.campaigns(US)[0]
    assert search.status == "ENABLED, limited: budget constrained"
    assert search.is_serving


@pytest.mark.parametrize(
    ("issue", "status"),
    [
        ("VIDEO", "ENABLED, eligible; Video: only people can switch it"),
        ("UNDECLARED", "ENABLED, eligible; not declared whether it has EU political ads"),
    ],
)
def test_what_keeps_programs_from_switching_a_campaign_is_known_before_it_has_to_stop(
    google: StandIn, connector: GoogleAdsConnector, issue: str, status: str
) -> None:
    google.post("/campaigns/101", {"issue": issue})
    assert connector.campaigns(US)[0].status == status


def test_a_paused_campaign_serves_until_the_pause_takes_effect(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.configure(status_lag=60)
    google.post("/campaigns/101", {"is_on": False})
    search = connector.campaigns(US)[0]
    assert (search.is_on, search.is_serving, search.status) == (False, True, "PAUSED, eligible")
    google.advance(60)
    search = connector.campaigns(US)[0]
    assert (search.is_on, search.is_serving, search.status) == (False, False, "PAUSED")


def test_a_status_that_nobody_has_documented_survives_as_text(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.fault("unknown_enum", "campaigns")
    search = connector.campaigns(US)[0]
    assert search.status == "status 999, primary status 999"
    assert not search.is_on
    assert search.is_serving is False  # SERVING is not what it says
    assert not search.is_removed


def test_campaigns_come_in_several_messages_one_of_them_empty(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.configure(page_size=2)
    google.fault("empty_page", "campaigns")
    assert [each.id for each in connector.campaigns(US)] == ["101", "102", "103", "104", "105"]


def test_an_account_without_campaigns_has_none(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.delete("/campaigns/201")
    assert connector.campaigns(JP) == []
