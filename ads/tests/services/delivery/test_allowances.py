"""Allowances: more than the budget until a time, in every decision from its first instant on."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads import tasks
from ads.models import Allowance, Brand, Campaign, SpendTotal
from ads.rules.allowances import InvalidAllowance, Terms
from ads.services import AllowanceOver, BudgetService, CampaignService, exports, locks, reports
from ads.services.actor import acting_as
from ads.services.delivery import AllowanceConflict, AllowedMeanwhile, allowances, rollover
from ads.services.delivery.enforcement import Enforced
from ads.services.explain.explanation import explain
from ads.services.ledger import corrections, summaries
from ads.services.ledger.corrections import Correction
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import (
    NOON,
    at,
    at_once,
    delivers,
    enforce_all,
    held_open,
    impatient,
    let_run_on,
    spend,
    switches,
)

pytestmark = pytest.mark.django_db

SIX = at("2024-05-15 18:00")
SECOND = timedelta(seconds=1)


@pytest.fixture
def campaign() -> Campaign:
    """Has spent $80 of a daily budget of $75."""
    campaign = CampaignFactory.create(
        brand=BrandFactory.create(name="Acme"), name="Spring", daily_budget=75
    )
    spend(campaign, 80, NOON)
    return campaign


def waived(owner: Brand | Campaign, period: str = "day") -> Decimal:
    mine = {"brand": owner, "campaign": None} if isinstance(owner, Brand) else {"campaign": owner}
    return Decimal(SpendTotal.objects.get(period=period, **mine).waived)


def given(owner: Brand | Campaign, **terms: Any) -> Allowance:
    fields = {"period": "day", "amount": Decimal(20), "until": None, "reason": "Launch", **terms}
    allowance = allowances.allow(owner, Terms(**fields), now=NOON)
    assert allowance is not None
    return allowance


def test_by_an_amount_it_runs_until_budget_and_amount_are_spent(campaign: Campaign) -> None:
    given(campaign)
    assert delivers(campaign)

    spend(campaign, "14.99", NOON)
    assert delivers(campaign)
    spend(campaign, "0.01", NOON)

    assert not delivers(campaign)
    assert switches(campaign)[-1] == (False, ["daily_budget"])
    row = campaign.delivery_changes.latest("id")
    assert (row.daily_spend, row.daily_budget) == (95, 95), "the true spend, and the raised limit"


def test_by_less_than_was_spent_beyond_the_budget_it_stays_off(campaign: Campaign) -> None:
    given(campaign, amount=Decimal(5))

    assert not delivers(campaign)
    assert explain(campaign, NOON).holds[0].sentence == (
        "Daily budget used up: $80.00 of $80.00: $75.00 budget + $5.00 allowed by system until "
        "midnight"
    )


def test_from_the_instant_it_ends_no_decision_counts_it(campaign: Campaign) -> None:
    given(campaign, until="18:00")

    enforce_all(SIX - SECOND)
    assert delivers(campaign)
    assert explain(campaign, SIX - SECOND).delivers
    assert summaries.of_campaign(campaign, SIX - SECOND)["daily_limit"] == 95

    # Nothing has taken it out of the sum yet.
    assert waived(campaign) == 20
    assert not explain(campaign, SIX).delivers
    assert explain(campaign, SIX).holds[0].sentence == "Daily budget used up: $80.00 of $75.00"
    assert summaries.of_campaign(campaign, SIX)["daily_limit"] == 75
    enforce_all(SIX)
    assert not delivers(campaign)


def test_spend_after_its_end_stops_a_campaign_before_the_clock_has_come_by() -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    spend(campaign, 60, NOON)
    given(campaign, until="18:00")

    spend(campaign, 20, SIX)

    assert not delivers(campaign)
    assert waived(campaign) == 20


def test_the_clock_takes_it_out_once_and_says_why_the_campaign_stopped(
    campaign: Campaign,
) -> None:
    allowance = given(campaign, until="18:00")
    assert allowances.expire(SIX - SECOND) == Enforced()
    assert waived(campaign) == 20

    assert allowances.expire(SIX) == Enforced(stopped=1)
    assert allowances.expire(SIX) == Enforced()

    allowance.refresh_from_db()
    assert (allowance.ended_at, allowance.undone_at) == (SIX, None)
    assert waived(campaign) == 0
    change = campaign.delivery_changes.latest("id")
    assert (change.trigger, change.holds) == ("allowance_ended", ["daily_budget"])


def test_every_clock_task_takes_out_what_has_ended(campaign: Campaign, noon: Any) -> None:
    for task in (
        tasks.enforce_dayparting,
        tasks.check_campaign_budgets,
        tasks.reset_daily_budgets,
        tasks.reset_monthly_budgets,
    ):
        noon.move_to(NOON)
        BudgetService.let_run_on(campaign, "20", until="18:00", reason="Launch")
        assert delivers(campaign)
        noon.move_to(SIX)

        answer = task()

        assert (answer["stopped"], delivers(campaign)) == (1, False)
        assert waived(campaign) == 0


def test_a_brand_s_stops_all_that_ran_on_it() -> None:
    brand = BrandFactory.create(daily_budget=100)
    first, second = CampaignFactory.create_batch(2, brand=brand)
    spend(first, 100, NOON)
    given(brand, until="18:00")
    assert delivers(first)
    assert delivers(second)

    assert allowances.expire(SIX) == Enforced(stopped=2)


def test_a_worker_that_slept_over_midnight_does_no_harm(campaign: Campaign) -> None:
    given(campaign, until="18:00")
    tomorrow = NOON + timedelta(days=1)

    rollover.roll_over_days(tomorrow)
    assert delivers(campaign)
    assert allowances.expire(tomorrow) == Enforced()

    assert delivers(campaign)
    assert waived(campaign) == 0


def test_without_an_end_it_ends_with_its_day_and_stays_in_its_figures(campaign: Campaign) -> None:
    given(campaign)
    tomorrow = NOON + timedelta(days=1)
    spend(campaign, 76, tomorrow)

    assert not delivers(campaign)
    assert allowances.expire(tomorrow) == Enforced()
    days = summaries.by_day(campaign, NOON.date(), tomorrow.date(), tomorrow)
    assert [[day.amount, day.waived] for day in days] == [[80, 20], [76, 0]]


def test_several_add_up_and_each_ends_by_itself(campaign: Campaign) -> None:
    given(campaign, amount=Decimal(10), until="15:00")
    given(campaign, amount=Decimal(10), until="18:00")
    allowances.expire(at("2024-05-15 15:00"))
    assert waived(campaign) == 10

    # As much as has been spent: what was spent beyond what is allowed already.
    assert let_run_on(campaign, now=at("2024-05-15 16:00")) == 70
    assert waived(campaign) == 80


def test_what_has_just_ended_is_in_no_figure_before_the_clock_takes_it_out(
    campaign: Campaign,
) -> None:
    brand, today = campaign.brand, NOON.date()
    Brand.objects.update(monthly_budget=90)
    brand.refresh_from_db()
    given(campaign, until="18:00")
    given(brand, period="month", until="2024-05-15 18:00")

    def figures(now: datetime) -> list[Decimal]:
        totals = exports.choose(exports.Kind.TOTALS, exports.Wanted(brand_ids=None), now).rows()
        column = exports.kinds.TOTALS.index("waived")
        correction = Correction(campaign, today, Decimal(-1), "Typo")
        return [
            sum((day.waived for day in summaries.by_day(campaign, today, today, now)), Decimal(0)),
            reports.brand_month(brand, today.replace(day=1), now).allowed,
            sum((Decimal(str(row[column])) for row in totals), Decimal(0)),
            sum((one.waived for one in corrections.preview(correction, now).sums), Decimal(0)),
        ]

    assert figures(SIX - SECOND) == [20, 20, 40, 40]
    assert figures(SIX) == [0, 0, 0, 0]
    assert waived(campaign) == 20


def test_what_was_spent_so_far_does_not_count_on_what_has_just_ended(campaign: Campaign) -> None:
    given(campaign, until="18:00")

    assert let_run_on(campaign, now=SIX) == 80

    assert waived(campaign) == 80
    assert explain(campaign, SIX).delivers


def test_a_daily_allowance_leaves_the_other_budgets_as_they_are() -> None:
    brand = BrandFactory.create(daily_budget=50)
    campaign = CampaignFactory.create(brand=brand, daily_budget=10, monthly_budget=40)
    spend(campaign, 60, NOON)

    given(campaign, amount=Decimal(100))

    assert [held.code for held in explain(campaign, NOON).holds] == [
        "brand_daily_budget",
        "monthly_budget",
    ]


def test_undone_it_stops_and_the_history_knows_who(campaign: Campaign) -> None:
    allowance = given(campaign)
    with acting_as("olivia"):
        allowances.undo(allowance, now=NOON)

    assert not delivers(campaign)
    assert (allowance.undone_by, allowance.undone_at) == ("olivia", NOON)
    assert waived(campaign) == 0
    with pytest.raises(AllowanceOver, match=r"\$20\.00 for Spring: olivia undid it at 2024-05-15"):
        allowances.undo(allowance, now=NOON)


@pytest.mark.parametrize(
    ("until", "now", "says"),
    [
        ("18:00", SIX, "it ended at 2024-05-15 18:00 UTC"),
        (None, at("2024-05-16 00:00"), "it ended at 2024-05-16 00:00 UTC"),
    ],
)
def test_what_has_ended_cannot_be_undone(
    campaign: Campaign, until: str | None, now: datetime, says: str
) -> None:
    allowance = given(campaign, until=until)

    with pytest.raises(AllowanceOver, match=says):
        allowances.undo(allowance, now=now)

    assert waived(campaign) == 20


@pytest.mark.parametrize(
    ("fields", "terms", "field"),
    [
        ({"daily_budget": None}, {}, "amount"),
        ({}, {"until": "11:00"}, "until"),
        ({}, {"until": "2024-05-17 11:00"}, "until"),
        ({}, {"amount": Decimal(10**12)}, "amount"),
        ({}, {"reason": ""}, "reason"),
    ],
)
def test_what_cannot_be_allowed_changes_nothing(
    fields: dict[str, Any], terms: dict[str, Any], field: str
) -> None:
    campaign = CampaignFactory.create(**{"daily_budget": 75, **fields})

    with pytest.raises(InvalidAllowance) as refused:
        given(campaign, **terms)

    assert refused.value.field == field
    assert not Allowance.objects.exists()


def test_what_is_allowed_in_all_stays_within_a_sum(campaign: Campaign) -> None:
    most = Decimal("999999999999.999999")
    row = {"brand": campaign.brand, "campaign": campaign, "period": "day", "start": NOON.date()}
    Allowance.objects.bulk_create(
        Allowance(**row, amount=most, reason="x", created_by="x") for _ in range(1000)
    )

    with pytest.raises(InvalidAllowance, match="is allowed already; together it would come to"):
        given(campaign, amount=most)


def test_the_same_again_under_one_id_allows_once(campaign: Campaign) -> None:
    terms = Terms("day", Decimal(20), "18:00", "Launch")
    first, again = (
        allowances.allow(campaign, terms, now=now, external_id="job-1")
        for now in (NOON, SIX + SECOND)
    )

    assert first == again
    assert waived(campaign) == 20


@pytest.mark.parametrize(
    ("amount", "until"), [(30, "18:00"), (20, "20:00"), (20, None), (20, "11:00")]
)
def test_something_else_under_one_id_is_a_conflict(
    campaign: Campaign, amount: int, until: str | None
) -> None:
    terms = Terms("day", Decimal(20), "18:00", "Launch")
    allowances.allow(campaign, terms, now=NOON, external_id="job-1")

    other = Terms("day", Decimal(amount), until, "Launch")
    said = r"Under 'job-1' \$20\.00 was allowed to Spring until 18:00 \(Launch\)"
    with pytest.raises(AllowanceConflict, match=said):
        allowances.allow(campaign, other, now=NOON, external_id="job-1")
    assert waived(campaign) == 20


def test_what_was_given_since_the_preview_is_not_added_to(campaign: Campaign) -> None:
    seen = allowances.last_given()
    given(campaign)

    with pytest.raises(AllowedMeanwhile, match="Spring: nothing was allowed"):
        allowances.allow(campaign, Terms("day", Decimal(20), None, "x"), now=NOON, seen=seen)

    assert waived(campaign) == 20


def test_the_services_take_an_amount_an_end_and_a_reason(campaign: Campaign, noon: Any) -> None:
    with acting_as("olivia"):
        allowance = BudgetService.let_run_on(
            campaign, Decimal(20), until="18:00", reason="Launch day"
        )

    assert allowance is not None
    assert (allowance.until, allowance.reason, allowance.created_by) == (
        SIX, "Launch day", "olivia",
    )  # fmt: skip
    assert CampaignService.should_campaign_be_active(campaign) == (True, [])
    BudgetService.undo_allowance(allowance)
    assert not delivers(campaign)
    assert BudgetService.reset_daily_spend(campaign) is True
    assert BudgetService.reset_daily_spend(campaign) is False
    assert Allowance.objects.latest("id").reason == "reset_daily_spend"


def test_a_decision_costs_one_small_query_more() -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    with CaptureQueriesContext(connection) as before:
        enforce_all(NOON)
    given(campaign, until="18:00")
    with CaptureQueriesContext(connection) as after:
        enforce_all(NOON + SECOND)

    assert len(after) <= len(before)


# --- at once --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_people_who_allow_at_once_allow_both(campaign: Campaign) -> None:
    with at_once() as start:
        for _ in range(6):
            start(lambda: given(campaign, amount=Decimal(5)))

    assert waived(campaign) == 30
    assert delivers(campaign)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_saw_the_same_preview_allow_once(campaign: Campaign) -> None:
    terms, seen = Terms("day", Decimal(20), None, "Launch"), allowances.last_given()
    refused = []

    def confirm() -> None:
        try:
            allowances.allow(campaign, terms, now=NOON, seen=seen)
        except AllowedMeanwhile as error:
            refused.append(error)

    with at_once() as start:
        for _ in range(4):
            start(confirm)

    assert waived(campaign) == 20
    assert len(refused) == 3


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_and_somebody_who_undoes_take_it_out_once(campaign: Campaign) -> None:
    kept = given(campaign, amount=Decimal(1))
    allowance = given(campaign, until="18:00")

    def undo() -> None:
        with suppress(AllowanceOver):
            allowances.undo(Allowance.objects.get(pk=allowance.pk), now=SIX - SECOND)

    with at_once() as start:
        for work in (undo, lambda: allowances.expire(SIX), lambda: allowances.expire(SIX)) * 2:
            start(work)

    allowance.refresh_from_db()
    assert waived(campaign) == kept.amount == 1
    assert (allowance.undone_at is None) is not (allowance.ended_at is None)
    assert not delivers(campaign)


@pytest.mark.django_db(transaction=True)
def test_an_undo_waits_for_the_clock_that_is_ending_it(campaign: Campaign) -> None:
    allowance = given(campaign, until="18:00")
    said: list[str] = []

    def undo() -> None:
        try:
            allowances.undo(Allowance.objects.get(pk=allowance.pk), now=SIX - SECOND)
        except AllowanceOver as error:
            said.append(str(error))

    with held_open(lambda: allowances.expire(SIX)) as commit, at_once() as start:
        start(undo)
        commit()

    assert "it ended at 2024-05-15 18:00 UTC" in said[0]
    assert waived(campaign) == 0


@pytest.mark.django_db(transaction=True)
def test_a_sum_that_somebody_keeps_locked_does_not_keep_the_clock_from_the_rest(
    campaign: Campaign,
) -> None:
    given(campaign, until="18:00")
    lock: Callable[[], Any] = lambda: locks.totals_of_owner(campaign, "day", NOON.date())  # noqa: E731

    def expire_soon() -> None:
        with impatient():
            allowances.expire(SIX)

    with held_open(lock) as commit, at_once() as start:
        start(expire_soon).result(timeout=10)
        assert not delivers(campaign), "decided right, though it could not be taken out"
        commit()

    assert waived(campaign) == 20
    allowances.expire(SIX)
    assert waived(campaign) == 0
