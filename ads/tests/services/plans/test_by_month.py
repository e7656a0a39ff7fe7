"""Budgets planned by month: what is carried over, previewed, undone, and when it ends."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ads.models import Brand, ScheduledChange
from ads.models.budgets import Carry
from ads.services import plans
from ads.services.actor import acting_as
from ads.services.history import reasons
from ads.services.plans import by_month
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.plans.support import (
    DECEMBER,
    JANUARY,
    NOVEMBER,
    NOW,
    budget_of,
    history,
    plan,
    schedule,
)
from ads.tests.support import at, delivers, enforce_all, spend

pytestmark = pytest.mark.django_db


def test_what_was_left_is_carried_over_and_worked_out_again_while_spend_is_late() -> None:
    brand = BrandFactory.create(monthly_budget=1000)
    campaign = CampaignFactory.create(brand=brand)
    plan(brand, {DECEMBER: Decimal(3000), JANUARY: Decimal(2000)}, Carry.BOTH)
    spend(campaign, "879.50", NOW)

    plans.apply_due(at("2024-12-01 00:00"))

    assert budget_of(brand) == Decimal("3120.50")
    (month,) = [one for one in months(brand, at("2024-12-01")) if one.month == DECEMBER]
    assert month.says == ("Plan for December 2024: $3,000.00 + $120.50 left over from November")
    spend(campaign, "20.50", at("2024-12-03 12:00"), date(2024, 11, 30))
    plans.apply_due(at("2024-12-03 12:01"))
    assert budget_of(brand) == Decimal(3100)
    late = at("2024-12-01") + plans.LATE_DAYS * timedelta(days=1)
    spend(campaign, 50, late, date(2024, 11, 30))
    plans.apply_due(late)
    assert budget_of(brand) == Decimal(3100)

    spend(campaign, 3300, at("2024-12-20"))
    plans.apply_due(at("2025-01-01"))
    assert budget_of(brand) == Decimal(1800)  # 200 were overspent
    assert history(brand) == [
        ("Plan for December 2024: $3,000.00 + $120.50 left over from November", 1000, 3120.5),
        ("Plan for December 2024: $3,000.00 + $100.00 left over from November", 1000, 3100),
        ("Plan for January 2025: $2,000.00 − $200.00 overspent in December", 3100, 1800),
    ]


def test_late_spend_is_not_read_once_it_no_longer_counts() -> None:
    brand = BrandFactory.create(monthly_budget=1000)
    campaign = CampaignFactory.create(brand=brand)
    plan(brand, {DECEMBER: Decimal(3000)}, Carry.BOTH)
    plans.apply_due(at("2024-12-01"))
    spend(campaign, 50, at("2024-12-12"), date(2024, 11, 30))
    with CaptureQueriesContext(connection) as captured:
        plans.apply_due(at("2024-12-12 12:00"))
    assert len(captured) == 2
    assert not [one["sql"] for one in captured if "ads_spendtotal" in one["sql"]]


def test_a_budget_that_a_person_has_changed_since_is_left() -> None:
    brand = BrandFactory.create(monthly_budget=1000)
    campaign = CampaignFactory.create(brand=brand)
    plan(brand, {DECEMBER: Decimal(3000)}, Carry.UNSPENT)
    plans.apply_due(at("2024-12-01"))
    Brand.objects.filter(pk=brand.pk).update(monthly_budget=7)
    spend(campaign, 100, at("2024-12-02"), date(2024, 11, 30))
    plans.apply_due(at("2024-12-02"))
    assert budget_of(brand) == 7
    assert plans.apply_due(at("2024-12-02")).enforced.switched == 0


def test_the_present_month_changes_at_once_as_the_preview_says() -> None:
    brand = BrandFactory.create(monthly_budget=1000)
    campaign = CampaignFactory.create(brand=brand)
    enforce_all(NOW)
    spend(campaign, 500, NOW)
    preview = by_month.preview(brand, {NOVEMBER: Decimal(400)}, "nothing", NOW)
    assert (preview.budget, preview.outcome.stops.count) == (Decimal(400), 1)
    assert budget_of(brand) == 1000

    # The budget of the month before is not known: nothing is carried over.
    plan(brand, {NOVEMBER: Decimal(400)}, Carry.BOTH)

    assert (budget_of(brand), delivers(campaign)) == (400, False)
    plan(brand, {NOVEMBER: Decimal(600)})
    assert (budget_of(brand), delivers(campaign)) == (600, True)


def test_an_edit_is_undone_by_saving_what_was_planned_before_it() -> None:
    brand = BrandFactory.create(monthly_budget=1000)
    with acting_as("olivia"):
        plan(brand, {DECEMBER: Decimal(3000)}, Carry.UNSPENT)
    with acting_as("olivia"):
        plan(brand, {DECEMBER: None, JANUARY: Decimal(5)}, Carry.NOTHING)
    before = by_month.before_last_edit(brand, NOW)
    assert before is not None
    amounts, carries = before
    plan(brand, dict(amounts), carries)
    planned = {one.month: one.amount for one in months(brand, NOW) if one.amount is not None}
    assert (planned, carries) == ({DECEMBER: Decimal(3000)}, "unspent")


def test_clearing_the_present_month_puts_back_the_budget_and_its_undo_what_was_carried() -> None:
    brand = BrandFactory.create(monthly_budget=1000)
    campaign = CampaignFactory.create(brand=brand)
    spend(campaign, 900, NOW)
    with acting_as("olivia"):
        plan(brand, {DECEMBER: Decimal(3000)}, Carry.BOTH)
    plans.apply_due(at("2024-12-01"))
    enforce_all(at("2024-12-01"))
    spend(campaign, 1500, at("2024-12-02"))
    now = at("2024-12-05")

    preview = by_month.preview(brand, {DECEMBER: None}, "both", now)
    assert preview.says == "Nothing planned for December 2024: $1,000.00, as before"
    assert (preview.budget, preview.outcome.stops.count) == (Decimal(1000), 1)
    with acting_as("olivia"):
        by_month.save(brand, {DECEMBER: None}, "both", now)
    assert (budget_of(brand), delivers(campaign)) == (1000, False)
    last = campaign.delivery_changes.latest("id")
    assert reasons([last])[last.pk] == (
        "Brand's monthly budget used up: $1,500.00 of $1,000.00; "
        "brand's monthly budget lowered $3,100.00 → $1,000.00 by olivia"
    )

    before = by_month.before_last_edit(brand, now)
    assert before is not None
    preview = by_month.preview(brand, *before, now)
    assert preview.budget == 3100
    assert preview.says == "Plan for December 2024: $3,000.00 + $100.00 left over from November"
    with acting_as("noah"):
        by_month.save(brand, *before, now)
    assert (budget_of(brand), delivers(campaign)) == (3100, True)
    last = campaign.delivery_changes.latest("id")
    says = {last.pk: "Brand's monthly budget raised $1,000.00 → $3,100.00 by noah"}
    assert reasons([last]) == says
    plan_again = by_month.preview(brand, {DECEMBER: Decimal(2000)}, "both", now)
    assert plan_again.budget == 2100


def test_clearing_the_present_month_leaves_a_budget_that_a_person_has_changed_since() -> None:
    brand = BrandFactory.create(monthly_budget=1000)
    plan(brand, {DECEMBER: Decimal(3000)})
    plans.apply_due(at("2024-12-01"))
    Brand.objects.filter(pk=brand.pk).update(monthly_budget=7)
    assert by_month.preview(brand, {DECEMBER: None}, "nothing", at("2024-12-05")).says == ""
    by_month.save(brand, {DECEMBER: None}, "nothing", at("2024-12-05"))
    assert budget_of(brand) == 7
    assert not ScheduledChange.objects.filter(cancelled_at=None).exists()


@pytest.mark.parametrize(
    ("cleared_first", "by_hand"),
    [(False, 700), (True, 700), (True, 3100)],
    ids=["still planned", "cleared", "cleared, and set to what it had come to"],
)
def test_clearing_the_present_month_puts_back_what_a_person_set_before_it_was_planned_again(
    *, cleared_first: bool, by_hand: int
) -> None:
    brand = BrandFactory.create(monthly_budget=1000)
    spend(CampaignFactory.create(brand=brand), 900, NOW)
    plan(brand, {DECEMBER: Decimal(3000)}, Carry.BOTH)
    now = at("2024-12-05")
    plans.apply_due(now)
    if cleared_first:
        by_month.save(brand, {DECEMBER: None}, "both", now)
        assert budget_of(brand) == 1000
    Brand.objects.filter(pk=brand.pk).update(monthly_budget=by_hand)

    by_month.save(brand, {DECEMBER: Decimal(2000)}, "both", now)
    assert budget_of(brand) == 2100  # 100 of November's 1,000 were left
    by_month.save(brand, {DECEMBER: Decimal(2500)}, "both", now)
    assert budget_of(brand) == 2600
    says = by_month.preview(brand, {DECEMBER: None}, "both", now).says
    assert says == f"Nothing planned for December 2024: ${by_hand:,}.00, as before"
    by_month.save(brand, {DECEMBER: None}, "both", now)

    assert budget_of(brand) == by_hand


def test_clearing_the_present_month_leaves_what_was_scheduled_within_it() -> None:
    brand = BrandFactory.create(monthly_budget=1000)
    plan(brand, {NOVEMBER: Decimal(3000)})
    Brand.objects.filter(pk=brand.pk).update(monthly_budget=7)
    schedule(brand, 3000, date(2024, 11, 19), "monthly_budget")
    plans.apply_due(NOW)
    assert by_month.preview(brand, {NOVEMBER: None}, "nothing", NOW).says == ""
    plan(brand, {NOVEMBER: None})
    assert budget_of(brand) == 3000


@pytest.mark.parametrize("is_cleared", [True, False])
def test_a_month_that_is_planned_after_a_change_within_it_follows_that_one(
    *, is_cleared: bool
) -> None:
    brand = BrandFactory.create(monthly_budget=1000)
    schedule(brand, 500, date(2024, 11, 10), "monthly_budget")
    plans.apply_due(at("2024-11-10"))
    assert budget_of(brand) == 500
    plan(brand, {NOVEMBER: Decimal(3000)})
    assert budget_of(brand) == 3000

    if is_cleared:
        says = by_month.preview(brand, {NOVEMBER: None}, "nothing", NOW).says
        assert says == "Nothing planned for November 2024: $500.00, as before"
        plan(brand, {NOVEMBER: None})
        assert budget_of(brand) == 500
    else:
        assert plans.cancel(ScheduledChange.objects.all(), now=NOW).left == []
        assert budget_of(brand) == 1000


def test_clearing_a_month_that_a_move_west_has_put_off_is_enforced_at_once() -> None:
    brand = BrandFactory.create(timezone="Asia/Tokyo", monthly_budget=1000)
    campaign = CampaignFactory.create(brand=brand)
    plan(brand, {DECEMBER: Decimal(10)})
    now = at("2024-12-01 00:30", "Asia/Tokyo")
    spend(campaign, 50, now)
    plans.apply_due(now)
    assert not delivers(campaign)
    Brand.objects.filter(pk=brand.pk).update(timezone="America/Los_Angeles")
    spend(campaign, 50, now)  # in November again
    assert not delivers(campaign)

    by_month.save(Brand.objects.get(pk=brand.pk), {DECEMBER: None}, "nothing", now)

    assert (budget_of(brand), delivers(campaign)) == (1000, True)


def test_past_months_and_months_that_overlap_another_change_are_refused() -> None:
    brand = BrandFactory.create()
    with pytest.raises(plans.InvalidPlan, match="October 2024: it has passed"):
        plan(brand, {date(2024, 10, 1): Decimal(5)})
    schedule(brand, 5, DECEMBER, "monthly_budget")
    with pytest.raises(plans.InvalidPlan, match="another change of its monthly budget begins"):
        plan(brand, {DECEMBER: Decimal(5)})
    assert ScheduledChange.objects.count() == 1


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    carries=st.sampled_from(Carry.values),
    first=st.integers(0, 100),
    planned=st.lists(st.none() | st.integers(0, 100), min_size=3, max_size=3),
    spent=st.lists(st.integers(0, 150), min_size=3, max_size=3),
    skipped=st.sets(st.integers(0, 2)),
)
def test_months_in_a_row_are_as_the_sum_says_however_many_ticks_are_left_out(
    carries: str,
    first: int,
    planned: list[int | None],
    spent: list[int],
    skipped: set[int],
) -> None:
    campaign = CampaignFactory.create(monthly_budget=first)
    firsts = [NOVEMBER, DECEMBER, JANUARY, date(2025, 2, 1)]
    amounts = [None if amount is None else Decimal(amount) for amount in planned]
    plan(campaign, dict(zip(firsts[1:], amounts, strict=True)), carries)
    expected = without = Decimal(first)
    for number, (day, amount) in enumerate(zip(firsts[1:], amounts, strict=True)):
        spend(campaign, spent[number], noon(firsts[number]))
        left = expected - spent[number]
        if carries == "nothing" or (carries, left > 0) in (
            ("unspent", False),
            ("overspent", True),
        ):
            left = Decimal(0)
        # A month left empty keeps what was planned, and takes nothing over.
        expected = without if amount is None else max(amount + left, Decimal(0))
        without = without if amount is None else amount
        if number not in skipped or number == 2:
            plans.apply_due(noon(day))
    assert budget_of(campaign) == expected


class TestMonthsWithoutPlan:
    """What was carried over belongs to its month alone."""

    @pytest.fixture
    def brand(self) -> Brand:
        """Of December's 3,100 dollars, 100 were left over from November."""
        brand = BrandFactory.create(monthly_budget=1000)
        spend(CampaignFactory.create(brand=brand), 900, NOW)
        plan(brand, {DECEMBER: Decimal(3000)}, Carry.BOTH)
        plans.apply_due(at("2024-12-01"))
        assert budget_of(brand) == 3100
        return brand

    def test_what_was_carried_over_ends_with_its_month(self, brand: Brand) -> None:
        campaign = brand.campaigns.get()
        enforce_all(at("2024-12-01"))
        spend(campaign, 3050, at("2025-01-01 12:00"))
        plans.apply_due(at("2024-12-31 23:59"))
        assert (budget_of(brand), delivers(campaign)) == (3100, True)

        plans.apply_due(at("2025-01-01"))
        assert (budget_of(brand), delivers(campaign)) == (3000, False)
        says = (
            "Plan for December 2024: $3,000.00; what was carried over ended with the month, and "
            "nothing is planned for January 2025"
        )
        assert history(brand)[1:] == [(says, 1000, 3000)]
        plans.apply_due(at("2025-02-01"))
        assert (budget_of(brand), len(history(brand))) == (3000, 2)

    def test_it_is_taken_from_no_budget_that_a_person_has_changed_since(self, brand: Brand) -> None:
        Brand.objects.filter(pk=brand.pk).update(monthly_budget=7)
        plans.apply_due(at("2025-01-01"))
        assert (budget_of(brand), len(history(brand))) == (7, 1)

    def test_it_is_taken_from_no_budget_that_was_scheduled_since(self, brand: Brand) -> None:
        schedule(brand, 3100, date(2024, 12, 20), "monthly_budget")
        plans.apply_due(at("2024-12-20"))
        plans.apply_due(at("2025-01-01"))
        assert budget_of(brand) == 3100

    def test_a_month_is_cancelled_also_after_a_change_that_outlasted_what_it_had_carried_over(
        self, brand: Brand
    ) -> None:
        schedule(brand, 500, date(2024, 12, 20), "monthly_budget")
        plans.apply_due(at("2024-12-20"))
        plans.apply_due(at("2025-01-01"))

        done = plans.cancel(ScheduledChange.objects.all(), now=at("2025-01-02"))

        assert done.left == []
        assert budget_of(brand) == 1000

    def test_a_budget_from_which_a_person_has_taken_it_stands(self, brand: Brand) -> None:
        Brand.objects.filter(pk=brand.pk).update(monthly_budget=3000)

        assert plans.cancel(ScheduledChange.objects.all(), now=at("2024-12-20")).done == []
        assert budget_of(brand) == 3000

    def test_it_ends_also_if_the_month_was_planned_anew_after_a_change_within_it(
        self, brand: Brand
    ) -> None:
        schedule(brand, 500, date(2024, 12, 10), "monthly_budget")
        plans.apply_due(at("2024-12-10"))
        by_month.save(brand, {DECEMBER: Decimal(2000)}, "both", at("2024-12-20"))
        assert budget_of(brand) == 2100

        plans.apply_due(at("2025-01-01"))

        assert budget_of(brand) == 2000

    def test_cancelling_the_month_after_it_does_not_bring_it_back(self, brand: Brand) -> None:
        plan(brand, {JANUARY: Decimal(2000)}, Carry.BOTH)
        plans.apply_due(at("2025-01-01"))
        assert budget_of(brand) == 5100  # nothing was spent in December
        january = ScheduledChange.objects.get(starts_on=JANUARY)
        assert plans.cancel([january], now=at("2025-01-02")).done == [
            f"Put back the monthly budget of {brand}: $3,000.00."
        ]
        assert budget_of(brand) == 3000

    def test_the_page_says_what_a_month_left_empty_gets(self) -> None:
        brand = BrandFactory.create()
        amounts = {NOVEMBER: Decimal(5), DECEMBER: None, JANUARY: Decimal(6)}
        november = (
            "From December 2024 nothing is planned: $5.00 as in November, nothing carried over."
        )
        assert by_month.gaps(brand, amounts) == [
            november,
            "From February 2025 nothing is planned: $6.00 as in January, nothing carried over.",
        ]
        schedule(brand, 7, DECEMBER + timedelta(days=1), "monthly_budget")
        schedule(brand, 7, NOVEMBER, "monthly_budget")
        for day in (date(2025, 2, 1), date(2025, 1, 15)):
            change = schedule(brand, 7, day, "monthly_budget")
            assert by_month.gaps(brand, amounts) == [november]
            change.delete()


def months(owner: Brand, now: datetime) -> list[plans.Month]:
    return by_month.months(owner, now)


def noon(day: date) -> datetime:
    return at(f"{day} 12:00")
