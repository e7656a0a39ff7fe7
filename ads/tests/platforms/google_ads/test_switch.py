"""Switching campaigns: told, and read back."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from ads.platforms.google_ads import connector as module
from ads.platforms.google_ads.connector import GoogleAdsConnector
from ads.platforms.interface import (
    AccountGone,
    Confirmed,
    OutOfQuota,
    Refused,
    SwitchAnswer,
    TriesWriting,
    Unknown,
    Unreachable,
)
from ads.tests.platforms.google_ads.conftest import JP, NOW, US
from ads.tests.platforms.stand_in import StandIn

pytestmark = pytest.mark.real_clock

REMOVED = Refused(
    "OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE",
    "The operation is not allowed for removed resources",
    "It was removed in Google Ads, which is permanent: create a new campaign there.",
)


def switch(connector: GoogleAdsConnector, **orders: bool) -> Mapping[str, SwitchAnswer]:
    """Orders for campaigns c101, c102, …"""
    return connector.switch(US, {name[1:]: is_on for name, is_on in orders.items()}, now=NOW)


def switches(google: StandIn) -> list[tuple[str, bool]]:
    """What was switched there, in order."""
    return [(each["campaign"], each["is_on"]) for each in google.state()["switches"]]


def test_campaigns_are_enabled_and_paused_and_seen_so(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    assert switch(connector, c101=False, c103=True) == {
        "101": Confirmed("PAUSED"),
        "103": Confirmed("ENABLED"),
    }
    assert switches(google) == [("101", False), ("103", True)]
    assert google.serving() == {"102", "103", "105", "201"}
    assert connector.operations == google.calls()["operations"] == 3  # two changes, one question


def test_a_campaign_stops_costing_at_its_pause(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    switch(connector, c101=False)
    google.advance(3600)
    assert connector.costs(US, NOW.date(), NOW.date(), now=NOW).rows[0].amount == Decimal("648.00")


def test_what_is_so_already_is_confirmed(connector: GoogleAdsConnector) -> None:
    assert switch(connector, c101=True, c103=False) == {
        "101": Confirmed("ENABLED"),
        "103": Confirmed("PAUSED"),
    }


def test_what_is_refused_holds_up_no_other(google: StandIn, connector: GoogleAdsConnector) -> None:
    assert switch(connector, c104=True, c101=False, c999=False) == {
        "104": REMOVED,
        "101": Confirmed("PAUSED"),
        "999": Refused(
            "RESOURCE_NOT_FOUND",
            "Resource was not found",
            "Check the campaign's platform ID and its account.",
        ),
    }
    assert switches(google) == [("101", False)]


def test_a_campaign_of_another_account_is_refused(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    answer = switch(connector, c201=False)["201"]
    assert isinstance(answer, Refused)
    assert answer.code == "RESOURCE_NOT_FOUND"
    assert switches(google) == []


def test_an_id_that_is_none_is_refused_without_being_told(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    answers = connector.switch(US, {"Search": False, "101) OR 1": False, "١": False}, now=NOW)
    assert {answer.code for answer in answers.values() if isinstance(answer, Refused)} == {
        "INVALID_ID"
    }
    assert len(answers) == 3
    assert google.calls().get("switch", 0) == 0


def test_a_partial_failure_is_the_answer_of_those_it_concerns(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.fault("partial", "switch", ids=["102"], code="campaign_error.DUPLICATE_CAMPAIGN_NAME")
    answers = switch(connector, c101=False, c102=False, c105=False)
    assert answers == {
        "101": Confirmed("PAUSED"),
        "102": Refused("DUPLICATE_CAMPAIGN_NAME", "The operation is refused"),
        "105": Confirmed("PAUSED"),
    }


@pytest.mark.parametrize(
    "code",
    [
        "database_error.CONCURRENT_MODIFICATION",
        "internal_error.TRANSIENT_ERROR",
        "quota_error.RESOURCE_TEMPORARILY_EXHAUSTED",
    ],
)
def test_what_asking_again_may_help_with_is_no_refusal(
    google: StandIn, connector: GoogleAdsConnector, code: str
) -> None:
    """A refused stop is told again after an hour; this one after seconds."""
    google.fault("partial", "switch", ids=["102"], code=code)
    answers = switch(connector, c101=False, c102=False)
    assert answers["101"] == Confirmed("PAUSED")
    assert answers["102"] == Unknown(
        f"Google Ads refused: The operation is refused ({code.partition('.')[2]})."
    )


@pytest.mark.parametrize("kind", ["lost", "half", "empty_body"])
def test_a_change_whose_answer_was_lost_is_found_out_by_reading_back(
    google: StandIn, connector: GoogleAdsConnector, kind: str
) -> None:
    google.fault(kind, "switch")
    assert switch(connector, c101=False) == {"101": Confirmed("PAUSED")}


def test_a_change_that_never_arrived_is_unknown(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.fault("html_502", "switch")
    assert switch(connector, c101=False) == {
        "101": Unknown("Google Ads did not answer (UNAVAILABLE). Google Ads still shows ENABLED.")
    }
    assert switches(google) == []


def test_a_change_that_cannot_be_read_back_is_unknown_and_a_refused_one_refused(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.fault("timeout", "read_back", seconds=0)
    assert switch(connector, c101=False, c104=False) == {
        "101": Unknown("Google Ads did not answer (DEADLINE_EXCEEDED)."),
        "104": REMOVED,
    }


def test_if_neither_is_answered_the_error_is_raised(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.fault("server_error", "switch")
    google.fault("quota", "read_back")
    with pytest.raises(Unreachable, match="TRANSIENT_ERROR"):
        switch(connector, c101=False)


def test_an_undocumented_status_is_no_confirmation(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.fault("unknown_enum", "read_back")
    assert switch(connector, c101=False) == {"101": Unknown("Google Ads still shows status 999.")}


def test_a_quota_that_is_used_up_is_raised_before_anything_is_done(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.fault("quota", "switch", seconds=90)
    with pytest.raises(OutOfQuota) as caught:
        switch(connector, c101=False)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after.total_seconds() == 90
    assert google.calls().get("read_back", 0) == 0


def test_many_orders_go_in_several_requests(
    google: StandIn, connector: GoogleAdsConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_OPERATIONS", 2)
    google.fault("server_error", "switch", after=1)
    google.fault("timeout", "read_back", after=1, seconds=0)
    answers = switch(connector, c101=False, c102=False, c103=True, c104=True, c105=False)
    lost = Unknown("Google Ads had an internal error (TRANSIENT_ERROR).")
    assert answers == {
        "101": Confirmed("PAUSED"),
        "102": Confirmed("PAUSED"),
        "103": lost,
        "104": lost,
        "105": lost,
    }
    assert google.calls()["switch"] == 2


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("mutate_error.EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED", "has EU political ads"),
        ("mutate_error.MUTATE_NOT_ALLOWED", "such as Video"),
        ("operation_access_denied_error.MUTATE_ACTION_NOT_PERMITTED_FOR_CLIENT", "Video"),
    ],
)
def test_what_only_people_can_stop_says_so(
    google: StandIn, connector: GoogleAdsConnector, code: str, remedy: str
) -> None:
    google.fault("partial", "switch", code=code)
    answer = switch(connector, c101=False)["101"]
    assert isinstance(answer, Refused)
    assert remedy in answer.remedy


def test_a_suspended_account_refuses_all(google: StandIn, connector: GoogleAdsConnector) -> None:
    google.post(f"/accounts/{US.id}", {"state": "suspended"})
    refused = Refused(
        "ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT",
        "The Google Ads account is suspended",
        "Google has suspended the account: see its notices in Google Ads.",
    )
    assert switch(connector, c101=False, c103=True) == {"101": refused, "103": refused}


def test_a_login_that_may_only_read_is_refused_with_the_remedy(
    google: StandIn, connector: GoogleAdsConnector
) -> None:
    google.configure(can_write=False)
    answer = switch(connector, c101=False)["101"]
    assert isinstance(answer, Refused)
    assert answer.code == "ACTION_NOT_PERMITTED"
    assert answer.remedy.startswith("The login may only read here: give it standard access.")


def test_an_account_that_vanished_is_gone(google: StandIn, connector: GoogleAdsConnector) -> None:
    google.delete(f"/accounts/{US.id}")
    with pytest.raises(AccountGone, match="USER_PERMISSION_DENIED"):
        switch(connector, c101=False)


def test_trying_to_write_changes_nothing(google: StandIn, connector: GoogleAdsConnector) -> None:
    assert isinstance(connector, TriesWriting)
    assert connector.try_writing(US, "101", now=NOW) == Confirmed("may be switched")
    assert connector.try_writing(US, "104", now=NOW) == REMOVED
    google.configure(can_write=False)
    answer = connector.try_writing(US, "101", now=NOW)
    assert isinstance(answer, Refused)
    assert answer.code == "ACTION_NOT_PERMITTED"
    assert switches(google) == []
    assert google.serving() == {"101", "102", "105", "201"}


def test_someone_elses_switch_is_seen(google: StandIn, connector: GoogleAdsConnector) -> None:
    google.post("/campaigns/201", {"is_on": False})
    assert [each.is_on for each in connector.campaigns(JP)] == [False]
