"""A campaign delivers exactly when none of its holds applies; each hold, alone and together."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest

from ads.holds import Hold, Moment
from ads.models import Brand, Campaign, CampaignReference, DeliveryChange
from ads.services.delivery import lifecycle, preview_switches, rollover
from ads.services.delivery.enforcement import Enforced, Trigger, enforce
from ads.tests.factories import (
    BrandFactory,
    BudgetGroupFactory,
    CampaignFactory,
    PlatformAccountFactory,
    ScheduleFactory,
)
from ads.tests.support import (
    NOON,
    at,
    delivers,
    enforce_all,
    let_run_on,
    spend,
    spend_in_sql,
    switches,
)

pytestmark = pytest.mark.django_db

TODAY = NOON.date()
SECOND = timedelta(seconds=1)


def used_up(field: str, *, of_brand: bool = False) -> Callable[[Campaign], None]:
    def use_up(campaign: Campaign) -> None:
        owner: Any = campaign.brand if of_brand else campaign
        type(owner).objects.filter(pk=owner.pk).update(**{field: 10})
        spend_in_sql(campaign, "10", TODAY)

    return use_up


def share(campaign: Campaign) -> None:
    group = BudgetGroupFactory.create(brand=campaign.brand, daily_budget=10)
    Campaign.objects.filter(pk=campaign.pk).update(budget_group=group)
    spend_in_sql(campaign, "10", TODAY)


def close(campaign: Campaign) -> None:
    campaign.dayparting_schedules.add(ScheduleFactory.create())
    Campaign.objects.filter(pk=campaign.pk).update(is_dayparting_enabled=True)


def hear_nothing(campaign: Campaign) -> None:
    Brand.objects.filter(pk=campaign.brand_id).update(stale_after_minutes=60, stops_when_stale=True)
    account = PlatformAccountFactory.create(answered_at=NOON - timedelta(minutes=61))
    CampaignReference.objects.create(
        campaign=campaign, platform=account.platform, account=account.remote_id, reference="7"
    )


#: What brings each hold about, and it alone.
CAUSES: dict[str, Callable[[Campaign], object]] = {
    "status": lambda campaign: Campaign.objects.filter(pk=campaign.pk).update(status="paused"),
    "brand_inactive": lambda campaign: Brand.objects.filter(pk=campaign.brand_id).update(
        is_active=False
    ),
    "flight": lambda campaign: Campaign.objects.filter(pk=campaign.pk).update(
        end_date=TODAY - timedelta(days=1)
    ),
    "brand_daily_budget": used_up("daily_budget", of_brand=True),
    "brand_monthly_budget": used_up("monthly_budget", of_brand=True),
    "daily_budget": used_up("daily_budget"),
    "monthly_budget": used_up("monthly_budget"),
    "total_budget": used_up("total_budget"),
    "group_budget": share,
    "stale_spend": hear_nothing,
    "dayparting": close,
}


@pytest.fixture
def campaign() -> Campaign:
    """It and its sister deliver."""
    campaign = CampaignFactory.create()
    CampaignFactory.create(brand=campaign.brand)
    enforce_all(NOON)
    return campaign


def test_the_holds_are_shown_in_the_order_of_their_causes() -> None:
    assert [hold.value for hold in Hold] == list(CAUSES)


@pytest.mark.parametrize("code", CAUSES)
def test_each_hold_alone_stops_the_campaign_and_is_named(campaign: Campaign, code: str) -> None:
    CAUSES[code](campaign)

    enforce_all(NOON)

    assert switches(campaign) == [(True, []), (False, [code])]


def test_two_holds_are_both_named_in_order() -> None:
    """Each pair has a campaign of a brand of its own; all are enforced together."""
    pairs = {CampaignFactory.create(): pair for pair in combinations(CAUSES, 2)}
    enforce_all(NOON)
    for campaign, codes in pairs.items():
        for code in reversed(codes):
            CAUSES[code](campaign)

    enforce_all(NOON)

    found = {codes: switches(campaign)[1:] for campaign, codes in pairs.items()}
    assert found == {codes: [(False, list(codes))] for codes in pairs.values()}


def test_all_holds_at_once_are_all_named(campaign: Campaign) -> None:
    for cause in CAUSES.values():
        cause(campaign)

    enforce_all(NOON)

    assert switches(campaign)[1:] == [(False, list(CAUSES))]


@pytest.mark.parametrize("code", ["brand_inactive", "brand_daily_budget", "brand_monthly_budget"])
def test_what_holds_the_brand_holds_each_of_its_campaigns(campaign: Campaign, code: str) -> None:
    CAUSES[code](campaign)

    assert enforce_all(NOON) == Enforced(stopped=2)


@pytest.mark.parametrize("field", ["daily_budget", "monthly_budget"])
@pytest.mark.parametrize("of_brand", [False, True], ids=["its own", "the brand's"])
def test_spend_equal_to_the_budget_holds(field: str, *, of_brand: bool) -> None:
    """Each pair of budget and spend has a campaign of a brand of its own."""
    runs = {
        (None, "999999999"): True,
        ("0", "0"): False,
        ("10", "9.999999"): True,
        ("10", "10"): False,
        ("10", "10.000001"): False,
        ("0.000001", "0"): True,
    }
    campaigns = {figures: CampaignFactory.create() for figures in runs}
    enforce_all(NOON)
    for (budget, spent), campaign in campaigns.items():
        owner: Any = campaign.brand if of_brand else campaign
        type(owner).objects.filter(pk=owner.pk).update(**{field: budget})
        spend_in_sql(campaign, spent, TODAY)

    enforce_all(NOON)

    assert {figures: delivers(campaign) for figures, campaign in campaigns.items()} == runs


@pytest.mark.parametrize("status", ["draft", "paused", "completed", "archived"])
def test_no_status_but_active_runs(campaign: Campaign, status: str) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(status=status)

    enforce_all(NOON)

    assert not delivers(campaign)


@pytest.mark.parametrize(
    ("zone", "now", "runs"),
    [
        ("UTC", at("2024-05-09 23:59:59"), False),
        ("UTC", at("2024-05-10 00:00"), True),
        ("UTC", at("2024-05-12 23:59:59"), True),
        ("UTC", at("2024-05-13 00:00"), False),
        ("Asia/Tokyo", at("2024-05-10 00:00", "Asia/Tokyo"), True),
        ("Asia/Tokyo", at("2024-05-10 00:00", "Asia/Tokyo") - SECOND, False),
        ("America/Los_Angeles", at("2024-05-10 06:59"), False),
        ("America/Los_Angeles", at("2024-05-13 06:59"), True),
        ("America/Los_Angeles", at("2024-05-13 07:00"), False),
    ],
)
def test_a_flight_lasts_from_its_first_to_its_last_local_day(
    zone: str, now: datetime, *, runs: bool
) -> None:
    campaign = CampaignFactory.create(
        brand__timezone=zone, start_date=date(2024, 5, 10), end_date=date(2024, 5, 12)
    )

    enforce_all(now)

    assert delivers(campaign) is runs


def test_a_flight_may_be_open_on_either_side() -> None:
    begun = CampaignFactory.create(start_date=TODAY)
    ending = CampaignFactory.create(end_date=TODAY)

    enforce_all(NOON)

    assert delivers(begun)
    assert delivers(ending)


def test_the_brand_s_budget_is_compared_with_all_its_campaigns_together() -> None:
    brand = BrandFactory.create(monthly_budget=100)
    campaigns = CampaignFactory.create_batch(4, brand=brand)
    enforce_all(NOON)

    for campaign in campaigns[:3]:
        spend(campaign, 30, NOON)
    assert all(map(delivers, campaigns))
    spend(campaigns[3], 10, NOON)

    assert not any(map(delivers, campaigns))


def test_budgets_lift_with_the_brand_s_own_midnight() -> None:
    tokyo = CampaignFactory.create(brand__timezone="Asia/Tokyo", daily_budget=10)
    utc = CampaignFactory.create(daily_budget=10)
    enforce_all(NOON)
    spend(tokyo, 10, NOON)
    spend(utc, 10, NOON)

    enforce_all(at("2024-05-15 14:59:59"))
    assert not delivers(tokyo)
    enforce_all(at("2024-05-15 15:00"))
    assert (delivers(tokyo), delivers(utc)) == (True, False)
    enforce_all(at("2024-05-16 00:00"))
    assert delivers(utc)


def test_the_month_s_budget_holds_over_midnight_until_the_first() -> None:
    campaign = CampaignFactory.create(brand__timezone="America/New_York", monthly_budget=10)
    enforce_all(NOON)
    spend(campaign, 10, NOON)

    for now in (at("2024-05-16 12:00"), at("2024-06-01 03:59:59")):
        enforce_all(now)
        assert not delivers(campaign)
    enforce_all(at("2024-06-01 04:00"))

    assert delivers(campaign)


def test_a_second_look_at_one_instant_changes_nothing(campaign: Campaign) -> None:
    for cause in CAUSES.values():
        cause(campaign)
    enforce_all(NOON)
    before = list(Campaign.objects.order_by("pk").values())

    assert enforce_all(NOON) == Enforced()

    assert list(Campaign.objects.order_by("pk").values()) == before
    assert len(switches(campaign)) == 2


def test_a_preview_shows_what_would_change_and_changes_nothing(campaign: Campaign) -> None:
    spend_in_sql(campaign, "10", TODAY)
    Campaign.objects.filter(pk=campaign.pk).update(daily_budget=10)

    decision: Any
    (decision,) = preview_switches(Campaign.objects.all(), NOON)

    assert (decision.campaign_id, decision.is_active) == (campaign.pk, False)
    assert decision.holds == [Hold.DAILY_BUDGET]
    assert (decision.figures["daily_spend"], decision.figures["daily_budget"]) == (10, 10)
    assert delivers(campaign)


def test_a_change_row_keeps_the_figures_it_was_decided_on(campaign: Campaign) -> None:
    Brand.objects.update(daily_budget=500, monthly_budget=5000)
    Campaign.objects.filter(pk=campaign.pk).update(daily_budget=20)
    spend_in_sql(campaign, "10", TODAY)
    spend_in_sql(campaign, "3", TODAY - timedelta(days=1))
    let_run_on(campaign.brand, "day", now=NOON)
    spend_in_sql(campaign, "25.5", TODAY)

    enforce_all(NOON)

    row = campaign.delivery_changes.latest("id")
    assert (row.at, row.trigger, row.actor) == (NOON, "check_campaign_budgets", "system")
    assert (row.daily_spend, row.daily_budget) == (35.5, 20)
    assert (row.monthly_spend, row.monthly_budget) == (38.5, None)
    assert (row.brand_daily_spend, row.brand_daily_budget) == (35.5, 510)
    assert (row.brand_monthly_spend, row.brand_monthly_budget) == (38.5, 5000)


def test_a_user_s_pause_is_undone_by_nothing_the_system_does(campaign: Campaign) -> None:
    schedule = ScheduleFactory.create(windows=[(d, "00:00", "00:00") for d in range(7)])
    campaign.dayparting_schedules.add(schedule)
    lifecycle.pause(campaign, now=NOON)
    spend(campaign, 5, NOON)

    let_run_on(campaign, "day", now=NOON)
    let_run_on(campaign, "month", now=NOON)
    for now in (at("2024-05-16 00:00"), at("2024-06-01 00:00")):
        rollover.roll_over_days(now)
        rollover.roll_over_months(now)
        enforce_all(now)
        enforce(Campaign.objects.filter(pk=campaign.pk), now, Trigger.EDIT, lock_first=True)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.is_active) == ("paused", False)
    assert campaign.state == "Paused by user"
    assert lifecycle.activate(campaign, now=at("2024-06-01 00:00"))


def test_activating_returns_whether_it_runs() -> None:
    runs, held, archived = (
        CampaignFactory.create(status="draft"),
        CampaignFactory.create(status="paused", daily_budget=0),
        CampaignFactory.create(status="archived"),
    )

    assert lifecycle.activate(runs, now=NOON) is True
    assert lifecycle.activate(held, now=NOON) is False
    assert lifecycle.activate(archived, now=NOON) is False

    assert (runs.state, held.state, archived.state) == ("Active", "Paused by system", "Archived")
    assert lifecycle.pause(runs, now=NOON) is True
    assert lifecycle.pause(archived, now=NOON) is False
    assert switches(runs) == [(True, []), (False, ["status"])]


def test_what_is_on_record_is_what_a_preview_says() -> None:
    group = BudgetGroupFactory.create(daily_budget=50, monthly_budget=900)
    held = CampaignFactory.create(brand=group.brand, budget_group=group, total_budget=60)
    CampaignFactory.create(brand=group.brand, status=Campaign.Status.PAUSED)
    CampaignFactory.create(daily_budget=10, monthly_budget="33.333333")
    spend_in_sql(held, "61.25", TODAY)
    Brand.objects.filter(pk=group.brand_id).update(monthly_budget=3000)
    Campaign.objects.update(is_active=False)
    Campaign.objects.exclude(daily_budget=10).update(is_active=True)
    previewed = list(preview_switches(Campaign.objects.all(), NOON))
    enforce_all(NOON)

    changes = list(DeliveryChange.objects.order_by("campaign"))
    assert [
        (one.campaign_id, one.is_active, one.holds, one.group_period, one.on_its_way)
        for one in changes
    ] == [
        (one.campaign_id, one.is_active, one.holds, one.group_period, one.on_its_way)
        for one in previewed
    ]
    for change, decision in zip(changes, previewed, strict=True):
        assert {name: getattr(change, name) for name in decision.figures} == decision.figures
    stopped = changes[0]
    assert (stopped.holds, stopped.group_period) == (["total_budget", "group_budget"], "day")
    assert (stopped.group_spend, stopped.group_budget) == (Decimal("61.25"), 50)
    assert (stopped.total_spend, stopped.total_budget) == (Decimal("61.25"), 60)


def test_a_change_tells_the_figures_of_a_group_that_holds_nothing() -> None:
    group = BudgetGroupFactory.create(daily_budget=50)
    campaign = CampaignFactory.create(brand=group.brand, budget_group=group, is_active=True)
    spend_in_sql(campaign, "20", TODAY)
    Campaign.objects.update(status=Campaign.Status.PAUSED)
    (previewed,) = preview_switches(Campaign.objects.all(), NOON)

    enforce_all(NOON)

    change = DeliveryChange.objects.get()
    for figures in (previewed.figures, vars(change)):
        assert (figures["group_spend"], figures["group_budget"]) == (Decimal(20), Decimal(50))


def test_of_groups_those_that_hold_are_kept_and_others_if_asked_for() -> None:
    spent = {}
    for amount in ("9", "10", "0", "3", "11"):
        group = BudgetGroupFactory.create(daily_budget=10)
        spend_in_sql(CampaignFactory.create(brand=group.brand, budget_group=group), amount, TODAY)
        spent[group.pk] = Decimal(amount)
    holding = {pk for pk, amount in spent.items() if amount >= 10}

    moment = Moment.at(NOON, Campaign.objects.all())
    everything = Moment.at(NOON, Campaign.objects.all(), group_figures=True)

    assert moment.groups.keys() == set(moment.held_groups) == set(everything.held_groups) == holding
    assert {pk: one.budgets[0].spent for pk, one in everything.groups.items()} == spent
