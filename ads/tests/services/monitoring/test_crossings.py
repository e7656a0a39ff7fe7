"""Campaigns that deliver although a budget is used up, and since when that is known."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ads.models import Allowance, ArchivedSpend, Brand, Campaign, Spend
from ads.models.spend import Kind
from ads.services.delivery import allowances
from ads.services.monitoring import ProblemKind, bounded, report
from ads.services.monitoring.crossings import Sparing, Unenforced, unenforced
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory
from ads.tests.support import NOON, at, enforce_all, execute, held_open, let_run_on

pytestmark = [pytest.mark.real_clock, pytest.mark.django_db]

MINUTE = timedelta(minutes=1)


def running(**fields: Any) -> Campaign:
    """A campaign that delivers."""
    campaign = CampaignFactory.create(**fields)
    enforce_all(NOON - 10 * MINUTE)
    return campaign


def recorded(campaign: Campaign, amount: int, at: datetime, kind: str = Kind.ENTRY) -> None:
    """Spend of today that nothing enforced."""
    with time_machine.travel(at, tick=False):
        Spend.objects.create(
            campaign=campaign, amount=amount, date=NOON.date(), kind=kind, description="test"
        )


def test_nothing_is_unenforced_while_budgets_last_or_have_stopped_what_they_should() -> None:
    running(daily_budget=100)
    stopped = running(daily_budget=10)
    recorded(stopped, 10, NOON - 5 * MINUTE)
    assert unenforced(NOON).count == 1

    enforce_all(NOON)

    assert unenforced(NOON) == Unenforced(0, None, None, NOON)


def test_it_counts_from_the_entry_with_which_the_budget_was_used_up() -> None:
    campaign = running(daily_budget=100)
    for minutes, amount in ((9, 60), (6, 40), (3, 500)):
        recorded(campaign, amount, NOON - minutes * MINUTE)

    assert unenforced(NOON) == Unenforced(1, campaign.pk, NOON - 6 * MINUTE, NOON)


def test_it_counts_from_the_last_time_if_a_correction_gave_some_back_meanwhile() -> None:
    campaign = running(monthly_budget=100)
    recorded(campaign, 100, NOON - 8 * MINUTE)
    recorded(campaign, -30, NOON - 6 * MINUTE, Kind.CORRECTION)
    recorded(campaign, 20, NOON - 5 * MINUTE)
    recorded(campaign, 10, NOON - 4 * MINUTE)

    assert unenforced(NOON) == Unenforced(1, campaign.pk, NOON - 4 * MINUTE, NOON)


def test_a_brands_budget_is_used_up_by_all_its_campaigns_and_concerns_all_of_them() -> None:
    brand = BrandFactory.create(daily_budget=100)
    first, second = running(brand=brand), running(brand=brand)
    recorded(first, 70, NOON - 7 * MINUTE)
    recorded(second, 30, NOON - 5 * MINUTE)
    recorded(first, 30, NOON - 2 * MINUTE)

    found = unenforced(NOON)

    assert (found.count, found.since) == (2, NOON - 5 * MINUTE)
    assert found.oldest in {first.pk, second.pk}


def test_the_oldest_of_several_is_named_and_its_earliest_budget_counts() -> None:
    late = running(daily_budget=10)
    early = running(daily_budget=10, monthly_budget=20)
    recorded(late, 10, NOON - 3 * MINUTE)
    recorded(early, 15, NOON - 4 * MINUTE)
    recorded(early, 15, NOON - 2 * MINUTE)

    assert unenforced(NOON) == Unenforced(2, early.pk, NOON - 4 * MINUTE, NOON)


@pytest.mark.parametrize("of_brand", [True, False])
def test_a_budget_that_was_lowered_counts_from_when_it_was(of_brand: bool) -> None:
    now = timezone.now()
    campaign = CampaignFactory.create(daily_budget=100, brand__daily_budget=100)
    enforce_all(now)
    with time_machine.travel(now - timedelta(hours=1), tick=False):
        Spend.objects.create(campaign=campaign, amount=50, date=now.date())
    table, pk = ("brand", campaign.brand_id) if of_brand else ("campaign", campaign.pk)
    execute(f"UPDATE ads_{table} SET daily_budget = 40 WHERE id = %s", [pk])

    found = unenforced(timezone.now())

    assert (found.count, found.oldest) == (1, campaign.pk)
    assert found.since is not None
    assert found.since > now - MINUTE


@pytest.mark.parametrize("of_brand", [True, False])
def test_a_limit_counts_from_when_what_was_allowed_beyond_it_has_ended(of_brand: bool) -> None:
    campaign = running(**{"brand__daily_budget" if of_brand else "daily_budget": 100})
    owner = campaign.brand if of_brand else campaign
    for until in (NOON - MINUTE, NOON - 2 * MINUTE):
        let_run_on(owner, now=NOON - 9 * MINUTE, amount=50, until=until)
    allowances.undo(Allowance.objects.get(until=NOON - MINUTE), now=NOON - 8 * MINUTE)
    recorded(campaign, 120, NOON - 6 * MINUTE)
    assert unenforced(NOON - 3 * MINUTE).count == 0

    assert unenforced(NOON) == Unenforced(1, campaign.pk, NOON - 2 * MINUTE, NOON)


def test_spend_of_tomorrow_counts_from_midnight() -> None:
    campaign = running(brand__timezone="Asia/Tokyo", daily_budget=100)
    midnight = at("2024-05-16 00:00", "Asia/Tokyo")
    with time_machine.travel(NOON, tick=False):
        Spend.objects.create(campaign=campaign, amount=100, date=date(2024, 5, 16))
    assert unenforced(midnight - MINUTE).count == 0

    assert unenforced(midnight).since == midnight


@pytest.mark.parametrize(
    ("table", "edit", "is_later"),
    [
        ("campaign", "name = 'Renamed'", False),
        ("campaign", "monthly_budget = 500", False),
        ("brand", "name = 'Renamed'", False),
        ("budgetgroup", "daily_budget = 500", False),
        ("campaign", "daily_budget = 40", True),
        ("brand", "monthly_budget = 40", True),
        ("budgetgroup", "start_date = '2024-01-01'", True),
    ],
)
def test_only_an_edit_of_the_budget_that_is_used_up_counts(
    table: str, edit: str, is_later: bool
) -> None:
    now = timezone.now()
    budget = {"campaign": "daily_budget", "brand": "monthly_budget", "budgetgroup": "total_budget"}
    brand = BrandFactory.create(**{budget[table]: 50} if table == "brand" else {})
    group = BudgetGroupFactory.create(
        brand=brand, **{budget[table]: 50} if table == "budgetgroup" else {}
    )
    own = {budget[table]: 50} if table == "campaign" else {}
    campaign = CampaignFactory.create(brand=brand, budget_group=group, **own)
    enforce_all(now)
    with time_machine.travel(now - timedelta(hours=1), tick=False):
        Spend.objects.create(campaign=campaign, amount=50, date=now.date())
    execute("SET LOCAL session_replication_role = replica")
    for events in ("campaignevent", "brandevent", "budgetgroupevent"):
        execute(f"UPDATE ads_{events} SET pgh_created_at = pgh_created_at - interval '2 hours'")
    execute("SET LOCAL session_replication_role = DEFAULT")
    execute(f"UPDATE ads_{table} SET {edit}")

    found = unenforced(timezone.now())

    assert found.oldest == campaign.pk
    assert found.since is not None
    assert (found.since > now - MINUTE) is is_later


def test_the_first_event_on_record_is_an_edit_only_if_it_made_the_owner() -> None:
    now = timezone.now()
    campaign = CampaignFactory.create(daily_budget=50)
    enforce_all(now)
    with time_machine.travel(now - timedelta(hours=1), tick=False):
        Spend.objects.create(campaign=campaign, amount=50, date=now.date())
    execute("UPDATE ads_campaign SET name = 'Renamed'")
    forgotten(campaign)

    assert unenforced(timezone.now()).since == now - timedelta(hours=1)


def forgotten(campaign: Campaign) -> None:
    """Nothing is on record of how it was made."""
    execute("SET LOCAL session_replication_role = replica")
    execute(
        "DELETE FROM ads_campaignevent WHERE pgh_obj_id = %s AND pgh_label = 'insert'",
        [campaign.pk],
    )
    execute("SET LOCAL session_replication_role = DEFAULT")


def happened(campaign: Campaign, at: datetime) -> None:
    """Its last event on record, as if that had been at that time."""
    execute("SET LOCAL session_replication_role = replica")
    execute(
        "UPDATE ads_campaignevent SET pgh_created_at = %s WHERE pgh_id = "
        "(SELECT max(pgh_id) FROM ads_campaignevent WHERE pgh_obj_id = %s)",
        [at, campaign.pk],
    )
    execute("SET LOCAL session_replication_role = DEFAULT")


def moved(campaign: Campaign, group: Any, at: datetime) -> None:
    """It is in another group since then."""
    Campaign.objects.filter(pk=campaign.pk).update(budget_group=group)
    happened(campaign, at)


@pytest.mark.parametrize("is_on_record", [True, False])
def test_what_a_campaign_has_spent_comes_into_its_group_with_it(*, is_on_record: bool) -> None:
    brand = BrandFactory.create()
    group = BudgetGroupFactory.create(brand=brand, daily_budget=100)
    its, joins = (running(brand=brand, budget_group=each) for each in (group, None))
    for campaign in (its, joins, group):
        long_ago(campaign)
    recorded(its, 60, NOON - 9 * MINUTE)
    recorded(joins, 60, NOON - 8 * MINUTE)
    moved(joins, group, NOON - 4 * MINUTE)
    recorded(its, 5, NOON - 3 * MINUTE)
    if not is_on_record:  # it may have been in it always
        forgotten(joins)

    since = NOON - (4 if is_on_record else 8) * MINUTE
    assert unenforced(NOON).since == since


@pytest.mark.parametrize(
    ("spent", "since"),
    [
        (100, 8),  # the others had reached the limit by the time that it left
        (30, 2),  # they had not
    ],
)
def test_what_a_campaign_has_spent_leaves_its_group_with_it(spent: int, since: int) -> None:
    brand = BrandFactory.create()
    group = BudgetGroupFactory.create(brand=brand, daily_budget=100)
    its, leaves = (running(brand=brand, budget_group=group) for _ in range(2))
    for campaign in (its, leaves, group):
        long_ago(campaign)
    recorded(leaves, 100, NOON - 8 * MINUTE)
    recorded(its, spent, NOON - 6 * MINUTE)
    moved(leaves, None, NOON - 4 * MINUTE)
    recorded(its, 70, NOON - 2 * MINUTE)

    assert unenforced(NOON).since == NOON - since * MINUTE


def long_ago(owner: Any) -> None:
    """It was made before anything else."""
    table = "budgetgroupevent" if not isinstance(owner, Campaign) else "campaignevent"
    execute("SET LOCAL session_replication_role = replica")
    execute(
        f"UPDATE ads_{table} SET pgh_created_at = %s WHERE pgh_obj_id = %s",
        [NOON - timedelta(days=2), owner.pk],
    )
    execute("SET LOCAL session_replication_role = DEFAULT")


def test_a_total_budget_is_used_up_by_all_that_counts_toward_it() -> None:
    long_ago = NOON.date() - timedelta(days=35)
    campaign = running(total_budget=100, start_date=long_ago)
    archived = Spend.objects.create(campaign=campaign, amount=30, date=long_ago)
    execute("SET LOCAL session_replication_role = replica")
    execute("DELETE FROM ads_spend WHERE id = %s", [archived.pk])
    execute("SET LOCAL session_replication_role = DEFAULT")
    ArchivedSpend.objects.create(campaign=campaign, date=long_ago, amount=30, entries=1)
    recorded(campaign, 50, NOON - 7 * MINUTE)
    recorded(campaign, 20, NOON - 4 * MINUTE)
    recorded(campaign, 5, NOON - 2 * MINUTE)

    assert unenforced(NOON) == Unenforced(1, campaign.pk, NOON - 4 * MINUTE, NOON)


@pytest.mark.parametrize("budget", ["daily_budget", "monthly_budget", "total_budget"])
def test_a_groups_budget_is_used_up_by_all_its_campaigns(budget: str) -> None:
    brand = BrandFactory.create()
    begins = NOON.date() if budget == "total_budget" else None
    group = BudgetGroupFactory.create(brand=brand, start_date=begins, **{budget: 100})
    first, second = (running(brand=brand, budget_group=group) for _ in range(2))
    with time_machine.travel(NOON - 9 * MINUTE, tick=False):
        Spend.objects.create(campaign=first, amount=95, date=NOON.date() - timedelta(days=40))
    recorded(running(brand=brand), 500, NOON - 8 * MINUTE)
    recorded(first, 70, NOON - 7 * MINUTE)
    recorded(second, 30, NOON - 3 * MINUTE)

    found = unenforced(NOON)

    assert (found.count, found.since) == (2, NOON - 3 * MINUTE)
    assert found.oldest in (first.pk, second.pk)


def test_a_budget_of_zero_that_no_entry_used_up_has_no_instant() -> None:
    campaign = running()
    Campaign.objects.filter(pk=campaign.pk).update(daily_budget=Decimal(0))

    assert unenforced(NOON) == Unenforced(1, None, None, NOON)


def test_campaigns_that_were_overlooked_are_named_as_far_as_they_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def told() -> list[str]:
        monkeypatch.setitem(report.__globals__, "sparing", Sparing())
        found = report(NOON).problems
        return [each.text for each in found if each.kind == ProblemKind.NOT_ENFORCED]

    rest = "used up, and the safety check did not stop"
    first, second = running(daily_budget=10), running(daily_budget=10)
    recorded(first, 10, NOON - 5 * MINUTE)
    assert told() == []  # before the next check
    Campaign.objects.filter(pk=second.pk).update(daily_budget=Decimal(0))
    Campaign.objects.filter(pk=first.pk).update(daily_budget=Decimal(20))

    assert told() == [
        f"1 campaign delivers although a budget is {rest} it. The log of the worker says why."
    ]


def test_what_another_hold_should_have_stopped_is_no_crossing() -> None:
    campaign = running(daily_budget=10)
    execute("UPDATE ads_campaign SET end_date = '2024-05-01' WHERE id = %s", [campaign.pk])

    assert unenforced(NOON) == Unenforced(0, None, None, NOON)


def test_a_brand_in_an_invalid_timezone_does_not_hide_the_others() -> None:
    lost, campaign = running(daily_budget=10), running(daily_budget=10)
    for each in (lost, campaign):
        recorded(each, 10, NOON - 5 * MINUTE)
    execute("SET LOCAL session_replication_role = replica")
    Brand.objects.filter(pk=lost.brand_id).update(timezone="Mars/Olympus")

    assert unenforced(NOON) == Unenforced(1, campaign.pk, NOON - 5 * MINUTE, NOON)


def test_asking_often_does_not_work_it_out_each_time() -> None:
    campaign = running(daily_budget=10)
    sparing = Sparing()
    assert sparing(NOON).count == 0
    recorded(campaign, 10, NOON)

    with CaptureQueriesContext(connection) as queries:
        assert sparing(NOON).count == 0

    assert len(queries) == 0
    assert Sparing()(NOON).count == 1


@pytest.mark.django_db(transaction=True)
def test_what_took_too_long_is_a_problem_and_not_tried_again_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounded, "PATIENCE", 100)
    monkeypatch.setitem(report.__globals__, "sparing", Sparing())

    with held_open(lambda: execute("LOCK TABLE ads_campaign")):
        first = report(timezone.now())
        monkeypatch.setattr(bounded, "PATIENCE", 60_000)
        second = report(timezone.now())

    for found in (first, second):
        assert found.unenforced is None
        assert found.clock is not None
        (text,) = [each.text for each in found.problems if each.kind == ProblemKind.UNKNOWN]
        assert text.startswith("Used-up budgets could not be worked out: canceling statement")
