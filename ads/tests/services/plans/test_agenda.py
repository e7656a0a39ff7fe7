"""The calendar of what changes when."""

from datetime import date
from decimal import Decimal

import pytest

from ads.models import Brand
from ads.models.budgets import Carry
from ads.services import plans, visible
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.services.plans.support import DECEMBER, JANUARY, plan, schedule

pytestmark = pytest.mark.django_db


def test_the_calendar_says_what_changes_when() -> None:
    brand = BrandFactory.create(name="Acme")
    campaign = CampaignFactory.create(
        brand=brand, name="Gift", start_date=date(2024, 12, 24), end_date=date(2024, 12, 24)
    )
    ScheduleFactory.create(
        name="Christmas", priority=10, valid_from=date(2024, 12, 24), valid_until=date(2024, 12, 26)
    ).campaigns.add(campaign)
    plan(brand, {DECEMBER: Decimal(3000)}, Carry.UNSPENT)
    schedule(campaign, None, date(2024, 12, 10), "daily_budget")
    found = plans.agenda.of(DECEMBER, date(2024, 12, 31), brand)
    assert [(one.day.day, str(one.subject), one.says) for one in found] == [
        (1, "Acme", "Monthly budget becomes $3,000.00, adjusted by what is carried forward"),
        (10, "Gift", "Daily budget becomes no limit"),
        (24, "Gift", "Its flight of one day"),
        (24, "Christmas", "Its hours begin to apply on 1 campaign, with priority 10"),
        (25, "Gift", "Its flight has ended, on 2024-12-24"),
        (27, "Christmas", "Its hours no longer apply on 1 campaign"),
    ]


def test_hours_are_said_to_be_of_the_campaigns_that_may_be_seen() -> None:
    campaign, other = CampaignFactory.create_batch(2)
    ScheduleFactory.create(valid_from=DECEMBER).campaigns.add(campaign, other)

    def told(brand: Brand | None = None) -> list[str]:
        return [one.says.partition(",")[0] for one in plans.agenda.of(DECEMBER, DECEMBER, brand)]

    assert told() == ["Its hours begin to apply on 2 campaigns"]
    assert told(campaign.brand) == ["Its hours begin to apply on 1 campaign"]
    assert told(BrandFactory.create()) == []
    with visible.limited([campaign.brand_id]):
        assert told() == ["Its hours begin to apply on 1 campaign"]


def test_the_calendar_says_when_what_was_carried_over_ends() -> None:
    brand, other = BrandFactory.create(name="Acme"), BrandFactory.create()
    campaign = CampaignFactory.create(brand=brand, name="Gift")
    march = date(2025, 3, 1)
    plan(brand, {DECEMBER: Decimal(3000), march: Decimal(5)}, Carry.UNSPENT)
    plan(campaign, {DECEMBER: Decimal(20), JANUARY: Decimal(30)}, Carry.OVERSPENT)
    plan(other, {DECEMBER: Decimal(7)}, Carry.NOTHING)
    schedule(brand, 6, date(2025, 4, 1), "monthly_budget")
    changed = BrandFactory.create(name="Changed in its last month")
    plan(changed, {DECEMBER: Decimal(3000)}, Carry.BOTH)
    schedule(changed, 7, date(2024, 12, 15), "monthly_budget")
    found = plans.agenda.of(JANUARY, date(2025, 4, 30))
    assert [(one.day, str(one.subject), one.says) for one in found if "nothing" in one.says] == [
        (
            JANUARY,
            "Acme",
            "From January 2025 nothing is planned: $3,000.00 as in December, nothing carried over",
        ),
        (
            date(2025, 2, 1),
            "Gift",
            "From February 2025 nothing is planned: $30.00 as in January, nothing carried over",
        ),
    ]
