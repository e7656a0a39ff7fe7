"""What the ad platforms were not asked for in time is asked for later."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.models import AskedAccount, Brand, Campaign, SimulatedSwitch, SpendTotal
from ads.platforms import Account, ObservedTotal, SimulatedPlatform
from ads.services.platforms.updates import MOST_DAYS, days_to_ask
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.log_lines import logged
from ads.tests.platforms.doubles import (
    NOON,
    SIMULATED,
    TODAY,
    FaultyPlatform,
    ScriptedPlatform,
    enforced,
    spent,
    update,
)

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class OutOfTime(FaultyPlatform):
    """The task's time is up while one account is asked."""

    def day_totals(self, account: Account, *args: Any, **kwargs: Any) -> Iterable[ObservedTotal]:
        if account.name == self.fails:
            raise SoftTimeLimitExceeded
        return SimulatedPlatform.day_totals(self, account, *args, **kwargs)


class Deleting(FaultyPlatform):
    """Somebody deletes a brand while its account is asked."""

    def day_totals(self, account: Account, *args: Any, **kwargs: Any) -> Iterable[ObservedTotal]:
        if account.name == self.fails:
            Campaign.objects.filter(brand=account.brand_id).delete()
            Brand.objects.filter(pk=account.brand_id).delete()
        return SimulatedPlatform.day_totals(self, account, *args, **kwargs)


def test_ticks_that_were_missed_make_no_difference_to_the_sum() -> None:
    often, seldom = (
        CampaignFactory.create(brand__name=name, name="Twin", daily_budget=None)
        for name in ("Often", "Seldom")
    )
    SimulatedSwitch.objects.bulk_create(
        SimulatedSwitch(campaign=campaign, at=NOON, is_on=True, pace=75)
        for campaign in (often, seldom)
    )
    enforced()
    for minutes in range(0, 60, 5):
        update(NOON + minutes * MINUTE, FaultyPlatform(seed=1, fails="Seldom"))
    assert spent(seldom) == 0
    assert spent(often) > 0

    update(NOON + HOUR)

    days = [TODAY]
    for campaign in (often, seldom):
        account = Account(campaign.brand_id, "", "UTC")
        (total,) = SIMULATED.day_totals(
            account, Campaign.objects.filter(pk=campaign.pk), days, now=NOON + HOUR
        )
        assert spent(campaign) == total.amount


def reported(campaign: Campaign, days: Iterable[date], now: datetime) -> dict[date, Decimal]:
    """What the simulated platform says the campaign cost on each of ``days``."""
    account = Account(campaign.brand_id, "", campaign.brand.timezone)
    mine = Campaign.objects.filter(pk=campaign.pk)
    totals = SIMULATED.day_totals(account, mine, list(days), now=now)
    return {total.date: total.amount for total in totals}


def delivering_since(since: datetime, *names: str) -> list[Campaign]:
    """A campaign without budgets for each brand of these names, spending ever since."""
    campaigns = [CampaignFactory.create(brand__name=name, daily_budget=None) for name in names]
    SimulatedSwitch.objects.bulk_create(
        SimulatedSwitch(campaign=campaign, at=since, is_on=True, pace=75) for campaign in campaigns
    )
    enforced(since)
    return campaigns


def test_days_that_were_missed_altogether_are_asked_for_over_the_end_of_a_month() -> None:
    before = datetime(2026, 2, 26, 12, tzinfo=UTC)
    back = datetime(2026, 3, 2, 9, tzinfo=UTC)
    (campaign,) = delivering_since(before - DAY, "Acme")
    update(before)
    seen = spent(campaign, date(2026, 2, 26))

    update(back)

    days = [date(2026, 2, 25) + n * DAY for n in range(6)]  # to 2 March
    expected = reported(campaign, days, back)
    assert {day: spent(campaign, day) for day in days} == expected
    assert len(expected) == 6
    assert expected[date(2026, 2, 26)] > seen > 0
    months = SpendTotal.objects.filter(campaign=campaign, period="month").order_by("start")
    assert list(months.values_list("start", "amount")) == [
        (date(2026, 2, 1), sum(expected[day] for day in days[:4])),
        (date(2026, 3, 1), sum(expected[day] for day in days[4:])),
    ]


def test_an_account_that_fails_for_days_catches_up_while_the_others_went_on() -> None:
    well, ill = delivering_since(NOON - DAY, "Well", "Ill")
    update(NOON)
    days = [TODAY + n * DAY for n in range(-1, 5)]
    for n in range(1, 4):
        faulty = FaultyPlatform(seed=1, fails="Ill")
        assert len(update(NOON + n * DAY, faulty).errors) == 1
    assert spent(well, TODAY + 2 * DAY) > 0
    assert spent(ill, TODAY + 2 * DAY) == 0
    marks = AskedAccount.objects.order_by("brand__name").values_list("brand", "last_success_at")
    assert list(marks) == [(ill.brand_id, NOON), (well.brand_id, NOON + 3 * DAY)]

    assert update(NOON + 4 * DAY).errors == ()

    for campaign in (well, ill):
        expected = reported(campaign, days, NOON + 4 * DAY)
        assert len(expected) == 6
        assert {day: spent(campaign, day) for day in days} == expected
    assert {at for _, at in marks.all()} == {NOON + 4 * DAY}


def test_an_account_of_which_a_total_could_not_be_recorded_does_not_count_as_read() -> None:
    good, bad = (CampaignFactory.create(brand__name=name) for name in ("Good", "Bad"))
    update(NOON, ScriptedPlatform(seed=1))
    worthless = ObservedTotal(bad.pk, TODAY + DAY, Decimal("NaN"), NOON + DAY)
    fine = [ObservedTotal(c.pk, TODAY, Decimal(5), NOON + DAY) for c in (good, bad)]

    done = update(NOON + DAY, ScriptedPlatform(seed=1, totals=(*fine, worthless)))

    assert len(done.errors) == 1
    assert spent(bad) == 5  # what could be recorded was
    marks = dict(AskedAccount.objects.values_list("brand", "last_success_at"))
    assert marks == {good.brand_id: NOON + DAY, bad.brand_id: NOON}
    platform = ScriptedPlatform(seed=1)
    update(NOON + 3 * DAY, platform)
    assert {name: asked[0] for name, asked in platform.asked.items()} == {
        "Good": TODAY,
        "Bad": TODAY - DAY,
    }


def test_a_platform_that_does_not_list_its_accounts_is_not_read() -> None:
    CampaignFactory.create()
    update(NOON)
    update(NOON + DAY, FaultyPlatform(seed=1, fails="accounts"))

    assert AskedAccount.objects.get().last_success_at == NOON


def test_an_update_that_is_stopped_in_flight_has_read_nothing_that_it_did_not_record() -> None:
    first, second = delivering_since(NOON - DAY, "First", "Second")
    update(NOON)

    with pytest.raises(SoftTimeLimitExceeded):
        update(NOON + 3 * DAY, OutOfTime(seed=1, fails="Second"))

    assert {mark.last_success_at for mark in AskedAccount.objects.all()} == {NOON}
    update(NOON + 4 * DAY)
    for campaign in (first, second):
        expected = reported(campaign, [TODAY + 2 * DAY], NOON + 4 * DAY)
        assert spent(campaign, TODAY + 2 * DAY) == expected[TODAY + 2 * DAY] > 0


@pytest.mark.django_db(transaction=True)
def test_a_brand_that_is_deleted_meanwhile_does_not_keep_others_from_being_noted() -> None:
    gone, stays = (CampaignFactory.create(brand__name=name) for name in ("Gone", "Stays"))

    done = update(NOON, Deleting(seed=1, fails="Gone"))

    assert done.errors == (
        f"simulated: brand {gone.brand_id} could not be noted as read; see the log.",
    )
    assert AskedAccount.objects.get().brand == stays.brand


def test_the_first_question_is_about_today_and_yesterday_in_the_accounts_timezone() -> None:
    CampaignFactory.create(brand__name="Tokyo", brand__timezone="Asia/Tokyo")
    platform = ScriptedPlatform(seed=1)

    for hours in (0, 1, 4):  # 5 March begins at 15:00 UTC
        update(NOON + hours * HOUR, platform)
        today = date(2026, 3, 5) if hours == 4 else date(2026, 3, 4)
        first = date(2026, 3, 3)  # the last hours of the 3rd may have come in late
        assert platform.asked["Tokyo"] == [first + n * DAY for n in range((today - first).days + 1)]
    update(NOON + 5 * HOUR, platform)
    assert platform.asked["Tokyo"] == [date(2026, 3, 4), date(2026, 3, 5)]


def test_every_source_has_a_memory_of_its_own() -> None:
    CampaignFactory.create(brand__name="Acme")
    one, other = (ScriptedPlatform(seed=1, source=name) for name in ("one", "other"))
    update(NOON, one, other)
    update(NOON + 3 * DAY, one)
    update(NOON + 4 * DAY, one, other)

    assert [len(platform.asked["Acme"]) for platform in (one, other)] == [3, 6]


def test_what_was_missed_for_too_long_is_cut_and_said() -> None:
    CampaignFactory.create(brand__name="Acme")
    platform = ScriptedPlatform(seed=1)
    update(NOON, platform)

    event = "Accounts were last read too long ago to ask for every day since"

    with logged() as log:
        update(NOON + (MOST_DAYS - 2) * DAY, platform)
        assert (platform.asked["Acme"][0], len(platform.asked["Acme"])) == (TODAY - DAY, MOST_DAYS)
        assert log.those(event) == []
        update(NOON + (2 * MOST_DAYS) * DAY, platform)
    assert len(platform.asked["Acme"]) == MOST_DAYS
    assert platform.asked["Acme"][-1] == TODAY + 2 * MOST_DAYS * DAY
    said = log.only(event)
    assert (said["source"], said["count"]) == ("scripted", 1)
    assert said["examples"] == [
        {"account": "Acme", "read": "2026-04-06", "asked_from": "2026-04-09"}
    ]


def test_a_clock_that_was_ahead_does_not_keep_today_and_yesterday_from_being_asked() -> None:
    assert days_to_ask(TODAY, TODAY + 400 * DAY) == days_to_ask(TODAY, None) == [TODAY, TODAY - DAY]


def test_accounts_are_remembered_without_a_query_for_each() -> None:
    brands = BrandFactory.create_batch(40)
    Campaign.objects.bulk_create(Campaign(brand=brand, name="One") for brand in brands)
    platform = ScriptedPlatform(seed=1)
    update(NOON, platform)

    with CaptureQueriesContext(connection) as queries:
        update(NOON + DAY, platform)

    about_marks = [query["sql"] for query in queries if "ads_askedaccount" in query["sql"]]
    assert len(about_marks) == 2
    assert AskedAccount.objects.filter(last_success_at=NOON + DAY).count() == 40
