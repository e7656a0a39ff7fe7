"""What an account answers is recorded before the next is asked."""

from decimal import Decimal
from functools import partial

import pytest

from ads.models import (
    CampaignReference,
    PlatformAccount,
    PlatformCampaign,
    Spend,
    UnknownReference,
    WaitingSpend,
)
from ads.models.spend import Kind
from ads.platforms.interface import Account, RemoteCampaign, Unreachable
from ads.services import platforms
from ads.services.imports import Plan
from ads.services.ledger import DayTotal, record_all
from ads.services.references import registry
from ads.tests.factories import CampaignFactory
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
from ads.tests.services.imports.support import recorded as imported
from ads.tests.services.platforms.asking import DAY, HOUR, MINUTE, cost

pytestmark = pytest.mark.django_db


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


def test_an_id_that_gets_or_loses_its_account_is_reported_on_as_the_same(
    platform: Scripted,
) -> None:
    campaign = CampaignFactory.create()
    loose = known_as(campaign, "7", account="")
    lines = ["date,amount,campaign", f"{TODAY - DAY},8,7", f"{TODAY},9,7"]
    imported(lines, Plan(platform=SCRIPTED), now=NOON)
    account(connection())
    platform.campaigns_of["1"] = [RemoteCampaign("7", "Spring", is_on=True, status="on")]
    platform.costs_of["1"] = [cost("7", 8, TODAY - DAY), cost("7", 12)]
    enforced()

    exact = known_as(campaign, "7")
    update(NOON + MINUTE)
    assert spent(campaign) == 12
    assert spent(campaign, TODAY - DAY) == 8
    loose.delete()
    update(NOON + 20 * MINUTE)
    exact.delete()
    known_as(campaign, "7", account="")
    platform.costs_of["1"] = [cost("7", 8, TODAY - DAY), cost("7", 13)]
    done = update(NOON + 30 * MINUTE)

    assert spent(campaign) == 13
    assert spent(campaign, TODAY - DAY) == 8
    assert (done.recorded, done.problems) == (1, [])


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
