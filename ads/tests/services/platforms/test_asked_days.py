"""Each account is asked by itself, for the days that it is time for or that it missed."""

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from ads.models import (
    PlatformAccount,
)
from ads.services import platforms
from ads.tests.factories import CampaignFactory
from ads.tests.log_lines import logged
from ads.tests.platforms.doubles import (
    NOON,
    TODAY,
    Scripted,
    account,
    connection,
    known_as,
    spent,
    update,
)
from ads.tests.services.platforms.asking import DAY, HOUR, MINUTE, cost, days_asked

pytestmark = pytest.mark.django_db


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
