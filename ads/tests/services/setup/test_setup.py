"""What a setup file changes, and how: creating, updating, renaming, clearing, leaving alone."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Brand, Campaign, CampaignReference, CampaignSchedule
from ads.services.actor import acting_as
from ads.services.history import audit
from ads.services.team import labels
from ads.tests.factories import CampaignFactory, ScheduleFactory
from ads.tests.services.setup.support import applied, changes, previewed, problems, sheet
from ads.tests.support import NOON, delivers, enforce_all, spend, switches

pytestmark = pytest.mark.django_db(transaction=True)

AGENCY = (
    "brand,campaign,status,timezone,currency,daily_budget,monthly_budget,start_date,end_date,"
    "dayparting,schedules,platform_ids\n"
    'Acme,,active,Europe/Berlin,EUR,"1,000.00",,,,,,\n'
    'Acme,Spring,active,,,75,"€1,500.00",2024-05-01,2024-06-30,'
    "on,Office hours; Weekend,google_ads / 123-456-7890 / 987; meta_ads / 2385\n"
    "Acme,Autumn,draft,,,,,,,,,\n"
)


def test_brands_and_campaigns_are_created_with_all_that_a_row_says() -> None:
    ScheduleFactory.create(name="Office hours")
    ScheduleFactory.create(name="Weekend")

    done = applied(AGENCY)

    assert done.counts == {
        "brands_new": 1,
        "brands_changed": 0,
        "campaigns_new": 2,
        "campaigns_changed": 0,
        "unchanged": 0,
    }
    acme = Brand.objects.get()
    assert (acme.timezone, acme.currency, acme.daily_budget) == ("Europe/Berlin", "EUR", 1000)
    spring = Campaign.objects.get(name="Spring")
    assert (spring.daily_budget, spring.monthly_budget) == (75, 1500)
    assert (spring.start_date, spring.end_date) == (date(2024, 5, 1), date(2024, 6, 30))
    assert spring.is_dayparting_enabled
    assert set(spring.dayparting_schedules.values_list("name", flat=True)) == {
        "Office hours",
        "Weekend",
    }
    assert [str(one) for one in spring.references.all()] == [
        "google_ads / 1234567890 / 987",  # in its one spelling
        "meta_ads / 2385",
    ]
    assert Campaign.objects.get(name="Autumn").status == "draft"
    assert changes(AGENCY) == []


def test_a_column_that_is_left_out_and_an_empty_cell_leave_values_alone() -> None:
    campaign = CampaignFactory.create(
        brand__name="Acme", name="Spring", daily_budget=75, monthly_budget=900, status="paused"
    )

    applied("brand,campaign,daily_budget,monthly_budget\nAcme,Spring,,1000\n")

    after = campaign.fresh()
    assert (after.daily_budget, after.monthly_budget, after.status) == (75, 1000, "paused")


def test_none_takes_a_value_away() -> None:
    campaign = CampaignFactory.create(
        brand__name="Acme",
        name="Spring",
        daily_budget=75,
        start_date=date(2024, 5, 1),
        schedules=[ScheduleFactory.create()],
    )
    CampaignReference.objects.create(campaign=campaign, platform="meta_ads", reference="1")
    text = (
        "brand,campaign,daily_budget,start_date,schedules,platform_ids\n"
        "Acme,Spring,none,None,NONE,none\n"
    )

    assert changes(text) == [
        "Acme / Spring: daily budget $75.00 → no limit",
        "Acme / Spring: start date 2024-05-01 → none",
        f"Acme / Spring: schedules {campaign.dayparting_schedules.get()} → none",
        "Acme / Spring: platform IDs meta_ads / 1 → none",
    ]
    assert previewed(text).plan.notes == [
        "A budget is taken away, so there is no limit: Acme / Spring."
    ]
    applied(text)

    after = campaign.fresh()
    assert (after.daily_budget, after.start_date) == (None, None)
    assert not CampaignSchedule.objects.exists()
    assert not CampaignReference.objects.exists()


def test_an_id_allows_renaming_and_a_name_alone_is_another_campaign() -> None:
    campaign = CampaignFactory.create(brand__name="Acme", name="Spring")
    brand = campaign.brand

    assert changes("brand,campaign\nAcme,Spring sale\n") == [
        "Acme / Spring sale (new): campaign Spring sale",
        "Acme / Spring sale (new): status active",
    ]
    text = (
        "brand_id,brand,campaign_id,campaign\n"
        f"{brand.pk},Acme Ltd,,\n"
        f"{brand.pk},Acme,{campaign.pk},Spring sale\n"
    )
    assert previewed(text).plan.notes == ["Renamed: Acme Ltd, Acme Ltd / Spring sale."]
    applied(text)

    assert (brand.fresh().name, campaign.fresh().name) == ("Acme Ltd", "Spring sale")
    assert Campaign.objects.count() == 1


def test_campaigns_over_a_lowered_budget_stop_before_the_call_returns() -> None:
    campaign = CampaignFactory.create(brand__name="Acme", name="Spring", daily_budget=75)
    other = CampaignFactory.create(brand=campaign.brand, name="Other")
    enforce_all(NOON)
    spend(campaign, 50, NOON)
    text = "brand,campaign,daily_budget\nAcme,Spring,50\n"

    preview = previewed(text)
    assert (preview.outcome.stops.count, preview.outcome.stops.first) == (1, (campaign,))
    assert delivers(campaign)
    done = applied(text)

    assert (done.enforced.started, done.enforced.stopped) == (0, 1)
    assert not delivers(campaign)
    assert switches(campaign)[-1] == (False, ["daily_budget"])
    assert delivers(other)


def test_a_brand_that_is_paused_stops_the_campaigns_that_the_file_does_not_name() -> None:
    campaign = CampaignFactory.create(brand__name="Acme")
    enforce_all(NOON)
    text = "brand,status\nAcme,paused\n"

    assert previewed(text).outcome.stops.count == 1
    applied(text)

    assert not delivers(campaign)


def test_the_preview_knows_what_new_campaigns_schedules_and_timezones_do() -> None:
    ScheduleFactory.create(name="Nights", windows=[(day, "22:00", "06:00") for day in range(7)])
    running = CampaignFactory.create(brand__name="Acme", name="Old", is_dayparting_enabled=True)
    enforce_all(NOON)
    text = (
        "brand,campaign,timezone,daily_budget,dayparting,schedules\n"
        "New brand,,Asia/Tokyo,0,,\n"
        "Acme,Runs,,,,\n"
        "Acme,Waits,,,on,Nights\n"
        "Acme,Old,,,,Nights\n"
        "New brand,Broke,,,,\n"
    )

    outcome = previewed(text).outcome

    assert [one.name for one in outcome.starts.first] == ["Runs"]
    assert [one.name for one in outcome.stops.first] == ["Old"]
    assert {one.name for one in outcome.stays_off.first} == {"Waits", "Broke"}
    assert Brand.objects.count() == 1
    assert Campaign.objects.count() == 1
    done = applied(text)
    assert (done.enforced.started, done.enforced.stopped) == (1, 1)
    assert delivers(Campaign.objects.get(name="Runs"))
    assert not delivers(running)


def test_the_history_names_who_changed_what_from_which_file() -> None:
    campaign = CampaignFactory.create(brand__name="Acme", name="Spring", daily_budget=75)
    enforce_all(NOON)
    spend(campaign, 50, NOON)

    with acting_as("olivia"):
        applied("brand,campaign,daily_budget\nAcme,Spring,50\n", name="May budgets.csv")

    [entry] = audit.recent(audit.event_model("CampaignEvent")._default_manager.all(), limit=1)
    assert entry.actor == "olivia (file May budgets.csv)"
    assert [str(change) for change in entry.changes] == ["daily budget: $75.00 → $50.00"]
    assert campaign.delivery_changes.latest("id").actor == "olivia (file May budgets.csv)"


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("brand,campaign,platform_ids", "Acme,Spring,google_ads / 1 / 7"),
        ("brand,campaign,labels", "Acme,Spring,Hot"),
        ("brand,labels", "Acme,Hot"),
    ],
)
def test_the_campaigns_of_a_file_of_ids_or_labels_alone_are_found_by_it(
    header: str, row: str
) -> None:
    campaign = CampaignFactory.create(name="Spring", brand__name="Acme")
    labels.named("Hot")
    CampaignFactory.create()

    done = applied(f"{header}\n{row}\n")

    assert [*Campaign.objects.filter(audit.changed_in(done.context))] == [campaign]


def test_a_long_name_and_a_long_file_name_fit_into_the_history() -> None:
    campaign = CampaignFactory.create(brand__name="Acme", name="Spring", daily_budget=75)
    enforce_all(NOON)
    spend(campaign, 50, NOON)

    with acting_as("o" * 150):
        applied("brand,campaign,daily_budget\nAcme,Spring,50\n", name=f"{'May ' * 40}.csv")

    actor = campaign.delivery_changes.latest("id").actor
    assert len(actor) == 150
    assert actor.startswith("ooo")
    assert " (file May May" in actor


def test_a_platform_id_moves_from_one_campaign_to_another_within_a_file() -> None:
    one = CampaignFactory.create(brand__name="Acme", name="One")
    two = CampaignFactory.create(brand=one.brand, name="Two")
    CampaignReference.objects.create(campaign=one, platform="google_ads", reference="7")

    applied("brand,campaign,platform_ids\nAcme,One,none\nAcme,Two,google_ads / 7\n")

    assert CampaignReference.objects.get().campaign == two


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1,200", "1200"),
        ("$1,200.50", "1200.50"),
        ("1200 USD", "1200"),
        (" 75.000001 ", "75.000001"),
    ],
)
def test_budgets_are_understood_as_in_forms(written: str, amount: str) -> None:
    campaign = CampaignFactory.create(brand__name="Acme", name="Spring")

    applied(f'brand,campaign,daily_budget\nAcme,Spring,"{written}"\n')

    assert campaign.fresh().daily_budget == Decimal(amount)


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (("2024-05-01", "2024-06-30"), (date(2024, 5, 1), date(2024, 6, 30))),
        (("5/1/2024", "6/30/2024"), (date(2024, 5, 1), date(2024, 6, 30))),
        (("01.05.2024", "30.06.2024"), (date(2024, 5, 1), date(2024, 6, 30))),
    ],
)
def test_dates_are_read_as_a_spreadsheet_rewrites_them(cells: Any, days: Any) -> None:
    campaign = CampaignFactory.create(brand__name="Acme", name="Spring")

    applied(f"brand,campaign,start_date,end_date\nAcme,Spring,{','.join(cells)}\n")

    after = campaign.fresh()
    assert (after.start_date, after.end_date) == days


def test_a_sheet_is_kept_as_json() -> None:
    kept = sheet(AGENCY)

    again = type(kept).from_json(kept.as_json())

    assert again == kept


def test_how_old_spend_may_be_is_set_by_a_file_and_stopping_needs_a_time() -> None:
    header = "brand,stale_after_minutes,stops_when_stale\n"
    applied(f"{header}Acme,180,on\n")
    brand = Brand.objects.get()
    assert (brand.stale_after_minutes, brand.stops_when_stale) == (180, True)

    [problem] = problems(f"{header}Acme,none,\n")
    assert problem == (
        "line 2, stops_when_stale: 'on': say in stale_after_minutes after how many minutes its "
        "campaigns are to stop."
    )
    assert problems(f"{header}Acme,4,off\n") == [
        "line 2, stale_after_minutes: '4': write 5 or more minutes, or \"none\"."
    ]
    applied(f"{header}Acme,none,off\n")
    brand.refresh_from_db()
    assert (brand.stale_after_minutes, brand.stops_when_stale) == (None, False)


def test_stopping_early_and_priorities_are_set_by_a_file() -> None:
    applied("brand,campaign,stops_early,priority\nAcme,,on,\nAcme,Search,,3\nAcme,Video,,-1\n")

    brand = Brand.objects.get()
    assert brand.stops_early
    assert dict(brand.campaigns.values_list("name", "priority")) == {"Search": 3, "Video": -1}
