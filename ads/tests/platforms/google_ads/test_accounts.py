"""Which accounts a login has."""

import pytest

from ads.platforms.google_ads.connector import GoogleAdsConnector
from ads.platforms.interface import Account, CredentialsRefused
from ads.tests.platforms.google_ads.conftest import JP, MANAGER, OWN, US, connect
from ads.tests.platforms.stand_in import StandIn

pytestmark = pytest.mark.real_clock


def test_accounts_of_managers_and_a_logins_own_are_found_and_managers_are_not(
    connector: GoogleAdsConnector,
) -> None:
    assert connector.accounts() == [US, JP, OWN]


def test_a_given_manager_shows_its_own_accounts_only(google: StandIn) -> None:
    connector = connect(google, login_customer_id="700-100-0000")
    assert connector.accounts() == [US, JP]
    assert connector.operations == 1
    assert {each.id for each in connector.campaigns(US)} >= {"101", "102"}
    connector.close()


def test_a_suspended_account_says_so(google: StandIn, connector: GoogleAdsConnector) -> None:
    google.post(f"/accounts/{US.id}", {"state": "suspended"})
    assert connector.accounts()[0] == Account(
        US.id, US.name, US.timezone, US.currency, MANAGER, state="suspended"
    )


def test_a_closed_account_of_the_login_says_so_and_hides_no_other(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.post(f"/accounts/{OWN.id}", {"state": "closed"})
    assert connector.accounts() == [
        US,
        JP,
        Account(OWN.id, OWN.id, state="customer not enabled", is_closed=True),
    ]


def test_a_manager_that_the_login_cannot_open_is_a_matter_of_the_credentials(
    google: StandIn,
) -> None:
    connector = connect(google, login_customer_id="999-999-9999")
    with pytest.raises(CredentialsRefused, match="Check the ID of the manager account"):
        connector.accounts()
    connector.close()


def test_each_question_is_counted_as_an_operation(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    connector.accounts()  # the list, the manager, and the account that is none: asked twice
    assert connector.operations == 4
    assert google.calls()["operations"] == 4
    assert connector.operations_per_day == 15_000
