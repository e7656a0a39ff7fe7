"""The list of what was switched: finding what stopped lately, and the way to it."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ads.models import DeliveryChange
from ads.services.delivery.enforcement import Trigger
from ads.tests.admin.pages import change, changelist, context_of
from ads.tests.factories import BrandFactory, CampaignFactory

CHANGES = changelist("ads_deliverychange")


def switched(name: str, *, on: bool, ago: timedelta, **more: Any) -> DeliveryChange:
    return DeliveryChange.objects.create(
        campaign=CampaignFactory.create(name=name),
        at=timezone.now() - ago,
        is_active=on,
        **{
            "holds": [] if on else ["daily_budget"],
            "actor": "system",
            "trigger": Trigger.SPEND,
            **more,
        },
    )


def listed(client: Client, **query: str) -> list[str]:
    """The names of the campaigns of which the list tells, the newest change first."""
    rows = context_of(client, CHANGES, query)["cl"]
    return [row.campaign.name for row in rows.result_list]


def test_what_stopped_in_the_last_hour_is_found(admin: Client) -> None:
    DeliveryChange.objects.all().delete()
    switched("stopped now", on=False, ago=timedelta(minutes=1))
    switched("started now", on=True, ago=timedelta(minutes=2))
    switched("stopped before", on=False, ago=timedelta(minutes=61))
    switched("stopped long ago", on=False, ago=timedelta(days=8))

    assert listed(admin, last="hour", is_active__exact="0") == ["stopped now"]
    assert listed(admin, last="hour") == ["stopped now", "started now"]
    assert listed(admin, last="day", is_active__exact="1") == ["started now"]
    assert listed(admin, last="week") == ["stopped now", "started now", "stopped before"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"at_from_0": "2026-11-21"}, ["evening", "morning"]),
        ({"at_to_0": "2026-11-21"}, ["evening", "morning", "the day before"]),
        ({"at_to_0": "2026-11-20"}, ["the day before"]),
        ({"at_from_0": "2026-11-21", "at_from_1": "08:01"}, ["evening"]),
        ({"at_from_0": "soon"}, ["evening", "morning", "the day before"]),
    ],
)
def test_a_day_without_a_time_counts_whole(
    admin: Client, query: dict[str, str], found: list[str]
) -> None:
    DeliveryChange.objects.all().delete()
    now = timezone.now()
    for name, at in [
        ("the day before", datetime(2026, 11, 20, 12, tzinfo=UTC)),
        ("morning", datetime(2026, 11, 21, 8, tzinfo=UTC)),
        ("evening", datetime(2026, 11, 21, 23, 59, tzinfo=UTC)),
    ]:
        switched(name, on=False, ago=now - at)

    assert listed(admin, **query) == found


@pytest.mark.parametrize("query", [{"last": "sometimes"}, {"is_active__exact": "perhaps"}])
def test_a_filter_that_is_not_offered_leaves_nothing_out(
    admin: Client, query: dict[str, str]
) -> None:
    switched("Spring", on=False, ago=timedelta(0))

    assert "Spring" in listed(admin, **query)


def test_the_front_page_leads_to_what_stopped_in_the_last_hour(admin: Client) -> None:
    switched("stopped now", on=False, ago=timedelta(minutes=1))
    switched("stopped before", on=False, ago=timedelta(hours=2))

    front = admin.get("/admin/").content.decode()
    link = re.search(r'href="([^"]+)">Stopped in the last hour<', front)
    assert link
    rows = context_of(admin, unescape(link[1]))["cl"].result_list

    assert [row.campaign.name for row in rows] == ["stopped now"]


def test_a_change_leads_to_its_campaign(admin: Client) -> None:
    changed = switched("<b>Spring</b>", on=False, ago=timedelta(0))

    page = admin.get(CHANGES).content.decode()

    assert f'<a class="ads-link" href="{change(changed.campaign)}">' in page
    assert "&lt;b&gt;Spring&lt;/b&gt;" in page
    assert "<b>Spring</b>" not in page


def test_the_list_says_why_with_the_figures_it_was_decided_on(admin: Client) -> None:
    switched(
        "Spring",
        on=False,
        ago=timedelta(0),
        holds=["daily_budget", "dayparting"],
        actor="task: update_spend",
        trigger="update_spend",
        daily_spend=Decimal("75.40"),
        daily_budget=Decimal(75),
    )

    page = admin.get(CHANGES).content.decode()

    assert "Daily budget used up: $75.40 of $75.00; Outside hours" in page
    assert "Automatic (spend update)" in page


def test_a_change_is_shown_in_the_timezone_of_its_brand(admin: Client) -> None:
    brand = BrandFactory.create(timezone="America/New_York")
    DeliveryChange.objects.create(
        campaign=CampaignFactory.create(brand=brand),
        at=datetime(2026, 11, 21, 14, 0, 5, tzinfo=UTC),
        is_active=True,
        trigger=Trigger.SPEND,
    )

    assert "2026-11-21 09:00:05 New York" in admin.get(CHANGES).content.decode()
