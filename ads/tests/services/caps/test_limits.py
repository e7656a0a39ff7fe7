"""What a brand's choice and its limits make of daily budgets on a platform."""

from decimal import Decimal

import pytest

from ads.models import (
    Brand,
    BudgetGroup,
    Campaign,
    PlatformAccount,
    PlatformCampaign,
)
from ads.platforms.interface import (
    Unknown,
)
from ads.tests.factories import CampaignFactory
from ads.tests.platforms.doubles import NOON, Scripted, account, connection, known_as
from ads.tests.services.caps.support import DAY, MINUTE, OWN, capped, rows, tick
from ads.tests.support import let_run_on, spend

pytestmark = pytest.mark.django_db


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


def test_a_strict_cap_is_shared_with_no_place_where_nothing_is_spent(
    platform: Scripted, its: PlatformAccount
) -> None:
    """The same account of a connection that was removed, and a campaign that is gone there."""
    campaign = capped(its, how="strict")
    before = account(
        connection("Before", state="disconnected", disconnected_at=NOON), is_read=False
    )
    PlatformCampaign.objects.create(
        account=before, remote_id="7", is_on=True, daily_budget=OWN, seen_at=NOON
    )
    known_as(campaign, "8")
    PlatformCampaign.objects.create(account=its, remote_id="8", seen_at=NOON, gone_at=NOON)

    tick()

    assert platform.capped == [("7", Decimal("37.50"))]


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
