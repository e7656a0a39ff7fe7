"""The list of campaigns at the edges: invalid filters, late pages, and many rows."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ads.tests.admin.campaigns.test_filters import CAMPAIGNS, NOW, ZONES
from ads.tests.admin.pages import context_of
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import spend_in_sql


@pytest.mark.parametrize(
    "query",
    [
        {"state": "asleep"},
        {"hold": "mood"},
        {"status__exact": "asleep"},
        {"brand__id__exact": "x"},
        {"brand__id__exact": "-1"},
        {"day_used": "81"},
        {"month_used": ""},
        {"any_used": "all"},
        {"flight": "economy"},
        {"is_dayparting_enabled__exact": "maybe"},
        {"rows": "7"},
        {"p": "x"},
        {"p": "99"},
        {"p": "-3"},
        {"o": "99"},
        {"o": "x.-y"},
    ],
)
def test_what_there_is_no_such_choice_of_picks_nothing_out(
    admin: Client, query: dict[str, str]
) -> None:
    campaign = CampaignFactory.create()

    rows = context_of(admin, CAMPAIGNS, query)["cl"]

    assert [row.pk for row in rows.result_list] == [campaign.pk]


def test_a_filter_set_on_a_late_page_shows_its_own_last_page(admin: Client) -> None:
    brand = BrandFactory.create()
    CampaignFactory.create_batch(60, brand=brand, status="draft")
    CampaignFactory.create_batch(30, brand=brand)

    rows = context_of(admin, CAMPAIGNS, {"p": "4", "rows": "25", "status__exact": "draft"})["cl"]

    assert (rows.page_num, len(rows.result_list)) == (3, 10)


def test_the_length_of_a_page_stays_chosen(admin: Client) -> None:
    CampaignFactory.create_batch(30, brand=BrandFactory.create())

    response = admin.get(CAMPAIGNS, {"rows": "25", "status__exact": "active"})

    assert len(response.context["cl"].result_list) == 25
    assert "?p=2&amp;rows=25&amp;status__exact=active" in response.content.decode()
    assert "?rows=100&amp;status__exact=active" in response.content.decode()


#: With the most queries that each way of looking at the list may take.
WAYS: list[tuple[dict[str, str], int]] = [
    ({}, 16),
    ({"o": "-7"}, 20),
    ({"hold": "dayparting", "any_used": "50", "o": "-10.6", "q": "campaign"}, 23),
    ({"flight": "none", "day_used": "50", "month_used": "50"}, 19),
]


def test_sixty_rows_cost_as_many_queries_as_three(admin: Client) -> None:
    brands = [BrandFactory.create(timezone=zone, daily_budget=Decimal(1)) for zone in ZONES]
    closed = ScheduleFactory.create()

    def make(count: int) -> None:
        for number in range(count):
            campaign = CampaignFactory.create(
                brand=brands[number % len(brands)],
                daily_budget=Decimal(1),
                monthly_budget=Decimal(1),
                schedules=[closed],
            )
            for day in (NOW.date(), NOW.date() - timedelta(days=1)):
                spend_in_sql(campaign, "2", day)

    def queries(query: dict[str, str]) -> int:
        with CaptureQueriesContext(connection) as captured:
            shown = admin.get(CAMPAIGNS, {"rows": "100", **query}).context["cl"]
        assert shown.result_count > 1
        return len(captured)

    with time_machine.travel(NOW, tick=False):
        make(3)
        queries({})
        few = [queries(query) for query, _ in WAYS]
        make(57)

        assert [queries(query) for query, _ in WAYS] == few
    assert all(count <= most for count, (_, most) in zip(few, WAYS, strict=True)), few
