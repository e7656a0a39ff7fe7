"""One brand or campaign that fails never stops the others."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from ads.models import Brand, Campaign, DaypartingSchedule, Spend
from ads.services import InvalidSpend
from ads.services.delivery import rollover
from ads.services.delivery.enforcement import Enforced
from ads.services.explain.explanation import explain
from ads.services.ledger import DayTotal, SpendEntry, record_all
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.log_lines import logged
from ads.tests.support import NOON, at, delivers, enforce_all, execute, let_run_on, spend, totals

pytestmark = pytest.mark.django_db

ALL_WEEK = [(day, "00:00", "00:00") for day in range(7)]


def break_switching(campaign: Campaign) -> None:
    """From now on the database refuses to switch this one campaign."""
    execute(
        f"""
        CREATE FUNCTION broken_campaign() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.id = {int(campaign.pk)} AND NEW.is_active IS DISTINCT FROM OLD.is_active THEN
                RAISE EXCEPTION 'this one is broken';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER broken_campaign BEFORE UPDATE ON ads_campaign
           FOR EACH ROW EXECUTE FUNCTION broken_campaign();
        """
    )


def mend() -> None:
    execute("DROP TRIGGER broken_campaign ON ads_campaign")


@contextmanager
def past_every_check(table: str) -> Iterator[None]:
    """As somebody does who knows better."""
    execute(f"SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_a_sweep_switches_all_but_the_broken_one_and_says_which() -> None:
    campaigns = CampaignFactory.create_batch(20)
    broken = campaigns[7]
    break_switching(broken)

    with logged() as log:
        enforced = enforce_all(NOON)

    assert enforced == Enforced(started=19, failed=(broken.pk,))
    assert [c.pk for c in campaigns if not delivers(c)] == [broken.pk]
    assert not broken.delivery_changes.exists()
    line = log.only("Campaign failed; the others go on")
    assert (line["count"], line["examples"]) == (1, [broken.pk])
    assert "this one is broken" in line["exception"]


def test_what_failed_is_made_good_by_the_next_run() -> None:
    campaigns = CampaignFactory.create_batch(3)
    break_switching(campaigns[0])
    enforce_all(NOON)
    mend()

    assert enforce_all(NOON) == Enforced(started=1)


def test_spend_is_recorded_and_the_others_are_stopped_though_one_cannot_be() -> None:
    brand = BrandFactory.create(daily_budget=10)
    campaigns = CampaignFactory.create_batch(5, brand=brand)
    enforce_all(NOON)
    break_switching(campaigns[2])

    spend(campaigns[0], 10, NOON)

    assert totals(brand)["day", NOON.date()] == 10
    assert [delivers(c) for c in campaigns] == [False, False, True, False, False]


def test_a_brand_with_a_broken_campaign_stays_due_and_the_others_are_rolled_over() -> None:
    whole, broken = CampaignFactory.create(), CampaignFactory.create()
    break_switching(broken)

    rolled = rollover.roll_over_days(NOON)

    assert rolled.brands == 1
    assert rolled.enforced == Enforced(started=1, failed=(broken.pk,))
    assert list(rollover.due_for_day(NOON)) == [broken.brand]
    whole.brand.refresh_from_db()
    assert whole.brand.last_daily_reset == NOON.date()
    mend()
    assert rollover.roll_over_days(NOON).enforced == Enforced(started=1)
    assert not rollover.due_for_day(NOON).exists()


@pytest.mark.django_db(transaction=True)
def test_a_brand_that_cannot_be_rolled_over_never_stops_the_others() -> None:
    brands = BrandFactory.create_batch(5)
    for brand in brands:
        CampaignFactory.create(brand=brand)
    execute(
        f"""
        CREATE FUNCTION broken_brand() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.id = {int(brands[2].pk)} THEN RAISE EXCEPTION 'this one is broken'; END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER broken_brand BEFORE UPDATE ON ads_brand
           FOR EACH ROW EXECUTE FUNCTION broken_brand();
        """
    )

    try:
        rolled = rollover.roll_over_days(NOON)
    finally:
        execute("DROP TRIGGER broken_brand ON ads_brand; DROP FUNCTION broken_brand()")

    assert (rolled.brands, rolled.failed) == (4, (brands[2].pk,))
    assert list(rollover.due_for_day(NOON)) == [brands[2]]


def test_a_brand_whose_timezone_nobody_can_read_is_left_alone_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lost, other = CampaignFactory.create(), CampaignFactory.create(daily_budget=10)
    runs = CampaignFactory.create()
    enforce_all(NOON)
    with past_every_check("ads_brand"):
        Brand.objects.filter(pk=lost.brand_id).update(timezone="Mars/Olympus", is_active=False)
    spend(other, 10, NOON)

    with caplog.at_level(logging.ERROR):
        enforced = enforce_all(NOON + timedelta(days=1))
    rolled = rollover.roll_over_days(NOON + timedelta(days=1))
    rollover.roll_over_months(NOON + timedelta(days=1))

    assert enforced == Enforced(started=1, failed=(lost.pk,))
    assert "Mars/Olympus" in caplog.text
    assert rolled.brands == 2
    assert delivers(other)
    assert delivers(runs)
    assert delivers(lost), "nobody knows its day, so nobody decides"


def test_spend_of_a_brand_in_an_unknown_timezone_is_refused_by_name_not_by_accident() -> None:
    lost = CampaignFactory.create(daily_budget=10)
    with past_every_check("ads_brand"):
        Brand.objects.update(timezone="Mars/Olympus")
    lost = Campaign.objects.get(pk=lost.pk)

    for work in (
        lambda: spend(lost, 5, NOON),
        lambda: spend(lost, 5, NOON, NOON.date()),
        lambda: record_all(
            [DayTotal(lost, NOON.date(), 5, NOON)],
            source="x",
            now=NOON,
            kind=Spend.Kind.DAY_TOTAL,
        ),
    ):
        with pytest.raises(
            InvalidSpend, match=r"campaign: 'Mars/Olympus' .* correct the brand's timezone"
        ):
            work()
    unknown = r"timezone: 'Mars/Olympus' is not a known timezone"
    with pytest.raises(ValueError, match=unknown):
        explain(lost, NOON)
    with pytest.raises(ValueError, match=unknown):
        let_run_on(lost, "day", now=NOON)

    assert not Spend.objects.exists()


def test_a_batch_over_several_brands_names_the_brand_s_timezone_and_records_none() -> None:
    lost, other = CampaignFactory.create(), CampaignFactory.create()
    with past_every_check("ads_brand"):
        Brand.objects.filter(pk=lost.brand_id).update(timezone="")

    with pytest.raises(InvalidSpend, match=r"campaign: '' .* correct the brand's timezone"):
        record_all([SpendEntry(other.pk, 5), SpendEntry(lost.pk, 5)], source="x", now=NOON)

    assert not Spend.objects.exists()


@pytest.mark.parametrize("priority", [-1, 0, 5])
def test_hours_that_nobody_can_read_are_closed_and_the_others_go_on(
    priority: int,
) -> None:
    lost = ScheduleFactory.create(windows=ALL_WEEK, priority=priority)
    fine = ScheduleFactory.create(windows=ALL_WEEK, priority=priority)
    closed, opened = (
        CampaignFactory.create(schedules=[lost]),
        CampaignFactory.create(schedules=[fine]),
    )
    enforce_all(NOON)
    with past_every_check("ads_daypartingschedule"):
        DaypartingSchedule.objects.filter(pk=lost.pk).update(timezone="Mars/Olympus")

    with logged() as log:
        enforced = enforce_all(NOON)

    assert enforced == Enforced(stopped=1)
    assert not delivers(closed)
    assert delivers(opened)
    event = "Schedules in unknown timezones count as closed"
    assert {tuple(line["examples"]) for line in log.those(event)} == {(lost.pk,)}


def test_unreadable_hours_of_the_highest_priority_close_whatever_lies_below() -> None:
    lost = ScheduleFactory.create(priority=5, windows=ALL_WEEK)
    fine = ScheduleFactory.create(windows=ALL_WEEK)
    campaign = CampaignFactory.create(schedules=[lost, fine])
    with past_every_check("ads_daypartingschedule"):
        DaypartingSchedule.objects.filter(pk=lost.pk).update(timezone="Mars/Olympus")

    enforce_all(NOON)

    assert not delivers(campaign)


def test_a_schedule_switched_off_whose_timezone_nobody_can_read_decides_nothing() -> None:
    lost = ScheduleFactory.create(priority=5, is_active=False)
    fine = ScheduleFactory.create(windows=ALL_WEEK)
    campaign = CampaignFactory.create(schedules=[lost, fine])
    with past_every_check("ads_daypartingschedule"):
        DaypartingSchedule.objects.filter(pk=lost.pk).update(timezone="Mars/Olympus")

    enforce_all(at("2024-05-15 12:00"))

    assert delivers(campaign)


def test_a_campaign_with_unreadable_hours_is_still_explained() -> None:
    lost = ScheduleFactory.create(name="Lost", windows=ALL_WEEK)
    campaign = CampaignFactory.create(schedules=[lost])
    with past_every_check("ads_daypartingschedule"):
        DaypartingSchedule.objects.update(timezone="Mars/Olympus")

    explained = explain(campaign, NOON)

    assert [(held.code, held.lifts_at) for held in explained.holds] == [("dayparting", None)]
    assert explained.returns_at is None
