"""How many queries each page of the site costs, with few rows and with many."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ads.models import Brand, Campaign, DaypartingSchedule
from ads.services.bulk.budget_changes import How
from ads.tests import site_map
from ads.tests.admin import many_rows
from ads.tests.browser import world

pytestmark = pytest.mark.django_db

MOST = 40  # with a raised limit, a total budget, a budget group, planned budgets and the bell
#: What a page looks up only where there is any: for all its rows together.
MORE = 3
#: Lists that have no more rows than the system has parts.
KEPT_FEW = {"admin:ads_heartbeat_changelist": 2}


@pytest.fixture
def client() -> Client:
    """The browser of somebody who may do everything, in a world with few rows."""
    client = Client()
    client.force_login(world.make(timezone.now()))
    client.get(
        site_map.Page("admin:index").url()
    )  # looks up once what serves all, content types say
    return client


def test_no_page_costs_more_than_thirty_five_queries_nor_more_of_them_the_more_it_shows(
    client: Client,
) -> None:
    with_few, _ = queries(client)

    many_rows.add(timezone.now())
    with_many, rows = queries(client)

    lists = [site_map.address(model, "changelist") for model in admin.site._registry]
    assert {name: rows[name] for name in lists if rows[name] < many_rows.MANY} == KEPT_FEW
    assert {
        page: (with_few[page], n)
        for page, n in with_many.items()
        if n > min(MOST, with_few[page] + MORE)
    } == {}


@pytest.mark.parametrize("model", [Campaign, Brand])
def test_no_page_before_an_action_costs_more_than_thirty_five_queries(
    client: Client, model: type[Campaign | Brand]
) -> None:
    many_rows.add(timezone.now())
    name = f"ads_{model._meta.model_name}_act"
    asked = {
        "ids": ",".join(str(pk) for pk in model._default_manager.values_list("pk", flat=True)),
        "schedule": str(DaypartingSchedule.objects.latest("pk").pk),
        **dict.fromkeys(("daily_how", "monthly_how"), How.RAISE_PERCENT.value),
        **dict.fromkeys(("daily_by", "monthly_by", "amount"), "10"),
        "period": "day",
        "priority": "3",
        "reason": "Launch",
        "starts_on": f"{timezone.now().date() + timedelta(days=9)}",
        **dict.fromkeys(("of_brand", "of_campaigns", "enable"), "on"),
    }

    for code in admin.site._registry[model].pages:  # type: ignore[attr-defined]
        with CaptureQueriesContext(connection) as captured:
            answer = client.post(reverse(f"admin:{name}", args=[code]), asked)

        assert "ads-preview" in answer.content.decode(), code
        assert len(captured) <= MOST, code


def queries(client: Client) -> tuple[dict[str, int], dict[str, int]]:
    """How many queries each page costs, and how many rows each list shows."""
    counted, rows = {}, {}
    for page in site_map.pages():
        if page.name == "admin:login":
            continue  # who is logged in is sent on
        url = page.url()
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(url)
        assert answer.status_code == 200, f"{page}: {answer.status_code}"
        counted[str(page)] = len(captured)
        if page.name.endswith("_changelist"):
            rows[page.name] = len(answer.context["cl"].result_list)
    return counted, rows
