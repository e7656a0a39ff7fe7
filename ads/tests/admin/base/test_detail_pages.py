"""What the pages of campaigns and brands share: history, form, who sees what, queries."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ads.admin.base import detail_page
from ads.models import Brand, Campaign, CampaignReference
from ads.services.actor import acting_as
from ads.tests.admin.pages import change, context_of, filled_in, words
from ads.tests.factories import CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, enforce_all, let_run_on, spend

pytestmark = pytest.mark.django_db


OFFICE = [(day, "09:00", "18:00") for day in range(5)]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """A Wednesday, midday in UTC."""
    with time_machine.travel(NOON, tick=False):
        yield


#: Queries of a page, everything included.
MOST = 33  # with the bell, a pace, labels, a group and planned budgets


def _grow(campaign: Campaign, count: int) -> None:
    """So many of everything that its page, and its brand's, tell of."""
    for number in range(count):
        schedule = ScheduleFactory.create(windows=OFFICE)
        campaign.campaignschedule_set.create(schedule=schedule)
        CampaignReference.objects.create(
            campaign=campaign, platform="google_ads", reference=f"{number}-{schedule.pk}"
        )
        other = CampaignFactory.create(brand=campaign.brand, schedules=[schedule])
        for one in (campaign, other):
            spend(one, 1, NOON)
            let_run_on(one, "day", now=NOON)
        Brand.objects.filter(pk=campaign.brand_id).update(daily_budget=Decimal(number + 1000))


def test_who_may_not_see_spend_campaigns_or_references_is_not_told_of_them(
    staff: Callable[..., Client],
) -> None:
    campaign = CampaignFactory.create(name="Spring")
    CampaignReference.objects.create(campaign=campaign, platform="google_ads", reference="815")
    enforce_all(NOON)
    spend(campaign, 5, NOON)

    own = staff("view_campaign").get(change(campaign))
    brands = staff("view_brand").get(change(campaign.brand))

    assert own.context["entries"] is None
    assert "references" not in own.context
    assert "Last spend" not in own.content.decode()
    for hidden in ("Platform IDs", change(campaign.brand)):
        assert hidden not in own.content.decode().split("ads-edit")[0]
    assert "campaigns" not in brands.context
    assert "states" not in brands.context
    assert "Spring" not in brands.content.decode()


def test_a_viewer_reads_settings_and_is_offered_no_edit(db: None) -> None:
    viewer = User.objects.create_user("vera", is_staff=True)
    viewer.groups.add(Group.objects.get(name="Viewer"))
    client = Client()
    client.force_login(viewer)

    for row in (campaign := CampaignFactory.create(), campaign.brand):
        page = client.get(change(row)).content.decode()
        assert 'href="#edit"' not in page
        assert "Settings</span>" in page


@pytest.mark.parametrize("of_brand", [False, True], ids=["campaign", "brand"])
def test_a_page_costs_a_manager_as_many_queries_however_much_there_is(of_brand: bool) -> None:
    manager = User.objects.create_user("mia", is_staff=True)
    manager.groups.add(Group.objects.get(name="Budget manager"))
    client = Client()
    client.force_login(manager)
    campaign = CampaignFactory.create(is_dayparting_enabled=True, daily_budget=Decimal(1000))
    row = campaign.brand if of_brand else campaign

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(change(row)).status_code == 200
        return len(captured)

    _grow(campaign, 2)
    queries()
    few = queries()
    _grow(campaign, 12)

    assert queries() <= few <= MOST


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("of_brand", [False, True], ids=["campaign", "brand"])
def test_the_last_pause_can_be_undone_where_it_is_told_of(admin: Client, of_brand: bool) -> None:
    campaign = CampaignFactory.create()
    row: Any = campaign.brand if of_brand else campaign
    with acting_as("ben"):
        if of_brand:
            Brand.objects.filter(pk=row.pk).update(is_active=False)
        else:
            Campaign.objects.filter(pk=row.pk).update(status="paused")
    assert campaign.fresh().is_active is False

    (undo,) = [
        told["undo"] for told in context_of(admin, change(row))["happenings"] if told["undo"]
    ]
    address = re.search(r'action="([^"]+)"', undo)
    assert address
    assert ">Undo</button>" in undo
    admin.post(address[1], {"back": change(row)})

    assert campaign.fresh().state == "Active"
    assert not any(told["undo"] for told in context_of(admin, change(row))["happenings"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("of_brands", [False, True], ids=["campaigns", "brands"])
def test_undoing_a_pause_of_several_says_of_how_many(
    admin: Client, of_brands: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaigns = CampaignFactory.create_batch(4)
    rows: list[Any] = [row.brand if of_brands else row for row in campaigns]
    column, paused = ("is_active", False) if of_brands else ("status", "paused")
    table = type(rows[0]).objects
    with acting_as("ben"):
        table.exclude(pk=rows[3].pk).update(**{column: paused})

    with CaptureQueriesContext(connection) as queries:
        page = admin.get(change(rows[0])).content.decode()

    kind = "brands" if of_brands else "campaigns"
    assert f">Undo this pause of 3 {kind}</button>" in page
    assert len(queries) <= MOST
    monkeypatch.setattr(detail_page, "COUNTED", 2)
    page = admin.get(change(rows[0])).content.decode()
    assert f">Undo this pause of more than 2 {kind}</button>" in page


def test_who_may_not_pause_is_offered_no_undo(staff: Callable[..., Client]) -> None:
    campaign = CampaignFactory.create()
    with acting_as("ben"):
        Campaign.objects.filter(pk=campaign.pk).update(status="paused")

    def offered(*permissions: str) -> bool:
        told = context_of(staff("view_campaign", *permissions), change(campaign))["happenings"]
        return any(row["undo"] for row in told)

    assert offered("switch_campaign")
    assert not offered()


def test_a_form_with_an_error_is_open_and_the_story_is_of_what_is_stored(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring", daily_budget=Decimal(5))
    data = filled_in(admin, change(campaign))
    assert '<details class="ads-edit">' in admin.get(change(campaign)).content.decode()

    response = admin.post(change(campaign), {**data, "daily_budget": "lots", "status": "paused"})

    assert '<details class="ads-edit" open>' in response.content.decode()
    assert "Starting" in response.context["state"]
    assert campaign.fresh().status == "active"


def test_save_and_continue_editing_comes_back_to_the_open_form(admin: Client) -> None:
    campaign = CampaignFactory.create()
    data = filled_in(admin, change(campaign))

    response = admin.post(change(campaign), {**data, "name": "New", "_continue": "1"})

    assert response.headers["Location"] == f"{change(campaign)}#edit"


def test_the_history_goes_on_with_older_pages(admin: Client) -> None:
    campaign = CampaignFactory.create()
    for number in range(70):
        Campaign.objects.filter(pk=campaign.pk).update(daily_budget=Decimal(number + 1))

    seen: list[str] = []
    query = ""
    while True:
        context = context_of(admin, change(campaign) + query)
        seen += [row["happening"].changes[0].new for row in context["happenings"]]
        if not context["history_older"]:
            break
        query = context["history_older"]

    assert seen == [*(f"${number}.00" for number in range(70, 0, -1)), campaign.brand.name]
    assert context["history_newest"] == "?#history"


@pytest.mark.parametrize(
    "query", ["?older=rubbish", "?history=nonsense", "?older=~~&history=edits"]
)
def test_an_address_that_says_nothing_sensible_shows_the_newest(admin: Client, query: str) -> None:
    campaign = CampaignFactory.create()

    response = admin.get(change(campaign) + query)

    assert response.status_code == 200
    assert [row["happening"].title for row in response.context["happenings"]] == ["Created"]


def test_a_brand_in_a_timezone_nobody_can_read_says_so_and_still_has_its_history(
    admin: Client,
) -> None:
    campaign = CampaignFactory.create()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE ads_brand DISABLE TRIGGER USER")
        cursor.execute("UPDATE ads_brand SET timezone = 'Mars/Olympus'")
        cursor.execute("ALTER TABLE ads_brand ENABLE TRIGGER USER")

    for row in (campaign, campaign.brand):
        told = words(admin, row)
        assert "'Mars/Olympus' is not a known timezone" in told
        assert "Campaigns of this brand are not checked until it is corrected." in told
        assert "Created" in told
