"""The calendar of what changes when."""

from datetime import date
from decimal import Decimal

import pytest

from ads.models.budgets import Carry
from ads.services import plans
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
        (1, "Acme", "Monthly budget becomes $3,000.00, and what is carried forward"),
        (10, "Gift", "Daily budget becomes no limit"),
        (24, "Gift", "Its flight of one day"),
        (24, "Christmas", "Its hours begin to apply on 1 campaign, with priority 10"),
        (25, "Gift", "Its flight has ended, on 2024-12-24"),
        (27, "Christmas", "Its hours no longer apply on 1 campaign"),
    ]


def test_the_calendar_says_when_what_was_carried_over_ends() -> None:
    brand, other = BrandFactory.create(name="Acme"), BrandFactory.create()
    campaign = CampaignFactory.create(brand=brand, name="Gift")
    march = date(2025, 3, 1)
    plan(brand, {DECEMBER: Decimal(3000), march: Decimal(5)}, Carry.UNSPENT)
    plan(campaign, {DECEMBER: Decimal(20), JANUARY: Decimal(30)}, Carry.OVERSPENT)
    plan(other, {DECEMBER: Decimal(7)}, Carry.NOTHING)
    schedule(brand, 6, date(2025, 4, 1), "monthly_budget")
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
