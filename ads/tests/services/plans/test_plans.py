"""Budgets ahead of time: they begin at the brand's midnight, once, in order, and say why."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ads.models import Brand, Campaign, ScheduledChange
from ads.models.budgets import Carry
from ads.services import plans
from ads.services.actor import acting_as
from ads.services.bulk import BudgetChange, How, carry_out
from ads.services.history import audit, last_edits
from ads.services.plans import by_month
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import at, delivers, enforce_all, refused, spend, switches

NOVEMBER, DECEMBER, JANUARY = date(2024, 11, 1), date(2024, 12, 1), date(2025, 1, 1)
NOW = at("2024-11-20 12:00")


def budget_of(owner: Brand | Campaign, field: str = "monthly_budget") -> Any:
    return getattr(owner.fresh(), field)


def schedule(owner: Brand | Campaign, amount: int | None, day: date, field: str) -> ScheduledChange:
    return ScheduledChange.objects.create(
        brand=owner if isinstance(owner, Brand) else owner.brand,
        campaign=owner if isinstance(owner, Campaign) else None,
        field=field,
        starts_on=day,
        amount=amount,
        created_by="olivia",
    )


def plan(owner: Brand | Campaign, amounts: dict[date, Any], carries: str = "nothing") -> None:
    with time_machine.travel(NOW, tick=False):
        by_month.save(owner, amounts, carries, NOW)


@pytest.mark.django_db
class TestScheduled:
    def test_it_begins_at_the_brands_midnight_and_stops_what_it_leaves_no_room_for(self) -> None:
        brand = BrandFactory.create(timezone="America/New_York")
        campaign = CampaignFactory.create(brand=brand, daily_budget=100)
        enforce_all(NOW)
        schedule(campaign, 0, date(2024, 11, 21), "daily_budget")

        plans.apply_due(at("2024-11-21 04:59"))
        assert budget_of(campaign, "daily_budget") == 100
        with acting_as("task: enforce_dayparting"):
            plans.apply_due(at("2024-11-21 05:00"))

        assert budget_of(campaign, "daily_budget") == 0
        assert history(campaign) == [("Planned from 2024-11-21 by olivia", 100, 0)]
        assert switches(campaign)[-1] == (False, ["daily_budget"])
        change = campaign.delivery_changes.latest("pk")
        assert (change.trigger, change.actor) == ("planned_budget", "task: enforce_dayparting")
        assert plans.apply_due(at("2024-11-21 05:01")).enforced.switched == 0

    def test_what_was_missed_is_caught_up_with_in_the_order_of_the_dates(self) -> None:
        campaign = CampaignFactory.create(daily_budget=100)
        later = schedule(campaign, 30, date(2024, 11, 25), "daily_budget")
        earlier = schedule(campaign, 0, date(2024, 11, 22), "daily_budget")
        plans.apply_due(at("2024-11-28 00:00"))
        later.refresh_from_db()
        earlier.refresh_from_db()
        assert (earlier.before, earlier.after, later.before, later.after) == (100, 0, 0, 30)
        assert history(campaign) == [
            ("Planned from 2024-11-22 by olivia", 100, 0),
            ("Planned from 2024-11-25 by olivia", 0, 30),
        ]
        assert delivers(campaign)

    def test_it_is_cancelled_or_undone_unless_the_budget_was_changed_since(self) -> None:
        campaign = CampaignFactory.create(daily_budget=100)
        planned = schedule(campaign, 50, DECEMBER, "daily_budget")
        begun = schedule(campaign, 0, date(2024, 11, 20), "daily_budget")
        plans.apply_due(NOW)
        assert not delivers(campaign)

        assert plans.cancel(planned, now=NOW) == (
            f"Cancelled the daily budget of {campaign} from 2024-12-01."
        )
        assert plans.cancel(begun, now=NOW) == f"Put back the daily budget of {campaign}: $100.00."
        assert (budget_of(campaign, "daily_budget"), delivers(campaign)) == (100, True)
        with pytest.raises(plans.CannotCancel, match="has cancelled it already"):
            plans.cancel(begun, now=NOW)

        again = schedule(campaign, 10, date(2024, 11, 20), "daily_budget")
        plans.apply_due(NOW)
        Campaign.objects.filter(pk=campaign.pk).update(daily_budget=11)
        with pytest.raises(plans.CannotCancel, match="changed again since"):
            plans.cancel(again, now=NOW)
        assert budget_of(campaign, "daily_budget") == 11

    def test_many_are_scheduled_at_once_from_the_budgets_as_they_are(self) -> None:
        brand = BrandFactory.create()
        one, two = (CampaignFactory.create(brand=brand, daily_budget=each) for each in (10, 20))
        free = CampaignFactory.create(brand=brand)
        action = plans.ScheduleBudgets(
            BudgetChange(How.RAISE_PERCENT, Decimal(10)), None, starts_on=DECEMBER, note="Christmas"
        )
        ids = [one.pk, two.pk, free.pk]
        # A second time they are left as they are.
        assert [carry_out(action, ids, NOW).changed for _ in range(2)] == [2, 0]
        assert [budget_of(each, "daily_budget") for each in (one, two)] == [10, 20]
        plans.apply_due(at("2024-12-01 00:00"))
        assert [budget_of(each, "daily_budget") for each in (one, two, free)] == [11, 22, None]
        says = ScheduledChange.objects.latest("pk").says
        of_all = plans.ScheduleBudgets(
            BudgetChange(How.SET, Decimal(9)), None, of_brands=True, starts_on=JANUARY
        )
        carry_out(of_all, [], NOW, brand_ids=[brand.pk])
        assert ScheduledChange.objects.filter(starts_on=JANUARY).count() == 4
        assert says == "Planned from 2024-12-01 by system: Christmas"

    def test_a_brand_that_was_edited_since_it_was_seen_is_left(self) -> None:
        kept, edited = BrandFactory.create_batch(2, daily_budget=10)
        seen = last_edits()
        Brand.objects.filter(pk=edited.pk).update(daily_budget=20)
        action = plans.ScheduleBudgets(
            BudgetChange(How.RAISE_PERCENT, Decimal(10)),
            None,
            seen,
            of_brands=True,
            starts_on=DECEMBER,
        )
        assert action.write_brands([kept.pk, edited.pk], NOW) == (kept.pk,)
        assert ScheduledChange.objects.get().brand == kept

    def test_many_take_no_more_queries_than_few(self) -> None:
        counts = []
        for number in (2, 20):
            brand = BrandFactory.create()
            for campaign in CampaignFactory.create_batch(number, brand=brand, monthly_budget=100):
                schedule(campaign, 30, date(2024, 11, 20), "daily_budget")
                plan(campaign, {DECEMBER: Decimal(50)}, Carry.BOTH)
            plans.apply_due(NOW)
            with CaptureQueriesContext(connection) as captured:
                plans.apply_due(at("2024-12-01"))
            budgets = set(brand.campaigns.values_list("daily_budget", "monthly_budget"))
            assert budgets == {(Decimal(30), Decimal(150))}
            counts.append(len(captured))
        assert counts[0] == counts[1]

    def test_two_changes_of_a_budget_on_one_day_are_refused(self) -> None:
        brand = BrandFactory.create()
        schedule(brand, 5, DECEMBER, "daily_budget")
        with refused("scheduled_change_is_one_per_day"):
            schedule(brand, 6, DECEMBER, "daily_budget")
        with refused("scheduled_change_total_is_of_a_campaign"):
            schedule(brand, 6, DECEMBER, "total_budget")


@pytest.mark.django_db
class TestPlans:
    def test_what_was_left_is_carried_over_and_worked_out_again_while_spend_is_late(self) -> None:
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

    def test_late_spend_is_not_read_once_it_no_longer_counts(self) -> None:
        brand = BrandFactory.create(monthly_budget=1000)
        campaign = CampaignFactory.create(brand=brand)
        plan(brand, {DECEMBER: Decimal(3000)}, Carry.BOTH)
        plans.apply_due(at("2024-12-01"))
        spend(campaign, 50, at("2024-12-12"), date(2024, 11, 30))
        with CaptureQueriesContext(connection) as captured:
            plans.apply_due(at("2024-12-12 12:00"))
        assert len(captured) == 2
        assert not [one["sql"] for one in captured if "ads_spendtotal" in one["sql"]]

    def test_a_budget_that_a_person_has_changed_since_is_left(self) -> None:
        brand = BrandFactory.create(monthly_budget=1000)
        campaign = CampaignFactory.create(brand=brand)
        plan(brand, {DECEMBER: Decimal(3000)}, Carry.UNSPENT)
        plans.apply_due(at("2024-12-01"))
        Brand.objects.filter(pk=brand.pk).update(monthly_budget=7)
        spend(campaign, 100, at("2024-12-02"), date(2024, 11, 30))
        plans.apply_due(at("2024-12-02"))
        assert budget_of(brand) == 7
        assert plans.apply_due(at("2024-12-02")).enforced.switched == 0

    def test_the_present_month_changes_at_once_as_the_preview_says(self) -> None:
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

    def test_an_edit_is_undone_by_saving_what_was_planned_before_it(self) -> None:
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

    def test_clearing_the_present_month_puts_back_the_budget_and_its_undo_what_was_carried(
        self,
    ) -> None:
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

        before = by_month.before_last_edit(brand, now)
        assert before is not None
        preview = by_month.preview(brand, *before, now)
        assert preview.budget == 3100
        assert preview.says == "Plan for December 2024: $3,000.00 + $100.00 left over from November"
        by_month.save(brand, *before, now)
        assert (budget_of(brand), delivers(campaign)) == (3100, True)
        plan_again = by_month.preview(brand, {DECEMBER: Decimal(2000)}, "both", now)
        assert plan_again.budget == 2100

    def test_clearing_the_present_month_leaves_a_budget_that_a_person_has_changed_since(
        self,
    ) -> None:
        brand = BrandFactory.create(monthly_budget=1000)
        plan(brand, {DECEMBER: Decimal(3000)})
        plans.apply_due(at("2024-12-01"))
        Brand.objects.filter(pk=brand.pk).update(monthly_budget=7)
        assert by_month.preview(brand, {DECEMBER: None}, "nothing", at("2024-12-05")).says == ""
        by_month.save(brand, {DECEMBER: None}, "nothing", at("2024-12-05"))
        assert budget_of(brand) == 7
        assert not ScheduledChange.objects.filter(cancelled_at=None).exists()

    def test_past_months_and_months_that_overlap_another_change_are_refused(self) -> None:
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
        self,
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


@pytest.mark.django_db
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

    def test_cancelling_the_month_after_it_does_not_bring_it_back(self, brand: Brand) -> None:
        plan(brand, {JANUARY: Decimal(2000)}, Carry.BOTH)
        plans.apply_due(at("2025-01-01"))
        assert budget_of(brand) == 5100  # nothing was spent in December
        january = ScheduledChange.objects.get(starts_on=JANUARY)
        assert plans.cancel(january, now=at("2025-01-02")) == (
            f"Put back the monthly budget of {brand}: $3,000.00."
        )
        assert budget_of(brand) == 3000

    def test_the_page_says_what_a_month_left_empty_gets(self) -> None:
        amounts = {NOVEMBER: Decimal(5), DECEMBER: None, JANUARY: Decimal(6)}
        assert by_month.gaps(amounts, "USD") == [
            "From December 2024 nothing is planned: $5.00 as in November, nothing carried over.",
            "From February 2025 nothing is planned: $6.00 as in January, nothing carried over.",
        ]


@pytest.mark.django_db
def test_the_calendar_says_what_changes_when() -> None:
    brand = BrandFactory.create(name="Acme")
    campaign = CampaignFactory.create(
        brand=brand, name="Gift", start_date=date(2024, 12, 24), end_date=date(2024, 12, 24)
    )
    ScheduleFactory.create(
        name="Christmas", priority=10, valid_from=date(2024, 12, 24), valid_until=date(2024, 12, 26)
    ).campaigns.add(campaign)
    plan(brand, {DECEMBER: Decimal(3000)}, Carry.UNSPENT)
    schedule(campaign, None, date(2024, 12, 10), "daily_budget")
    found = plans.agenda.of(DECEMBER, date(2024, 12, 31), brand)
    assert [(one.day.day, str(one.subject), one.says) for one in found] == [
        (1, "Acme", "Monthly budget becomes $3,000.00, and what is carried forward"),
        (10, "Gift", "Daily budget becomes no limit"),
        (24, "Gift", "Its flight of one day"),
        (24, "Christmas", "Its hours begin to apply on 1 campaign, with priority 10"),
        (25, "Gift", "Its flight has ended, on 2024-12-24"),
        (27, "Christmas", "Its hours no longer apply on 1 campaign"),
    ]


@pytest.mark.django_db
def test_the_calendar_says_when_what_was_carried_over_ends() -> None:
    brand, other = BrandFactory.create(name="Acme"), BrandFactory.create()
    campaign = CampaignFactory.create(brand=brand, name="Gift")
    march = date(2025, 3, 1)
    plan(brand, {DECEMBER: Decimal(3000), march: Decimal(5)}, Carry.UNSPENT)
    plan(campaign, {DECEMBER: Decimal(20), JANUARY: Decimal(30)}, Carry.OVERSPENT)
    plan(other, {DECEMBER: Decimal(7)}, Carry.NOTHING)
    schedule(brand, 6, date(2025, 4, 1), "monthly_budget")
    found = plans.agenda.of(JANUARY, date(2025, 4, 30))
    assert [(one.day, str(one.subject), one.says) for one in found if "nothing" in one.says] == [
        (
            JANUARY,
            "Acme",
            "From January 2025 nothing is planned: $3,000.00 as in December, nothing carried over",
        ),
        (
            date(2025, 2, 1),
            "Gift",
            "From February 2025 nothing is planned: $30.00 as in January, nothing carried over",
        ),
    ]


def history(owner: Brand | Campaign) -> list[tuple[str, Any, Any]]:
    """What the history says was applied to its budgets: why, from what and to what."""
    events: Any = audit.event_model("ScheduledChangeEvent")._default_manager
    of_brand = isinstance(owner, Brand)
    mine = {"brand": owner.pk, "campaign": None} if of_brand else {"campaign": owner.pk}
    applied = events.filter(**mine, pgh_label="applied").order_by("starts_on", "pgh_id")
    return list(applied.values_list("says", "before", "after"))


def months(owner: Brand, now: datetime) -> list[plans.Month]:
    return by_month.months(owner, now)


def noon(day: date) -> datetime:
    return at(f"{day} 12:00")
