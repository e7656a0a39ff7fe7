"""Planning budgets on a brand's page, and from which day on they can be scheduled."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from ads.models import Brand, ScheduledChange
from ads.services import plans
from ads.services.plans import by_month
from ads.tests.admin.pages import change, confirm, context_of, said
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.plans.support import schedule
from ads.tests.support import at, spend

NOW = at("2024-11-20 20:00")
NOVEMBER, DECEMBER = date(2024, 11, 1), date(2024, 12, 1)


@pytest.fixture(autouse=True)
def evening() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def text_of(response: Any) -> str:
    """What a person reads on it."""
    shown = re.sub(r"<[^>]*>", " ", response.content.decode())
    return " ".join(unescape(shown).split())


def page_of(brand: Brand) -> str:
    return reverse("admin:ads_brand_plan", args=[brand.pk])


def test_the_page_says_what_a_month_left_empty_gets(admin: Client) -> None:
    brand = BrandFactory.create(monthly_budget=1000)
    by_month.save(brand, {DECEMBER: Decimal(3000)}, "both", NOW)
    left = "From January 2025 nothing is planned: $3,000.00 as in December, nothing carried over."

    page = admin.get(page_of(brand))
    assert "The monthly budget is $1,000.00 now." in text_of(page)
    assert left in text_of(page)
    assert "An empty month keeps the last planned amount" in text_of(page)

    entered = {"carries": "both", "m2024_12": "3000", "m2025_01": "500"}
    preview = text_of(admin.post(page_of(brand), entered))
    assert left not in preview
    assert "From February 2025 nothing is planned: $500.00 as in January" in preview


@pytest.mark.parametrize(
    ("code", "sign", "amount"),
    [("USD", "$", "1500.00"), ("JPY", "¥", "1500"), ("KWD", "KWD", "1500.000")],
)
def test_the_months_are_in_the_units_of_the_brands_currency(
    admin: Client, code: str, sign: str, amount: str
) -> None:
    brand = BrandFactory.create(currency=code)
    by_month.save(brand, {DECEMBER: Decimal(1500)}, "nothing", NOW)

    form = context_of(admin, page_of(brand))["form"]

    december = form["m2024_12"]
    assert (december.value(), december.field.widget.attrs["suffix"]) == (amount, sign)


def test_clearing_the_present_month_says_what_it_puts_back(admin: Client) -> None:
    brand = BrandFactory.create(monthly_budget=1000)
    spend(CampaignFactory.create(brand=brand), 2000, NOW)
    by_month.save(brand, {NOVEMBER: Decimal(3000)}, "nothing", NOW)

    preview = admin.post(page_of(brand), {"carries": "nothing", "m2024_11": ""})
    assert "At once: Nothing planned for November 2024: $1,000.00, as before." in text_of(preview)
    assert [line.count for line in preview.context["lines"]] == [1]

    saved = {"carries": "nothing", "m2024_11": "", "do": "1", "seen": preview.context["seen"]}
    admin.post(page_of(brand), saved)
    assert brand.fresh().monthly_budget == 1000


def test_a_plan_that_somebody_has_saved_meanwhile_is_shown_anew(admin: Client) -> None:
    brand = BrandFactory.create(monthly_budget=1000)
    entered = {"carries": "nothing", "m2024_12": "3000"}
    seen = admin.post(page_of(brand), entered).context["seen"]
    by_month.save(brand, {date(2025, 1, 1): Decimal(7)}, "nothing", NOW)

    again = admin.post(page_of(brand), entered | {"do": "1", "seen": seen})

    assert "January 2025 $7.00 not planned" in text_of(again)
    assert ScheduledChange.objects.get(cancelled_at=None).amount == 7
    admin.post(page_of(brand), entered | {"do": "1", "seen": again.context["seen"]})
    assert ScheduledChange.objects.get(cancelled_at=None).amount == 3000


@pytest.mark.django_db
@pytest.mark.parametrize("of", ["brand", "campaign"])
@pytest.mark.parametrize(
    ("zone", "day", "has_begun"),
    [
        ("Asia/Tokyo", "2024-11-21", True),
        ("Asia/Tokyo", "2024-11-22", False),
        ("America/New_York", "2024-11-20", True),
        ("America/New_York", "2024-11-21", False),
    ],
)
def test_budgets_are_scheduled_from_the_brands_tomorrow_on(
    admin: Client, of: str, zone: str, day: str, *, has_begun: bool
) -> None:
    brand = BrandFactory.create(timezone=zone, daily_budget=10)
    campaign = CampaignFactory.create(brand=brand, daily_budget=10)
    entered: dict[str, Any] = {
        "ids": str(brand.pk if of == "brand" else campaign.pk),
        "daily_how": "set",
        "daily_by": "20",
        "of_brand": "on",
        "starts_on": day,
    }
    url = reverse(f"admin:ads_{of}_act", args=["schedule_budgets"])
    refused = f"{day} has begun. Choose a later day, or change the budgets at once."
    assert (refused in text_of(admin.post(url, entered))) == has_begun


@pytest.mark.django_db
def test_a_day_has_begun_where_it_has_begun_for_one_of_the_brands() -> None:
    brands = Brand.objects.all()
    BrandFactory.create(timezone="America/New_York")
    assert not plans.has_begun(date(2024, 11, 21), brands, at("2024-11-21 04:59"))
    assert plans.has_begun(date(2024, 11, 21), brands, at("2024-11-21 05:00"))
    BrandFactory.create(timezone="Asia/Tokyo")
    assert plans.has_begun(date(2024, 11, 21), brands, at("2024-11-20 15:00"))
    assert not plans.has_begun(date(2024, 11, 21), brands, at("2024-11-20 14:59"))
    BrandFactory.create(timezone="Pacific/Kiritimati")
    assert plans.has_begun(date(2024, 11, 21), brands, at("2024-11-20 14:59"))


@pytest.mark.django_db
def test_of_many_that_are_cancelled_together_some_are_named(admin: Client) -> None:
    brand = BrandFactory.create(name="Acme")
    changes = [schedule(brand, 10, date(2024, 12, day), "daily_budget") for day in range(1, 9)]
    chosen = {"action": "cancel", "_selected_action": [change.pk for change in changes]}
    address = reverse("admin:ads_scheduledchange_changelist")

    response: Any = admin.post(address, chosen)
    asked = response.context_data
    assert asked["rows"][-2:] == [
        "Cancels the daily budget of Acme from 2024-12-04.",
        "… and 3 more.",
    ]
    assert not ScheduledChange.objects.exclude(cancelled_at=None).exists()
    assert asked["hidden"] == [
        ("action", "cancel"),
        *(("_selected_action", str(change.pk)) for change in changes),
        ("do", "1"),
    ]
    done = said(admin.post(address, {**chosen, "do": "1"}, follow=True))
    again = said(admin.post(address, chosen, follow=True))

    assert done[0] == "Cancelled the daily budget of Acme from 2024-12-08."
    assert (len(done), done[-1]) == (6, "In all, 8 were cancelled or undone.")
    assert (len(again), again[-1]) == (6, "In all, 8 were left as they are.")


@pytest.mark.parametrize("make", [BrandFactory.create, CampaignFactory.create])
def test_the_page_of_a_brand_or_campaign_leads_to_scheduling_its_budgets(
    admin: Client, staff: Any, make: Any
) -> None:
    row = make(name="Acme", daily_budget=10)
    what = row._meta.model_name
    address = reverse(f"admin:ads_{what}_schedule_budgets", args=[row.pk])
    page = admin.get(change(row))
    assert f'href="{address}">schedule a change</a>' in page.content.decode()

    asked = admin.get(address)
    assert asked.context["hidden"][0] == ("ids", str(row.pk))
    entered = {"daily_how": "set", "daily_by": "20", "starts_on": "2024-12-01", "of_brand": "on"}
    done = confirm(admin, asked, **entered)

    assert done.redirect_chain == [(change(row), 302)]
    assert "Daily budget $20.00 from 1 Dec 2024" in text_of(done)
    assert ScheduledChange.objects.get().owner == row
    viewer = staff("view_brand", "view_campaign")
    assert "schedule a change" not in viewer.get(change(row)).content.decode()
    assert viewer.get(address).status_code == 403
    assert admin.get(reverse(f"admin:ads_{what}_schedule_budgets", args=[0])).status_code == 404
