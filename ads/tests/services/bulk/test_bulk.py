"""Doing something to many campaigns: what is written, and what does not stop the others."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ads.models import Allowance, Brand, Campaign, DeliveryChange, SpendTotal
from ads.models.campaigns import Status
from ads.rules.allowances import InvalidAllowance
from ads.services.bulk import TakeBack, batches, preview_limits, preview_take_back, run_on
from ads.services.bulk.actions import (
    Action,
    AttachSchedule,
    ChangeBudgets,
    SetStatus,
)
from ads.services.bulk.batches import Done, carry_out
from ads.services.bulk.budget_changes import BudgetChange, How
from ads.services.delivery import allowances, bulk_allowances, preview_campaigns
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import (
    NOON,
    at,
    enforce_all,
    execute,
    let_run_on,
    running_on,
    spend,
    switches,
)

pytestmark = pytest.mark.django_db


def do(action: Action, *campaigns: Campaign) -> Done:
    return carry_out(action, [campaign.pk for campaign in campaigns], NOON)


def change(how: How, by: str) -> ChangeBudgets:
    return ChangeBudgets(BudgetChange(how, Decimal(by)), None)


@pytest.mark.parametrize(
    ("how", "by", "budget", "becomes"),
    [
        (How.RAISE_PERCENT, "10", "75", "82.5"),
        (How.RAISE_PERCENT, "10", "10.05", "11.06"),  # 11.055
        (How.RAISE_PERCENT, "10", "0.0449", "0.05"),  # 0.04939
        (How.RAISE_PERCENT, "0", "10.123456", "10.12"),
        (How.RAISE_PERCENT, "100", "499999999999.99", "999999999999.98"),
        (How.LOWER_PERCENT, "33.3333", "10", "6.67"),
        (How.LOWER_PERCENT, "100", "10", "0"),
        (How.RAISE_AMOUNT, "0.000001", "10.123456", "10.123457"),
        (How.LOWER_AMOUNT, "4", "10", "6"),
        (How.LOWER_AMOUNT, "40", "10", "0"),
        (How.SET, "12.5", "10", "12.5"),
        (How.NO_LIMIT, "0", "10", None),
        (How.RAISE_PERCENT, "10", None, None),
        (How.LOWER_PERCENT, "10", None, None),
        (How.RAISE_AMOUNT, "10", None, None),
        (How.LOWER_AMOUNT, "10", None, None),
        (How.SET, "12.5", None, "12.5"),
        (How.NO_LIMIT, "0", None, None),
    ],
)
def test_budgets_are_worked_out_to_the_cent(
    how: How, by: str, budget: str | None, becomes: str | None
) -> None:
    campaign = CampaignFactory.create(daily_budget=budget, monthly_budget=300)

    done = do(change(how, by), campaign)

    stored = campaign.fresh()
    assert stored.daily_budget == (None if becomes is None else Decimal(becomes))
    assert stored.monthly_budget == 300
    assert done.changed == int(budget is not None or how == How.SET), (
        "those without a budget are left alone"
    )


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("wanted", [status for status in Status if status != Status.DRAFT])
def test_a_status_changes_where_that_makes_sense(status: Status, wanted: Status) -> None:
    campaign = CampaignFactory.create(status=status)
    allowed = {
        Status.ACTIVE: {Status.DRAFT, Status.PAUSED, Status.COMPLETED},
        Status.PAUSED: {Status.DRAFT, Status.ACTIVE},
        Status.COMPLETED: {Status.DRAFT, Status.ACTIVE, Status.PAUSED},
        Status.ARCHIVED: set(Status) - {Status.ARCHIVED},
    }[wanted]

    done = do(SetStatus(wanted), campaign)

    changes = status in allowed
    assert done.changed == changes
    assert campaign.fresh().status == (wanted if changes else status)
    assert dict(done.outcome.left_alone) == ({} if changes else {status: 1})


def test_what_is_written_is_enforced_at_once_and_on_record() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    enforce_all(NOON)
    spend(campaign, 10, NOON)

    done = do(change(How.RAISE_PERCENT, "10"), campaign)

    assert (done.changed, done.outcome.starts.count) == (1, 1)
    assert switches(campaign) == [(True, []), (False, ["daily_budget"]), (True, [])]
    last = DeliveryChange.objects.order_by("-id")[0]
    assert (last.trigger, last.at, last.daily_budget) == ("edit", NOON, 11)


def test_a_batch_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH", 2)
    campaigns = CampaignFactory.create_batch(5)
    enforce_all(NOON)

    done = do(SetStatus(Status.PAUSED), *campaigns)

    assert done.outcome.stops.count == 5
    assert [row.pk for row in done.outcome.stops.first] == [row.pk for row in campaigns]
    assert set(Campaign.objects.values_list("status", "is_active")) == {("paused", False)}


@pytest.mark.parametrize(
    ("how", "by", "budget"),
    [
        (How.RAISE_PERCENT, "100", "500000000000"),
        (How.RAISE_PERCENT, "0", "999999999999.999999"),  # rounded up to the cent
        (How.LOWER_PERCENT, "0", "999999999999.999999"),
        (How.RAISE_AMOUNT, "999999999999.999999", "0.000001"),
    ],
)
def test_a_budget_that_would_be_too_large_stays_and_its_campaign_is_not_changed(
    how: How, by: str, budget: str
) -> None:
    huge = CampaignFactory.create(daily_budget=budget, monthly_budget=300)

    done = do(change(how, by), huge)

    assert (done.failed, done.changed) == ((), 0)
    assert huge.fresh().daily_budget == Decimal(budget)

    done = do(ChangeBudgets(BudgetChange(how, Decimal(by)), BudgetChange(How.SET)), huge)

    assert (done.failed, done.changed) == ((), 1)
    assert (huge.fresh().daily_budget, huge.fresh().monthly_budget) == (Decimal(budget), 0)


def test_one_that_fails_does_not_keep_the_others_from_it() -> None:
    refuses = "CHECK (name <> 'Refused' OR daily_budget <= 10)"
    execute(f"ALTER TABLE ads_campaign ADD CONSTRAINT of_this_test {refuses}")
    brand = BrandFactory.create()
    campaigns = CampaignFactory.create_batch(3, brand=brand, daily_budget=10)
    refused = CampaignFactory.create(brand=brand, name="Refused", daily_budget=10)

    done = do(change(How.RAISE_PERCENT, "100"), *campaigns, refused)

    assert (done.failed, done.changed) == ((refused.pk,), 3)
    assert refused.fresh().daily_budget == 10
    assert {row.fresh().daily_budget for row in campaigns} == {20}


def test_those_that_have_been_deleted_are_passed_over() -> None:
    kept, deleted = CampaignFactory.create_batch(2)
    ids = [kept.pk, deleted.pk]
    deleted.delete()

    done = carry_out(SetStatus(Status.PAUSED), ids, NOON)

    assert (done.changed, done.outcome.count, done.failed) == (1, 1, ())


def test_a_schedule_is_attached_once() -> None:
    schedule = ScheduleFactory.create()
    has_it = CampaignFactory.create(schedules=[schedule])
    other = CampaignFactory.create()

    done = do(AttachSchedule(schedule.pk), has_it, other)

    assert done.changed == 1
    assert schedule.campaigns.count() == 2


def test_let_run_on_without_an_amount_allows_what_was_spent_today_and_no_more() -> None:
    berlin = BrandFactory.create(timezone="Pacific/Kiritimati")  # a day ahead of NOON's UTC
    campaign = CampaignFactory.create(brand=berlin)
    spend(campaign, 7, NOON)
    yesterday = spend(campaign, 5, NOON, NOON.date())

    done = do(running_on(NOON), campaign)

    assert done.changed == 1
    waived = {str(row.start): row.waived for row in campaign.totals.filter(period="day")}
    assert waived == {"2024-05-16": 7, str(yesterday.date): 0}
    assert do(running_on(NOON), campaign).changed == 0


def test_by_an_amount_only_those_with_such_a_budget_where_the_time_has_not_passed() -> None:
    given = CampaignFactory.create(daily_budget=5)
    without = CampaignFactory.create(brand=given.brand, monthly_budget=5)
    late = CampaignFactory.create(brand__timezone="Asia/Tokyo", daily_budget=5)  # 21:00 there
    spend(given, 7, NOON)

    done = do(running_on(NOON, 20, until="18:00"), given, without, late)

    assert (done.changed, sum(done.outcome.left_alone.values())) == (1, 2)
    assert [(one.campaign, one.amount, one.until) for one in Allowance.objects.all()] == [
        (given, 20, at("2024-05-15 18:00"))
    ]
    assert given.fresh().is_active
    with pytest.raises(InvalidAllowance, match="until: 11:00 is refused: it has passed"):
        running_on(NOON, 20, until="11:00")


def test_what_was_given_together_is_taken_back_together_as_far_as_it_is_in_force() -> None:
    brand = BrandFactory.create(daily_budget=10)
    campaigns = CampaignFactory.create_batch(3, brand=brand, daily_budget=5)
    for campaign in campaigns:
        spend(campaign, 7, NOON)
    done = do(running_on(NOON, 20), *campaigns)
    brands = carry_out(running_on(NOON, 30, of_brands=True), [], NOON, brand_ids=[brand.pk])
    assert (done.changed, brands.brands, brands.outcome.starts.count) == (3, (brand.pk,), 3)
    allowances.undo(Allowance.objects.get(campaign=campaigns[0]), now=NOON)

    given = bulk_allowances.given_in(done.context, NOON)
    assert (len(given.in_force), len(given.over)) == (2, 1)
    action = TakeBack(given.in_force, NOON)
    preview = preview_limits(action, Campaign.objects.select_related("brand"), NOON)
    assert (len(preview.first), preview.more) == (2, 0)
    undone = carry_out(action, action.campaign_ids, NOON)

    assert (undone.changed, undone.outcome.stops.count) == (2, 2)
    assert not bulk_allowances.given_in(done.context, NOON).in_force
    assert {row.waived for row in SpendTotal.objects.exclude(campaign=None)} == {0}
    of_brand = TakeBack(bulk_allowances.given_in(brands.context, NOON).in_force, NOON)
    assert carry_out(of_brand, [], NOON, brand_ids=of_brand.brand_ids).brands == (brand.pk,)


def test_taking_back_what_is_allowed_for_another_day_stops_nothing_today() -> None:
    brand = BrandFactory.create(timezone="Asia/Tokyo", daily_budget=10)
    campaign = CampaignFactory.create(brand=brand)
    early = at("2024-05-16 08:00", "Asia/Tokyo")
    let_run_on(brand, now=early, amount=20)
    Brand.objects.filter(pk=brand.pk).update(timezone="America/Los_Angeles")
    brand.refresh_from_db()
    spend(campaign, 15, early)  # on the 15th again
    let_run_on(brand, now=early, amount=8)
    enforce_all(early)
    tomorrows, todays = Allowance.objects.select_related("brand", "campaign__brand").order_by("pk")
    action = TakeBack([tomorrows], early)

    preview = preview_campaigns(Campaign.objects.all(), action.changes(), early)
    limits = preview_limits(action, Brand.objects.all(), early)
    taken_back = preview_take_back(tomorrows, early)

    assert (preview.stops.count, limits.first) == (0, [])
    assert taken_back.outcome.stops.count == 0
    assert taken_back.limit is not None
    assert taken_back.limit.before == taken_back.limit.after == 18
    assert preview_take_back(todays, early).outcome.stops.count == 1
    carry_out(action, [], early, brand_ids=action.brand_ids)
    assert campaign.fresh().is_active
    tomorrows.refresh_from_db()
    assert tomorrows.undone_at == early


def test_confirmed_twice_it_is_allowed_once() -> None:
    campaign = CampaignFactory.create(daily_budget=5)
    seen = replace(running_on(NOON, 20), seen=allowances.last_given())

    assert [do(seen, campaign).changed for _ in range(2)] == [1, 0]
    assert campaign.totals.get(period="day").waived == 20


def test_a_preview_counts_the_owners_that_it_does_not_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run_on, "LISTED", 2)
    brand = BrandFactory.create()
    both = {"brand": brand, "daily_budget": 5, "monthly_budget": 50}
    campaigns = [CampaignFactory.create(name=name, **both) for name in "ABC"]
    for campaign in campaigns:
        for period in ("day", "month"):
            let_run_on(campaign, period, now=NOON, amount=5)
    given = list(Allowance.objects.select_related("brand", "campaign__brand"))

    preview = preview_limits(TakeBack(given, NOON), Campaign.objects.select_related("brand"), NOON)

    assert [one.owner for one in preview.first] == campaigns[:2] * 2
    assert preview.more == 1


def test_a_preview_names_the_limits_before_and_after() -> None:
    campaign = CampaignFactory.create(daily_budget=5)
    spend(campaign, 40, NOON)
    rows = Campaign.objects.select_related("brand")

    (change,) = preview_limits(running_on(NOON, 20), rows, NOON).first
    assert [change.spent, change.before, change.after] == [Decimal(n) for n in (40, 5, 25)]
    (change,) = preview_limits(running_on(NOON), rows, NOON).first
    assert [change.spent, change.before, change.after] == [Decimal(n) for n in (40, 5, 45)]
