"""Accounts and campaigns as Meta shows them."""

from decimal import Decimal

import pytest

from ads.platforms.interface import Account, AccountGone, OutOfQuota, RemoteCampaign
from ads.platforms.meta_ads import campaigns
from ads.platforms.meta_ads.connector import MetaAdsConnector
from ads.tests.platforms.meta_ads.conftest import BERLIN, NEW_YORK, NOON, TODAY, Connect
from ads.tests.platforms.stand_in import StandIn
from stand_ins.worlds import many


def test_accounts_have_timezone_currency_and_business(connector: MetaAdsConnector) -> None:
    assert connector.accounts() == [NEW_YORK, BERLIN]


def test_accounts_of_a_business_are_those_that_it_owns(connect: Connect) -> None:
    assert connect(business="9001").accounts() == [NEW_YORK, BERLIN]
    assert connect(business="9002").accounts() == []


def test_an_account_that_is_not_in_order_says_so(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    meta.post("/accounts/7001", {"state": "suspended", "timezone": "Mars/Olympus", "parent": ""})
    # As Meta names it: spend on days that are not known is not recorded.
    assert connector.accounts()[0] == Account(
        "7001", "Shoes", "Mars/Olympus", "USD", "", "disabled"
    )
    meta.fault("unknown_enum", "accounts")
    assert connector.accounts()[1].state == "status 999"


def test_campaigns_have_both_statuses_and_their_own_daily_budget(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    meta.post("/campaigns/104", {"issue": "WITH_ISSUES"})
    assert connector.campaigns(NEW_YORK) == [
        RemoteCampaign("101", "Brand", True, True, "ACTIVE", Decimal("600.00")),
        RemoteCampaign("102", "Generic", True, True, "ACTIVE"),
        RemoteCampaign("103", "Paused", False, False, "PAUSED"),
        RemoteCampaign("104", "Sale", True, False, "ACTIVE, WITH_ISSUES (Payment failed)"),
    ]


def test_a_campaign_that_was_switched_a_moment_ago_still_serves(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    meta.configure(status_lag=60)
    meta.post("/campaigns/101", {"is_on": False})
    assert connector.campaigns(NEW_YORK)[0] == RemoteCampaign(
        "101", "Brand", False, True, "PAUSED, ACTIVE", Decimal("600.00")
    )


def test_archived_and_deleted_campaigns_are_left_out(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    meta.post("/campaigns/101", {"is_removed": True, "issue": "ARCHIVED"})
    meta.post("/campaigns/102", {"is_removed": True})
    assert [campaign.id for campaign in connector.campaigns(NEW_YORK)] == ["103", "104"]


def test_a_status_that_is_not_documented_counts_as_on(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    meta.fault("unknown_enum", "campaigns")
    found = connector.campaigns(NEW_YORK)[0]
    assert (found.is_serving, found.status) == (None, "ACTIVE, ON_A_JOURNEY")
    row = {"id": "1", "name": "One", "status": "ON_A_JOURNEY"}
    assert campaigns.campaign(row, "USD").is_on


@pytest.mark.parametrize(
    ("currency", "minor", "amount"),
    [
        ("USD", "60050", Decimal("600.50")),
        ("JPY", "600", Decimal(600)),
        # Two decimal places in ISO 4217, none at Meta; three and two.
        ("HUF", "600", Decimal(600)),
        ("KWD", "60050", Decimal("600.50")),
    ],
)
def test_budgets_are_in_the_units_of_metas_own_table(
    currency: str, minor: str, amount: Decimal
) -> None:
    assert campaigns.budget(minor, currency) == amount
    assert campaigns.in_minor_units(amount, currency) == int(minor)


def test_pages_are_followed_to_the_end_without_sending_the_token_in_an_address(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    meta.configure(page_size=1)
    assert len(connector.campaigns(NEW_YORK)) == 4
    assert meta.calls() == {"operations": 4, "campaigns": 4}


def test_five_thousand_campaigns_and_their_costs_are_read(meta: StandIn, connect: Connect) -> None:
    there = many(1, 5_000, NOON)
    there.clock = NOON
    meta.reset(there)
    connector = connect(token=there.settings.secret)
    (account,) = connector.accounts()
    found = connector.campaigns(account)
    assert len({campaign.id for campaign in found}) == 5_000
    costs = connector.costs(account, TODAY, TODAY, now=NOON)
    assert {(row.campaign, row.date, None): row.amount for row in costs.rows} == meta.costs(
        TODAY, TODAY
    )
    assert len(costs.rows) == 5_000
    # Campaigns and costs in pages of 500, and one question for deleted campaigns.
    assert connector.operations == 1 + 10 + 10 + 1


def test_reading_pauses_before_the_quota_is_used_up_but_switching_does_not(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    meta.configure(quota_used=84)
    connector.campaigns(NEW_YORK)
    meta.configure(quota_used=85)
    connector.campaigns(NEW_YORK)  # whose answer says so
    before = meta.calls()
    with pytest.raises(OutOfQuota, match="85 %") as refused:
        connector.costs(NEW_YORK, TODAY, TODAY, now=NOON)
    assert refused.value.retry_after is not None
    assert meta.calls() == before
    assert connector.campaigns(BERLIN)  # an account of its own
    assert connector.switch(NEW_YORK, {"101": False}, now=NOON)
    assert "101" not in meta.serving()


def test_an_account_that_vanished_is_named_as_such(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    meta.delete("/accounts/7001")
    with pytest.raises(AccountGone, match="does not exist"):
        connector.campaigns(NEW_YORK)
    with pytest.raises(AccountGone):
        connector.costs(NEW_YORK, TODAY, TODAY, now=NOON)
