"""The front page: how everything stands now, and only what one may see of it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pgtrigger
import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from ads.models import Brand, Campaign, Connection, Heartbeat, PlatformAccount
from ads.tests.admin.pages import changelist, context_of
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import enforce_all, spend

pytestmark = pytest.mark.django_db

FRONT = reverse("admin:index")
LIVE = reverse("admin:ads_deliverychange_live")


def in_role(name: str) -> Client:
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=name))
    client = Client()
    client.force_login(user)
    return client


def read(response: Any) -> str:
    """What is on the page, without its tags."""
    page = re.sub(r"<(style|script).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    return re.sub(r" ([.,;:)])", r"\1", words)


def running(**fields: Any) -> Campaign:
    """A campaign that has spent something today, enforced."""
    now = timezone.now()
    amount = fields.pop("spent", 1)
    campaign = CampaignFactory.create(**fields)
    enforce_all(now)
    spend(campaign, amount, now)
    return campaign


def test_it_says_how_many_deliver_and_what_holds_the_others(admin: Client) -> None:
    running(name="Runs")
    running(name="Stopped", daily_budget=75, spent="75.40")
    CampaignFactory.create(name="Off", brand=BrandFactory.create(is_active=False))

    response = admin.get(FRONT)

    page = read(response)
    assert "Delivering 1 running now" in page
    assert "Paused by system 1 Active, but on hold" in page
    assert "Paused by user 1 until someone resumes them" in page
    assert "Daily budget 1 until midnight" in page
    assert "?state=Paused+by+system&amp;hold=daily_budget" in response.content.decode()


def test_each_figure_leads_to_a_list_of_just_as_many(admin: Client) -> None:
    running()
    running(daily_budget=100, spent=101)
    running(monthly_budget=100, spent=85)
    off, closed = BrandFactory.create(is_active=False), ScheduleFactory.create()
    CampaignFactory.create(brand=off, schedules=[closed])
    CampaignFactory.create(status="draft")
    enforce_all(timezone.now())
    context = context_of(admin, FRONT)

    def listed(link: str) -> int:
        count: int = context_of(admin, link)["cl"].result_count
        return count

    figures = [*context["states"], *context["held"]["rows"]]
    assert sum(row["count"] for row in figures) == 5 + 1
    for row in figures:
        assert listed(row["link"]) == row["count"], row
    assert [listed(row["link"]) for row in context["near_campaigns_links"]] == [1, 1]
    assert [listed(row["link"]) for row in context["near_brands_links"]] == [0]


def test_it_compares_spend_with_the_budgets_that_there_are(admin: Client) -> None:
    running(brand=BrandFactory.create(daily_budget=100, monthly_budget=1000), spent=64)
    running(spent=7)

    page = read(admin.get(FRONT))

    assert "Spend today $71.00" in page
    assert "$64.00 of $100.00 64%" in page
    assert "$7.00 spent by 1 brand without a daily budget" in page
    assert "$64.00 of $1,000.00 6%" in page


def test_it_tells_what_is_near_its_limit_and_what_is_over(admin: Client) -> None:
    running(name="Close", daily_budget=100, spent=90)
    running(name="Gone", daily_budget=100, spent=101)

    near = {row["name"]: row for row in context_of(admin, FRONT)["near_campaigns"]}

    assert list(near) == ["Close", "Gone"]
    assert ["Budget used up" in row["state"] for row in near.values()] == [False, True]
    page = read(admin.get(FRONT))
    assert "101% used up" in page
    assert "Budget used up" in page


def test_a_late_task_stands_out_above_everything(admin: Client) -> None:
    now = timezone.now()
    PeriodicTask.objects.update(last_run_at=now, date_changed=now)
    Heartbeat.objects.create(
        task="update_spend",
        last_run_at=now,
        last_success_at=now - timedelta(minutes=43),
        last_failure_at=now,
        last_error="ConnectionError: no answer",
    )
    Heartbeat.objects.create(task="check_campaign_budgets", last_run_at=now, last_success_at=now)

    response = admin.get(FRONT)

    assert [task["name"] for task in response.context["alarms"]] == ["Update spend"]
    page = read(response)
    late = "A periodic task needs attention Update spend, which runs every 5 minutes: Late"
    assert late in page
    assert "ConnectionError: no answer" in page
    assert page.index("A periodic task needs attention") < page.index("System health")


def test_a_platform_that_reports_nothing_stands_out_above_everything(admin: Client) -> None:
    of = Connection.objects.create(name="Agency", platform="google_ads", source="google_ads")
    PlatformAccount.objects.create(
        connection=of, platform="google_ads", source="google_ads", remote_id="1", name="Acme US",
        failing_since=timezone.now() - timedelta(hours=1), problem="It did not answer.",
    )  # fmt: skip

    page = read(admin.get(FRONT))

    assert page.index("Spend is not reported in time") < page.index("System health")
    assert "Google Ads, Acme US could not be read since " in page


@time_machine.travel("2024-05-15T14:00:00Z", tick=False)
def test_many_late_tasks_are_told_of_in_one_sentence(admin: Client) -> None:
    now = timezone.now()
    PeriodicTask.objects.update(last_run_at=now, date_changed=now)
    since = now - timedelta(minutes=43)
    for task in ("update_spend", "check_campaign_budgets", "enforce_dayparting"):
        Heartbeat.objects.create(task=task, last_run_at=since, last_success_at=since)

    response = admin.get(FRONT)

    assert "3 periodic tasks are late, the longest since 2024-05-15 13:" in read(response)
    html = response.content.decode()
    begins = html.index("Which, and why")
    folded = html[begins : html.index("</details>", begins)]
    assert folded.count("Late since") == len(response.context["alarms"]) == 3


@pytest.mark.parametrize(
    ("failing", "told"),
    [
        (3, "The last run of 3 periodic tasks failed Which, and why"),
        (2, "1 periodic task is late since 2024-05-15 13:"),
        (2, "UTC, and the last run of 2 failed: are the worker and beat running?"),
    ],
)
@time_machine.travel("2024-05-15T14:00:00Z", tick=False)
def test_what_fails_is_not_told_to_be_late(admin: Client, failing: int, told: str) -> None:
    now = timezone.now()
    PeriodicTask.objects.update(last_run_at=now, date_changed=now)
    names = ("update_spend", "check_campaign_budgets", "enforce_dayparting")
    for number, name in enumerate(names):
        Heartbeat.objects.create(
            task=name,
            last_run_at=now,
            last_success_at=now - timedelta(hours=1) * (number >= failing),
            last_error="ConnectionError: no answer" if number < failing else "",
        )

    assert told in read(admin.get(FRONT))


def test_there_is_no_alarm_when_all_is_well(admin: Client) -> None:
    now = timezone.now()
    PeriodicTask.objects.exclude(task="ads.tasks.update_spend").delete()
    Heartbeat.objects.create(task="update_spend", last_run_at=now, last_success_at=now)

    response = admin.get(FRONT)

    assert response.context["alarms"] == []
    assert "needs you" not in read(response)


def test_the_charts_say_in_tables_what_they_draw(admin: Client) -> None:
    campaign = running(brand=BrandFactory.create(name="Acme", monthly_budget=100), spent="12.50")

    response = admin.get(FRONT)

    by_day, months = response.context["by_day"], response.context["months"]
    assert list(by_day.rows())[-1]["cells"] == ["$12.50"]
    assert list(months.rows()) == [
        {
            "label": "Acme",
            "link": reverse("admin:ads_brand_change", args=[campaign.brand_id]),
            "cells": ["$12.50", "$100.00"],
        }
    ]
    page = response.content.decode()
    assert '<canvas data-chart="spend-by-day" role="img" aria-label="Spend by day' in page
    assert page.count("Figures as a table") == 2


SECTIONS = {
    "view_campaign": {"states", "held", "near_campaigns"},
    "view_brand": {"spend", "near_brands", "by_day", "months"},
    "view_deliverychange": {"changes"},
    "view_heartbeat": {"tasks", "alarms"},
    "view_periodictask": {"tasks", "alarms"},
}


@pytest.mark.parametrize("permission", SECTIONS)
def test_a_permission_shows_its_sections_and_no_others(
    staff: Callable[..., Client], permission: str
) -> None:
    running()

    context = context_of(staff(permission), FRONT)

    everything = set().union(*SECTIONS.values())
    assert {name for name in everything if name in context} == SECTIONS[permission]


@pytest.mark.parametrize("role", ["Viewer", "Administrator"])
def test_it_takes_at_most_thirty_queries(role: str) -> None:
    for _ in range(3):
        running(daily_budget=10, spent=9)
    client = in_role(role)
    client.get(FRONT)

    with CaptureQueriesContext(connection) as captured:
        assert client.get(FRONT).status_code == 200

    assert len(captured) <= 30


def test_the_last_changes_are_a_part_of_the_page_that_can_be_asked_for_alone(
    staff: Callable[..., Client], admin: Client
) -> None:
    campaign = running(name="Spring", daily_budget=75, spent="75.40")

    response = admin.get(LIVE)

    assert response.status_code == 200
    page = read(response)
    assert f"off Spring of {campaign.brand} Daily budget used up: $75.40 of $75.00" in page
    assert reverse("admin:ads_campaign_change", args=[campaign.pk]) in response.content.decode()
    assert staff("view_campaign").get(LIVE).status_code == 403
    assert Client().get(LIVE).status_code == 403  # no login page in the list's place


def test_a_name_with_markup_in_it_is_shown_as_it_is(admin: Client) -> None:
    running(name="<b>Spring</b>", brand=BrandFactory.create(name="</script><i>"), daily_budget=1)

    for page in (admin.get(FRONT), admin.get(LIVE)):
        assert "<b>Spring" not in page.content.decode()
        assert "</script><i>" not in page.content.decode()


def test_an_empty_installation_is_led_step_by_step(admin: Client) -> None:
    def now_to_do() -> str:
        (step,) = [row for row in context_of(admin, FRONT)["first_steps"] if row.get("now")]
        return str(step["title"])

    assert now_to_do() == "Add a brand"
    brand = Brand.objects.create(name="Acme")
    assert now_to_do() == "Add a campaign"
    campaign = Campaign.objects.create(brand=brand, name="Spring, early")
    assert now_to_do() == "Send the first spend"
    page = admin.get(FRONT).content.decode()
    assert "&quot;Spring, early&quot;," in page  # a line of CSV
    assert "./manage.py seed_data" in page
    spend(campaign, 1, timezone.now())
    assert context_of(admin, FRONT)["first_steps"] is None


def test_the_first_steps_are_told_also_in_a_timezone_that_nobody_can_read(admin: Client) -> None:
    brand = CampaignFactory.create().brand
    with pgtrigger.ignore("ads.Brand:readable_timezone"):
        Brand.objects.filter(pk=brand.pk).update(timezone="Mars/Olympus")

    page = admin.get(FRONT)

    assert page.status_code == 200
    assert f"{brand} is there." in page.content.decode()


def test_who_may_not_take_the_first_step_is_not_led() -> None:
    assert context_of(in_role("Viewer"), FRONT)["first_steps"] is None
    steps = context_of(in_role("Budget manager"), FRONT)["first_steps"]
    assert [[link["text"] for link in step["links"]] for step in steps] == [
        ["Add a brand", "Upload a report"],
        ["Add a campaign"],
        ["Upload a file"],  # and no API key, which takes an Administrator
    ]


def test_an_empty_list_offers_to_add_a_row_to_those_who_may() -> None:
    for role, offered in (("Budget manager", True), ("Viewer", False)):
        page = read(in_role(role).get(changelist("ads_brand")))
        assert "No brands yet" in page
        assert ("Add brand" in page) == offered
