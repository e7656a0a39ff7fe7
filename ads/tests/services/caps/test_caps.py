"""What a brand's choice, its limits and what is seen there make of daily budgets on a platform."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now

from ads.models import (
    Brand,
    BudgetCap,
    BudgetGroup,
    Campaign,
    Connection,
    PlatformAccount,
    PlatformCampaign,
    SwitchOrder,
)
from ads.platforms.interface import (
    CredentialsRefused,
    OutOfQuota,
    Refused,
    RemoteCampaign,
    Unknown,
    Unreachable,
)
from ads.services import caps, locks, platforms, restored
from ads.services.connections import lifecycle
from ads.services.platforms.campaigns import keep
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.platforms.doubles import NOON, Scripted, account, connection, known_as
from ads.tests.support import at_once, let_run_on, spend

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
OWN = Decimal(200)
#: Of a campaign that a look does not find.
GONE = object()


@pytest.fixture
def its(platform: Scripted) -> PlatformAccount:
    return account(connection())


def capped(its: PlatformAccount, remote_id: str = "7", **given: Any) -> Campaign:
    """A campaign of a brand that wants caps, with a daily budget of 200 on the platform."""
    how = given.pop("how", "limit")
    there = {"daily_budget": OWN, **given.pop("there", {})}
    brand = given.pop("brand", None) or BrandFactory.create(platform_caps=how)
    campaign = CampaignFactory.create(brand=brand, **{"daily_budget": 75, **given})
    known_as(campaign, remote_id, account=its.remote_id)
    PlatformCampaign.objects.create(
        account=its, remote_id=remote_id, is_on=True, seen_at=NOON - DAY, **there
    )
    return campaign


def tick(now: Any = NOON) -> None:
    """What the two tasks do, in one process."""
    caps.agree(now)
    for pk in caps.due_accounts(now):
        platforms.cap(pk, lambda: now)


def look(now: Any, **budgets: Any) -> None:
    """A look that began at ``now`` finds these budgets, of c7 say, and all else as it was."""
    for its in PlatformAccount.objects.all():
        found = [
            RemoteCampaign(
                id=place.remote_id,
                name=place.name,
                is_on=place.is_on,
                daily_budget=budgets.get(f"c{place.remote_id}", place.daily_budget),
                is_budget_shared=place.is_budget_shared,
            )
            for place in its.campaigns.all()
            if budgets.get(f"c{place.remote_id}", 0) is not GONE
        ]
        keep(its, found, now)


def let_switch_be_confirmed(campaign: Campaign, its: PlatformAccount, now: Any) -> None:
    """Its platform is told to stop it, and does."""
    SwitchOrder.objects.create(
        campaign=campaign, account=its, remote_id="7", is_on=False, written_at=now, next_at=now
    )
    assert platforms.tell(its.pk, lambda: now).stopped == 1


def rows() -> list[tuple[str, str, Decimal | None, Decimal | None]]:
    found = BudgetCap.objects.order_by("pk")
    return list(found.values_list("place__remote_id", "state", "amount", "original"))


def test_a_daily_budget_there_is_lowered_to_the_days_limit(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    tick()
    assert platform.capped == [("7", Decimal(75))]
    assert rows() == [("7", "confirmed", Decimal(75), OWN)]
    assert PlatformCampaign.objects.get().daily_budget == 75

    tick(NOON + MINUTE)
    assert len(platform.capped) == 1


def test_nothing_is_capped_unless_the_brand_says_so(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its, how="none")
    tick()
    assert (platform.capped, rows()) == ([], [])


def test_a_strict_cap_allows_for_what_the_platform_may_overspend(
    platform: Scripted, its: PlatformAccount
) -> None:
    campaign = capped(its, how="strict")
    tick()
    assert platform.capped == [("7", Decimal("37.50"))]

    other = account(connection("Other"), "2")
    known_as(campaign, "8", account="2")
    PlatformCampaign.objects.create(
        account=other, remote_id="8", is_on=True, daily_budget=OWN, seen_at=NOON
    )
    tick(NOON + MINUTE)
    assert platform.capped[1:] == [("7", Decimal("18.75")), ("8", Decimal("18.75"))]


def test_a_budget_there_is_never_raised(platform: Scripted, its: PlatformAccount) -> None:
    capped(its, daily_budget=300)
    tick()
    assert (platform.capped, rows()) == ([], [])


def test_the_least_of_all_limits_counts_and_spending_today_moves_nothing(
    platform: Scripted, its: PlatformAccount
) -> None:
    campaign = capped(its, daily_budget=75, monthly_budget=100)
    spend(campaign, 40, NOON - DAY)
    spend(campaign, 10, NOON)
    tick()
    assert platform.capped == [("7", Decimal(60))]

    spend(campaign, 5, NOON)
    tick(NOON + MINUTE)
    assert len(platform.capped) == 1

    Brand.objects.update(daily_budget=50)
    tick(NOON + 2 * MINUTE)
    assert platform.capped[1:] == [("7", Decimal(50))]


def test_total_and_shared_budgets_count_by_what_earlier_days_left(
    platform: Scripted, its: PlatformAccount
) -> None:
    total = capped(its, total_budget=100)
    spend(total, 60, NOON - DAY)
    spend(total, 10, NOON)
    sharing = capped(its, "8", brand=total.brand)
    group = BudgetGroup.objects.create(brand=total.brand, name="Shared", monthly_budget=50)
    CampaignFactory.create(brand=total.brand, budget_group=group)
    Campaign.objects.filter(pk=sharing.pk).update(budget_group=group)
    spend(sharing, 30, NOON - DAY)
    spend(sharing, 5, NOON)

    tick()

    assert {row[0]: row[2] for row in rows()} == {"7": Decimal(40), "8": Decimal(20)}


def test_an_edited_budget_an_allowance_and_a_new_day_are_told(
    platform: Scripted, its: PlatformAccount
) -> None:
    campaign = capped(its)
    tick()
    Campaign.objects.update(daily_budget=90)
    tick(NOON + MINUTE)
    let_run_on(Campaign.objects.get(), amount=Decimal(20), now=NOON + 2 * MINUTE)
    tick(NOON + 2 * MINUTE)
    tick(NOON + DAY)  # it has ended
    spend(campaign, 1, NOON + DAY)
    tick(NOON + DAY + MINUTE)

    assert [int(amount) for _, amount in platform.capped] == [75, 90, 110, 90]


def test_without_a_limit_or_the_choice_it_has_its_own_budget_again(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    tick()
    Brand.objects.update(platform_caps="none")
    tick(NOON + MINUTE)
    assert platform.capped[1:] == [("7", OWN)]
    assert rows() == []

    Brand.objects.update(platform_caps="limit")
    tick(NOON + 2 * MINUTE)
    Campaign.objects.update(daily_budget=None)
    tick(NOON + 3 * MINUTE)
    assert platform.capped[3:] == [("7", OWN)]
    assert rows() == []


@pytest.mark.parametrize("change", ["completed", "reference", "deleted"])
def test_a_campaign_that_is_not_ours_to_run_any_more_has_its_own_budget_again(
    platform: Scripted, its: PlatformAccount, change: str
) -> None:
    campaign = capped(its)
    tick()
    match change:
        case "completed":
            Campaign.objects.update(status="completed")
        case "reference":
            campaign.references.all().delete()
        case "deleted":
            campaign.delete()
    tick(NOON + MINUTE)
    assert platform.capped[1:] == [("7", OWN)]
    assert rows() == []


def test_what_was_told_and_is_not_known_is_set_back_as_well(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    platform.caps["7"] = Unknown("still 200")
    tick()
    assert rows() == [("7", "unknown", Decimal(75), OWN)]
    Brand.objects.update(platform_caps="none")
    tick(NOON + MINUTE)
    assert platform.capped == [("7", Decimal(75)), ("7", OWN)]
    del platform.caps["7"]
    tick(NOON + 2 * MINUTE)
    assert rows() == []


def test_when_nothing_may_be_spent_any_more_the_cap_stays(
    platform: Scripted, its: PlatformAccount
) -> None:
    campaign = capped(its, monthly_budget=100)
    other = capped(its, "8", daily_budget=0)
    tick()
    spend(campaign, 120, NOON - DAY)
    tick(NOON + MINUTE)
    assert platform.capped == [("7", Decimal(75))]
    assert [row[:2] for row in rows()] == [("7", "confirmed")]
    assert other.daily_budget == 0


def test_a_budget_that_people_set_there_is_its_own_from_then_on(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    tick()
    look(NOON + 5 * MINUTE, c7=Decimal(300))
    tick(NOON + 5 * MINUTE)
    assert rows() == [("7", "confirmed", Decimal(75), Decimal(300))]

    look(NOON + 10 * MINUTE, c7=Decimal(40))
    tick(NOON + 10 * MINUTE)
    assert rows() == []
    assert platform.capped == [("7", Decimal(75)), ("7", Decimal(75))]


def test_people_may_set_what_was_once_a_cap(platform: Scripted, its: PlatformAccount) -> None:
    campaign = capped(its, daily_budget=60)
    tick()
    Campaign.objects.filter(pk=campaign.pk).update(daily_budget=75)
    tick(NOON + MINUTE)
    assert platform.capped == [("7", Decimal(60)), ("7", Decimal(75))]

    look(NOON + 20 * MINUTE, c7=Decimal(60))
    tick(NOON + 21 * MINUTE)
    Brand.objects.update(platform_caps="none")
    tick(NOON + 22 * MINUTE)

    assert (platform.capped[2:], rows()) == ([], [])


def test_a_budget_just_below_a_cap_is_peoples_own(platform: Scripted, its: PlatformAccount) -> None:
    capped(its, daily_budget="75.50")
    tick()

    look(NOON + 20 * MINUTE, c7=Decimal("74.90"))
    tick(NOON + 21 * MINUTE)
    Brand.objects.update(platform_caps="none")
    tick(NOON + 22 * MINUTE)

    assert (platform.capped[1:], rows()) == ([], [])


def test_a_look_from_before_it_was_told_says_nothing(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    tick()
    look(NOON - MINUTE, c7=OWN)
    tick(NOON + MINUTE)
    assert len(platform.capped) == 1


def test_a_look_from_before_a_cap_changed_does_not_make_the_earlier_one_the_owners(
    platform: Scripted, its: PlatformAccount
) -> None:
    campaign = capped(its)
    tick()
    begun = NOON + 10 * MINUTE
    Campaign.objects.update(daily_budget=100)
    tick(begun + MINUTE)
    look(begun, c7=Decimal(75))
    let_switch_be_confirmed(campaign, its, begun + 2 * MINUTE)
    tick(begun + 3 * MINUTE)
    assert rows() == [("7", "confirmed", Decimal(100), OWN)]
    look(begun + 4 * MINUTE, c7=Decimal(75))  # by hand, or from a replica that is behind
    tick(begun + 4 * MINUTE)
    assert rows()[0][3] == OWN
    assert platform.capped == [("7", Decimal(75)), ("7", Decimal(100))]


def test_a_look_that_began_while_a_cap_was_told_says_nothing(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    times = iter([NOON, NOON, NOON, NOON, NOON + 20 * SECOND])
    caps.agree(NOON)
    platforms.cap(its.pk, lambda: next(times, NOON + 20 * SECOND))
    look(NOON + 10 * SECOND, c7=Decimal(150))
    tick(NOON + MINUTE)
    assert rows() == [("7", "confirmed", Decimal(75), OWN)]


def test_a_budget_that_nobody_has_seen_yet_is_not_overwritten(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    platform.budgets["7"] = Decimal(150)  # 200 when it was last seen
    tick()
    assert platform.capped == []
    tick(NOON + MINUTE)
    assert rows() == [("7", "confirmed", Decimal(75), Decimal(150))]

    platform.budgets["7"] = Decimal(50)
    Campaign.objects.update(daily_budget=60)
    tick(NOON + 2 * MINUTE)
    tick(NOON + 3 * MINUTE)
    assert (platform.capped, rows()) == ([("7", Decimal(75))], [])


def test_a_budget_that_people_set_meanwhile_is_not_restored_over(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    tick()
    platform.budgets["7"] = Decimal(300)
    Brand.objects.update(platform_caps="none")
    tick(NOON + MINUTE)
    assert (len(platform.capped), rows()) == (1, [])
    assert PlatformCampaign.objects.get().daily_budget == 300


def test_a_campaign_that_is_missing_from_one_answer_keeps_its_original_budget(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    tick()
    look(NOON + 5 * MINUTE, c7=GONE)
    Brand.objects.update(platform_caps="none")
    tick(NOON + 5 * MINUTE)
    assert rows() == [("7", "confirmed", Decimal(75), OWN)]
    look(NOON + 10 * MINUTE, c7=Decimal(75))
    tick(NOON + 10 * MINUTE)
    assert (platform.capped[1:], rows()) == ([("7", OWN)], [])


def test_a_missing_campaign_that_nothing_was_told_of_is_forgotten(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    caps.agree(NOON)
    look(NOON, c7=GONE)
    tick(NOON + MINUTE)
    assert (platform.capped, rows()) == ([], [])


@pytest.mark.parametrize("shown", [75, 200])
def test_what_was_not_known_and_then_refused_may_be_there_until_the_original_is_seen(
    platform: Scripted, its: PlatformAccount, shown: int
) -> None:
    capped(its)
    platform.caps["7"] = Unknown("No answer.")
    tick()
    platform.caps["7"] = Refused("FROZEN", "The account is frozen.")
    tick(NOON + MINUTE)
    look(NOON + 5 * MINUTE, c7=Decimal(shown))
    del platform.caps["7"]
    tick(NOON + 5 * MINUTE)
    assert BudgetCap.objects.get().original == OWN
    Brand.objects.update(platform_caps="none")
    tick(NOON + 6 * MINUTE)
    assert platform.capped[2:] == ([("7", OWN)] if shown == 75 else [])
    assert rows() == []


@pytest.mark.parametrize(
    ("there", "code"),
    [
        ({"is_budget_shared": True}, "shared_budget"),
        ({"daily_budget": None}, "no_daily_budget"),
    ],
)
def test_what_has_no_budget_of_its_own_is_refused_and_holds_up_no_other(
    platform: Scripted, its: PlatformAccount, there: dict[str, Any], code: str
) -> None:
    capped(its, there=there)
    capped(its, "8")
    tick()
    assert platform.capped == [("8", Decimal(75))]
    refused = BudgetCap.objects.get(place__remote_id="7")
    assert (refused.state, refused.code) == ("refused", code)
    assert "budget" in refused.answer

    PlatformCampaign.objects.filter(remote_id="7").update(is_budget_shared=False, daily_budget=OWN)
    tick(NOON + MINUTE)
    assert platform.capped[1:] == [("7", Decimal(75))]


@pytest.mark.parametrize("code", ["shared_budget", "no_daily_budget", "currency"])
def test_what_the_platform_alone_calls_shared_is_asked_again_the_next_day(
    platform: Scripted, its: PlatformAccount, code: str
) -> None:
    capped(its)
    platform.caps["7"] = Refused(code, "Not there.")
    for n in range(3):
        tick(NOON + n * MINUTE)
    assert len(platform.capped) == 1
    tick(NOON + DAY)
    assert len(platform.capped) == 2


def test_a_brand_in_another_currency_than_the_account_is_not_capped(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its, brand=BrandFactory.create(currency="EUR", platform_caps="limit"))
    tick()
    assert platform.capped == []
    assert BudgetCap.objects.get().code == "currency"


def test_what_the_platform_refuses_is_shown_in_its_words_and_asked_again_the_next_day(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    platform.caps["7"] = Refused("MINIMUM", "Below the minimum.", "Use more.")
    tick()
    row = BudgetCap.objects.get()
    assert (row.state, row.code, row.answer) == (
        "refused", "MINIMUM", "Below the minimum. Use more.",
    )  # fmt: skip
    tick(NOON + DAY - MINUTE)
    assert len(platform.capped) == 1
    del platform.caps["7"]
    tick(NOON + DAY)
    assert [row[1] for row in rows()] == ["confirmed"]


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (Unreachable("No answer."), timedelta(minutes=5)),
        (OutOfQuota("Too many.", retry_after=timedelta(hours=1)), timedelta(hours=1)),
    ],
)
def test_an_error_makes_all_caps_of_the_account_wait(
    platform: Scripted, its: PlatformAccount, error: Any, again: timedelta
) -> None:
    for remote_id in "78":
        capped(its, remote_id)
    platform.caps["7"] = error
    tick()
    assert [remote_id for remote_id, _ in platform.capped] == ["7"]
    assert caps.due_accounts(NOON + again - MINUTE) == []
    platform.caps.clear()
    tick(NOON + again)
    assert [row[1] for row in rows()] == ["confirmed", "confirmed"]


def test_refused_credentials_are_noted_on_the_connection(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    platform.caps["7"] = CredentialsRefused("Revoked.")
    tick()
    assert Connection.objects.get().state == "refused"
    assert caps.due_accounts(NOON + DAY) == []


@pytest.mark.parametrize("given", [{"is_read_only": True}, {"state": "refused"}])
def test_where_nothing_may_be_switched_nothing_is_capped(
    platform: Scripted, its: PlatformAccount, given: dict[str, Any]
) -> None:
    capped(its)
    Connection.objects.update(**given)
    tick()
    assert platform.capped == []


def test_after_a_restore_caps_wait(platform: Scripted, its: PlatformAccount) -> None:
    capped(its)
    restored.hold(NOON - DAY, NOON)
    tick()
    assert platform.capped == []
    restored.resume(NOON)
    tick()
    assert len(platform.capped) == 1


def test_budgets_are_set_back_before_a_connection_forgets_its_credentials(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    tick()
    ended = lifecycle.disconnect(its.connection, now=NOON + MINUTE)
    assert platform.capped[1:] == [("7", OWN)]
    assert (ended.accounts, ended.caps, ended.left, rows()) == (1, 0, "", [])
    assert Connection.objects.get().state == "disconnected"


def test_what_was_told_and_not_confirmed_is_set_back_too(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    platform.caps["7"] = Unknown("No answer.")
    tick()
    ended = lifecycle.disconnect(its.connection, now=NOON + MINUTE)
    assert (platform.capped[1:], ended.caps) == ([("7", OWN)], 1)
    assert "One campaign keeps the daily cap" in ended.left


def test_setting_back_waits_for_a_cap_that_is_being_told(
    platform: Scripted, its: PlatformAccount, monkeypatch: Any
) -> None:
    capped(its)
    tick()
    PlatformAccount.objects.update(capping_until=Now() + DAY)
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        assert len(platform.capped) == 1
        PlatformAccount.objects.update(capping_until=None)

    monkeypatch.setattr("ads.services.caps.dispatch.time.sleep", wait)
    ended = lifecycle.disconnect(its.connection, now=NOON + MINUTE)
    assert (len(waited), platform.capped[1:], ended.caps) == (1, [("7", OWN)], 0)


def test_what_could_not_be_set_back_is_said(platform: Scripted, its: PlatformAccount) -> None:
    capped(its)
    tick()
    platform.caps["7"] = Unreachable("No answer.")
    ended = lifecycle.disconnect(its.connection, now=NOON + MINUTE)
    assert "One campaign keeps the daily cap" in ended.left
    assert Connection.objects.get().state == "disconnected"
    assert BudgetCap.objects.get().original == OWN


def test_the_share_that_is_kept_for_switching_is_not_used(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    Connection.objects.update(operations_per_day=100, operations=80, operations_on=NOON.date())
    assert platforms.hand_out_caps(NOON) == (1, 0)
    Connection.objects.update(operations=10)
    assert platforms.hand_out_caps(NOON) == (0, 1)


def test_telling_many_ends_where_the_share_for_switching_begins(
    platform: Scripted, its: PlatformAccount
) -> None:
    for remote_id in "789":
        capped(its, remote_id)
    platform.operations_per_day = 100
    Connection.objects.update(operations_per_day=100, operations=78, operations_on=NOON.date())
    tick()
    assert len(platform.capped) == 2


def test_telling_many_ends_before_its_time_is_up(platform: Scripted, its: PlatformAccount) -> None:
    for remote_id in "12345":
        capped(its, remote_id)
    now = NOON

    def late() -> Any:
        nonlocal now
        now += 15 * SECOND
        return now

    caps.agree(NOON)
    platforms.cap(its.pk, late)
    assert 1 <= len(platform.capped) < 5
    for _ in range(4):
        platforms.cap(its.pk, late)
    assert len(platform.capped) == 5


@pytest.mark.django_db(transaction=True)
def test_while_another_process_decides_nothing_is_decided(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    found: list[int] = []
    with transaction.atomic(), at_once() as start:
        assert locks.capping()
        start(lambda: found.append(caps.agree(NOON)))
    assert (found, rows()) == ([0], [])
    assert caps.agree(NOON) == 1


def test_many_campaigns_are_decided_on_in_parts(
    platform: Scripted, its: PlatformAccount, monkeypatch: Any
) -> None:
    monkeypatch.setattr("ads.services.caps.outbox._CHUNK", 2)
    for n in range(5):
        capped(its, str(n))
    tick()
    assert len(platform.capped) == 5
    Brand.objects.update(platform_caps="none")
    tick(NOON + MINUTE)
    assert (platform.capped[5:], rows()) == ([(str(n), OWN) for n in range(5)], [])
