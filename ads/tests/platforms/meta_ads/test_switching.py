"""Switching campaigns at Meta, and setting their daily budgets."""

from decimal import Decimal

import pytest

from ads.platforms.interface import (
    CapAnswer,
    Confirmed,
    CredentialsRefused,
    OutOfQuota,
    Refused,
    SwitchAnswer,
    Unknown,
    Unreachable,
)
from ads.platforms.meta_ads.connector import MetaAdsConnector
from ads.tests.platforms.meta_ads.conftest import NEW_YORK, NOON, TODAY, Connect
from ads.tests.platforms.stand_in import StandIn
from stand_ins.worlds import many


def switch(connector: MetaAdsConnector, **orders: bool) -> dict[str, SwitchAnswer]:
    """Switch campaigns of New York: ``c101=False``."""
    ids = {name.removeprefix("c"): is_on for name, is_on in orders.items()}
    return dict(connector.switch(NEW_YORK, ids, now=NOON))


def switches(meta: StandIn) -> list[tuple[str, bool]]:
    """What the platform was told."""
    return [(each["campaign"], each["is_on"]) for each in meta.state()["switches"]]


def test_a_stop_and_a_start_are_told_and_seen(meta: StandIn, connector: MetaAdsConnector) -> None:
    assert switch(connector, c101=False, c103=True) == {
        "101": Confirmed("PAUSED"),
        "103": Confirmed("ACTIVE"),
    }
    assert meta.serving() == {"102", "103", "104", "201"}
    assert switches(meta) == [("101", False), ("103", True)]
    assert meta.costs(TODAY, TODAY, campaign="101")[("101", TODAY, None)] == Decimal("168.00")


def test_what_is_so_already_is_confirmed(meta: StandIn, connector: MetaAdsConnector) -> None:
    assert switch(connector, c103=False) == {"103": Confirmed("PAUSED")}
    meta.post("/campaigns/101", {"is_removed": True, "issue": "ARCHIVED"})
    assert switch(connector, c101=False) == {"101": Confirmed("ARCHIVED")}


def test_a_stop_that_is_not_in_effect_yet_is_unknown_until_it_is(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    meta.configure(status_lag=30)
    answer = {"101": Unknown("Told, but Meta still shows PAUSED, ACTIVE.")}
    assert switch(connector, c101=False) == answer
    meta.advance(30)
    assert switch(connector, c101=False) == {"101": Confirmed("PAUSED")}


def test_the_status_in_effect_is_waited_for_a_moment(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    meta.fault("unknown_enum", "read_back")  # at the first look
    assert switch(connector, c101=False) == {"101": Confirmed("PAUSED")}
    assert meta.calls()["read_back"] == 2


def test_a_campaign_with_issues_is_off_when_its_switch_is_and_on_when_it_is(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    meta.post("/campaigns/101", {"issue": "WITH_ISSUES"})
    shown = "WITH_ISSUES (Payment failed)"
    assert switch(connector, c101=False) == {"101": Confirmed(f"PAUSED, {shown}")}
    assert switch(connector, c101=True) == {"101": Confirmed(f"ACTIVE, {shown}")}


def test_one_that_is_refused_holds_up_no_other(meta: StandIn, connector: MetaAdsConnector) -> None:
    meta.post("/campaigns/104", {"is_removed": True, "issue": "ARCHIVED"})
    answers = switch(connector, c101=False, c999=False, c104=True, c102=False)
    assert answers["101"] == answers["102"] == Confirmed("PAUSED")
    assert answers["104"] == Refused(
        "100", "Campaign is archived: You can't change the status of this campaign."
    )
    gone = answers["999"]
    assert isinstance(gone, Refused)
    assert (gone.code, gone.remedy) == (
        "100/33",
        "Check whether it was deleted at Meta, and remove its platform ID here.",
    )
    assert {"101", "102"}.isdisjoint(meta.serving())


@pytest.mark.parametrize(
    "entered", ["act_7001", "101/ads", "me", "", "101?status=DELETED", "１０１"]
)
def test_what_is_no_id_is_refused_and_never_sent(
    meta: StandIn, connector: MetaAdsConnector, entered: str
) -> None:
    answers = connector.switch(NEW_YORK, {entered: False, "101": False}, now=NOON)
    assert answers["101"] == Confirmed("PAUSED")
    refused = answers[entered]
    assert isinstance(refused, Refused)
    assert refused.code == "id"
    assert connector.set_cap(NEW_YORK, entered, Decimal(5), is_expected=bool, now=NOON) == refused
    assert connector.try_writing(NEW_YORK, entered, now=NOON) == refused
    assert meta.calls() == {"operations": 2, "switch": 1, "read_back": 1}


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("100", Refused("100", "Invalid parameter")),
        (
            "200",
            Refused(
                "200",
                "Invalid parameter",
                "Give the app the permission ads_management, and the system user or person the"
                " right to manage campaigns in this ad account.",
            ),
        ),
        ("80004", Unknown("Meta: Invalid parameter (code 80004)")),
        ("1", Unknown("Meta: Invalid parameter (code 1)")),
        ("null", Unknown("Told, but Meta still shows ACTIVE.")),
    ],
)
def test_each_campaign_has_its_own_answer(
    meta: StandIn, connector: MetaAdsConnector, code: str, answer: SwitchAnswer
) -> None:
    meta.fault("partial", "switch", ids=["101"], code=code)
    assert switch(connector, c101=False, c102=False) == {"101": answer, "102": Confirmed("PAUSED")}
    assert switches(meta) == [("102", False)]


@pytest.mark.parametrize("kind", ["half", "empty_body", "lost"])
def test_a_stop_whose_answer_is_lost_is_seen_all_the_same(
    meta: StandIn, connector: MetaAdsConnector, kind: str
) -> None:
    meta.fault(kind, "switch")
    assert switch(connector, c101=False, c102=False) == {
        "101": Confirmed("PAUSED"),
        "102": Confirmed("PAUSED"),
    }


@pytest.mark.parametrize("kind", ["html_502", "not_json", "server_error"])
def test_a_stop_that_did_not_arrive_is_unknown(
    meta: StandIn, connector: MetaAdsConnector, kind: str
) -> None:
    meta.fault(kind, "switch")
    assert switch(connector, c101=False) == {"101": Unknown("Told, but Meta still shows ACTIVE.")}
    assert switches(meta) == []


@pytest.mark.parametrize("kind", ["html_502", "half", "quota", "empty_body", "revoked"])
def test_what_was_told_and_cannot_be_read_back_is_unknown(
    meta: StandIn, connector: MetaAdsConnector, kind: str
) -> None:
    meta.fault("partial", "switch", ids=["104"])
    meta.fault(kind, "read_back")
    answers = switch(connector, c101=False, c104=False)
    assert isinstance(answers["101"], Unknown)
    assert answers["104"] == Refused("100", "Invalid parameter")
    assert switches(meta) == [("101", False)]


def test_neither_told_nor_seen_is_an_error(meta: StandIn, connector: MetaAdsConnector) -> None:
    meta.fault("html_502", "switch")
    meta.fault("html_502", "read_back")
    with pytest.raises(Unreachable, match="HTTP 502"):
        switch(connector, c101=False)


@pytest.mark.parametrize("kind", ["quota", "revoked"])
def test_what_may_have_been_told_is_no_error_that_says_it_was_not(
    meta: StandIn, connector: MetaAdsConnector, kind: str
) -> None:
    meta.fault("lost", "switch")
    meta.fault(kind, "read_back")
    with pytest.raises(Unreachable, match="Meta: "):
        switch(connector, c101=False)
    assert switches(meta) == [("101", False)]


def test_a_silent_platform_takes_no_longer_than_the_timeout(
    meta: StandIn, connect: Connect
) -> None:
    meta.fault("timeout", "switch")
    with pytest.raises(Unreachable, match="did not answer in time"):
        switch(connect(timeout=0.5), c101=False)


def test_out_of_quota_and_a_revoked_token_are_errors_of_all(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    meta.fault("quota", "switch", seconds=120)
    with pytest.raises(OutOfQuota) as refused:
        switch(connector, c101=False)
    assert refused.value.retry_after is not None
    assert refused.value.retry_after.total_seconds() == 120
    meta.fault("partial", "switch", code="80004")
    with pytest.raises(OutOfQuota):
        switch(connector, c101=False, c102=False)
    meta.fault("revoked", "switch")
    with pytest.raises(CredentialsRefused, match="password has changed"):
        switch(connector, c101=False)


def test_many_are_switched_in_batches_and_a_late_failure_spoils_only_the_rest(
    meta: StandIn, connect: Connect
) -> None:
    there = many(1, 120, NOON)
    meta.reset(there)
    connector = connect(token=there.settings.secret)
    (account,) = connector.accounts()
    orders = dict.fromkeys(there.campaigns, False)
    meta.fault("quota", "switch", after=2)
    answers = connector.switch(account, orders, now=NOON)
    assert set(answers) == set(orders)
    confirmed = [each for each, answer in answers.items() if answer == Confirmed("PAUSED")]
    assert confirmed == list(orders)[:100]
    assert meta.serving() == set(list(orders)[100:])
    assert meta.calls()["switch"] == 3
    assert connector.switch(account, orders, now=NOON) == dict.fromkeys(orders, Confirmed("PAUSED"))


def test_an_order_is_tried_out_without_being_carried_out(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    checked = Confirmed("checked, and not carried out")
    assert connector.try_writing(NEW_YORK, "101", now=NOON) == checked
    gone = connector.try_writing(NEW_YORK, "999", now=NOON)
    assert isinstance(gone, Refused)
    meta.configure(can_write=False)
    refused = connector.try_writing(NEW_YORK, "101", now=NOON)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.text) == (
        "200",
        "(#200) Requires ads_management permission to manage the object",
    )
    assert switches(meta) == []
    assert "101" in meta.serving()


def test_a_token_that_may_only_read_switches_nothing_and_says_why(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    meta.configure(can_write=False)
    answer = switch(connector, c101=False)["101"]
    assert isinstance(answer, Refused)
    assert "ads_management" in answer.remedy
    assert "101" in meta.serving()


def cap(connector: MetaAdsConnector, campaign: str, amount: str) -> CapAnswer:
    """Set a daily budget in New York."""
    return connector.set_cap(NEW_YORK, campaign, Decimal(amount), is_expected=bool, now=NOON)


def budget(meta: StandIn, campaign: str) -> Decimal:
    """The budget that the platform has."""
    return Decimal(meta.state()["campaigns"][campaign]["daily_budget"])


def test_a_daily_budget_is_set_and_read_back(meta: StandIn, connector: MetaAdsConnector) -> None:
    assert cap(connector, "101", "123.45") == Confirmed("daily budget 123.45 USD")
    assert budget(meta, "101") == Decimal("123.45")
    # Less than a cent is left out, and what is so already is not changed once more.
    assert cap(connector, "101", "123.459") == Confirmed("daily budget 123.45 USD")
    assert meta.calls()["set_cap"] == 1


@pytest.mark.parametrize(
    ("campaign", "amount", "code", "words"),
    [
        ("102", "50", "ad_set_budgets", "ad sets have budgets of their own"),
        ("104", "50", "lifetime_budget", "has a lifetime budget"),
        ("101", "0.99", "100/1885272", "The minimum for your campaign is 1.00."),
        ("999", "50", "100/33", "does not exist"),
    ],
)
def test_a_budget_that_cannot_be_set_is_refused(
    meta: StandIn, connector: MetaAdsConnector, campaign: str, amount: str, code: str, words: str
) -> None:
    answer = cap(connector, campaign, amount)
    assert isinstance(answer, Refused)
    assert answer.code == code
    assert words in answer.text
    assert budget(meta, "101") == Decimal(600)


def test_a_fifth_change_within_an_hour_is_told_again(
    meta: StandIn, connector: MetaAdsConnector
) -> None:
    for amount in ("100", "101", "102", "103"):
        assert isinstance(cap(connector, "101", amount), Confirmed)
    answer = cap(connector, "101", "104")
    assert isinstance(answer, Unknown)
    assert "613/1487632" in answer.text
    assert budget(meta, "101") == Decimal(103)
    meta.advance(3600)
    assert isinstance(cap(connector, "101", "104"), Confirmed)


@pytest.mark.parametrize("kind", ["half", "empty_body", "lost"])
def test_a_budget_whose_answer_is_lost_is_seen_all_the_same(
    meta: StandIn, connector: MetaAdsConnector, kind: str
) -> None:
    meta.fault(kind, "set_cap")
    assert cap(connector, "101", "50") == Confirmed("daily budget 50.00 USD")


@pytest.mark.parametrize("kind", ["html_502", "not_json", "server_error"])
def test_a_budget_that_did_not_arrive_is_unknown(
    meta: StandIn, connector: MetaAdsConnector, kind: str
) -> None:
    meta.fault(kind, "set_cap")
    assert isinstance(cap(connector, "101", "50"), Unknown)
    assert budget(meta, "101") == Decimal(600)
