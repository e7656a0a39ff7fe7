"""The list of campaigns: state, holds and figures of each, and finding them."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from itertools import product
from typing import Any, Final

import pgtrigger
import pytest
import time_machine
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ads.models import Brand, Campaign
from ads.models.campaigns import STATES, Status
from ads.services import BudgetService
from ads.services.ledger import SpendEntry, record_all
from ads.tests.admin.pages import change, changelist, context_of
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory

CAMPAIGNS = changelist("ads_campaign")


def listed(client: Client, **query: str | int) -> list[str]:
    """The names of the campaigns that the list shows."""
    return [row.name for row in context_of(client, CAMPAIGNS, query)["cl"].result_list]


def one_of_each() -> None:
    """Campaigns of each status, delivering and not, of a brand that is on and one that is off."""
    for brand in (BrandFactory.create(), BrandFactory.create(is_active=False)):
        for status, is_active in product(Status.values, [True, False]):
            campaign = CampaignFactory.create(brand=brand, status=status)
            Campaign.objects.filter(pk=campaign.pk).update(is_active=is_active)


@pytest.mark.parametrize("state", STATES)
def test_the_filter_by_state_finds_what_is_called_so(admin: Client, state: str) -> None:
    one_of_each()

    expected = {row.name for row in Campaign.objects.all() if row.state == state}

    assert expected
    assert set(listed(admin, state=state)) == expected


def test_every_campaign_is_found_by_the_state_it_is_called_and_by_no_other(db: None) -> None:
    one_of_each()

    for campaign in Campaign.objects.all():
        found = [state for state, q in STATES.items() if campaign in Campaign.objects.filter(q)]

        assert found == [campaign.state]


def test_campaigns_of_a_brand_that_a_person_paused_are_paused_by_user(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring", brand__is_active=False)

    assert listed(admin, state="Paused by user") == ["Spring"]
    assert listed(admin, state="Paused by system") == []
    assert "Paused by user (brand)</span>" in admin.get(CAMPAIGNS).content.decode()
    campaign.brand.is_active = True
    campaign.brand.save()
    assert listed(admin, state="Paused by user") == []


def test_each_row_names_its_holds_with_the_sentence_and_when_they_lift(admin: Client) -> None:
    closed = ScheduleFactory.create(name="Closed")
    held = CampaignFactory.create(
        brand__timezone="Asia/Tokyo", daily_budget=Decimal(75), schedules=[closed]
    )
    free = CampaignFactory.create(brand=held.brand)
    Campaign.objects.filter(pk=free.pk).update(is_active=True)
    with time_machine.travel("2024-05-15T16:00:00Z", tick=False):
        BudgetService.record_spend(held, Decimal("75.40"))

        response = admin.get(CAMPAIGNS)

    rows = {row.pk: row for row in response.context["cl"].result_list}
    assert [held.code for held in rows[held.pk].explained.holds] == ["daily_budget", "dayparting"]
    assert rows[free.pk].explained.holds == []
    page = unescape(response.content.decode())
    assert "Daily budget used up: $75.40 of $75.00. Until 2024-05-17 00:00 Tokyo." in page
    assert "Outside hours (Closed). Until someone changes it." in page
    assert f'aria-describedby="tip-daily_budget-{held.pk}"' in page


def test_the_list_has_the_true_spend_and_the_raised_limit(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(75), monthly_budget=Decimal(100))
    BudgetService.record_spend(campaign, Decimal(80))
    BudgetService.reset_daily_spend(campaign)

    (row,) = context_of(admin, CAMPAIGNS)["cl"].result_list

    assert (row.daily_spend, row.monthly_spend) == (Decimal(80), Decimal(80))
    assert (row.daily_limit, row.monthly_limit) == (Decimal(155), Decimal(100))
    assert row.explained.holds == []


def test_campaigns_are_found_by_name_brand_status_and_dayparting(admin: Client) -> None:
    acme = BrandFactory.create(name="Acme")
    CampaignFactory.create(name="Spring", brand=acme)
    CampaignFactory.create(name="Autumn", brand=acme, status="paused")
    CampaignFactory.create(name="Winter", schedules=[ScheduleFactory.create()])

    assert listed(admin, q="spri") == ["Spring"]
    assert listed(admin, q="acme") == ["Autumn", "Spring"]
    assert listed(admin, brand__id__exact=acme.pk) == ["Autumn", "Spring"]
    assert listed(admin, status__exact="paused") == ["Autumn"]
    assert listed(admin, is_dayparting_enabled__exact="1") == ["Winter"]


@pytest.mark.parametrize(
    "query",
    [{"state": "asleep"}, {"status__exact": "asleep"}, {"brand__id__exact": "x"}, {"p": "x"}],
)
def test_nonsense_in_the_address_is_no_error(admin: Client, query: dict[str, str]) -> None:
    CampaignFactory.create()

    assert admin.get(CAMPAIGNS, query).status_code in {200, 302}


def test_fifty_rows_cost_as_many_queries_as_five(admin: Client) -> None:
    zones = ["UTC", "Pacific/Kiritimati", "Pacific/Niue"]
    brands = [BrandFactory.create(timezone=zone, daily_budget=Decimal(1)) for zone in zones]
    schedule = ScheduleFactory.create()

    def make(count: int) -> None:
        for number in range(count):
            campaign = CampaignFactory.create(
                brand=brands[number % 3], daily_budget=Decimal(1), schedules=[schedule]
            )
            BudgetService.record_spend(campaign, Decimal(2))

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert admin.get(CAMPAIGNS).status_code == 200
        return len(captured)

    make(5)
    queries()
    few = queries()
    make(45)

    assert queries() == few
    assert few < 20


def test_a_brand_in_a_timezone_that_nobody_can_read_does_not_break_the_pages(
    admin: Client,
) -> None:
    campaign = CampaignFactory.create()
    with pgtrigger.ignore("ads.Brand:readable_timezone"):
        Brand.objects.filter(pk=campaign.brand.pk).update(timezone="Mars/Olympus")

    assert listed(admin) == [campaign.name]
    assert "invalid timezone" in admin.get(CAMPAIGNS).content.decode()
    assert "is not a known timezone" in admin.get(change(campaign)).content.decode()
    assert admin.get(changelist("ads_brand")).status_code == 200
    assert admin.get(change(campaign.brand)).status_code == 200


def test_a_file_has_the_campaigns_that_an_order_leaves_out(admin: Client) -> None:
    CampaignFactory.create(name="Spring")
    lost = CampaignFactory.create(name="Lost")
    with pgtrigger.ignore("ads.Brand:readable_timezone"):
        Brand.objects.filter(pk=lost.brand.pk).update(timezone="Mars/Olympus")
    columns = [str(place) for place in range(1, 20)]
    address = reverse("admin:ads_campaign_export_csv")

    for place in columns:
        file: Any = admin.get(address, {"o": place})
        rows = csv.DictReader(io.StringIO(b"".join(file).decode("utf-8-sig")))
        assert sorted(row["campaign"] for row in rows) == ["Lost", "Spring"], place


def test_who_may_only_look_is_offered_the_export_alone(staff: Callable[..., Client]) -> None:
    CampaignFactory.create(name="Spring")
    viewer = staff("view_campaign")

    response = viewer.get(CAMPAIGNS)

    assert "Spring" in response.content.decode()
    offered = response.context["action_form"].fields["action"].choices
    assert [name for name, _ in offered if name] == ["export_selected"]


QUERIES: Final[tuple[dict[str, str | int], ...]] = ({}, {"day_used": 50, "p": 1})


def test_in_every_order_a_page_shows_the_rows_that_sorting_all_of_them_puts_on_it(
    operator: User,
) -> None:
    def page_of(**query: str | int) -> Any:
        request = RequestFactory().get(CAMPAIGNS, query)
        request.user = operator
        return site.get_model_admin(Campaign).get_changelist_instance(request)

    brands = BrandFactory.create_batch(3)
    entries = []
    for number in range(60):
        campaign = CampaignFactory.create(
            brand=brands[number % 3],
            daily_budget=None if number % 7 == 0 else number * 37 % 50 + 1,
            monthly_budget=None if number % 5 == 0 else number * 17 % 400 + 50,
            status=Status.ACTIVE if number % 4 else Status.PAUSED,
        )
        entries.append(SpendEntry(campaign, number * 29 % 41 + 1))
    record_all(entries, source="test", now=timezone.now())
    columns = page_of()
    places = [
        number
        for number, column in enumerate(columns.list_display)
        if columns.get_ordering_field(column)
    ]
    assert len(places) > 8

    for place, sign, query in product(places, ("", "-"), QUERIES):
        order: dict[str, str | int] = {"o": f"{sign}{place}", "rows": 25, **query}
        shown = page_of(**order)

        page = slice(25 * shown.page_num - 25, 25 * shown.page_num)
        assert [row.pk for row in shown.result_list] == [row.pk for row in shown.queryset[page]]
        assert shown.result_list, order
