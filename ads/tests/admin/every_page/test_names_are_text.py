"""What people and senders call things is text wherever it stands: no page runs or draws it."""

from datetime import UTC, datetime
from typing import Any, Final

import pghistory
import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from ads.models import Brand, Campaign, DaypartingSchedule
from ads.tests.admin.every_page import evil_names
from ads.tests.admin.every_page.evil_names import EVIL, IN_PAGES
from ads.tests.admin.pages import act, change, changelist, confirm, filled_in

NOW: Final = datetime(2024, 5, 15, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def called_so(module_db: None) -> Client:
    """The browser of somebody in a world in which everything that has a name has an evil one."""
    with time_machine.travel(NOW, tick=False):
        user = evil_names.make(NOW)
        client = Client()
        client.force_login(user)
    return client


def check(response: Any, where: str) -> None:
    assert response.status_code == 200, (where, response.status_code)
    found = [text for text in IN_PAGES if text in response.content.decode()]
    assert not found, (where, found)


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
