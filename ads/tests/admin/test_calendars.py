"""Dates: "Today" is the brand's or the schedule's, not UTC's; what is typed is never guessed."""

from datetime import date

import pytest
import time_machine
from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from ads.models import BudgetGroup
from ads.tests.admin.pages import change, context_of
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import at

pytestmark = pytest.mark.django_db


def test_pages_about_one_timezone_tell_their_calendars(admin: Client) -> None:
    campaign = CampaignFactory.create(brand__timezone="Pacific/Kiritimati")
    brand = campaign.brand
    group = BudgetGroup.objects.create(brand=brand, name="Search", daily_budget=1)
    pages = [
        change(campaign),
        change(group),
        change(ScheduleFactory.create(timezone=brand.timezone)),
        f"{reverse('admin:ads_spend_new_correction')}?campaign={campaign.pk}",
        reverse("admin:ads_campaign_schedule_budgets", args=[campaign.pk]),
        reverse("admin:ads_brand_what_if", args=[brand.pk]),
    ]

    for page in pages:
        html = admin.get(page).content.decode()

        assert html.count("vDateField") == html.count('data-utc-offset="50400"') > 0, page


def test_the_calendar_of_a_brand_is_of_its_month(client: Client, operator: User) -> None:
    brand = BrandFactory.create(timezone="Pacific/Kiritimati")
    calendar = reverse("admin:ads_scheduledchange_calendar")

    with time_machine.travel(at("2024-05-31 20:00"), tick=False):
        client.force_login(operator)
        its, every = (context_of(client, calendar, of) for of in ({"brand": brand.pk}, {}))

    assert (str(its["today"]), its["span"]) == ("2024-06-01", "June 2024 and July 2024")
    assert (str(every["today"]), every["span"]) == ("2024-05-31", "May 2024 and June 2024")


def test_what_is_about_several_timezones_has_the_calendar_of_utc(admin: Client) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        CampaignFactory.create(brand__timezone=zone)
    rows = {"action": "schedule_budgets", "_selected_action": ["1"], "select_across": "1"}

    html = admin.post(reverse("admin:ads_campaign_changelist"), rows).content.decode()

    assert "vDateField" in html
    assert "data-utc-offset" not in html


def test_a_date_that_may_be_two_days_is_refused_with_the_way_to_write_it() -> None:
    for typed in ("01/12/2026", "1/12/26", "12.31.2026"):
        with pytest.raises(ValidationError, match="Write the date as year-month-day, such as "):
            forms.DateField().clean(typed)
    with pytest.raises(ValidationError, match="Write the date as year-month-day, such as "):
        forms.SplitDateTimeField().clean(["01/12/2026", "08:05"])
    for field, time in (
        (forms.TimeField(), "8 pm"),
        (forms.SplitDateTimeField(), ["2026-12-01", "8 pm"]),
    ):
        with pytest.raises(ValidationError, match="Write the time as hour:minute, such as 18:05"):
            field.clean(time)
    for typed in ("2026-12-31", "31.12.2026", "31 Dec 2026", "December 31, 2026"):
        assert forms.DateField().clean(typed) == date(2026, 12, 31)
