"""The list of what was switched: finding what stopped lately, and the way to it."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from ads.models import DeliveryChange
from ads.services.enforcement import Trigger
from ads.tests.admin.pages import change, changelist
from ads.tests.factories import CampaignFactory

CHANGES = changelist("ads_deliverychange")


def switched(name: str, *, on: bool, ago: timedelta) -> DeliveryChange:
    return DeliveryChange.objects.create(
        campaign=CampaignFactory.create(name=name),
        at=timezone.now() - ago,
        is_active=on,
        holds=[] if on else ["daily_budget"],
        trigger=Trigger.SPEND,
        actor="system",
    )


def listed(client: Client, **query: str) -> list[str]:
    """The names of the campaigns of which the list tells, the newest change first."""
    response = client.get(CHANGES, query)
    assert response.status_code == 200
    return [row.campaign.name for row in response.context["cl"].result_list]


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
    rows = admin.get(unescape(link[1])).context["cl"].result_list

    assert [row.campaign.name for row in rows] == ["stopped now"]


def test_a_change_leads_to_its_campaign(admin: Client) -> None:
    changed = switched("<b>Spring</b>", on=False, ago=timedelta(0))

    page = admin.get(CHANGES).content.decode()

    assert f'<a class="ads-link" href="{change(changed.campaign)}">' in page
    assert "&lt;b&gt;Spring&lt;/b&gt;" in page
    assert "<b>Spring</b>" not in page
