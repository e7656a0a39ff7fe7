"""The world behind the stand-ins: what it costs can be said exactly."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ads.tests.platforms.stand_in import StandIn
from stand_ins import control
from stand_ins.faults import Fault, Faults
from stand_ins.http import Request
from stand_ins.stage import WORLD, Stage
from stand_ins.world import Account, Campaign, World, hours
from stand_ins.worlds import named

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = date(2026, 3, 10)


def world(**campaign: object) -> World:
    """One account in UTC whose campaign is clicked on each minute for half a dollar."""
    one = Campaign("1", "7", "One", **campaign)  # type: ignore[arg-type]
    return World({"7": Account("7", "Client")}, {"1": one}, clock=NOON)


def cost(there: World, day: date = DAY, as_of: datetime | None = None) -> Decimal:
    """What the campaign has really cost on a day."""
    rows = there.costs(there.campaigns.values(), day, day, as_of=as_of or there.now())
    return sum((row.amount for row in rows), Decimal(0))


def test_a_campaign_costs_a_click_each_minute_while_it_is_on() -> None:
    there = world()
    assert cost(there) == Decimal("360.00")  # twelve hours
    there.switch(there.campaigns["1"], is_on=False)
    there.clock = NOON + timedelta(hours=3)
    assert cost(there) == Decimal("360.00")
    there.switch(there.campaigns["1"], is_on=True)
    there.clock = NOON + timedelta(hours=4)
    assert cost(there) == Decimal("390.00")
    assert cost(there, as_of=NOON - timedelta(hours=11)) == Decimal("30.00")


def test_a_campaign_costs_nothing_before_it_began() -> None:
    there = world()
    body = json.dumps({"id": "2", "account": "7", "name": "Two"}).encode()
    there.campaigns = {}
    control.answer(Stage(there), Request("PUT", "/campaigns", {}, {}, body))
    assert cost(there, DAY - timedelta(days=1)) == 0
    assert cost(there, as_of=NOON + timedelta(hours=1)) == Decimal("30.00")


def test_a_switch_takes_effect_after_the_status_lag() -> None:
    there = world()
    there.settings.status_lag = 120
    there.switch(there.campaigns["1"], is_on=False)
    assert there.is_serving(there.campaigns["1"])
    there.clock = NOON + timedelta(seconds=120)
    assert not there.is_serving(there.campaigns["1"])
    assert cost(there) == Decimal("361.00")


def test_a_daily_budget_stops_clicks_before_it_would_be_exceeded_and_begins_anew_each_day() -> None:
    there = world(daily_budget=Decimal("20.20"))
    assert cost(there) == Decimal("20.00")
    there.settings.overdelivery = Decimal("1.75")
    assert cost(there) == Decimal("35.00")
    assert cost(there, DAY - timedelta(days=1)) == Decimal("35.00")


def test_what_is_reported_lags_and_is_restated() -> None:
    there = world()
    there.settings.reporting_lag = 30 * 60
    control.answer(
        Stage(there),
        Request(
            "POST",
            "/campaigns/1/restate",
            {},
            {},
            json.dumps({"date": "2026-03-09", "amount": "-20.50", "hour": 3}).encode(),
        ),
    )
    yesterday = DAY - timedelta(days=1)
    rows = list(there.reported(there.campaigns.values(), yesterday, DAY))
    assert [row.amount for row in rows] == [Decimal("699.50"), Decimal("345.00")]
    by_hour = there.reported(there.campaigns.values(), yesterday, yesterday, by_hour=True)
    assert {row.hour: row.amount for row in by_hour}[3] == Decimal("9.50")
    assert cost(there, yesterday) == Decimal("720.00")


def test_a_suspended_account_serves_nothing() -> None:
    stage = Stage(world())
    body = json.dumps({"state": "suspended"}).encode()
    assert control.answer(stage, Request("POST", "/accounts/7", {}, {}, body)).status == 200
    assert not stage.world.is_serving(stage.world.campaigns["1"])


@given(
    switches=st.lists(st.tuples(st.integers(1, 90_000), st.booleans()), max_size=8),
    timezone=st.sampled_from(
        ["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Berlin"]
    ),
    day=st.sampled_from([date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 11, 1)]),
    budget=st.sampled_from([None, Decimal(30)]),
)
def test_the_hours_of_a_day_add_up_to_it(
    switches: list[tuple[int, bool]], timezone: str, day: date, budget: Decimal | None
) -> None:
    there = world(click_every=37, daily_budget=budget)
    there.accounts["7"].timezone = timezone
    there.clock = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=12)
    for seconds, is_on in switches:
        there.clock += timedelta(seconds=seconds)
        there.switch(there.campaigns["1"], is_on)
    as_of = there.clock + timedelta(days=1)
    by_hour = there.costs(there.campaigns.values(), day, day, as_of=as_of, by_hour=True)
    assert sum((row.amount for row in by_hour), Decimal(0)) == cost(there, day, as_of)


def test_hours_are_those_that_the_clock_shows() -> None:
    assert [hour for hour, _, _ in hours(date(2026, 3, 29), "Europe/Berlin")] == [
        *range(2),
        *range(3, 24),
    ]
    lengths = [end - since for _, since, end in hours(date(2026, 10, 25), "Europe/Berlin")]
    assert lengths[2] == timedelta(hours=2)


def test_faults_happen_to_their_calls_in_order_after_so_many_that_go_well() -> None:
    faults = Faults()
    faults.waiting = [Fault("quota", "costs", after=1, times=2), Fault("timeout")]
    kinds = [fault and fault.kind for fault in map(faults.take, ["costs"] * 4 + ["switch"])]  # type: ignore[arg-type]
    assert kinds == ["timeout", "quota", "quota", None, None]
    assert faults.calls == {"costs": 4, "switch": 1}


@pytest.mark.parametrize("name", ["empty", "demo", "many:2:3"])
def test_a_world_is_kept_and_read_again(name: str) -> None:
    there = named(name, "meta_ads", now=NOON)
    assert WORLD.validate_json(WORLD.dump_json(there)) == there


def test_a_field_that_nobody_knows_is_refused() -> None:
    reply = control.answer(Stage(world()), Request("POST", "/campaigns/1", {}, {}, b'{"pace": 1}'))
    assert (reply.status, reply.body["error"].split(":")[0]) == (400, "pace")


@pytest.mark.parametrize("platform", ["google_ads", "meta_ads", "microsoft_ads"])
def test_the_demonstration_is_a_small_agency(platform: str) -> None:
    there = named("demo", platform, now=NOON)
    there.clock = NOON
    assert [account.currency for account in there.accounts.values()] == ["USD", "EUR"]
    campaigns = list(there.campaigns.values())
    assert len(campaigns) == 12
    assert sum(not there.is_serving(campaign) for campaign in campaigns) == 1
    yesterday = DAY - timedelta(days=1)
    spent = {row.campaign for row in there.reported(campaigns, yesterday, yesterday)}
    assert len(spent) == 11
    shared = [campaign for campaign in campaigns if campaign.shared_budget]
    assert len(shared) == (0 if platform == "meta_ads" else 2)


def test_a_stand_in_ends_with_whoever_started_it_and_finds_its_world_again(tmp_path: Path) -> None:
    options = ("--world", "demo", "--state", str(tmp_path / "world.json"))
    with StandIn.started("meta_ads", *options) as stand_in:
        campaign = sorted(stand_in.serving())[0]
        stand_in.post(f"/campaigns/{campaign}", {"is_on": False})
        before = stand_in.state()
    with pytest.raises(OSError, match="refused"):
        stand_in.state()
    with StandIn.started("meta_ads", *options) as stand_in:
        after = stand_in.state()
    assert after["campaigns"] == before["campaigns"]
    assert [each["campaign"] for each in after["switches"]] == [campaign]
