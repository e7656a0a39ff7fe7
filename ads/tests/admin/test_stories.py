"""The pages of a campaign and of a brand: what they tell, to whom, and in how many queries."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pghistory
import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ads.models import Brand, Campaign, CampaignReference, ReportedTotal
from ads.services import waivers
from ads.services.actor import acting_as
from ads.tests.admin.pages import change, filled_in
from ads.tests.engine.support import NOON, enforce_all, spend
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory

pytestmark = pytest.mark.django_db

OFFICE = [(day, "09:00", "18:00") for day in range(5)]
#: Queries of a page, everything included.
MOST = 20


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """A Wednesday, midday in UTC."""
    with time_machine.travel(NOON, tick=False):
        yield


def words(client: Client, row: Any, **query: str) -> str:
    """What a person reads on the page of a row."""
    page = client.get(change(row), query).content.decode()
    content = page[page.index('id="content-main"') :]
    told = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", content, flags=re.DOTALL)
    return re.sub(r" ([,.])", r"\1", " ".join(unescape(told).split()))


def test_a_campaign_that_is_held_says_why_and_what_is_in_order(admin: Client) -> None:
    brand = BrandFactory.create(name="Acme", timezone="Asia/Tokyo", daily_budget=Decimal(500))
    campaign = CampaignFactory.create(brand=brand, name="Spring", daily_budget=Decimal(75))
    enforce_all(NOON)
    spend(campaign, "75.40", NOON)

    told = words(admin, campaign)

    assert "Paused by system Acme Off since Wed 15 May 2024, 21:00 (Asia/Tokyo)" in told
    assert "Daily budget used up: $75.40 of $75.00." in told
    assert (
        "It is expected back Thu 16 May 2024, 00:00 (Asia/Tokyo), in 3 hours, "
        "if nobody acts and nothing more is spent." in told
    )
    assert (
        "Why it does not run check_circle In order: Status: active "
        "check_circle In order: Brand Acme is switched on "
        "check_circle In order: Flight: any day "
        "check_circle In order: Brand's daily budget: $75.40 of $500.00 spent "
        "check_circle In order: Brand's monthly budget: no limit, $75.40 spent this month "
        "cancel Holds: Daily budget used up: $75.40 of $75.00 "
        "lifts Thu 16 May 2024, 00:00 (Asia/Tokyo), in 3 hours "
        "check_circle In order: Monthly budget: no limit, $75.40 spent this month "
        "check_circle In order: Hours: around the clock, dayparting is off" in told
    )
    assert "Today $75.40 of $75.00 100% used up" in told
    assert "Brand today $75.40 of $500.00 15%" in told


def test_a_campaign_that_runs_says_when_the_clock_stops_it(admin: Client) -> None:
    campaign = CampaignFactory.create(
        schedules=[ScheduleFactory.create(name="Office", windows=OFFICE)]
    )

    told = words(admin, campaign)

    assert "Nothing holds it: it starts with the next check." in told
    assert (
        "The clock stops it next on Wed 15 May 2024, 18:00 (UTC), in 6 hours (dayparting). "
        "Spend may do so before." in told
    )
    assert "In order: Hours: open now (Office) until Wed 15 May 2024, 18:00 (UTC)" in told


def test_a_campaign_that_nobody_stops_says_so(admin: Client) -> None:
    told = words(admin, CampaignFactory.create())

    assert "Nothing on the clock will stop it; only spend or somebody can." in told


def test_one_that_a_user_paused_comes_back_when_somebody_acts(admin: Client) -> None:
    campaign = CampaignFactory.create(status="paused")

    told = words(admin, campaign)

    assert "Paused by a user. No return is in sight until somebody acts." in told
    assert "Holds: Paused by a user until somebody changes it" in told


def test_several_holds_are_counted_in_the_headline(admin: Client) -> None:
    campaign = CampaignFactory.create(status="paused", daily_budget=Decimal(0))

    told = words(admin, campaign)
    assert "Paused by a user; Daily budget is $0.00, which lets nothing through." in told

    campaign.brand.is_active = False
    campaign.brand.save(update_fields=["is_active"])
    assert "3 things keep it from running." in words(admin, campaign)


def test_the_next_seven_days_are_in_words_beside_the_strip(admin: Client) -> None:
    campaign = CampaignFactory.create(
        schedules=[ScheduleFactory.create(name="Office", windows=OFFICE, timezone="Asia/Tokyo")],
        end_date="2024-05-18",
    )

    response = admin.get(change(campaign))
    told = words(admin, campaign)

    assert "Today 00:00–09:00 Thu 16 May 00:00–09:00 Fri 17 May 00:00–09:00" in told
    assert "Sat 18 May closed all day Sun 19 May outside its flight" in told
    assert "The schedule's own clock is in Asia/Tokyo; here it is the brand's." in told
    today = response.context["week"]["days"][0]
    assert today["spans"] == [{"left": "0.000", "width": "37.500"}]
    assert today["now"] == "50.000"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Dayparting is off: it may run around the clock."),
        (
            {"is_dayparting_enabled": True},
            "Dayparting is on, but no schedule is attached: it may run around the clock.",
        ),
    ],
)
def test_hours_around_the_clock_are_a_sentence_and_no_strip(
    admin: Client, fields: dict[str, Any], sentence: str
) -> None:
    campaign = CampaignFactory.create(**fields)

    assert sentence in words(admin, campaign)
    assert admin.get(change(campaign)).context["week"]["days"] == []


def test_the_month_is_drawn_by_day_and_adding_up(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(10), monthly_budget=Decimal(200))
    for day, amount in [(1, 4), (14, 12), (15, 1)]:
        spend(campaign, amount, NOON, NOON.date().replace(day=day))

    by_day, adding_up = admin.get(change(campaign)).context["charts"]

    assert len(by_day.labels) == 31
    drawn = dict(zip(by_day.labels, by_day.series[0].values, strict=True))
    assert (drawn["1 May"], drawn["2 May"], drawn["14 May"]) == (4, 0, 12)
    assert drawn["16 May"] is None
    assert [by_day.labels[number] for number in by_day.series[0].marked] == ["14 May"]
    assert [limit.words for limit in by_day.limits] == ["Daily budget: $10.00"]
    assert by_day.links[13].endswith("&date_from=2024-05-14&date_to=2024-05-14")
    assert adding_up.series[0].values[13:16] == [Decimal(16), Decimal(17), None]
    assert [limit.words for limit in adding_up.limits] == ["Monthly budget: $200.00"]


def test_what_was_waived_is_said_beside_the_bar(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(75))
    spend(campaign, 80, NOON)
    waivers.waive(campaign, "day", now=NOON)

    assert "Today $0.00 of $75.00 0% $80.00 was spent; $80.00 of it is waived." in words(
        admin, campaign
    )


def test_a_campaign_without_spend_says_where_spend_comes_from(admin: Client) -> None:
    told = words(admin, CampaignFactory.create())

    assert "Nothing has been spent this month so far." in told
    assert "Nothing has been spent yet." in told
    assert "No ad platform's id is attached." in told


def test_its_references_are_told_with_what_was_reported_last(admin: Client) -> None:
    campaign = CampaignFactory.create()
    known = CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", account="A1", reference="815"
    )
    CampaignReference.objects.create(campaign=campaign, platform="meta_ads", reference="7")
    for day, amount in [("2024-05-13", 5), ("2024-05-14", 6)]:
        ReportedTotal.objects.create(
            campaign=campaign,
            date=day,
            source="google_ads",
            known_as=known.known_as,
            amount=amount,
            observed_at=NOON,
        )

    told = words(admin, campaign)

    assert "google_ads / A1 / 815 Tue 14 May 2024 $6.00" in told
    assert "meta_ads / 7 nothing yet –" in told


def test_the_history_says_who_changed_what_and_is_narrowed_down_by_the_address(
    admin: Client,
) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(75))
    with pghistory.context(actor="ben"):
        Campaign.objects.filter(pk=campaign.pk).update(daily_budget=Decimal(100))
    enforce_all(NOON)
    with acting_as("ann"):
        spend(campaign, 100, NOON)

    everything = words(admin, campaign)
    assert re.search(
        r"Daily budget changed daily budget \$75\.00 → to \$100\.00 .{10,40} · by ben", everything
    )
    off = (
        "Switched off: Daily budget used up: $100.00 of $100.00 "
        "Wed 15 May 2024, 12:00 · by ann · set off by: Spend"
    )
    switches = words(admin, campaign, history="switches")
    assert off in everything
    assert off in switches
    assert "Daily budget changed" not in switches
    assert "Nothing of this kind has happened." in words(admin, campaign, history="money")


def test_the_history_goes_on_with_older_pages(admin: Client) -> None:
    campaign = CampaignFactory.create()
    for number in range(70):
        Campaign.objects.filter(pk=campaign.pk).update(daily_budget=Decimal(number + 1))

    seen: list[str] = []
    query = ""
    while True:
        context = admin.get(change(campaign) + query).context
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


def test_a_form_with_an_error_is_open_and_the_story_is_of_what_is_stored(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring", daily_budget=Decimal(5))
    data = filled_in(admin, change(campaign))
    assert '<details class="ads-edit">' in admin.get(change(campaign)).content.decode()

    response = admin.post(change(campaign), {**data, "daily_budget": "lots", "status": "paused"})

    assert '<details class="ads-edit" open>' in response.content.decode()
    assert response.context["state"] == "Paused by system"
    assert campaign.fresh().status == "active"


def test_save_and_continue_editing_comes_back_to_the_open_form(admin: Client) -> None:
    campaign = CampaignFactory.create()
    data = filled_in(admin, change(campaign))

    response = admin.post(change(campaign), {**data, "name": "New", "_continue": "1"})

    assert response.headers["Location"] == f"{change(campaign)}#edit"


def test_a_brand_in_a_timezone_nobody_can_read_says_so_and_still_has_its_history(
    admin: Client,
) -> None:
    campaign = CampaignFactory.create()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ads_brand DISABLE TRIGGER USER")
        cursor.execute("UPDATE ads_brand SET timezone = 'Mars/Olympus'")
        cursor.execute("ALTER TABLE ads_brand ENABLE TRIGGER USER")

    for row in (campaign, campaign.brand):
        told = words(admin, row)
        assert "'Mars/Olympus' is not a known timezone" in told
        assert "Nothing is decided for this brand's campaigns until it is corrected." in told
        assert "Created" in told


def test_a_brand_says_how_it_stands_and_lists_its_campaigns(admin: Client) -> None:
    brand = BrandFactory.create(name="Acme", timezone="Europe/Berlin", daily_budget=Decimal(100))
    held = CampaignFactory.create(brand=brand, name="Held", daily_budget=Decimal(5))
    CampaignFactory.create(brand=brand, name="Draft", status="draft")
    spend(held, "5.25", NOON)

    told = words(admin, brand)

    assert "On It is Wed 14:00 in Europe/Berlin; its day ends in 10 hours." in told
    assert "Its campaigns run as far as their own budgets and hours let them." in told
    assert "1 Paused by system 1 Draft" in told
    assert "In order: Daily budget: $5.25 of $100.00 spent" in told
    assert "Its campaigns all 2 in the list" in told
    assert "Held Paused by system Daily budget $5.25 of $5.00 105% used up" in told
    assert "Draft Draft Status $0.00 no limit" in told


OFF = (
    "Switched off: none of its campaigns runs. "
    "Until somebody switches it on; then those that may run start again."
)
USED_UP = (
    "Daily budget used up: $5.00 of $5.00: none of its campaigns runs. "
    "They are expected back Thu 16 May 2024, 00:00 (UTC), in 12 hours, "
    "as far as nothing else holds them."
)
ZERO = (
    "Daily budget is $0.00, which lets nothing through: none of its campaigns runs. "
    "Until somebody changes its budget."
)


@pytest.mark.parametrize(
    ("fields", "sentences"),
    [
        ({"is_active": False}, OFF),
        ({"daily_budget": Decimal(5)}, USED_UP),
        ({"daily_budget": Decimal(0)}, ZERO),
    ],
)
def test_a_brand_that_holds_its_campaigns_says_until_when(
    admin: Client, fields: dict[str, Any], sentences: str
) -> None:
    brand = BrandFactory.create(**fields)
    spend(CampaignFactory.create(brand=brand), 5, NOON)

    assert sentences in words(admin, brand)


def test_a_brand_without_campaigns_leads_to_the_first(admin: Client) -> None:
    brand = BrandFactory.create()

    assert "It has no campaigns yet. Make the first one" in words(admin, brand)
    assert f"/campaign/add/?brand={brand.pk}" in admin.get(change(brand)).content.decode()


def test_the_brands_history_tells_what_became_of_its_campaigns(admin: Client) -> None:
    brand = BrandFactory.create(name="Acme")
    for name in "ABCDE":
        spend(CampaignFactory.create(brand=brand, name=name), 1, NOON)
    enforce_all(NOON)
    Brand.objects.update(daily_budget=Decimal(5))
    enforce_all(NOON + timedelta(minutes=5))

    told = words(admin, brand, history="switches")

    assert (
        "5 campaigns switched off: Brand's daily budget used up: $5.00 of $5.00 A, B, C and 2 more "
        "Wed 15 May 2024, 12:05 · by the system · set off by: Budget check" in told
    )


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
    for hidden in ("What ad platforms know it by", change(campaign.brand)):
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
            waivers.waive(one, "day", now=NOON)
        Brand.objects.filter(pk=campaign.brand_id).update(daily_budget=Decimal(number + 1000))


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
        told["undo"] for told in admin.get(change(row)).context["happenings"] if told["undo"]
    ]
    address = re.search(r'action="([^"]+)"', undo)
    assert address
    admin.post(address[1], {"back": change(row)})

    assert campaign.fresh().state == "Active"
    assert not any(told["undo"] for told in admin.get(change(row)).context["happenings"])


def test_who_may_not_pause_is_offered_no_undo(staff: Callable[..., Client]) -> None:
    campaign = CampaignFactory.create()
    with acting_as("ben"):
        Campaign.objects.filter(pk=campaign.pk).update(status="paused")

    def offered(*permissions: str) -> bool:
        told = staff("view_campaign", *permissions).get(change(campaign)).context["happenings"]
        return any(row["undo"] for row in told)

    assert offered("switch_campaign")
    assert not offered()
