"""Total budgets and budget groups: what holds, what it says, and two writers at once."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ads.models import BudgetGroup, Campaign
from ads.services import BudgetService
from ads.services.explain import conditions, explanation
from ads.services.receipts import pauses, receipts_of
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory
from ads.tests.support import NOON, at, at_once, delivers, enforce_all, refused, spend, switches

TODAY = NOON.date()
DAY = timedelta(days=1)
LAST_MONTH = TODAY.replace(day=1) - DAY


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
        clear = [one.sentence for one in conditions.of(explanation.explain(free, NOON))]
        assert "Group's budget: in no group" in clear
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
    @pytest.mark.parametrize("days", [(TODAY, TODAY), (TODAY, LAST_MONTH)])
    def test_two_writers_in_one_group_stop_it_exactly(self, days: tuple[date, date]) -> None:
        group = BudgetGroupFactory.create(total_budget=100, brand=BrandFactory.create())
        campaigns = CampaignFactory.create_batch(2, brand=group.brand, budget_group=group)
        for _ in range(5):
            group.total_budget = (group.total_budget or 0) + 100
            group.save()
            with at_once() as run:
                for campaign, day in zip(campaigns, days, strict=True):
                    run(lambda campaign=campaign, day=day: spend(campaign, 75, NOON, day))
            held = sum(
                (each.amount for each in group.brand.totals.filter(campaign=None, period="month")),
                Decimal(0),
            )
            stopped = held >= group.total_budget
            assert [delivers(each) for each in campaigns] == [not stopped] * 2

    def test_whoever_joins_brings_spend_and_whoever_leaves_takes_it(self) -> None:
        group = BudgetGroupFactory.create(total_budget=100)
        spent = CampaignFactory.create(brand=group.brand)
        other = CampaignFactory.create(brand=group.brand, budget_group=group)
        spend(spent, 150, NOON, LAST_MONTH)
        found = [delivers(other)]
        for way in ("update", "save"):
            Campaign.objects.filter(pk=spent.pk).update(budget_group=group)
            found.append(delivers(other))
            if way == "update":
                Campaign.objects.filter(pk=spent.pk).update(budget_group=None)
            else:
                spent.budget_group = None
                spent.save()
            found.append(delivers(other))
        assert found == [True, False, True, False, True]

    def test_an_edit_of_a_group_is_enforced_when_it_is_committed(self) -> None:
        group = BudgetGroupFactory.create(daily_budget=100)
        one, two = CampaignFactory.create_batch(2, brand=group.brand, budget_group=group)
        BudgetGroup.objects.filter(pk=group.pk).update(daily_budget=0)
        assert not delivers(one)
        one.budget_group = None
        one.save()
        assert [delivers(one), delivers(two)] == [True, False]
