"""Receipts of pauses: the instants, the money, and which delay cost it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pgtrigger
import pytest
import time_machine

from ads.models import (
    Allowance,
    Brand,
    BudgetGroup,
    Campaign,
    PlatformCampaign,
    ScheduledChange,
    SwitchOrder,
)
from ads.models.spend import Kind
from ads.platforms.interface import OutOfQuota, Refused, Unreachable
from ads.services import orders, plans, receipts
from ads.services.delivery import Trigger, allowances, enforce, rollover
from ads.services.ledger import DayTotal, SpendEntry, record
from ads.services.receipts import Delay, Receipt, pauses, receipts_of
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory
from ads.tests.services.orders.scripted import Scripted, on_platform
from ads.tests.services.orders.test_orders import tell
from ads.tests.services.plans.support import schedule
from ads.tests.support import NOON, at, enforce_all, execute, let_run_on, spend_in_sql

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TODAY = NOON.date()
MAY = date(2024, 5, 1), date(2024, 5, 31)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def running(**given: object) -> Campaign:
    campaign = CampaignFactory.create(**{"daily_budget": 100, **given})
    enforce_all(NOON - HOUR)
    on_platform(campaign, f"there-{campaign.pk}")
    return campaign


def reported(campaign: Campaign, amount: object, asked: datetime, known: datetime) -> None:
    """A platform's total of today, which was asked for, and recorded here, at these instants."""
    rows = [DayTotal(campaign.pk, TODAY, Decimal(str(amount)), asked)]
    record(rows, source="scripted", now=known, kind=Kind.DAY_TOTAL)


def was_later(events: str, pk: int) -> None:
    """The last edit of this row came after what was decided; a test is one transaction."""
    execute("SET LOCAL session_replication_role = replica")
    execute(
        f"UPDATE {events} SET pgh_created_at = pgh_created_at + interval '1 hour'"
        f" WHERE pgh_id = (SELECT max(pgh_id) FROM {events} WHERE pgh_obj_id = %s)",
        [pk],
    )
    execute("SET LOCAL session_replication_role = DEFAULT")


def the_receipt(campaign: Campaign) -> Receipt:
    [receipt] = receipts_of(pauses().filter(campaign=campaign).select_related("campaign__brand"))
    return receipt


def test_a_budget_that_was_kept_to_the_cent() -> None:
    campaign = running()
    reported(campaign, "99.5", NOON - MINUTE, NOON - MINUTE)
    reported(campaign, 100, NOON, NOON + MINUTE)
    tell(campaign, Scripted(), NOON + 2 * MINUTE)

    receipt = the_receipt(campaign)

    assert (receipt.spent_at, receipt.source) == (None, "scripted")
    assert (receipt.reported_at, receipt.known_at) == (NOON, NOON + MINUTE)
    assert receipt.decided_at == NOON + MINUTE
    assert (receipt.told_at, receipt.confirmed_at) == (NOON + 2 * MINUTE, NOON + 2 * MINUTE)
    assert {receipt.limit, receipt.spent_then, receipt.spent} == {Decimal(100)}
    assert (receipt.is_kept, receipt.over, receipt.cost_by) == (True, Decimal(0), None)


def test_what_was_spent_before_it_was_reported_is_the_reports_delay() -> None:
    campaign = running()
    reported(campaign, 130, NOON, NOON)
    tell(campaign, Scripted(), NOON)
    reported(campaign, 140, NOON + HOUR, NOON + HOUR)

    receipt = the_receipt(campaign)

    assert receipt.over == 40
    assert (receipt.over_then, receipt.over_later) == (Decimal(30), Decimal(10))
    assert receipt.cost_by == Delay.REPORTING


def test_what_came_after_a_platform_was_told_late_is_the_platforms_delay() -> None:
    campaign = running()
    reported(campaign, 101, NOON, NOON)
    platform = Scripted(fails=Unreachable("No answer."))
    tell(campaign, platform, NOON)
    tell(campaign, platform, NOON + HOUR)
    reported(campaign, 150, NOON + 2 * HOUR, NOON + 2 * HOUR)

    receipt = the_receipt(campaign)

    assert (receipt.told_at, receipt.confirmed_at) == (NOON, NOON + HOUR)
    assert (receipt.over_then, receipt.over_later) == (Decimal(1), Decimal(49))
    assert receipt.cost_by == Delay.STOPPING


def test_what_came_after_a_prompt_stop_had_been_spent_before_it() -> None:
    campaign = running()
    reported(campaign, 101, NOON, NOON)
    tell(campaign, Scripted(), NOON + MINUTE)
    reported(campaign, 150, NOON + 2 * HOUR, NOON + 2 * HOUR)

    assert the_receipt(campaign).cost_by == Delay.REPORTING


def test_a_stop_that_was_refused_is_never_confirmed() -> None:
    campaign = running()
    reported(campaign, 101, NOON, NOON)
    reference = f"there-{campaign.pk}"
    tell(campaign, Scripted(answers={reference: [Refused("NO", "It was removed.")]}), NOON)
    reported(campaign, 150, NOON + HOUR, NOON + HOUR)

    receipt = the_receipt(campaign)

    assert (receipt.orders, receipt.refusals) == (1, ("It was removed.",))
    assert (receipt.told_at, receipt.confirmed_at) == (NOON, None)
    assert receipt.cost_by == Delay.STOPPING


def test_a_stop_that_was_refused_is_confirmed_once_it_is_told_again() -> None:
    campaign = running()
    reported(campaign, 101, NOON, NOON)
    reference = f"there-{campaign.pk}"
    tell(campaign, Scripted(answers={reference: [Refused("NO", "Not by you.")]}), NOON)
    later = NOON + HOUR + MINUTE
    PlatformCampaign.objects.update(seen_at=later)
    assert orders.put_right(PlatformCampaign.objects.get().account_id, later) == 1
    assert (the_receipt(campaign).refusals, the_receipt(campaign).orders) == ((), 1)
    tell(campaign, Scripted(), later)

    receipt = the_receipt(campaign)

    assert (receipt.orders, receipt.refusals) == (1, ())
    assert (receipt.told_at, receipt.confirmed_at) == (NOON, later)


@pytest.mark.parametrize(("until", "cost_by"), [(HOUR, Delay.STOPPING), (MINUTE, Delay.REPORTING)])
@pytest.mark.parametrize("is_told", [True, False])
def test_a_stop_that_was_not_confirmed_until_it_was_started_again(
    until: timedelta, cost_by: Delay, *, is_told: bool
) -> None:
    campaign = running()
    reported(campaign, 101, NOON, NOON)
    fails = Unreachable("No answer.") if is_told else OutOfQuota("Wait.", retry_after=2 * HOUR)
    tell(campaign, Scripted(fails=fails), NOON)
    reported(campaign, 150, NOON + until, NOON + until)
    let_run_on(campaign, now=NOON + until, amount=1000)
    tell(campaign, Scripted(), NOON + until)

    receipt = the_receipt(campaign)

    assert (receipt.orders, receipt.confirmed_at) == (1, None)
    assert receipt.told_at == (NOON if is_told else None)
    assert (receipt.over_then, receipt.over_later) == (Decimal(1), Decimal(49))
    assert receipt.cost_by == cost_by


def test_a_later_decision_does_not_undo_that_a_stop_was_refused() -> None:
    campaign = running()
    reported(campaign, 101, NOON, NOON)
    platform = Scripted(answers={f"there-{campaign.pk}": [Refused("NO", "It was removed.")]})
    tell(campaign, platform, NOON)
    later = NOON + HOUR + MINUTE
    PlatformCampaign.objects.update(seen_at=later)
    assert orders.put_right(PlatformCampaign.objects.get().account_id, later) == 1
    reported(campaign, 150, later, later)
    let_run_on(campaign, now=later, amount=1000)

    receipt = the_receipt(campaign)

    assert (receipt.refusals, receipt.told_at) == (("It was removed.",), NOON)
    assert receipt.cost_by == Delay.STOPPING


def test_a_campaign_on_no_platform_is_told_nothing() -> None:
    campaign = CampaignFactory.create(daily_budget=100)
    enforce_all(NOON - HOUR)
    entry = SpendEntry(campaign.pk, Decimal(120), occurred_at=NOON - HOUR)
    record([entry], source="till", now=NOON)

    receipt = the_receipt(campaign)

    assert (receipt.spent_at, receipt.reported_at) == (NOON - HOUR, None)
    assert (receipt.known_at, receipt.source) == (NOON, "till")
    assert (receipt.orders, receipt.told_at, receipt.confirmed_at) == (0, None, None)
    assert (receipt.over, receipt.cost_by) == (Decimal(20), Delay.REPORTING)


def test_a_budget_that_was_lowered_below_what_was_spent_was_no_delay() -> None:
    campaign = running()
    reported(campaign, 80, NOON, NOON)
    Campaign.objects.filter(pk=campaign.pk).update(daily_budget=50)
    enforce(Campaign.objects.filter(pk=campaign.pk), NOON + HOUR, Trigger.EDIT)
    tell(campaign, Scripted(), NOON + HOUR)

    receipt = the_receipt(campaign)

    assert (receipt.over, receipt.cost_by) == (Decimal(30), Delay.EDITED)


@pytest.mark.parametrize("how", ["planned", "put back", "allowed until then", "taken back"])
def test_nor_was_a_limit_that_became_lower_as_planned_or_for_an_allowance_that_is_over(
    how: str,
) -> None:
    """Here the budget is 100 for an hour, or lowered to 100 after it."""
    is_allowed = how in ("allowed until then", "taken back")
    campaign = running(monthly_budget=100 if is_allowed else None, daily_budget=None)
    change = None
    if is_allowed:
        until = NOON + HOUR if how == "allowed until then" else None
        let_run_on(campaign, "month", now=NOON, amount=100, until=until)
    elif how == "put back":
        Campaign.objects.filter(pk=campaign.pk).update(monthly_budget=100)
        change = schedule(campaign, None, TODAY, "monthly_budget")
        plans.apply_due(NOON)
    reported(campaign, 130, NOON, NOON)
    later = NOON + HOUR
    if how == "planned":
        schedule(campaign, 100, TODAY, "monthly_budget")
        plans.apply_due(later)
    elif change:
        plans.cancel([ScheduledChange.objects.get(pk=change.pk)], now=later)
    elif how == "taken back":
        allowances.undo(Allowance.objects.get(), now=later)
    else:
        allowances.expire(later)
    tell(campaign, Scripted(), later)

    receipt = the_receipt(campaign)

    assert (receipt.over, receipt.cost_by) == (Decimal(30), Delay.EDITED)


def test_spend_behind_djangos_back_was_known_before_it_was_decided_on() -> None:
    campaign = running()
    spend_in_sql(campaign, "100", TODAY)
    enforce_all(NOON + 5 * MINUTE)

    receipt = the_receipt(campaign)

    assert receipt.decided_at == NOON + 5 * MINUTE
    assert receipt.spent_then == 100


def test_spend_after_it_was_let_run_on_is_not_overspend() -> None:
    campaign = running()
    reported(campaign, 110, NOON, NOON)
    let_run_on(campaign, now=NOON + MINUTE, amount=1000)
    reported(campaign, 900, NOON + HOUR, NOON + HOUR)

    assert the_receipt(campaign).over == 10


def test_spend_of_the_next_day_is_another_days() -> None:
    campaign = running()
    reported(campaign, 110, NOON, NOON)
    midnight = at("2024-05-16 00:00")
    rollover.roll_over_days(midnight)
    late = [DayTotal(campaign.pk, TODAY, Decimal(125), midnight + HOUR)]
    record(late, source="scripted", now=midnight + HOUR, kind=Kind.DAY_TOTAL)

    assert the_receipt(campaign).over == 25


def test_the_day_is_the_brands() -> None:
    tokyo = BrandFactory.create(timezone="Asia/Tokyo")
    campaign = running(brand=tokyo)
    evening = at("2024-05-15 16:00")  # 01:00 on the 16th there
    enforce_all(evening)
    rows = [DayTotal(campaign.pk, date(2024, 5, 16), Decimal(130), evening)]
    record(rows, source="scripted", now=evening, kind=Kind.DAY_TOTAL)

    receipt = the_receipt(campaign)

    assert (receipt.start, receipt.over) == (date(2024, 5, 16), Decimal(30))


def test_the_day_stays_that_of_the_timezone_in_which_it_was_stopped() -> None:
    brand = BrandFactory.create(timezone="Asia/Tokyo")
    campaign = running(brand=brand)
    morning = at("2024-05-15 09:00", "Asia/Tokyo")
    spend_in_sql(campaign, "900", date(2024, 5, 14))
    enforce_all(morning)
    rows = [DayTotal(campaign.pk, date(2024, 5, 15), Decimal(105), morning)]
    record(rows, source="scripted", now=morning, kind=Kind.DAY_TOTAL)
    Brand.objects.filter(pk=brand.pk).update(timezone="America/Los_Angeles")  # the 14th there
    was_later("ads_brandevent", brand.pk)

    receipt = the_receipt(campaign)

    assert (receipt.start, receipt.over) == (date(2024, 5, 15), Decimal(5))


def test_a_timezone_that_nobody_can_read_any_more_gives_way_to_the_present_one() -> None:
    brand = BrandFactory.create(timezone="Asia/Tokyo")
    campaign = running(brand=brand, daily_budget=75)
    spend_in_sql(campaign, "80", date(2024, 5, 15))
    enforce_all(NOON)
    with pgtrigger.ignore("ads.Brand:readable_timezone"):
        Brand.objects.filter(pk=brand.pk).update(timezone="US/Pacific-New")
    Brand.objects.filter(pk=brand.pk).update(timezone="America/Los_Angeles")
    was_later("ads_brandevent", brand.pk)

    receipt = the_receipt(campaign)

    assert (receipt.start, receipt.over) == (date(2024, 5, 15), Decimal(5))


class TestMonthOfABrand:
    """The report."""

    def test_a_brands_budget_counts_once_for_all_the_campaigns_it_stops(self) -> None:
        brand = BrandFactory.create(daily_budget=100)
        first, second = (running(brand=brand, daily_budget=None) for _ in range(2))
        reported(first, 130, NOON, NOON)

        report = receipts.report(brand, *MAY)

        assert {each.change.campaign for each in report.receipts} == {first, second}
        assert (report.over, report.kept) == (Decimal(30), 0)
        assert report.over_by == {Delay.EDITED: 0, Delay.REPORTING: 30, Delay.STOPPING: 0}

    def test_it_holds_the_brands_own_days(self) -> None:
        brand = BrandFactory.create(timezone="Asia/Tokyo")
        campaign = running(brand=brand)
        last = at("2024-05-31 14:59")
        enforce_all(last)
        rows = [DayTotal(campaign.pk, date(2024, 5, 31), Decimal(130), last)]
        record(rows, source="scripted", now=last, kind=Kind.DAY_TOTAL)

        assert receipts.report(brand, *MAY).worst is not None
        assert receipts.report(brand, date(2024, 6, 1), date(2024, 6, 30)).receipts == ()

    def test_what_a_budget_was_overshot_by_is_all_charged_to_a_delay(self) -> None:
        campaign = running()
        reported(campaign, 110, NOON, NOON)
        let_run_on(campaign, now=NOON + MINUTE, amount=40)
        reported(campaign, 140, NOON + HOUR, NOON + HOUR)  # to the limit, and not over it

        report = receipts.report(campaign, *MAY)

        assert [receipt.over for receipt in report.receipts] == [10, 0]
        assert report.over == 10
        assert report.over_by == {Delay.EDITED: 0, Delay.REPORTING: 10, Delay.STOPPING: 0}

    def test_pauses_by_people_and_hours_are_not_in_it(self) -> None:
        campaign = running()
        campaign.status = "paused"
        campaign.save()
        enforce_all(NOON)

        assert not SwitchOrder.objects.filter(state="confirmed").exists()
        assert receipts.report(campaign.brand, *MAY).receipts == ()

    def test_it_asks_as_few_queries_for_many_as_for_one(
        self, django_assert_num_queries: object
    ) -> None:
        brand = BrandFactory.create()
        for _ in range(5):
            reported(running(brand=brand), 130, NOON, NOON)

        with django_assert_num_queries(4):  # type: ignore[operator]
            report = receipts.report(brand, *MAY)

        assert report.over == 5 * 30


def stopped_by_its_group() -> Campaign:
    """It came to $105 of its group's $100 a day; another campaign of the brand spent $900."""
    group = BudgetGroupFactory.create(daily_budget=100)
    campaign = running(brand=group.brand, budget_group=group, daily_budget=None)
    reported(running(brand=group.brand, daily_budget=None), 900, NOON, NOON)
    reported(campaign, 105, NOON, NOON)
    return campaign


class TestBudgetsOfGroups:
    """A group's budget is the group's, whatever becomes of it."""

    def test_it_counts_what_the_group_has_spent(self) -> None:
        campaign = stopped_by_its_group()
        reported(campaign, 110, NOON + HOUR, NOON + HOUR)

        receipt = the_receipt(campaign)

        assert receipt.limit == 100
        assert (receipt.over_then, receipt.over) == (Decimal(5), Decimal(10))

    def test_a_campaign_that_has_left_it_is_not_charged_with_its_brand(self) -> None:
        campaign = stopped_by_its_group()
        campaign.refresh_from_db()
        campaign.status = "paused"
        campaign.budget_group = None
        campaign.save()

        receipt = the_receipt(campaign)

        assert (receipt.limit, receipt.spent) == (Decimal(100), Decimal(105))

    def test_a_campaign_that_joined_another_is_not_charged_with_that_one(self) -> None:
        brand = BrandFactory.create()
        first, second = (
            BudgetGroupFactory.create(brand=brand, daily_budget=budget) for budget in (100, 5000)
        )
        campaign = running(brand=brand, budget_group=first, daily_budget=None)
        other = running(brand=brand, budget_group=second, daily_budget=None)
        reported(other, 900, NOON, NOON)
        reported(campaign, 105, NOON, NOON)
        campaign.refresh_from_db()
        campaign.budget_group = second
        campaign.save()
        was_later("ads_campaignevent", campaign.pk)
        enforce_all(NOON + HOUR)

        receipt = the_receipt(campaign)

        assert (receipt.limit, receipt.spent) == (Decimal(100), Decimal(105))

    def test_started_again_it_is_not_charged_with_another_period(self) -> None:
        brand = BrandFactory.create()
        group = BudgetGroupFactory.create(brand=brand, daily_budget=100, monthly_budget=1200)
        campaign = running(brand=brand, budget_group=group, daily_budget=None)
        spend_in_sql(campaign, "900", TODAY - timedelta(days=1))
        reported(campaign, 105, NOON, NOON)
        BudgetGroup.objects.filter(pk=group.pk).update(daily_budget=500)
        enforce_all(NOON + HOUR)

        receipt = the_receipt(campaign)

        assert receipt.period == "day"
        assert (receipt.limit, receipt.spent) == (Decimal(100), Decimal(105))

    def test_without_its_budget_what_was_known_then_stands(self) -> None:
        campaign = stopped_by_its_group()
        BudgetGroup.objects.update(daily_budget=None)
        enforce_all(NOON + HOUR)

        assert the_receipt(campaign).spent == 105

    @pytest.mark.parametrize(
        ("then", "since", "spent"),
        [(None, TODAY, "157"), (date(2024, 5, 1), None, "117"), (TODAY, None, "110")],
        ids=["set since", "taken away since", "of the middle of a month"],
    )
    def test_its_total_budget_counts_from_the_first_day_that_it_had_then(
        self, then: date | None, since: date | None, spent: str
    ) -> None:
        group = BudgetGroupFactory.create(total_budget=100, start_date=then)
        campaign = running(brand=group.brand, budget_group=group, daily_budget=None)
        other = running(brand=group.brand, budget_group=group, daily_budget=None)
        spend_in_sql(campaign, "40", date(2024, 4, 30))
        spend_in_sql(other, "7", date(2024, 5, 2))
        reported(campaign, 110, NOON, NOON)
        BudgetGroup.objects.update(start_date=since)
        was_later("ads_budgetgroupevent", group.pk)

        receipt = the_receipt(campaign)

        assert (receipt.period, receipt.start) == ("total", then)
        assert (receipt.spent_then, receipt.spent) == (Decimal(spent), Decimal(spent))

    def test_each_pause_counts_from_the_first_day_of_its_own_group(self) -> None:
        whole = BudgetGroupFactory.create(total_budget=100)
        later = BudgetGroupFactory.create(total_budget=100, start_date=TODAY)
        for group in (whole, later):
            campaign = running(brand=group.brand, budget_group=group, daily_budget=None)
            spend_in_sql(campaign, "40", date(2024, 4, 30))
            reported(campaign, 110, NOON, NOON)

        changes = pauses().select_related("campaign__brand").order_by("campaign")

        found = [(one.start, one.spent) for one in receipts_of(changes)]
        assert found == [(None, Decimal(150)), (TODAY, Decimal(110))]


def test_a_total_budget_that_was_taken_away_was_overshot_all_the_same() -> None:
    campaign = running(daily_budget=None, total_budget=100)
    reported(campaign, 105, NOON, NOON)
    Campaign.objects.filter(pk=campaign.pk).update(total_budget=None)
    enforce_all(NOON + HOUR)

    assert the_receipt(campaign).spent == 105


@pytest.mark.parametrize(
    ("then", "since", "spent"),
    [(None, TODAY, "150"), (date(2024, 5, 1), None, "110"), (TODAY, None, "110")],
    ids=["set since", "taken away since", "of the middle of a month"],
)
def test_a_total_budget_counts_from_the_start_date_that_the_campaign_had_then(
    then: date | None, since: date | None, spent: str
) -> None:
    campaign = running(daily_budget=None, total_budget=100, start_date=then)
    spend_in_sql(campaign, "40", date(2024, 4, 30))
    reported(campaign, 110, NOON, NOON)
    Campaign.objects.filter(pk=campaign.pk).update(start_date=since)
    was_later("ads_campaignevent", campaign.pk)

    receipt = the_receipt(campaign)

    assert (receipt.start, receipt.spent) == (then, Decimal(spent))
    assert receipt.spent_then == Decimal(spent)
    assert receipt.source == "scripted"


def test_of_several_pauses_each_counts_from_its_own_start_date() -> None:
    campaign = running(daily_budget=None, total_budget=100)
    spend_in_sql(campaign, "40", date(2024, 4, 30))
    reported(campaign, 110, NOON, NOON)
    other = running(daily_budget=None, total_budget=100, start_date=TODAY)
    spend_in_sql(other, "40", date(2024, 4, 30))
    reported(other, 120, NOON, NOON)

    changes = pauses().select_related("campaign__brand").order_by("campaign")

    found = [(one.start, one.spent) for one in receipts_of(changes)]
    assert found == [(None, Decimal(150)), (TODAY, Decimal(120))]


def test_without_a_record_of_the_time_the_present_start_date_stands() -> None:
    campaign = running(daily_budget=None, total_budget=100, start_date=TODAY)
    reported(campaign, 110, NOON, NOON)
    was_later("ads_campaignevent", campaign.pk)

    receipt = the_receipt(campaign)

    assert (receipt.start, receipt.spent) == (TODAY, Decimal(110))
