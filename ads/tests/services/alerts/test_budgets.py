"""Budgets that pass a percentage: once per rule, owner and period; over when they do no more."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Alert, AlertProgress, AlertRule, Brand, Campaign
from ads.services import alerts, pacing
from ads.services.alerts import preview
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory, ScheduleFactory
from ads.tests.services.alerts.support import another_rule, evaluate, rule, titles
from ads.tests.services.plans.support import schedule
from ads.tests.support import (
    NOON,
    PATIENCE,
    at,
    at_once,
    await_blocked,
    delivers,
    enforce_all,
    execute,
    held_open,
    let_run_on,
    spend,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def brand() -> Brand:
    return BrandFactory.create(name="Acme", monthly_budget=Decimal(1000))


@pytest.fixture
def campaign(brand: Brand) -> Campaign:
    return CampaignFactory.create(brand=brand, name="Spring", daily_budget=Decimal(100))


def is_open(**those: Any) -> list[str]:
    return titles(resolved_at=None, **those)


def test_a_budget_that_passes_eighty_percent_is_told_once(campaign: Campaign) -> None:
    rule(owners="campaign")
    enforce_all(NOON)
    spend(campaign, 79, NOON)
    assert evaluate(NOON) == 0
    spend(campaign, 1, NOON)

    assert evaluate(NOON) == 1
    assert evaluate(NOON + HOUR) == 0
    assert titles() == ["Spring (Acme): 80% of the budget of 2024-05-15 used"]
    alert = Alert.objects.get()
    said = alerts.texts.of(alert)
    assert said.text == "$80.00 of $100.00 spent, 80%, as of 2024-05-15 12:00 UTC."
    assert said.next == "At this pace it will be used up at about 2024-05-15 15:00 UTC."
    assert said.path == f"/admin/ads/campaign/{campaign.pk}/change/"
    assert alert.figures["spent"] == "80"


def test_of_a_campaign_that_something_else_has_stopped_no_pace_is_told(
    brand: Brand, campaign: Campaign
) -> None:
    rule(owners="campaign")
    brand.daily_budget = Decimal(80)
    brand.save(update_fields=["daily_budget"])
    enforce_all(NOON)
    spend(campaign, 80, NOON)

    assert evaluate(NOON) == 1
    assert not delivers(campaign)
    assert alerts.texts.of(Alert.objects.get()).next == ""


def test_of_a_campaign_with_hours_no_even_pace_of_the_day_is_told(campaign: Campaign) -> None:
    rule(owners="campaign")
    hours = ScheduleFactory.create(windows=[(2, "10:00", "14:00")])
    campaign.dayparting_schedules.add(hours)
    campaign.is_dayparting_enabled = True
    campaign.save(update_fields=["is_dayparting_enabled"])
    spend(campaign, 80, NOON)  # in two hours: the rest in half an hour, and not at 15:00

    assert evaluate(NOON) == 1
    assert alerts.texts.of(Alert.objects.get()).next == ""


def test_of_several_percents_that_are_passed_at_once_only_the_highest_is_told(
    campaign: Campaign,
) -> None:
    rule(thresholds=[50, 80, 90, 100])
    spend(campaign, 95, NOON)
    evaluate(NOON)
    assert titles() == ["Spring (Acme): 90% of the budget of 2024-05-15 used"]

    spend(campaign, 5, NOON)
    evaluate(NOON)
    assert is_open() == ["Spring (Acme): the budget of 2024-05-15 is used up"]
    assert alerts.texts.of(Alert.objects.latest("pk")).next == (
        "It does not run before 2024-05-16 00:00 UTC."
    )


def test_of_a_day_that_is_used_up_with_its_month_no_return_tomorrow_is_promised(
    brand: Brand, campaign: Campaign
) -> None:
    rule(thresholds=[100])
    Campaign.objects.filter(pk=campaign.pk).update(monthly_budget=100)
    Brand.objects.filter(pk=brand.pk).update(daily_budget=100, monthly_budget=100)
    spend(campaign, 100, NOON)

    assert evaluate(NOON) == 4
    said = {alerts.texts.of(alert).next for alert in Alert.objects.all()}
    assert said == {
        "It does not run before 2024-05-16 00:00 UTC.",
        "It does not run before 2024-06-01 00:00 UTC.",
        "Its campaigns do not run before 2024-05-16 00:00 UTC.",
        "Its campaigns do not run before 2024-06-01 00:00 UTC.",
    }


def test_an_alert_is_over_when_the_budget_is_raised_and_opens_again_in_silence(
    campaign: Campaign,
) -> None:
    rule()
    spend(campaign, 80, NOON)
    evaluate(NOON)
    campaign.daily_budget = Decimal(200)
    campaign.save(update_fields=["daily_budget"])

    assert evaluate(NOON + HOUR) == 0
    assert is_open() == []
    campaign.daily_budget = Decimal(100)
    campaign.save(update_fields=["daily_budget"])
    assert evaluate(NOON + 2 * HOUR) == 0
    assert len(is_open()) == Alert.objects.count() == 1


def test_an_alert_is_over_with_its_period_and_told_anew_in_the_next(campaign: Campaign) -> None:
    rule()
    spend(campaign, 80, NOON)
    evaluate(NOON)

    alerts.evaluate(NOON + DAY)
    assert is_open() == []
    spend(campaign, 90, NOON + DAY)
    assert evaluate(NOON + DAY) == 1


def test_an_allowance_counts_and_a_budget_of_zero_is_used_up_by_the_first_cent(
    brand: Brand, campaign: Campaign
) -> None:
    rule()
    spend(campaign, 80, NOON)
    let_run_on(campaign, now=NOON, amount=100)
    assert evaluate(NOON) == 0
    zero = CampaignFactory.create(brand=brand, name="Zero", daily_budget=0)
    assert evaluate(NOON) == 0
    spend(zero, "0.01", NOON)
    evaluate(NOON)
    assert titles() == ["Zero (Acme): the budget of 2024-05-15 is used up"]


@pytest.mark.parametrize("change", [{"status": "paused"}, {"status": "archived"}])
def test_nobody_is_told_of_a_campaign_that_is_not_to_run(
    campaign: Campaign, change: dict[str, str]
) -> None:
    rule()
    spend(campaign, 99, NOON)
    Campaign.objects.filter(pk=campaign.pk).update(**change)
    assert evaluate(NOON) == 0


def test_a_rule_of_a_brand_is_about_that_brand_and_each_rule_tells_for_itself(
    brand: Brand, campaign: Campaign
) -> None:
    other = CampaignFactory.create(brand__name="Zyxel", name="Other", daily_budget=100)
    rule(brand=brand)
    another_rule("budget_used", thresholds=[50])
    for one in (campaign, other):
        spend(one, 80, NOON)

    evaluate(NOON)

    assert sorted(titles()) == [
        "Other (Zyxel): 50% of the budget of 2024-05-15 used",
        "Spring (Acme): 50% of the budget of 2024-05-15 used",
        "Spring (Acme): 80% of the budget of 2024-05-15 used",
    ]


@pytest.mark.parametrize(
    ("owners", "period", "told"),
    [
        ("brand", "", ["brand month"]),
        ("campaign", "", ["campaign day", "campaign month"]),
        ("", "month", ["brand month", "campaign month"]),
        ("brand", "day", []),
    ],
)
def test_a_rule_says_whose_and_which_budgets(
    campaign: Campaign, owners: str, period: str, told: list[str]
) -> None:
    rule(owners=owners, period=period)
    campaign.monthly_budget = Decimal(1000)
    campaign.save(update_fields=["monthly_budget"])
    spend(campaign, 900, NOON)

    evaluate(NOON)

    found = Alert.objects.values_list("owner", "period")
    assert sorted(f"{o.split()[0]} {p.split()[0]}" for o, p in found) == told


def test_the_total_budget_of_a_flight_is_told_and_over_when_raised_or_with_the_flight(
    brand: Brand,
) -> None:
    rule(period="total", thresholds=[80, 100])
    flight = CampaignFactory.create(
        brand=brand, name="Launch", total_budget=Decimal(1000), start_date=date(2024, 4, 10),
        end_date=date(2024, 5, 20),
    )  # fmt: skip
    spend(flight, 500, NOON - 36 * DAY, date(2024, 4, 9))  # before the flight
    spend(flight, 500, NOON - 20 * DAY, date(2024, 4, 25))
    assert evaluate(NOON) == 0
    spend(flight, 325, NOON)

    assert evaluate(NOON) == 1
    assert evaluate(NOON + HOUR) == 0
    said = alerts.texts.of(Alert.objects.get())
    assert said.title == "Launch (Acme): 80% of the total budget used"
    assert said.text == "$825.00 of $1,000.00 spent, 82%, as of 2024-05-15 12:00 UTC."
    assert said.next == "$175.00 is left until the flight ends on 2024-05-20."
    spend(flight, 175, NOON)
    assert evaluate(NOON) == 1
    said = alerts.texts.of(Alert.objects.get(resolved_at=None))
    assert said.title == "Launch (Acme): the total budget is used up"
    assert said.next == "It is stopped until the budget is raised."

    flight.total_budget = Decimal(1250)
    flight.save(update_fields=["total_budget"])
    evaluate(NOON + DAY)
    assert is_open() == ["Launch (Acme): 80% of the total budget used"]
    alerts.evaluate(NOON + 6 * DAY)
    assert is_open() == []
    assert evaluate(NOON + 6 * DAY) == 0


def test_the_budgets_of_a_group_are_told_of_the_group(brand: Brand) -> None:
    rule(owners="group")
    group = BudgetGroupFactory.create(
        brand=brand, name="Search", daily_budget=100, monthly_budget=100, total_budget=100
    )
    one, other = (
        CampaignFactory.create(brand=brand, budget_group=group, daily_budget=50) for _ in "12"
    )
    spend(one, 40, NOON)
    assert evaluate(NOON) == 0
    spend(other, 45, NOON)

    assert evaluate(NOON) == 3
    assert evaluate(NOON + HOUR) == 0
    assert sorted(titles()) == [
        "Group Search (Acme): 80% of May's budget used",
        "Group Search (Acme): 80% of the budget of 2024-05-15 used",
        "Group Search (Acme): 80% of the total budget used",
    ]
    of_month = Alert.objects.get(period__startswith="month")
    assert (of_month.brand, of_month.campaign) == (brand, None)
    assert alerts.texts.of(of_month).path == f"/admin/ads/budgetgroup/{group.pk}/change/"

    alerts.evaluate(NOON + DAY)
    assert len(is_open()) == 2
    Campaign.objects.update(status="paused")
    evaluate(NOON + DAY)
    assert is_open() == []


def test_a_rule_of_one_brand_is_not_about_the_groups_and_flights_of_others(brand: Brand) -> None:
    rule(brand=brand)
    other = CampaignFactory.create(
        total_budget=10, budget_group=None, brand__name="Zyxel", name="Other"
    )
    spend(other, 9, NOON)
    assert evaluate(NOON) == 0
    another_rule("budget_used", owners="campaign", period="total")
    alerts.evaluate(NOON)
    assert evaluate(NOON) == 0
    assert is_open() == ["Other (Zyxel): 80% of the total budget used"]


def test_the_preview_adds_up_flights_over_months_and_groups_over_campaigns(brand: Brand) -> None:
    made = rule()
    group = BudgetGroupFactory.create(brand=brand, name="Search", daily_budget=90)
    for name in ("One", "Two"):
        one = CampaignFactory.create(
            brand=brand, name=name, budget_group=group, total_budget=100,
            start_date=date(2024, 4, 1),
        )  # fmt: skip
        spend(one, 500, NOON, date(2024, 3, 31))
        spend(one, 50, NOON, date(2024, 4, 1))
        if name == "One":
            spend(one, 30, NOON, date(2024, 5, 14))
        spend(one, 40, NOON, date(2024, 5, 15))

    found = preview.of(made, NOON)

    assert [(str(one.day), one.text) for one in found.latest] == [
        ("2024-05-15", "Two (Acme): 80% of the total budget used ($90.00 of $100.00)"),
        ("2024-05-15", "Group Search (Acme): 80% of the daily budget used ($80.00 of $90.00)"),
        ("2024-05-14", "One (Acme): 80% of the total budget used ($80.00 of $100.00)"),
    ]


def test_between_full_looks_only_brands_whose_sums_have_moved_are_looked_at(
    campaign: Campaign,
) -> None:
    rule()
    alerts.evaluate(NOON)
    spend(campaign, 80, NOON)
    assert alerts.evaluate(NOON + timedelta(seconds=10)).raised == 1


@pytest.mark.parametrize("of", ["campaign", "brand"])
def test_an_edited_budget_raises_and_ends_its_alerts_with_the_next_look(
    brand: Brand, campaign: Campaign, of: str
) -> None:
    rule(owners=of)
    owner: Any = campaign if of == "campaign" else brand
    budget = "daily_budget" if of == "campaign" else "monthly_budget"
    spend(campaign, 50, NOON)
    execute("UPDATE ads_spendtotal SET updated_at = %s", [NOON - DAY])  # no spend since
    alerts.evaluate(NOON)
    for amount, is_raised in ((Decimal(60), True), (Decimal(70), False)):
        setattr(owner, budget, amount)
        owner.save(update_fields=[budget])
        alerts.evaluate(NOON + timedelta(seconds=10))
        assert bool(is_open()) is is_raised


def test_a_rule_that_is_switched_off_tells_nothing_and_what_is_open_is_over(
    campaign: Campaign,
) -> None:
    made = rule()
    spend(campaign, 80, NOON)
    evaluate(NOON)
    made.is_active = False
    made.save(update_fields=["is_active"])
    evaluate(NOON)
    assert is_open() == []


def test_an_invalid_timezone_stops_nobody_elses_alerts(campaign: Campaign) -> None:
    rule()
    spend(campaign, 80, NOON)
    other = CampaignFactory.create(brand__timezone="Europe/Berlin", daily_budget=10)
    spend(other, 9, NOON)
    assert evaluate(NOON) == 2


def test_a_budget_projected_to_be_exceeded_or_left_over_is_told() -> None:
    rule("projected", owners="campaign")
    brand = BrandFactory.create(name="Acme")
    over = CampaignFactory.create(brand=brand, name="Over", monthly_budget=Decimal(1000))
    under = CampaignFactory.create(brand=brand, name="Under", monthly_budget=Decimal(1000))
    for n in range(1, 15):
        day = NOON - n * DAY
        spend(over, 60, day, day.date())
        spend(under, 10, day, day.date())
    assert evaluate(NOON) == 0  # nothing is worked out yet
    pacing.refresh(NOON)

    assert evaluate(NOON) == 2
    found = Alert.objects.filter(campaign=over).get()
    said = alerts.texts.of(found)
    assert said.title == "Over (Acme): May's budget will probably be exceeded"
    assert " projected of $1,000.00; $840.00 spent as of 2024-05-15 12:00 UTC." in said.text
    assert said.next.startswith("It is projected to be used up on 2024-05-1")
    assert titles(campaign=under) == ["Under (Acme): May's budget will probably not be used up"]

    under.monthly_budget = Decimal(320)
    under.save(update_fields=["monthly_budget"])
    over.total_budget = Decimal(950)  # stops it before
    over.save(update_fields=["total_budget"])
    pacing.refresh(NOON)
    evaluate(NOON)
    assert is_open() == []


def test_a_budget_that_is_raised_in_time_is_not_told_to_be_exceeded() -> None:
    rule("projected", owners="campaign")
    campaign = CampaignFactory.create(name="Raised", monthly_budget=Decimal(160))
    for n in range(1, 15):
        spend(campaign, 10, NOON - n * DAY, (NOON - n * DAY).date())
    schedule(campaign, 1000, (NOON + 10 * DAY).date(), "monthly_budget")
    pacing.refresh(NOON)

    assert evaluate(NOON) == 1
    said = alerts.texts.of(Alert.objects.get())
    assert said.title.endswith("May's budget will probably not be used up")
    assert said.next.endswith(" a day would use it up exactly.")
    assert "used up on" not in said.next  # as it is until the raise: on the 17th


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_a_new_month_is_not_told_of_by_the_pace_of_the_month_before(zone: str) -> None:
    rule("projected")
    another_rule("budget_used", owners="brand", period="month")
    brand = BrandFactory.create(name="Acme", monthly_budget=Decimal(1000), timezone=zone)
    campaign = CampaignFactory.create(brand=brand)
    before, after = at("2024-04-30 23:55", zone), at("2024-05-01 00:05", zone)
    for n in range(1, 30):
        spend(campaign, 60, before, (before - n * DAY).date())
    pacing.refresh(before)
    evaluate(before)
    assert is_open() == [
        "Acme: April's budget is used up",
        "Acme: April's budget will probably be exceeded",
    ]

    spend(campaign, 900, after)
    evaluate(after)

    assert is_open() == ["Acme: 80% of May's budget used"]
    assert alerts.texts.of(Alert.objects.get(resolved_at=None)).next == ""
    pacing.refresh(after)
    assert evaluate(after) == 1
    assert is_open(kind="projected") == ["Acme: May's budget will probably be exceeded"]


@pytest.mark.django_db(transaction=True)
def test_a_rule_that_is_changed_while_a_look_goes_on_is_looked_at_next() -> None:
    later = at("2090-05-15 12:00")  # so that no edit and no spend is new
    minute = timedelta(minutes=1)
    made = rule(thresholds=[90])
    campaign = CampaignFactory.create(name="Spring", brand__name="Acme", daily_budget=100)
    spend(campaign, 80, later)
    alerts.evaluate(later)

    def change() -> None:
        AlertRule.objects.filter(pk=made.pk).update(thresholds=[80])
        alerts.look_at_all_next()

    with held_open(change) as commit, at_once() as start:
        look = start(lambda: alerts.evaluate(later + minute))
        await_blocked()
        commit()
        look.result(timeout=PATIENCE)
    assert is_open() == []

    assert alerts.evaluate(later + 2 * minute).raised == 1
    assert is_open() == ["Spring (Acme): 80% of the budget of 2090-05-15 used"]
    assert AlertProgress.objects.get().looked_at_all == later + 2 * minute
