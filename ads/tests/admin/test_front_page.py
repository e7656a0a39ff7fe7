"""The front page, the menu, and which pages are in it."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin as django_admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from ads.admin.base.menu import MENU
from ads.admin.history.audit import KINDS
from ads.models import Campaign, Heartbeat
from ads.models.timezones import TimezoneName
from ads.tests.admin.pages import add, change, changelist, save
from ads.tests.factories import CampaignFactory

FRONT = reverse("admin:index")


def registered() -> list[str]:
    """Every model with pages, as in the addresses."""
    return sorted(
        f"{model._meta.app_label}_{model._meta.model_name}" for model in django_admin.site._registry
    )


_WITHOUT_PAGES: Final = {
    "AlertDelivery",
    "AlertProgress",
    "Allowance",
    "ArchivedId",
    "ArchivedSpend",
    "BudgetPace",
    "BudgetPlan",
    "CampaignSchedule",
    "ChangedBrand",
    "CountedTable",
    "DaypartingWindow",
    "DefaultView",
    "LastCheck",
    "MatchedSpend",
    "MetricCounter",
    "Person",
    "ProjectionRange",
    "RecordedAgain",
    "SavedView",
    "SecondFactor",
    "Restore",
    "SpendImportPart",
    "SpendMargin",
    "StopLag",
}


def test_every_model_of_ours_has_pages() -> None:
    ours = {
        f"ads_{model._meta.model_name}"
        for model in apps.get_app_config("ads").get_models()
        # Seen on the page of what they belong to, or kept for an undo or the metrics alone.
        if model.__name__ not in _WITHOUT_PAGES
        and model is not TimezoneName  # the list that a trigger looks in
        if not model._meta.proxy
    }

    assert ours <= set(registered())


def test_every_page_is_in_the_menu() -> None:
    offered = {label.replace(".", "_") for icons in MENU.values() for label in icons}
    # "Change history" leads to the first of its lists; the others are its tabs.
    audits = {f"ads_{name.lower()}" for name in KINDS}

    assert offered | audits == set(registered())


def test_each_kind_of_change_has_a_tab_for_those_who_may_see_it(
    staff: Callable[..., Client],
) -> None:
    page = staff("view_brandevent", "view_apikeyevent").get(changelist("ads_brandevent"))

    tabs = [(tab["title"], tab["active"]) for tab in page.context["tab_list"][0]["items"]]
    assert tabs == [("Brands", True), ("API keys", False)]
    assert "Change history" in page.content.decode()


@pytest.mark.parametrize(
    "model", ["ads_brand", "ads_campaign", "ads_daypartingschedule", "auth_user", "auth_group"]
)
def test_every_form_opens_empty(admin: Client, model: str) -> None:
    assert admin.get(add(model)).status_code == 200


def test_our_templates_have_no_scripts_in_them() -> None:
    templates = list((Path(__file__).parents[2] / "templates").rglob("*.html"))

    assert templates
    for template in templates:
        assert not re.search(r"<script(?! src=)|\son\w+=", template.read_text()), template


def test_the_front_page_counts_the_states_and_shows_when_tasks_succeeded(
    admin: Client,
) -> None:
    # The others have been late since the database was made.
    PeriodicTask.objects.exclude(task__endswith="check_campaign_budgets").delete()
    campaigns = CampaignFactory.create_batch(2)
    CampaignFactory.create(status="paused")
    Campaign.objects.filter(pk=campaigns[0].pk).update(is_active=True)
    Campaign.objects.filter(pk=campaigns[1].pk).update(is_active=False)
    Heartbeat.objects.create(
        task="check_campaign_budgets",
        last_run_at=timezone.now() - timedelta(minutes=1),
        last_success_at=timezone.now() - timedelta(minutes=3),
    )

    response = admin.get(FRONT)

    counts = {row["state"]: row["count"] for row in response.context["states"]}
    assert counts == {
        "Active": 1,
        "Paused by system": 1,
        "Paused by user": 1,
        "Draft": 0,
        "Completed": 0,
        "Archived": 0,
    }
    page = response.content.decode()
    assert re.findall(r">(\d min) ago", page) == ["3 min"]
    assert settings.FLOWER_URL in page


def test_the_front_page_shows_only_what_one_may_see(staff: Callable[..., Client]) -> None:
    CampaignFactory.create()

    nothing = staff().get(FRONT)
    viewer = staff("view_campaign", "view_spend").get(FRONT)

    assert "states" not in nothing.context
    assert "tasks" not in nothing.context
    assert "states" in viewer.context
    assert _offered(viewer) == ["Overview", "Campaigns", "Spend entries", "Flower (workers)"]


def _offered(response: Any) -> list[str]:
    groups = response.context["sidebar_navigation"]
    return [item["title"] for group in groups for item in group["items"]]


@pytest.mark.parametrize("model", ["brand", "campaign", "daypartingschedule"])
def test_who_may_only_look_sees_pages_that_cannot_be_saved(
    staff: Callable[..., Client], model: str
) -> None:
    campaign = CampaignFactory.create()
    schedule = apps.get_model("ads", "DaypartingSchedule")._default_manager.create(name="x")
    row: Any = {
        "brand": campaign.brand,
        "campaign": campaign,
        "daypartingschedule": schedule,
    }[model]
    viewer = staff(f"view_{model}")

    response = viewer.get(change(row))

    assert response.status_code == 200
    assert 'name="_save"' not in response.content.decode()
    assert viewer.post(change(row), {"name": "Changed"}).status_code == 403
    assert viewer.get(add(f"ads_{model}")).status_code == 403
    assert row.fresh().name == row.name


def test_the_front_door_leads_to_the_admin(client: Client) -> None:
    response = client.get("/")

    assert response.status_code == 302
    assert response.headers["Location"] == FRONT


def test_who_is_added_may_log_in_and_do_what_their_role_does(admin: Client) -> None:
    operator = Group.objects.get(name="Operator")
    phrase = "correct horse battery"
    entered = {"usable_password": "true", "password1": phrase, "password2": phrase}

    save(admin, add("auth_user"), username="nora", groups=[operator.pk], **entered)

    nora = Client()
    assert nora.login(username="nora", password=phrase)
    assert nora.get(changelist("ads_campaign")).status_code == 200
    assert User.objects.get(username="nora").has_perm("ads.switch_campaign")


def test_people_and_their_rights_are_edited(admin: Client) -> None:
    phrase = "correct horse battery"
    entered = {"usable_password": "true", "password1": phrase, "password2": phrase}

    response = save(admin, add("auth_user"), username="nora", **entered)

    assert response.status_code == 302
    nora = User.objects.get(username="nora")
    assert nora.check_password(phrase)
    assert nora.is_staff
    assert admin.get(change(nora)).status_code == 200


def test_the_list_of_users_shows_their_roles_and_filters_by_them(admin: Client) -> None:
    nora = User.objects.create_user("nora", is_staff=True)
    operator = Group.objects.get(name="Operator")
    nora.groups.add(operator, Group.objects.get(name="Viewer"))

    everybody = admin.get(changelist("auth_user"))
    operators = admin.get(changelist("auth_user"), {"groups__id__exact": operator.pk})

    assert "Operator, Viewer" in everybody.content.decode()
    assert "Superuser" in everybody.content.decode()
    assert everybody.context["cl"].narrowings == []
    assert list(operators.context["cl"].queryset) == [nora]
    assert [one.to for one in operators.context["cl"].narrowings] == ["Operator"]


def test_who_may_only_look_reads_budgets_as_money(staff: Callable[..., Client]) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal("75.4"))

    page = staff("view_campaign").get(change(campaign)).content.decode()

    assert "$75.40" in page
    assert "75.400000" not in page
    assert "no limit" in page
