"""What people and senders call things is text wherever it stands: no page runs or draws it."""

from datetime import UTC, datetime
from typing import Any, Final

import pghistory
import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from ads.models import (
    ApiKey,
    Brand,
    Campaign,
    CampaignReference,
    ColumnMapping,
    DaypartingSchedule,
    Heartbeat,
    SeasonalityAdjustment,
    UnknownReference,
    WebhookEndpoint,
)
from ads.tests.admin.pages import act, change, changelist, confirm, filled_in
from ads.tests.browser import world
from ads.tests.site_map import pages

NOW: Final = datetime(2024, 5, 15, 12, tzinfo=UTC)

#: Runs in a page that takes it for markup, in an attribute, or in a script.
EVIL: Final = "\"'><img src=x onerror=alert(1)></script>"
IN_PAGES: Final = ("<img src=x", "alert(1)></script>")

pytestmark = pytest.mark.django_db


@pytest.fixture
def called_so(db: None) -> Client:
    """Everything that has a name has this one."""
    with time_machine.travel(NOW, tick=False):
        user = world.make(NOW)
        client = Client()
        client.force_login(user)
        names: list[tuple[Any, str]] = [
            (Brand, "name"),
            (Campaign, "name"),
            (DaypartingSchedule, "name"),
            (ApiKey, "name"),
            (WebhookEndpoint, "name"),
            (ColumnMapping, "name"),
            (SeasonalityAdjustment, "name"),
            (UnknownReference, "name"),
            (UnknownReference, "reference"),
            (CampaignReference, "reference"),
            (PeriodicTask, "name"),
            (PeriodicTask, "description"),
            (Heartbeat, "last_error"),
            (Group, "name"),
            (User, "last_name"),
            (User, "first_name"),
        ]
        for model, field in names:
            for row in model._default_manager.order_by("pk"):
                model._default_manager.filter(pk=row.pk).update(**{field: f"{EVIL}{row.pk}"})
        for user in User.objects.all():
            User.objects.filter(pk=user.pk).update(username=f"{user.username}{EVIL}")
    return client


def check(response: Any, where: str) -> None:
    assert response.status_code == 200, (where, response.status_code)
    found = [text for text in IN_PAGES if text in response.content.decode()]
    assert not found, (where, found)


@time_machine.travel(NOW, tick=False)
def test_no_page_takes_a_name_for_markup(called_so: Client) -> None:
    named = 0
    for page in pages():
        if page.name != "api-1:openapi-view":
            response = called_so.get(page.url(), follow=True)
            check(response, str(page))
            named += "&lt;img src=x" in response.content.decode()
    assert named > 50


RUN_ON = {"period": "day", "amount": "5", "reason": "<b>Launch</b>"}


@time_machine.travel(NOW, tick=False)
def test_no_action_takes_a_name_for_markup(called_so: Client) -> None:
    campaigns, brands = list(Campaign.objects.order_by("pk")), list(Brand.objects.order_by("pk"))
    schedule = DaypartingSchedule.objects.order_by("pk")[0]

    for model, action, rows, fields in (
        ("ads_campaign", "activate", campaigns, {}),
        ("ads_campaign", "pause", campaigns, {}),
        ("ads_campaign", "reset_daily_spend", campaigns, RUN_ON),
        ("ads_campaign", "attach_schedule", campaigns, {"schedule": schedule.pk}),
        ("ads_campaign", "detach_schedule", campaigns, {"schedule": schedule.pk}),
        ("ads_brand", "pause_all_campaigns", brands[:1], {}),
        ("ads_brand", "resume_campaigns", brands[:1], {}),
        ("ads_brand", "let_run_on", brands, RUN_ON),
    ):
        asked = act(called_so, model, action, rows)
        check(asked, f"{action} asks")
        done = confirm(called_so, asked, **fields)
        check(done, f"{action} tells")
        assert done.context["messages"], action


@time_machine.travel(NOW, tick=False)
def test_nor_does_who_is_told_of_anothers_edit(called_so: Client) -> None:
    campaign = Campaign.objects.order_by("pk")[0]
    data = filled_in(called_so, change(campaign))
    Campaign.objects.filter(pk=campaign.pk).update(name=f"{EVIL} 2", daily_budget=7)

    told = called_so.post(change(campaign), {**data, "name": f"{EVIL} 3", "daily_budget": "9"})

    check(told, "edit")
    assert "Somebody" in told.content.decode() or "changed" in told.content.decode()


@time_machine.travel(NOW, tick=False)
def test_nor_does_an_undo_that_names_what_it_leaves(called_so: Client) -> None:
    campaigns = list(Campaign.objects.order_by("pk"))
    confirm(called_so, act(called_so, "ads_campaign", "activate", campaigns))
    done = confirm(called_so, act(called_so, "ads_campaign", "pause", campaigns))
    context = done.content.decode().partition("/undo/")[2]
    with pghistory.context():  # else, within a test's transaction, it belongs to the pause
        Campaign.objects.filter(pk=campaigns[0].pk).update(status="draft")

    undone = called_so.post(
        reverse("admin:ads_campaign_undo", args=[context[:36]]),
        {"back": changelist("ads_campaign")},
        follow=True,
    )

    check(undone, "undo")
    assert "not put back" in undone.content.decode()
