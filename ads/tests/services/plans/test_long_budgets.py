"""Total budgets and budget groups: what holds, what it says, and two writers at once."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.holds import Hold
from ads.models import BudgetGroup, Campaign
from ads.services import BudgetService
from ads.services.explain import conditions, explanation
from ads.services.receipts import pauses, receipts_of
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory
from ads.tests.support import (
    NOON,
    at,
    at_once,
    await_blocked,
    delivers,
    enforce_all,
    execute,
    held_open,
    refused,
    spend,
    spend_in_sql,
    switches,
)

TODAY = NOON.date()
DAY = timedelta(days=1)
LAST_MONTH = TODAY.replace(day=1) - DAY


def budgeted(shared: bool) -> tuple[Campaign, Campaign, Any]:
    """Two that share a total budget of 100, or one twice that has it; and rows of the budget."""
    if not shared:
        alone = CampaignFactory.create(total_budget=100)
        return alone, alone, Campaign.objects.filter(pk=alone.pk)
    group = BudgetGroupFactory.create(total_budget=100)
    one, other = CampaignFactory.create_batch(2, brand=group.brand, budget_group=group)
    return one, other, BudgetGroup.objects.filter(pk=group.pk)


def sentences(campaign: Campaign) -> list[str]:
    return [held.sentence for held in explanation.explain(campaign, NOON).holds]


@pytest.mark.django_db
class TestTotals:
    def test_a_total_budget_counts_from_the_first_day_of_the_flight_and_never_lifts(self) -> None:
        first = LAST_MONTH - 3 * DAY
        campaign = CampaignFactory.create(total_budget=100, start_date=first)
        enforce_all(NOON)
        spend(campaign, 50, NOON, first - DAY)  # before its flight
        spend(campaign, 60, NOON, first)
        spend(campaign, "39.99", NOON, LAST_MONTH)
        assert delivers(campaign)

        spend(campaign, "0.01", NOON)

        assert switches(campaign)[-1] == (False, ["total_budget"])
        explained = explanation.explain(campaign, NOON)
        (held,) = explained.holds
        assert held.sentence == "Total budget used up: $100.00 of $100.00"
        assert (held.lifts_at, explained.returns_at, explained.state) == (
            None,
            None,
            "Budget used up",
        )
        change = campaign.delivery_changes.latest("pk")
        assert (change.total_spend, change.total_budget) == (100, 100)
        (receipt,) = receipts_of(pauses().filter(campaign=campaign))
        assert (receipt.period, receipt.start) == ("total", first)
        assert (receipt.spent, receipt.over) == (Decimal(100), Decimal(0))
        enforce_all(NOON + 400 * DAY)
        assert not delivers(campaign)

    def test_late_spend_of_an_old_month_stops_it_at_once(self) -> None:
        campaign = CampaignFactory.create(total_budget=100)
        spend(campaign, 100, NOON, LAST_MONTH - 60 * DAY)
        assert not delivers(campaign)

    def test_a_correction_of_an_old_month_brings_it_back(self) -> None:
        campaign = CampaignFactory.create(total_budget=100)
        spend(campaign, 120, NOON, LAST_MONTH)
        BudgetService.record_correction(campaign, Decimal(-30), "refund", date=LAST_MONTH)
        assert delivers(campaign)

    def test_a_budget_of_zero_lets_nothing_through(self) -> None:
        campaign = CampaignFactory.create(total_budget=0)
        assert not delivers(campaign)
        assert sentences(campaign) == ["Total budget is $0.00, so nothing runs"]


@pytest.mark.django_db
class TestGroups:
    def test_spend_of_one_stops_the_others_in_the_same_transaction(self) -> None:
        group = BudgetGroupFactory.create(name="Search", monthly_budget=100, daily_budget=80)
        one, two = CampaignFactory.create_batch(2, brand=group.brand, budget_group=group)
        free = CampaignFactory.create(brand=group.brand)
        enforce_all(NOON)
        spend(one, 50, NOON, TODAY - DAY)
        assert delivers(two)

        spend(one, 50, NOON)

        assert [delivers(each) for each in (one, two, free)] == [False, False, True]
        assert switches(two)[-1] == (False, ["group_budget"])
        explained = explanation.explain(two, NOON)
        (held,) = explained.holds
        assert held.sentence == "Monthly budget of the group Search used up: $100.00 of $100.00"
        assert held.lifts_at == at("2024-06-01")
        clear = {one.hold: one.sentence for one in conditions.of(explanation.explain(two, NOON))}
        assert clear[Hold.GROUP_BUDGET] == held.sentence
        change = two.delivery_changes.latest("pk")
        assert (change.group_spend, change.group_budget, change.group_period) == (
            100,
            100,
            "month",
        )
        (receipt,) = receipts_of(pauses().filter(campaign=two))
        assert receipt.period == "month"
        assert (receipt.spent, receipt.limit) == (Decimal(100), Decimal(100))
        enforce_all(at("2024-06-01 00:01"))
        assert delivers(two)

    def test_a_group_is_of_the_campaigns_brand(self) -> None:
        campaign = CampaignFactory.create()
        with refused("campaigns of one brand share a budget"):
            Campaign.objects.filter(pk=campaign.pk).update(budget_group=BudgetGroupFactory.create())
        group = BudgetGroupFactory.create()
        with refused("one brand for life"):
            BudgetGroup.objects.filter(pk=group.pk).update(brand=BrandFactory.create())

    def test_a_credit_on_the_first_hides_no_used_up_month_from_a_check(self) -> None:
        group = BudgetGroupFactory.create(daily_budget=100, monthly_budget=100)
        campaign = CampaignFactory.create(brand=group.brand, budget_group=group)
        enforce_all(NOON)
        spend_in_sql(campaign, "150", TODAY - DAY)
        execute(
            "INSERT INTO ads_spend (campaign_id, amount, date, kind, description)"
            " VALUES (%s, -50, %s, 'correction', 'refund')",
            [campaign.pk, TODAY.replace(day=1)],
        )

        enforce_all(NOON)

        assert switches(campaign)[-1] == (False, ["group_budget"])

    def test_several_budgets_that_are_used_up_are_all_named(self) -> None:
        group = BudgetGroupFactory.create(name="Search", daily_budget=10, total_budget=10)
        campaign = CampaignFactory.create(brand=group.brand, budget_group=group)
        spend(campaign, 12, NOON)
        (said,) = sentences(campaign)
        assert said == (
            "Daily budget of the group Search used up: $12.00 of $10.00; "
            "Total budget of the group Search used up: $12.00 of $10.00"
        )


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    # The two have no sum in common: without the lock of such budgets, nobody would wait.

    @pytest.mark.parametrize("shared", [False, True], ids=["total", "group"])
    def test_of_two_entries_of_different_months_the_second_sees_the_first(
        self, shared: bool
    ) -> None:
        one, other, _ = budgeted(shared)
        with held_open(lambda: spend(one, 75, NOON, LAST_MONTH)) as commit, at_once() as run:
            run(lambda: spend(other, 75, NOON))
            await_blocked()
            commit()
        assert [delivers(one), delivers(other)] == [False, False]

    @pytest.mark.parametrize("shared", [False, True], ids=["total", "group"])
    def test_a_lower_budget_waits_for_late_spend_that_is_being_recorded(self, shared: bool) -> None:
        one, other, owner = budgeted(shared)
        with held_open(lambda: spend(one, 75, NOON, LAST_MONTH)) as commit, at_once() as run:
            run(lambda: owner.update(total_budget=50))
            await_blocked()
            commit()
        assert [delivers(one), delivers(other)] == [False, False]

    def test_whoever_joins_brings_spend_and_whoever_leaves_takes_it(self) -> None:
        group = BudgetGroupFactory.create(total_budget=100)
        spent = CampaignFactory.create(brand=group.brand)
        other = CampaignFactory.create(brand=group.brand, budget_group=group)
        spend(spent, 150, NOON, LAST_MONTH)
        found = [delivers(other)]
        ways: list[Callable[[], object]] = [
            lambda: Campaign.objects.filter(pk=spent.pk).update(budget_group=None),
            spent.save,
            lambda: spent.save(update_fields=["budget_group"]),
            lambda: spent.save(update_fields=["budget_group_id"]),
        ]
        for leave in ways:
            Campaign.objects.filter(pk=spent.pk).update(budget_group=group)
            found.append(delivers(other))
            leave()
            found.append(delivers(other))
        assert found == [True, *[False, True] * 4]

    def test_an_edit_of_a_group_is_enforced_when_it_is_committed(self) -> None:
        group = BudgetGroupFactory.create(daily_budget=100)
        one, two = CampaignFactory.create_batch(2, brand=group.brand, budget_group=group)
        BudgetGroup.objects.filter(pk=group.pk).update(daily_budget=0)
        assert not delivers(one)
        one.budget_group = None
        one.save()
        assert [delivers(one), delivers(two)] == [True, False]
