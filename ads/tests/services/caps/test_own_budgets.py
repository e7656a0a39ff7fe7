"""What is seen on a platform says whether a budget there is people's own."""

from decimal import Decimal

import pytest

from ads.models import (
    Brand,
    BudgetCap,
    Campaign,
    PlatformAccount,
    PlatformCampaign,
)
from ads.platforms.interface import (
    Refused,
    Unknown,
)
from ads.services import caps, platforms
from ads.tests.platforms.doubles import NOON, Scripted
from ads.tests.services.caps.support import (
    GONE,
    MINUTE,
    OWN,
    SECOND,
    capped,
    let_switch_be_confirmed,
    look,
    rows,
    tick,
)

pytestmark = pytest.mark.django_db


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
