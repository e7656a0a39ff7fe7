"""Switching and budgets: told, then read back."""

from decimal import Decimal

import pytest

from ads.platforms.interface import (
    Confirmed,
    CredentialsRefused,
    OutOfQuota,
    PlatformError,
    Refused,
    Unknown,
)
from ads.platforms.microsoft_ads.connector import MicrosoftAdsConnector
from ads.tests.platforms.microsoft_ads.conftest import NEW_YORK, NOON
from ads.tests.platforms.stand_in import StandIn


def test_campaigns_of_all_types_are_switched_and_seen(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    orders = {"301": False, "302": False, "303": True, "304": True}

    answers = connector.switch(NEW_YORK, orders, now=NOON)

    assert answers == {
        "301": Confirmed("Paused"),
        "302": Confirmed("Paused"),
        "303": Confirmed("Active"),
        "304": Confirmed("Active"),  # which it was
    }
    assert microsoft.serving() == {"303", "304", "401"}


def test_one_that_is_refused_holds_up_no_other(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.post("/campaigns/302", {"is_removed": True})
    microsoft.fault("partial", "switch", ids=["304"])

    answers = connector.switch(
        NEW_YORK, {"301": False, "302": False, "304": False, "999": True}, now=NOON
    )

    unknown = "Microsoft Advertising says: The campaign identifier is not valid. (code 1100)."
    assert answers["301"] == Confirmed("Paused")
    assert answers["302"] == answers["999"] == Refused("1100", unknown)
    assert isinstance(answers["304"], Refused)
    assert answers["304"].code == "1120"
    assert microsoft.serving() == {"304", "401"}


def test_an_internal_error_is_no_refusal(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.fault("partial", "switch", ids=["304"], code="0")

    answers = connector.switch(NEW_YORK, {"301": False, "304": False}, now=NOON)

    assert answers["301"] == Confirmed("Paused")
    assert isinstance(answers["304"], Unknown)


def test_many_are_told_a_hundred_at_a_time(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    ids = [str(number) for number in range(5000, 5250)]
    for id_ in ids:
        campaign = {"id": id_, "account": NEW_YORK.id, "name": f"Campaign {id_}"}
        microsoft.put("/campaigns", campaign)

    answers = connector.switch(NEW_YORK, dict.fromkeys(ids, False), now=NOON)

    assert answers == dict.fromkeys(ids, Confirmed("Paused"))
    assert (microsoft.calls()["switch"], microsoft.calls()["read_back"]) == (3, 3)


def test_a_campaign_without_budget_today_is_on(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.post("/campaigns/303", {"issue": "BudgetPaused"})

    answers = connector.switch(NEW_YORK, {"303": True}, now=NOON)

    assert answers == {"303": Confirmed("BudgetPaused")}


@pytest.mark.parametrize("kind", ["lost", "half", "empty_body", "html_502", "server_error"])
def test_a_lost_answer_is_read_back(
    microsoft: StandIn, connector: MicrosoftAdsConnector, kind: str
) -> None:
    microsoft.fault(kind, "switch")

    answer = connector.switch(NEW_YORK, {"301": False}, now=NOON)["301"]

    if kind in {"html_502", "server_error"}:  # it never arrived
        assert answer == Unknown("Microsoft Advertising still shows: Active.")
    else:
        assert answer == Confirmed("Paused")


@pytest.mark.parametrize("kind", ["lost", "half", "html_502", "not_json", "quota", "server_error"])
def test_what_cannot_be_read_back_is_not_known(
    microsoft: StandIn, connector: MicrosoftAdsConnector, kind: str
) -> None:
    microsoft.put("/campaigns", {"id": "5000", "account": NEW_YORK.id, "name": "Other"})
    microsoft.fault(kind, "read_back")

    answers = connector.switch(NEW_YORK, {"301": False, "5000": False}, now=NOON)

    assert {type(answer) for answer in answers.values()} == {Unknown}
    assert "301" not in microsoft.serving()


def test_quota_in_the_middle_leaves_the_rest_unknown(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    ids = [str(number) for number in range(5000, 5150)]
    for id_ in ids:
        microsoft.put("/campaigns", {"id": id_, "account": NEW_YORK.id, "name": id_})
    microsoft.fault("quota", "switch", after=1)

    answers = connector.switch(NEW_YORK, dict.fromkeys(ids, False), now=NOON)

    assert [type(answers[id_]) for id_ in ids] == [Confirmed] * 100 + [Unknown] * 50


@pytest.mark.parametrize(
    ("kind", "error"), [("quota", OutOfQuota), ("revoked", CredentialsRefused)]
)
def test_when_nothing_was_done_the_error_says_why(
    microsoft: StandIn, connector: MicrosoftAdsConnector, kind: str, error: type[PlatformError]
) -> None:
    microsoft.fault(kind, "switch")

    with pytest.raises(error):
        connector.switch(NEW_YORK, {"301": False}, now=NOON)

    assert "301" in microsoft.serving()


def test_a_status_that_nobody_knows_confirms_nothing(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    microsoft.fault("unknown_enum", "read_back")

    answers = connector.switch(NEW_YORK, {"301": False}, now=NOON)

    assert answers == {
        "301": Unknown("Microsoft Advertising still shows: NobodyHasDocumentedThis.")
    }


def test_a_cap_is_the_daily_budget_rounded_down_to_cents(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    answer = connector.set_cap(NEW_YORK, "301", Decimal("123.459999"), is_expected=bool, now=NOON)

    assert answer == Confirmed("daily budget 123.45")
    assert microsoft.state()["campaigns"]["301"]["daily_budget"] == "123.45"


def test_a_cap_is_refused_where_there_is_no_daily_budget_of_its_own(
    microsoft: StandIn, connector: MicrosoftAdsConnector
) -> None:
    before = microsoft.state()["campaigns"]

    answers = {
        campaign: connector.set_cap(NEW_YORK, campaign, Decimal(50), is_expected=bool, now=NOON)
        for campaign in ("302", "304", "999")
    }

    codes = {id_: answer.code for id_, answer in answers.items() if isinstance(answer, Refused)}
    assert codes == {"302": "shared_budget", "304": "no_daily_budget", "999": "1100"}
    assert microsoft.state()["campaigns"] == before
    assert "set_cap" not in microsoft.calls() or microsoft.calls()["set_cap"] == 1


@pytest.mark.parametrize("kind", ["lost", "half", "empty_body"])
def test_a_cap_whose_answer_is_lost_is_read_back(
    microsoft: StandIn, connector: MicrosoftAdsConnector, kind: str
) -> None:
    microsoft.fault(kind, "set_cap")
    assert connector.set_cap(NEW_YORK, "301", Decimal(7), is_expected=bool, now=NOON) == Confirmed(
        "daily budget 7.0"
    )

    microsoft.fault(kind, "read_back", after=1)
    assert isinstance(
        connector.set_cap(NEW_YORK, "301", Decimal(8), is_expected=bool, now=NOON), Unknown
    )
