"""Each account is asked by itself, and what it answers is recorded before the next is asked."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from ads.models import (
    CampaignReference,
    PlatformAccount,
    PlatformCampaign,
    ReportedTotal,
    Spend,
    UnknownReference,
    WaitingSpend,
)
from ads.models.spend import Kind
from ads.platforms.interface import Account, Cost, RemoteCampaign, Unreachable
from ads.services import platforms
from ads.services.ledger import DayTotal, record_all
from ads.services.references import registry
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.log_lines import logged
from ads.tests.platforms.doubles import (
    NOON,
    SCRIPTED,
    TODAY,
    Scripted,
    account,
    connection,
    enforced,
    known_as,
    spent,
    update,
)

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def cost(reference: str, amount: object, day: date = TODAY, **given: Any) -> Cost:
    return Cost(reference, day, Decimal(str(amount)), **given)


def days_asked(platform: Scripted, remote_id: str = "1") -> list[tuple[date, date]]:
    asked = [(since, until) for its, since, until, _ in platform.asked if its == remote_id]
    platform.asked.clear()
    return asked


def test_a_name_that_cannot_be_stored_keeps_no_spend_from_being_recorded(
    platform: Scripted,
) -> None:
    odd, shown = "Spring\x00 \ud83d", "Spring␀ ?"
    campaign = CampaignFactory.create()
    known_as(campaign, "7")
    its = account(connection(), month_answered_at=NOON)
    platform.listed = [Account("1", odd, "UTC", "USD", state=odd)]
    platform.campaigns_of["1"] = [RemoteCampaign("7", odd, is_on=True, status=odd)]
    platform.costs_of["1"] = [cost("7", 12, name=odd), cost("8", 5, name=odd)]
    enforced()

    update(NOON)
    platforms.list_accounts(its.connection_id, NOON)

    def down() -> None:
        raise Unreachable(odd)

    platform.before["1"] = down
    update(NOON + 10 * MINUTE)

    assert spent(campaign) == 12
    assert UnknownReference.objects.get().name == shown
    assert PlatformCampaign.objects.get().status == shown
    its.refresh_from_db()
    assert (its.name, its.state, its.problem) == (shown, shown, shown)


def test_what_an_account_reports_is_its_campaigns_and_what_nobody_has_waits(
    platform: Scripted,
) -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    known_as(campaign, "7")
    its = account(connection(), month_answered_at=NOON)
    platform.costs_of["1"] = [cost("7", 12), cost("8", 5, name="Spring")]
    enforced()

    done = update(NOON)

    assert (done.recorded, done.spend, done.waiting) == (1, {"USD": Decimal(12)}, 1)
    assert done.switched == 1
    campaign.refresh_from_db()
    assert not campaign.is_active
    unknown = UnknownReference.objects.get()
    assert (unknown.platform, unknown.account, unknown.reference, unknown.name) == (
        SCRIPTED, "1", "8", "Spring",
    )  # fmt: skip
    its.refresh_from_db()
    assert (its.answered_at, its.asked_at, its.problem, its.failing_since) == (NOON, NOON, "", None)
    other = CampaignFactory.create(brand=campaign.brand)
    registry.match(unknown, other, now=NOON + MINUTE)
    assert [spent(campaign), spent(other)] == [12, 5]
    assert platform.closed == 1


def test_two_ids_of_a_campaign_add_up_and_an_id_may_lack_its_account(platform: Scripted) -> None:
    campaign = CampaignFactory.create()
    known_as(campaign, "7")
    CampaignReference.objects.create(campaign=campaign, platform=SCRIPTED, reference="8")
    account(connection())
    platform.costs_of["1"] = [cost("7", 10), cost("8", 5)]

    assert update(NOON).spend == {"USD": 15}
    assert spent(campaign) == 15
    assert not UnknownReference.objects.exists()


def test_a_vanished_row_of_a_complete_answer_is_zero(platform: Scripted) -> None:
    campaign, other = CampaignFactory.create_batch(2, daily_budget=30)
    known_as(campaign, "7")
    known_as(other, "8")
    account(connection())
    platform.costs_of["1"] = [cost("7", 30), cost("8", 5), cost("9", 4)]
    enforced()
    update(NOON)
    campaign.refresh_from_db()
    assert (spent(campaign), campaign.is_active) == (Decimal(30), False)

    platform.complete = False
    platform.costs_of["1"] = [cost("8", 5)]
    update(NOON + 5 * MINUTE)
    assert spent(campaign) == 30

    platform.complete = True
    update(NOON + 10 * MINUTE)
    campaign.refresh_from_db()
    assert (spent(campaign), campaign.is_active) == (Decimal(0), True)
    assert spent(other) == 5
    assert WaitingSpend.objects.get().amount == 0
    assert Spend.objects.filter(campaign=campaign).count() == 2


def test_days_of_which_an_answer_may_lack_something_are_not_set_to_zero(
    platform: Scripted,
) -> None:
    campaign = CampaignFactory.create()
    known_as(campaign, "7")
    account(connection())
    yesterday = TODAY - DAY
    platform.costs_of["1"] = [cost("7", 30), cost("7", 20, yesterday)]
    update(NOON)

    platform.costs_of["1"] = []
    platform.complete_days = (yesterday, yesterday)  # loaded up to yesterday
    update(NOON + 5 * MINUTE)

    assert (spent(campaign), spent(campaign, yesterday)) == (Decimal(30), Decimal(0))


def test_what_an_answer_says_of_itself_is_kept(platform: Scripted) -> None:
    its = account(connection())
    platform.fresh_until, platform.note = NOON - HOUR, "Amounts are rounded."
    update(NOON)

    its.refresh_from_db()
    assert (its.answered_at, its.fresh_until) == (NOON, NOON - HOUR)
    assert its.problem == "Amounts are rounded."


def test_days_outside_the_window_and_other_sources_are_never_set_to_zero(
    platform: Scripted,
) -> None:
    campaign = CampaignFactory.create()
    known_as(campaign, "7")
    account(connection())
    platform.costs_of["1"] = [cost("7", 3, TODAY - 2 * DAY)]
    update(NOON)
    by_hand = partial(record_all, source="file", now=NOON, kind=Kind.DAY_TOTAL)
    by_hand([DayTotal(campaign, TODAY, 4, NOON)])
    platform.costs_of["1"] = []

    update(NOON + 5 * MINUTE)

    assert [spent(campaign, TODAY - 2 * DAY), spent(campaign)] == [3, 4]
    update(NOON + HOUR)  # now the last seven days
    assert [spent(campaign, TODAY - 2 * DAY), spent(campaign)] == [0, 4]


def test_an_older_answer_never_overrides_a_newer_one(platform: Scripted) -> None:
    campaign = CampaignFactory.create()
    known_as(campaign, "7")
    its = account(connection())
    platform.costs_of["1"] = [cost("7", 9)]
    update(NOON)
    PlatformAccount.objects.update(asked_at=None)
    platform.costs_of["1"] = []

    assert platforms.ask(its.pk, NOON - MINUTE).is_asked

    assert spent(campaign) == 9


def test_one_account_out_of_time_loses_nothing_of_the_others(platform: Scripted) -> None:
    of = connection()
    campaigns = [CampaignFactory.create() for _ in range(4)]
    for n, campaign in enumerate(campaigns):
        known_as(campaign, "7", account=str(n))
        account(of, str(n))
        platform.costs_of[str(n)] = [cost("7", 5)]

    def out_of_time() -> None:
        raise SoftTimeLimitExceeded

    platform.before["1"] = out_of_time

    update(NOON)

    assert [spent(campaign) for campaign in campaigns] == [5, 0, 5, 5]
    slow = PlatformAccount.objects.get(remote_id="1")
    assert slow.problem == "The platform took too long to answer."
    assert (slow.failing_since, slow.claimed_until) == (NOON, None)
    platform.asked.clear()
    update(NOON + 5 * MINUTE)
    assert [its for its, *_ in platform.asked] == ["0", "2", "3", "1"]  # those that fail come last


def test_an_account_that_is_being_asked_is_not_asked_again(platform: Scripted) -> None:
    its = account(connection())
    again: list[bool] = []

    def second() -> None:
        PlatformAccount.objects.update(asked_at=None)
        again.append(platforms.ask(its.pk, NOON + 4 * MINUTE).is_asked)
        PlatformAccount.objects.update(asked_at=NOON)

    platform.before["1"] = second

    assert platforms.ask(its.pk, NOON).is_asked
    assert again == [False, False]  # at both questions
    del platform.before["1"]
    assert not platforms.ask(its.pk, NOON + MINUTE).is_asked  # asked a minute ago
    assert platforms.ask(its.pk, NOON + 5 * MINUTE).is_asked


def test_the_claim_of_a_killed_task_ends(platform: Scripted) -> None:
    its = account(connection(), claimed_until=NOON + 5 * MINUTE, asked_at=NOON)

    assert not platforms.ask(its.pk, NOON + 4 * MINUTE).is_asked
    assert platforms.ask(its.pk, NOON + 5 * MINUTE).is_asked


def test_first_the_month_then_two_days_each_hour_seven_each_night_the_month(
    platform: Scripted,
) -> None:
    account(connection(), timezone="Asia/Tokyo")  # 21:00 there
    update(NOON)
    assert days_asked(platform) == [
        (TODAY - DAY, TODAY),
        (TODAY - 34 * DAY, TODAY),
    ]
    update(NOON + 5 * MINUTE)
    assert days_asked(platform) == [(TODAY - DAY, TODAY)]
    update(NOON + HOUR)
    assert days_asked(platform) == [(TODAY - 6 * DAY, TODAY)]
    update(NOON + HOUR + 5 * MINUTE)
    assert days_asked(platform) == [(TODAY - DAY, TODAY)]
    update(NOON + 3 * HOUR)  # the 5th begins there
    assert days_asked(platform) == [(TODAY - 5 * DAY, TODAY + DAY)]
    PlatformAccount.objects.update(month_answered_at=NOON - 20 * HOUR)
    update(NOON + 4 * HOUR)
    assert days_asked(platform) == [(TODAY, TODAY + DAY), (TODAY - 33 * DAY, TODAY + DAY)]


def test_days_that_were_missed_are_asked_for_by_the_account_that_missed_them(
    platform: Scripted,
) -> None:
    of = connection()
    well, ill = (CampaignFactory.create(brand__name=name) for name in ("Well", "Ill"))
    for remote_id, campaign in (("1", well), ("2", ill)):
        account(of, remote_id, month_answered_at=NOON, week_answered_at=NOON)
        known_as(campaign, "7", account=remote_id)
        platform.costs_of[remote_id] = [cost("7", n + 1, TODAY + n * DAY) for n in range(10)]
    update(NOON)
    platform.asked.clear()

    def down() -> None:
        raise TimeoutError

    platform.before["2"] = down
    for n in range(1, 9):
        PlatformAccount.objects.update(week_answered_at=NOON + n * DAY, retry_at=None)
        update(NOON + n * DAY)
    assert [spent(ill, TODAY + n * DAY) for n in range(3)] == [1, 0, 0]
    del platform.before["2"]
    PlatformAccount.objects.update(month_answered_at=NOON + 9 * DAY, retry_at=None)
    platform.asked.clear()

    update(NOON + 9 * DAY)

    assert days_asked(platform, "2") == [(TODAY - DAY, TODAY + 9 * DAY)]
    for campaign in (well, ill):
        assert [spent(campaign, TODAY + n * DAY) for n in range(10)] == list(range(1, 11))


def test_days_that_are_too_long_ago_to_be_asked_for_are_said(platform: Scripted) -> None:
    its = account(connection(), answered_at=NOON - 40 * DAY)

    with logged() as log:
        update(NOON)

    its.refresh_from_db()
    assert its.problem == (
        "It last answered on 2026-01-23 and was asked again from 2026-01-29 on. Import a report "
        "of the days between."
    )
    said = log.only("An account answered too long ago to ask for every day since")
    assert (said["answered_on"], said["asked_from"]) == ("2026-01-23", "2026-01-29")
    assert days_asked(platform) == [(TODAY - 34 * DAY, TODAY)]


@pytest.mark.parametrize("amount", ["NaN", "-1", "0.0000001", "1000000000000"])
def test_a_total_that_cannot_be_recorded_never_stops_the_others(
    platform: Scripted, amount: str
) -> None:
    good, bad, also_good = CampaignFactory.create_batch(3, brand=BrandFactory.create())
    for n, campaign in enumerate((good, bad, also_good)):
        known_as(campaign, str(n))
    its = account(connection(), month_answered_at=NOON)
    platform.costs_of["1"] = [cost("0", 5), cost("1", amount), cost("2", 7)]

    (problem,) = update(NOON).problems

    assert problem.startswith(f"The total of campaign scripted / 1 / 1 on {TODAY} is refused: amo")
    assert [spent(campaign) for campaign in (good, bad, also_good)] == [5, 0, 7]
    its.refresh_from_db()
    assert (its.problem, its.answered_at) == (problem, NOON)


def test_a_total_that_another_source_has_on_record_is_not_recorded_and_is_shown(
    platform: Scripted,
) -> None:
    campaign, other = CampaignFactory.create_batch(2, brand=BrandFactory.create())
    for reference, each in (("7", campaign), ("8", other)):
        known_as(each, reference)
    its = account(connection(), month_answered_at=NOON)
    by_hand = partial(record_all, source="file", now=NOON, kind=Kind.DAY_TOTAL)
    by_hand([DayTotal(campaign, TODAY, 40, NOON)])
    platform.costs_of["1"] = [cost("7", 45), cost("8", 7)]

    update(NOON)

    assert [spent(campaign), spent(other)] == [40, 7]
    its.refresh_from_db()
    assert f"campaign {campaign.pk} on {TODAY}: source scripted reports" in its.problem
    assert its.problem.startswith("Another source has reported some of the same days, which are")
    assert its.problem.endswith("$45.00, and on record is $40.00 by file.")
    by_hand([DayTotal(campaign, TODAY, 0, NOON)])
    update(NOON + 5 * MINUTE)
    its.refresh_from_db()
    assert (spent(campaign), its.problem) == (Decimal(45), "")


def test_another_currency_than_the_brands_is_shown_and_not_recorded(platform: Scripted) -> None:
    euro = CampaignFactory.create(brand=BrandFactory.create(currency="EUR"))
    dollar = CampaignFactory.create()
    known_as(euro, "7")
    known_as(dollar, "8")
    its = account(connection())
    platform.costs_of["1"] = [cost("7", 5), cost("8", 6)]

    update(NOON)

    its.refresh_from_db()
    assert its.problem == (
        "1 campaign is not recorded: the account's amounts are in USD, and their brand's currency "
        "is EUR. Give these platform IDs to campaigns of a brand in USD."
    )
    assert [spent(euro), spent(dollar)] == [0, 6]
    assert not ReportedTotal.objects.filter(campaign=euro).exists()


def test_the_campaigns_of_an_account_are_seen_each_hour_and_those_missing_are_gone(
    platform: Scripted,
) -> None:
    platform.operations_per_day = 300  # with more they are seen at each tick
    its = account(connection(operations_per_day=300))
    platform.campaigns_of["1"] = [
        RemoteCampaign("7", "Spring", is_on=True, status="ENABLED", daily_budget=Decimal("9.5")),
        RemoteCampaign("8", "Autumn", is_on=False, is_removed=True),
    ]
    update(NOON)
    platform.campaigns_of["1"] = [RemoteCampaign("9", "Winter", is_on=True)]
    update(NOON + 5 * MINUTE)
    assert PlatformCampaign.objects.count() == 2

    update(NOON + HOUR)

    rows = PlatformCampaign.objects.order_by("remote_id").values_list(
        "account", "remote_id", "name", "is_on", "status", "daily_budget", "seen_at", "gone_at"
    )
    assert list(rows) == [
        (its.pk, "7", "Spring", True, "ENABLED", Decimal("9.5"), NOON, NOON + HOUR),
        (its.pk, "8", "Autumn", False, "", None, NOON, NOON),
        (its.pk, "9", "Winter", True, "", None, NOON + HOUR, None),
    ]
    platform.campaigns_of["1"] = [RemoteCampaign("7", "Spring 2", is_on=False)]
    update(NOON + 2 * HOUR)
    again = PlatformCampaign.objects.get(remote_id="7")
    assert (again.name, again.is_on, again.gone_at) == ("Spring 2", False, None)


def test_accounts_that_are_not_read_and_connections_that_do_not_work_are_not_asked(
    platform: Scripted,
) -> None:
    account(connection(), is_read=False)
    account(connection("Old", state="disconnected", disconnected_at=NOON), "2")
    account(connection("Refused", state="refused"), "3")

    update(NOON)

    assert platform.asked == []


def test_a_connections_accounts_are_listed_and_kept(platform: Scripted) -> None:
    its = connection()
    platform.listed = [
        Account("1", "One", "Asia/Tokyo", "JPY", "9", "suspended"),
        Account("2", "Two", "UTC", "USD"),
    ]
    assert platforms.list_accounts(its.pk, NOON) == 2
    # Nobody has chosen them yet.
    assert not PlatformAccount.objects.filter(is_read=True).exists()
    PlatformAccount.objects.update(is_read=True)
    another = connection("Another")
    assert platforms.list_accounts(another.pk, NOON) == 2
    platform.listed = [Account("1", "Uno", "Asia/Tokyo", "JPY", "9")]
    platforms.list_accounts(its.pk, NOON + HOUR)

    rows = PlatformAccount.objects.order_by("connection", "remote_id").values_list(
        "connection__name", "remote_id", "name", "timezone", "currency", "parent", "state",
        "is_read",
    )  # fmt: skip
    assert list(rows) == [
        ("Agency", "1", "Uno", "Asia/Tokyo", "JPY", "9", "", True),
        ("Agency", "2", "Two", "UTC", "USD", "", "not listed any more", True),
        ("Another", "1", "One", "Asia/Tokyo", "JPY", "9", "suspended", False),
        ("Another", "2", "Two", "UTC", "USD", "", "", False),
    ]


def test_nothing_is_ordered_where_a_platform_does_not_say_what_it_does(
    platform: Scripted,
) -> None:
    campaign = CampaignFactory.create(status="paused")
    known_as(campaign, "7")
    its = account(connection())
    platform.campaigns_of["1"] = [RemoteCampaign("7", "Spring", is_on=None)]

    update(NOON)

    assert PlatformCampaign.objects.get(account=its).is_on is None
    assert platform.switched == []


def test_campaigns_that_cannot_be_listed_are_asked_for_again_and_that_is_said(
    platform: Scripted,
) -> None:
    campaign = CampaignFactory.create()
    known_as(campaign, "7")
    its = account(connection())
    platform.costs_of["1"] = [cost("7", 5)]

    def down() -> None:
        raise Unreachable("No list today.")

    platform.before["campaigns of 1"] = down
    for n in range(8):
        update(NOON + n * 5 * MINUTE)

    its.refresh_from_db()
    assert spent(campaign) == 5
    assert (its.problem, its.failing_since) == ("No list today.", NOON)

    platform.before.clear()
    platform.campaigns_of["1"] = [RemoteCampaign("7", "Spring", is_on=False)]
    update(NOON + HOUR)
    its.refresh_from_db()
    assert (its.problem, its.failing_since) == ("", None)
    assert its.campaigns.count() == 1
