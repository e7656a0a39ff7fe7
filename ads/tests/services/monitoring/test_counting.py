"""Counters from the ledger and the delivery changes: every row once, none lost."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from ads.models import Campaign, CountedTable, MetricCounter, Spend
from ads.models.spend import Kind
from ads.services.delivery import Trigger, after_edit
from ads.services.monitoring import counting
from ads.services.monitoring.counting import count_new, counters
from ads.tests.factories import CampaignFactory
from ads.tests.support import at_once, enforce_all, execute, held_open, spend

pytestmark = pytest.mark.real_clock

HOUR = timedelta(hours=1)


def counted(name: str) -> dict[tuple[str, ...], Decimal]:
    """The counter of this name, after what is new was counted."""
    count_new()
    return {tuple(each.labels): each.value for each in counters() if each.name == name}


def entry(
    campaign: Campaign, amount: int | str, kind: str = Kind.ENTRY, source: str = "etl"
) -> None:
    Spend.objects.create(
        campaign=campaign,
        amount=amount,
        date=timezone.now().date(),
        kind=kind,
        source=source,
        description="test",
    )


@pytest.fixture
def campaign() -> Campaign:
    """One with a history, which the counters leave out."""
    campaign = CampaignFactory.create(daily_budget=100)
    entry(campaign, 5)
    enforce_all(timezone.now())
    count_new()
    return campaign


@pytest.mark.django_db
def test_spend_is_counted_by_source_kind_and_currency_each_entry_once(campaign: Campaign) -> None:
    euros = CampaignFactory.create(brand__currency="EUR")
    entry(campaign, "0.000001")
    entry(campaign, 2, Kind.DAY_TOTAL)
    entry(campaign, 3, source="csv")
    entry(euros, 4)
    entry(campaign, "-0.5", Kind.CORRECTION)

    for _ in range(2):
        assert counted("spend_entries") == {
            ("etl", "entry", "USD"): 1,
            ("etl", "day_total", "USD"): 1,
            ("etl", "correction", "USD"): 1,
            ("csv", "entry", "USD"): 1,
            ("etl", "entry", "EUR"): 1,
        }
        assert counted("spend_amount") == {
            ("etl", "USD"): Decimal("2.000001"),
            ("csv", "USD"): 3,
            ("etl", "EUR"): 4,
        }
        assert counted("spend_taken_back") == {
            ("etl", "USD"): Decimal("0.5"),
            ("csv", "USD"): 0,
            ("etl", "EUR"): 0,
        }


@pytest.mark.django_db
def test_a_counter_goes_on_from_what_it_was(campaign: Campaign) -> None:
    entry(campaign, 1)
    assert counted("spend_amount") == {("etl", "USD"): 1}
    entry(campaign, 2)
    assert counted("spend_amount") == {("etl", "USD"): 3}


@pytest.mark.django_db
def test_many_rows_are_counted_in_portions(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    portions = []
    monkeypatch.setattr(counting, "SPEND_PORTION", 2)
    add = counting._add_spend

    def noted(after: int, to: int) -> None:
        portions.append(to - after)
        add(after, to)

    monkeypatch.setattr(counting, "_add_spend", noted)
    for _ in range(5):
        entry(campaign, 1)

    assert counted("spend_amount") == {("etl", "USD"): 5}
    assert portions == [2, 2, 1]


@pytest.mark.django_db
def test_what_takes_too_long_is_counted_when_asked_again(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "SPEND_PORTION", 2)
    monkeypatch.setattr(counting, "PATIENCE", 0)
    for _ in range(3):
        entry(campaign, 1)

    assert counted("spend_amount") == {("etl", "USD"): 2}
    assert counted("spend_amount") == {("etl", "USD"): 3}


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_commits_after_a_later_one_is_not_lost() -> None:
    campaign, other = CampaignFactory.create_batch(2)
    count_new()

    with held_open(lambda: entry(other, 1)) as commit:
        entry(campaign, 2)  # a later id, committed before
        assert counted("spend_amount") == {}
        commit()
        assert counted("spend_amount") == {("etl", "USD"): 3}


@pytest.mark.django_db(transaction=True)
def test_entries_are_counted_while_others_are_always_being_written() -> None:
    campaign, *others = CampaignFactory.create_batch(3)
    count_new()

    with held_open(lambda: entry(others[0], 1)) as commit:
        entry(campaign, 2)
        assert counted("spend_amount") == {}
        with held_open(lambda: entry(others[1], 4)):
            commit()
            assert counted("spend_amount") == {("etl", "USD"): 3}
    assert counted("spend_amount") == {("etl", "USD"): 7}


@pytest.mark.django_db(transaction=True)
def test_two_that_ask_at_once_count_each_entry_once() -> None:
    campaign = CampaignFactory.create()
    count_new()
    for _ in range(20):
        entry(campaign, 1)

    with at_once() as start:
        for _ in range(4):
            start(count_new)

    assert counted("spend_amount") == {("etl", "USD"): 20}
    assert CountedTable.objects.count() == 2


@pytest.mark.django_db
def test_switches_are_counted_by_direction_leading_hold_and_trigger(campaign: Campaign) -> None:
    other = CampaignFactory.create(brand=campaign.brand, daily_budget=50)
    enforce_all(timezone.now())
    spend(campaign, 100, timezone.now())
    execute("UPDATE ads_campaign SET status = 'paused', daily_budget = 0 WHERE id = %s", [other.pk])
    enforce_all(timezone.now())

    assert counted("switches") == {
        ("on", "none", "check_campaign_budgets"): 1,
        ("off", "daily_budget", "spend"): 1,
        ("off", "status", "check_campaign_budgets"): 1,
    }


def lags() -> dict[tuple[str, ...], Decimal]:
    return counted("stop_lag_bucket")


@pytest.mark.django_db
def test_the_lag_is_from_the_entry_that_used_the_budget_up_until_the_stop(
    campaign: Campaign,
) -> None:
    execute("SET LOCAL session_replication_role = replica")
    execute("UPDATE ads_campaignevent SET pgh_created_at = pgh_created_at - interval '1 day'")
    execute("SET LOCAL session_replication_role = DEFAULT")
    now = timezone.now()
    for minutes, amount in ((7, 50), (4, 50), (1, 50)):
        with time_machine.travel(now - timedelta(minutes=minutes)):
            Spend.objects.create(campaign=campaign, amount=amount, date=now.date(), source="psql")
    enforce_all(timezone.now())

    assert lags() == {("check_campaign_budgets", "300.0"): 1}
    (seconds,) = MetricCounter.objects.values_list("value", flat=True).filter(name="stop_lag_sum")
    assert 240 <= seconds < 270


@pytest.mark.django_db
def test_a_stop_as_spend_is_recorded_has_next_to_no_lag(campaign: Campaign) -> None:
    spend(campaign, 100, timezone.now())

    ((trigger, bound),) = lags()
    assert trigger == "spend"
    assert float(bound) <= 5


@pytest.mark.django_db
def test_a_brands_crossing_counts_once_for_each_campaign_that_it_stops(campaign: Campaign) -> None:
    now = timezone.now()
    CampaignFactory.create(brand=campaign.brand)
    execute("UPDATE ads_brand SET monthly_budget = 90 WHERE id = %s", [campaign.brand_id])
    enforce_all(now)
    count_new()
    with time_machine.travel(now + timedelta(seconds=5)):
        entry(campaign, 85)
    enforce_all(now + timedelta(seconds=10))

    assert sum(lags().values()) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["daily_budget = 1", "status = 'paused'"])
def test_stops_that_follow_from_edits_have_no_lag(campaign: Campaign, column: str) -> None:
    execute(f"UPDATE ads_campaign SET {column} WHERE id = %s", [campaign.pk])
    after_edit([campaign.pk], timezone.now(), Trigger.EDIT)

    assert [direction for direction, *_ in counted("switches")] == ["off"]
    assert lags() == {}
